"""Which of many filters select an event, without asking each of them.

A filter is filed under the tags of its rarest part, one of which every event that it selects has:
of a thousand filters on a dyad each, an event is compared with the few of its own dyads.
"""

from collections.abc import Iterable, Mapping, Sequence

from communique.domain.state.event_filter import Filter, keys_of
from communique.server.log.decoding import event_of
from communique.server.log.entries import LogRow


class FilterIndex:
    """Some filters, filed by tags."""

    def __init__(self, filters: Iterable[Filter]) -> None:
        self.filters = frozenset(filters)
        self._by_tag: dict[str, list[Filter]] = {}
        for selection in self.filters:
            rarest, *_ = selection.tag_sets()
            for tag in rarest:
                self._by_tag.setdefault(tag, []).append(selection)

    def selected(self, rows: Sequence[LogRow]) -> Mapping[Filter, Sequence[int]]:
        """Return which rows each filter selects, by their indexes; filters with none are left out.

        No filter selects an event of a type that this server does not know.
        """
        selected: dict[Filter, list[int]] = {}
        for index, row in enumerate(rows if self.filters else ()):
            if event := event_of(row.topic, row.state):
                keys = keys_of(event)
                candidates = {near for tag in keys.tags for near in self._by_tag.get(tag, ())}
                for selection in candidates:
                    if selection.selects_keys(keys):
                        selected.setdefault(selection, []).append(index)
        return selected
