"""Events of the log in wire form, one behind the other, joined by SQLite itself.

Most of what a read of the log costs is that each row becomes Python objects: 1.3 µs an event.
SQLite joins what lies in its pages in 0.35 µs, while other threads run. It is asked to where a
frame can be had without adding up sizes on the way: forwards, if no event is large and all fit
together. If not, and backwards, events come row by row.

`||` and `group_concat` copy the bytes that they are given, whatever these are, since the database's
text is UTF-8. The rows come in the order of the table's own key; asked for once more inside
`group_concat` it would cost 0.5 µs. `tests/unit/test_joining.py` holds both against the rows.
"""

from typing import Final

import apsw

from communique.server.log.entries import Joined

_JOINED: Final = """
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
"""A large event takes more than this part of a frame: so what SQLite joins in vain, because 1,000
events are too much for one frame, is no more than five."""


def joined(
    connection: apsw.Connection,
    after: int,
    until: int,
    limit: int,
    *,
    descending: bool,
    bytes_max: int,
) -> Joined:
    """Return at most `limit` events with `after` < position <= `until`: see `LogReader.read`."""
    if not descending:
        found = _at_once(connection, after, min(after + limit, until), bytes_max)
        if found:
            return found
    query = _DESCENDING if descending else _ASCENDING
    return _by_rows(connection.execute(query, (after, until, limit)), bytes_max)


def _at_once(connection: apsw.Connection, after: int, until: int, bytes_max: int) -> Joined | None:
    """Return all events of the span; None unless there are all, none is large and they fit.

    That the wire form fits is asked, which is a little more than the states: so these need not be
    added up as well.
    """
    bindings = after, until, bytes_max // _LARGE_SHARE
    count, wire = connection.execute(_JOINED, bindings).get
    if count < until - after or not count or len(wire) > bytes_max:
        return None
    return Joined(until, count, wire)


def _by_rows(rows: apsw.Cursor, bytes_max: int) -> Joined:
    parts: list[bytes] = []
    reached = total = 0
    for position, size, wire in rows:
        total += size
        if parts and total > bytes_max:
            rows.close()
            break
        reached = position
        parts.append(wire)
    return Joined(reached, len(parts), b"".join(parts))
