"""Which of many filters select an event, without asking each of them.

A filter is filed under the tags of its narrowest part, of which an event that it selects bears one:
of a thousand filters on a dyad each, an event has to be held against the few of its own dyads.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from communique.domain.claims.event import Amendment, Claim, Event, EventCorrected, EventDisputed
from communique.server.application.queries.filters import Filter
from communique.server.log import Recorded
from communique.server.log.eventsourcing.contract_mapper import event_of
from communique.server.views.timeline.event_lists import tag_sets
from communique.server.views.timeline.timeline_projection import ALL, tags_of


class Matching:
    """Some filters, filed by tags."""

    def __init__(self, selections: Iterable[Filter]) -> None:
        """File the filters."""
        self.selections = frozenset(selections)
        self._filed: dict[str, list[Filter]] = {}
        for selection in self.selections:
            narrowest, *_ = tag_sets(selection)
            for tag in narrowest:
                self._filed.setdefault(tag, []).append(selection)

    def found(self, rows: Sequence[Recorded]) -> Mapping[Filter, Sequence[int]]:
        """Return which rows each filter selects, by their indexes; filters with none are left out.

        An event of a newer type is selected by none.
        """
        found: dict[Filter, list[int]] = {}
        for index, row in enumerate(rows if self.selections else ()):
            event = event_of(row.topic, row.state)
            for selection in self._selecting(event) if event else ():
                found.setdefault(selection, []).append(index)
        return found

    def _selecting(self, event: Event) -> Iterator[Filter]:
        near = {one for tag in _tags(event) for one in self._filed.get(tag, ())}
        return (one for one in near if one.matches_recorded(event))


def _tags(event: Event) -> Iterator[str]:
    """Yield the tags that an event of the log is found by, an amendment by what it says itself."""
    match event:
        case Claim():
            yield from tags_of(event)
        case Amendment(payload=EventCorrected(content=content)):
            yield f"type:{event.payload.type}"
            yield from tags_of(content)
        case Amendment(payload=payload):
            yield ALL
            yield f"type:{payload.type}"
            if isinstance(payload, EventDisputed) and payload.disputed_by:
                yield f"party:{payload.disputed_by.code}"
