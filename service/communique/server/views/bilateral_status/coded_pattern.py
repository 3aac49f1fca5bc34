"""The pattern of the coded reports of a dyad as of a point."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import apsw

from communique.domain.state.pattern import (
    EVENTS_NAMED_MAX,
    NO_PATTERN,
    WINDOWS,
    DayCount,
    Pattern,
    windows_of,
)
from communique.server.views.read_model.read_model_schema import VAGUE_MICROS
from communique.server.views.visibility import VISIBLE, asserted

_DAY: Final = 86_400_000_000
_LONGEST: Final = max(WINDOWS)
_REPORT: Final = f"""
    SELECT settled, quad, event_id FROM acts
    WHERE tag_id = :tag_id AND settled > :valid - :longest AND settled <= :until
        AND quad IS NOT NULL AND {VISIBLE} AND {asserted("acts")}
"""  # noqa: S608  our own names
# Reports lie in the order in which they can have begun, most often a day before they had settled.
_SEEN: Final = f"""
    FROM (
        {_REPORT} AND settled_after <= {VAGUE_MICROS}
            AND earliest BETWEEN :valid - :longest - {VAGUE_MICROS} AND :until
        UNION ALL
        {_REPORT} AND settled_after > {VAGUE_MICROS}
    )
"""
# Ages are rounded up to the windows, so that few rows are counted.
_COUNTS: Final = f"""
    SELECT settled / {_DAY} AS day, quad, :valid - settled >= :shortest AS is_old, count(*)
    {_SEEN} GROUP BY day, quad, is_old
"""
_LATEST: Final = f"""
    SELECT quad, event_id FROM (
        SELECT quad, event_id,
            row_number() OVER (PARTITION BY quad ORDER BY settled DESC, event_id DESC) AS place
        {_SEEN}
    ) WHERE place <= {EVENTS_NAMED_MAX} ORDER BY quad, place
"""  # noqa: S608


def coded_pattern(
    connection: apsw.Connection, dyad_tag_id: int | None, point: Mapping[str, Any]
) -> Pattern:
    """Return the pattern of a dyad's coded reports; `point` is what its queries bind."""
    bindings = {
        **point,
        "tag_id": dyad_tag_id,
        "shortest": WINDOWS[0] * _DAY,
        "longest": _LONGEST * _DAY,
    }
    counts = [
        DayCount(day, quad, timedelta(days=WINDOWS[0] if is_old else 0), count)
        for day, quad, is_old, count in connection.execute(_COUNTS, bindings)
    ]
    if not counts:
        return NO_PATTERN
    latest: dict[int, list[UUID]] = {}
    for quad, event_id in connection.execute(_LATEST, bindings):
        latest.setdefault(quad, []).append(UUID(bytes=event_id))
    return Pattern(windows_of(counts), {quad: tuple(ids) for quad, ids in latest.items()})
