"""DuckDB, an analyst's database: the claims in one table, in the process of whoever asks."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final

from bench import facts
from bench.history import History
from bench.subject import Question, Subject, installed

_SCHEMA: Final = """
    CREATE TABLE claims (
        dyad VARCHAR NOT NULL,
        facet VARCHAR NOT NULL,
        earliest TIMESTAMP NOT NULL,
        stage TINYINT NOT NULL,
        certainty TINYINT NOT NULL,
        known TIMESTAMP NOT NULL,
        event_id UUID NOT NULL,
        position_from BIGINT NOT NULL,
        position_to BIGINT NOT NULL,
        known_from TIMESTAMP NOT NULL,
        known_to TIMESTAMP NOT NULL,
        until TIMESTAMP,
        state VARCHAR NOT NULL,
        statement VARCHAR,
        gist VARCHAR NOT NULL,
        outlet VARCHAR NOT NULL
    )
"""
_AS_OF: Final = """
    SELECT facet, unnest(arg_max(
        struct_pack(event_id := event_id::VARCHAR, state, statement, gist, outlet),
        (earliest, stage, certainty, known, event_id)
    ))
    FROM claims
    WHERE dyad = $dyad AND earliest <= make_timestamp($valid)
        AND position_from <= $position AND position_to > $position
        AND known_from <= make_timestamp($known) AND known_to > make_timestamp($known)
        AND (until IS NULL OR until > make_timestamp($valid))
    GROUP BY facet
"""


class DuckDb(Subject):
    """A table in a file, and a query over it."""

    name: ClassVar[str] = "duckdb"
    about: ClassVar[str] = (
        "DuckDB in the process that asks: one table of what claims assert, in the order of their "
        "arrival, asked by arg_max for each facet. An index on the dyad did not help it. It "
        "answers which claim wins each facet and what that says; it leaves out its parties and "
        "dates, the last certain claim below it, disputes and the posture."
    )
    path: Path
    _connection: Any

    def version(self) -> str:
        """Return that of the package."""
        return installed("duckdb")

    def start(self, folder: Path) -> None:
        """Keep the file in the folder."""
        self.version()
        self.path = folder / "claims.duckdb"

    def fill(self, history: History) -> None:
        """Copy the facts of a history in, in the order in which they arrived."""
        with import_module("duckdb").connect(self.path) as connection:
            connection.execute(_SCHEMA)
            connection.execute("COPY claims FROM $1 (HEADER false)", [str(facts.written(history))])

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Open the file."""
        with import_module("duckdb").connect(self.path, read_only=True) as self._connection:
            yield

    async def as_of(self, question: Question) -> bytes:
        """Return the winner of each facet, as JSON."""
        parameters = facts.Point.of(question)._asdict() | {"dyad": facts.dyad_of(question)}
        return facts.answer_of(self._connection.execute(_AS_OF, parameters).fetchall())

    def winners(self, answer: bytes) -> Mapping[str, str]:
        """Return what the answer says of them."""
        return facts.winners_in(answer)
