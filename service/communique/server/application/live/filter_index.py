"""Which of many filters select an event, without asking each of them.

A filter is filed under the tags of its rarest part, one of which an event that it selects has: of a
thousand filters on a dyad each, an event is held against the few of its own dyads.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from communique.domain.claims.event import Event
from communique.domain.state.event_filter import Filter, found_by
from communique.server.log.decoding import event_of
from communique.server.log.entries import LogRow


class FilterIndex:
    """Some filters, filed by tags."""

    def __init__(self, filters: Iterable[Filter]) -> None:
        """File the filters."""
        self.filters = frozenset(filters)
        self._by_tag: dict[str, list[Filter]] = {}
        for each in self.filters:
            rarest, *_ = each.tag_sets()
            for tag in rarest:
                self._by_tag.setdefault(tag, []).append(each)

    def selected(self, rows: Sequence[LogRow]) -> Mapping[Filter, Sequence[int]]:
        """Return which rows each filter selects, by their indexes; filters with none are left out.

        An event of a newer type is selected by none.
        """
        selected: dict[Filter, list[int]] = {}
        for index, row in enumerate(rows if self.filters else ()):
            event = event_of(row.topic, row.state)
            for each in self._selecting(event) if event else ():
                selected.setdefault(each, []).append(index)
        return selected

    def _selecting(self, event: Event) -> Iterator[Filter]:
        keys = found_by(event)
        near = {each for tag in keys.tags for each in self._by_tag.get(tag, ())}
        return (each for each in near if each.selects_found_by(keys))
