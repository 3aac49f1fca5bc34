"""PostgreSQL with one bitemporal table that refuses contradictions, filled as events arrive."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Final

from bench import fact_batches
from bench.fact_batches import COLUMNS, Batch
from bench.history import History
from bench.server import Server, elsewhere
from bench.subject import BATCH_EVENTS
from bench.subjects.postgres import PostgreSql

_SCHEMA: Final = """
    CREATE EXTENSION IF NOT EXISTS btree_gist;
    CREATE TABLE IF NOT EXISTS facts (
        event_id uuid NOT NULL,
        dyad text NOT NULL,
        facet text NOT NULL,
        recorded int8range NOT NULL,
        knowable tstzrange NOT NULL,
        valid tstzrange NOT NULL,
        stage smallint NOT NULL,
        certainty smallint NOT NULL,
        known timestamptz NOT NULL,
        state text NOT NULL,
        statement text,
        gist text NOT NULL,
        outlet text NOT NULL,
        UNIQUE (event_id, dyad, facet, recorded, knowable),
        EXCLUDE USING gist (
            event_id WITH =, dyad WITH =, facet WITH =, recorded WITH &&, knowable WITH &&
        )
    );
    CREATE INDEX IF NOT EXISTS facts_by_dyad ON facts (dyad, facet, lower(valid) DESC);
"""
_END: Final = """
    UPDATE facts SET recorded = %(now_recorded)s::int8range, knowable = %(now_knowable)s::tstzrange
    WHERE event_id = %(event_id)s::uuid AND dyad = %(dyad)s AND facet = %(facet)s
        AND recorded = %(recorded)s::int8range AND knowable = %(knowable)s::tstzrange
"""
_ADD: Final = f"COPY facts ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)"


class BitemporalTable(PostgreSql):
    """The server of `PostgreSql`, with another table that is written in transactions."""

    name: ClassVar[str] = "postgresql-bitemporal"
    about: ClassVar[str] = (
        "PostgreSQL with fsync and synchronous_commit on: a table of what claims assert, with "
        "ranges for valid times, known times and positions, a unique index that refuses a row "
        "twice, an exclusion constraint that no two rows of one event, dyad and facet overlap in "
        "positions and known times, and an index by dyad. By psycopg, in one transaction for each "
        "500 events: it ends the rows that are corrected, and adds the others by COPY. The rival "
        "is the database, not our Python: what claims assert was found out beforehand, by the "
        "domain's rules, and is not measured. It leaves out the events themselves, validation, "
        "timelines, subjects, issues and scores."
    )
    query: ClassVar[str] = """
        SELECT DISTINCT ON (facet) facet, event_id::text, state, statement, gist, outlet FROM facts
        WHERE dyad = %(dyad)s AND valid @> %(valid)s::timestamptz
            AND recorded @> %(position)s::bigint AND knowable @> %(known)s::timestamptz
        ORDER BY facet, lower(valid) DESC, stage DESC, certainty DESC, known DESC, event_id DESC
    """
    _prepared: Path
    _batches: Iterator[Batch]
    _position: int

    def prepare(self, history: History, size: int) -> None:
        """Find out what the claims assert, in a process of its own."""
        self._prepared = elsewhere(fact_batches.written, history, size)

    def start(self, folder: Path) -> Server:
        """Start the server, and make the table."""
        server = super().start(folder)
        with self._connect() as connection:
            connection.execute(_SCHEMA, prepare=False)
        return server

    def fill(self, history: History) -> None:
        """Take in all transactions of a history."""
        self._prepared = fact_batches.written(history, BATCH_EVENTS)
        with self._connect() as self._connection:
            for batch in fact_batches.batches_in(self._prepared):
                self.take_in(batch)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Open one connection, and the prepared transactions."""
        self._batches, self._position = fact_batches.batches_in(self._prepared), 0
        async with super().connected():
            yield

    async def append_batch(self, events: Sequence[bytes]) -> int:
        """Take in what was prepared of as many events, in one transaction."""
        batch = next(self._batches)
        if batch.position != self._position + len(events):
            raise RuntimeError(f"other batches were prepared: {batch.position} is the next end")
        self.take_in(batch)
        self._position = batch.position
        return self._position

    def take_in(self, batch: Batch) -> None:
        """End the rows that are corrected, and add the others, in one transaction."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            if batch.ended:
                cursor.executemany(_END, [row._asdict() for row in batch.ended])
                if cursor.rowcount != len(batch.ended):
                    raise RuntimeError(f"{cursor.rowcount} rows ended, not {len(batch.ended)}")
            with cursor.copy(_ADD) as copy:
                copy.write(batch.added)
