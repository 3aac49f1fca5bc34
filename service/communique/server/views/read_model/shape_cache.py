"""The rows of claims by their shapes: what the rules make of one claim, they make of all like it.

Of a million coded events some hundreds differ in shape, once ids, times and the parties' codes are
taken out. So the rules run once for each shape, on a claim with stand-ins for id and codes, and the
actual ones are filled in. What cannot be sure to be alike goes the plain way, `rows_of`.
`tests/property/test_shape_cache.py` shows that both give the same rows.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple, Self
from uuid import UUID

from google.protobuf.message import DecodeError

from communique.codec import (
    BoundedCache,
    parts_of,
    put_together,
    recoded,
    stored_known_time,
    stored_valid_time,
)
from communique.domain.claims.event import Claim
from communique.domain.state.assertions import codes_concerned
from communique.domain.time.clocks import from_micros, known_at, micros, window_of
from communique.server.log.decoding import recorded_of
from communique.server.log.entries import LogRow
from communique.server.runtime import limits
from communique.server.views.read_model.content_rows import (
    EVERYWHERE,
    REGION_BITS,
    ContentRow,
    ContentTimes,
    EventRows,
    rows_of,
)
from communique.server.views.read_model.content_shape import (
    ContentNames,
    ContentShape,
    ContentTraits,
    shape_of,
)

_CODES: Final = ("ABW", "AFI", "AIA", "ALA", "ANT", "ASM", "ATB", "ATF")
"""Stand-ins for the parties of a claim, in their order."""
_EVENT_ID: Final = UUID("c0ffee00-5afe-4bad-8bad-c0ffee5afe00")
"""Stands in for a claim's id."""
_OWN: Final = "\x1f"
_BETWEEN: Final = "\0"
_HOLES: Final = {
    **{code: chr(number) for number, code in enumerate(_CODES, 1)},
    str(_EVENT_ID): _OWN,
}
"""What a template has where the actual text goes: characters that no text of a claim has."""


class _Template(NamedTuple):
    """A shape whose names have holes.

    Attributes:
        traits: of the shape.
        names: all names in one text, which is quickly filled in, with `_BETWEEN` between them.
        tag_count: how many of the names are tags.
        is_own: whether some of the holes are for the claim's id.
    """

    traits: ContentTraits
    names: str
    tag_count: int
    is_own: bool

    @classmethod
    def of(cls, shape: ContentShape) -> Self:
        """Return the template of the shape of a claim with stand-ins."""
        codes, tags, facets = shape.names
        names = _BETWEEN.join([codes, *tags, *chain.from_iterable(facets)])
        for word, hole in _HOLES.items():
            names = names.replace(word, hole)
        return cls(shape.traits, names, len(tags), _OWN in names)

    def filled(self, codes_in_order: Iterable[str], event_id: str = "") -> ContentShape:
        """Return the shape with codes and an id for the holes."""
        text = self.names.replace(_OWN, event_id) if event_id else self.names
        for hole, code in zip(_HOLES.values(), codes_in_order, strict=False):
            text = text.replace(hole, code)
        codes, *names = text.split(_BETWEEN)
        count = self.tag_count
        facets = tuple(zip(names[count::2], names[count + 1 :: 2], strict=True))
        return ContentShape(self.traits, ContentNames(codes, tuple(names[:count]), facets))


class ShapeCache:
    """Shapes by the bytes of what was said, and templates of them. Of one thread."""

    def __init__(self) -> None:
        self._shapes = BoundedCache[tuple[bytes, bytes, bool], ContentShape](limits.SHAPES_MAX)
        self._templates = BoundedCache[tuple[bytes, bytes, bool], _Template](limits.SHAPES_MAX)

    def rows_of_claim(self, row: LogRow) -> EventRows | None:
        """Return what `rows_of` does for a claim without amendments; None for an unknown type."""
        if rows := self._by_shape(row):
            return rows
        recorded = recorded_of(row)
        return rows_of([recorded]) if recorded.event else None

    def _by_shape(self, row: LogRow) -> EventRows | None:
        """Return the rows; None for a claim that has to go the plain way."""
        try:
            event_id, occurred, given, parties, said = parts_of(row.state)
            if event_id.replace("-", "") != row.event_id.hex():
                return None
            times, foreseen = _times_of(occurred, given, row.record_micros)
            shape = self._shapes.get((parties, said, foreseen))
            if shape is None:
                shape = self._filled(parties, said, row.event_id, foreseen=foreseen)
        except (DecodeError, OverflowError, ValueError):
            return None
        if shape is None or shape.traits.topic != row.topic:
            return None
        entry = row.position << REGION_BITS
        return EventRows(
            (ContentRow(entry, row.event_id, shape, times, EVERYWHERE, is_disputed=False),)
        )

    def _filled(
        self, parties: bytes, said: bytes, event_id: bytes, *, foreseen: bool
    ) -> ContentShape | None:
        """Return the template of what was said with the actual codes and id; None without one."""
        codes, stand_ins = _with_stand_ins(parties)
        key = stand_ins, said, foreseen
        template = self._templates.get(key)
        if template is None:
            template = _template_of(stand_ins, said, foreseen=foreseen)
            if template is None:
                return None
            self._templates.keep(key, template)
        if template.is_own:
            return template.filled(codes, str(UUID(bytes=event_id)))
        shape = template.filled(codes)
        self._shapes.keep((parties, said, foreseen), shape)
        return shape


@lru_cache(4 * limits.SHAPES_MAX)
def _with_stand_ins(parties: bytes) -> tuple[tuple[str, ...], bytes]:
    return recoded(parties, _CODES)


def _times_of(occurred: bytes, given: bytes, record_micros: int) -> tuple[ContentTimes, bool]:
    """Return the times of a claim, and whether it was known before what it says."""
    if given:
        known, times, foreseen = _recurring_times(occurred, given)
        if known <= record_micros:
            return times, foreseen
    return _times_as_known(occurred, given, from_micros(record_micros))


@lru_cache(limits.SHAPES_MAX)
def _recurring_times(occurred: bytes, given: bytes) -> tuple[int, ContentTimes, bool]:
    """Return when a claim could be known by its own account, and its times if that is so."""
    known = stored_known_time(given).instant
    return micros(known), *_times_as_known(occurred, given, known)


def _times_as_known(occurred: bytes, given: bytes, latest: datetime) -> tuple[ContentTimes, bool]:
    """Return the times of a claim that could be known at an instant, at the latest."""
    valid, known_time = stored_valid_time(occurred), stored_known_time(given) if given else None
    known = known_at(known_time, latest)
    window = window_of(valid, known_time, known)
    return ContentTimes.of(valid, window, micros(known)), window.foreseen


def _template_of(stand_ins: bytes, said: bytes, *, foreseen: bool) -> _Template | None:
    """Return the template of what was said of stand-ins; None where it cannot be trusted.

    That is where the words hold a stand-in, so that they could be taken for one, and where they
    name parties: how their codes compare with others decides what is said.
    """
    if any(word.encode() in said for word in _HOLES):
        return None
    claim = put_together(_EVENT_ID, stand_ins, said)
    if not isinstance(claim, Claim) or codes_concerned(claim) != claim.codes:
        return None
    return _Template.of(shape_of(claim, foreseen=foreseen))
