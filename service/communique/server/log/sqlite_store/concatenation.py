"""Events of the log in wire form, concatenated by SQLite itself.

Most of the cost of a read is that each row becomes Python objects. So a forward read in which no
event is large and the result fits one frame is concatenated by SQLite; others are read row by row.

`||` and `group_concat` copy the bytes that they are given, whatever these are, since the database's
text is UTF-8. The rows come in the order of the table's key: an ORDER BY in `group_concat` is slow.
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
"""A large event takes more than this part of a frame: so SQLite concatenates at most five frames in
vain, where 1,000 events are too much for one."""


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
        batch = _by_sqlite(connection, after, min(after + limit, until), bytes_max)
        if batch:
            return batch
    query = _DESCENDING if descending else _ASCENDING
    return _by_rows(connection.execute(query, (after, until, limit)), bytes_max)


def _by_sqlite(
    connection: apsw.Connection, after: int, until: int, bytes_max: int
) -> WireBatch | None:
    """Return all events of the span; None unless all exist, none is large and they fit."""
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
