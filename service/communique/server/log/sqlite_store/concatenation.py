"""Events of the log in wire form, concatenated by SQLite itself.

Most of what a read of the log costs is that each row becomes Python objects: 1.3 µs an event.
SQLite concatenates the bytes in its pages in 0.35 µs an event, while other threads run. That is the
fast path: a forward read in which no event is large and the result fits one frame. Every other read
takes the plain path, row by row.

`||` and `group_concat` copy the bytes that they are given, whatever these are, since the database's
text is UTF-8. The rows come in the order of the table's own key; an ORDER BY inside `group_concat`
would cost 0.5 µs. `tests/unit/test_concatenation.py` holds both paths against the rows.
"""

from typing import Final

import apsw

from communique.server.log.entries import WireBatch

_CONCATENATED: Final = """
    SELECT count(*), CAST(group_concat(heading || state, '') AS BLOB)
    FROM events WHERE position > ? AND position <= ? AND octet_length(state) <= ?
"""
_ROWS: Final = """
    SELECT position, octet_length(state), CAST(heading || state AS BLOB)
    FROM events WHERE position > ? AND position <= ? ORDER BY position {} LIMIT ?
"""
_ASCENDING: Final = _ROWS.format("ASC")
_DESCENDING: Final = _ROWS.format("DESC")
_LARGE_SHARE: Final = 200
"""A large event takes more than this part of a frame: so what SQLite concatenates in vain, because
1,000 events are too much for one frame, is no more than five frames."""


def concatenated(
    connection: apsw.Connection,
    after: int,
    until: int,
    limit: int,
    *,
    descending: bool,
    bytes_max: int,
) -> WireBatch:
    """Return at most `limit` events with `after` < position <= `until`: see `LogReader.read`."""
    if not descending:
        found = _by_sqlite(connection, after, min(after + limit, until), bytes_max)
        if found:
            return found
    query = _DESCENDING if descending else _ASCENDING
    return _by_rows(connection.execute(query, (after, until, limit)), bytes_max)


def _by_sqlite(
    connection: apsw.Connection, after: int, until: int, bytes_max: int
) -> WireBatch | None:
    """Return all events of the span; None unless all exist, none is large and they fit.

    The limit is held against the size of the wire form, which is a little more than that of the
    states, so that these need not be added up as well.
    """
    bindings = after, until, bytes_max // _LARGE_SHARE
    count, wire = connection.execute(_CONCATENATED, bindings).get
    if count < until - after or not count or len(wire) > bytes_max:
        return None
    return WireBatch(until, count, wire)


def _by_rows(rows: apsw.Cursor, bytes_max: int) -> WireBatch:
    parts: list[bytes] = []
    reached = total = 0
    for position, size, wire in rows:
        total += size
        if parts and total > bytes_max:
            rows.close()
            break
        reached = position
        parts.append(wire)
    return WireBatch(reached, len(parts), b"".join(parts))
