"""Following the log and the standing of two parties as they change."""

from communique.client.connection import Connection
from communique.client.following import Subscription, Watch
from communique.client.questions import EventFilter


class LiveQuestions(Connection):
    """Asks for what is recorded, and for what changes, as it happens."""

    def subscribe(
        self,
        after: int | None = None,
        *,
        filter: EventFilter | None = None,  # noqa: A002  the contract's word
    ) -> Subscription:
        """Yield the log behind the position `after`, and then each event as it is recorded.

        It is in order, complete and without duplicates, and goes on after a broken connection. With
        None it begins at the end of the log. Amendments come as they are, as with `read`.

        >>> with record.subscribe(after=16) as subscription:
        ...     first = next(subscription)
        >>> (first.position, subscription.position)  # the second is where to resume
        (17, 17)

        Raises, at the first `next`:
            OutOfRange: the log has not reached that position.
        """
        return Subscription(self._records, self._retry, after, filter)

    def watch(self, one: str, other: str) -> Watch:
        """Yield how things stand now between two parties, given by their codes, and each change.

        The first is a `BilateralStatus`, and so is the first after a broken connection; then come
        comparisons of how things stand with how they stood before.

            >>> with record.watch("KOR", "JPN") as watch:
            ...     status = next(watch)
            ...     change = next(watch)  # waits for one
            >>> [(one.facet, one.kind.value) for one in change.changes]
            [('talks/export-controls', 'CHANGED')]
        """
        return Watch(self._timelines, self._retry, (one, other))
