"""MariaDB, where it is installed: a table with system versions and a period of its own."""

import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final

from bench import facts
from bench.history import FIRST_SECOND, History
from bench.server import Server, free_port
from bench.servers.mariadb import server_path
from bench.subject import Missing, Question, Subject, installed, ready

# The row times are the service's record times: position n is n microseconds after 2000-01-01, so
# that both sides can be asked as of the same positions.
_VERSIONED: Final = """
        state VARCHAR(30) NOT NULL,
        statement TEXT,
        gist TEXT NOT NULL,
        outlet VARCHAR(250) NOT NULL,
        known_from DATETIME(6) NOT NULL,
        known_to DATETIME(6) NOT NULL,
        recorded_from TIMESTAMP(6) GENERATED ALWAYS AS ROW START,
        recorded_to TIMESTAMP(6) GENERATED ALWAYS AS ROW END,
        PERIOD FOR SYSTEM_TIME (recorded_from, recorded_to),
        PERIOD FOR knowable (known_from, known_to)
    ) WITH SYSTEM VERSIONING
"""
_FOREVER: Final = "2038-01-19 03:14:07.999999"
_TO_FOREVER: Final = f"""
    CASE WHEN position_to = {facts.OPEN_POSITION} THEN TIMESTAMP'{_FOREVER}'
        ELSE TIMESTAMP'2000-01-01 00:00:00' + INTERVAL position_to MICROSECOND END
"""
_FROM: Final = "TIMESTAMP'2000-01-01 00:00:00' + INTERVAL position_from MICROSECOND"
_SCHEMA: Final = (
    """
    CREATE TABLE arriving (
        dyad VARCHAR(16), facet VARCHAR(250), earliest DATETIME(6), stage TINYINT,
        certainty TINYINT, known DATETIME(6), event_id CHAR(36), position_from BIGINT,
        position_to BIGINT, known_from DATETIME(6), known_to DATETIME(6), until DATETIME(6),
        claim_id INTEGER PRIMARY KEY AUTO_INCREMENT,
        state VARCHAR(30), statement TEXT, gist TEXT, outlet VARCHAR(250)
    )
    """,
    """
    CREATE TABLE facets (
        facet_id INTEGER PRIMARY KEY AUTO_INCREMENT,
        dyad VARCHAR(16) NOT NULL,
        facet VARCHAR(250) NOT NULL,
        UNIQUE (dyad, facet)
    )
    """,
    f"""
    CREATE TABLE claims (
        claim_id INTEGER NOT NULL,
        facet_id INTEGER NOT NULL,
        earliest DATETIME(6) NOT NULL,
        stage TINYINT NOT NULL,
        certainty TINYINT NOT NULL,
        known DATETIME(6) NOT NULL,
        event_id CHAR(36) NOT NULL,
        PRIMARY KEY (
            facet_id, earliest, stage, certainty, known, event_id, known_from, recorded_to
        ),
        UNIQUE (claim_id, recorded_to),
        {_VERSIONED}
    """,
    f"""
    CREATE TABLE plans (
        dyad VARCHAR(16) NOT NULL,
        until DATETIME(6) NOT NULL,
        earliest DATETIME(6) NOT NULL,
        facet VARCHAR(250) NOT NULL,
        event_id CHAR(36) NOT NULL,
        PRIMARY KEY (dyad, until, earliest, event_id, known_from, recorded_to),
        {_VERSIONED}
    """,
)
_MOVE: Final = (
    "SET system_versioning_insert_history = 1",
    """
    INSERT INTO facets (dyad, facet) SELECT DISTINCT dyad, facet FROM arriving WHERE until IS NULL
    """,
    f"""
    INSERT INTO claims (claim_id, facet_id, earliest, stage, certainty, known, event_id,
        state, statement, gist, outlet, known_from, known_to, recorded_from, recorded_to)
    SELECT claim_id, facet_id, earliest, stage, certainty, known, event_id,
        state, statement, gist, outlet, known_from, known_to, {_FROM}, {_TO_FOREVER}
    FROM arriving JOIN facets USING (dyad, facet) WHERE until IS NULL
    ORDER BY facet_id, earliest, stage, certainty, known, event_id
    """,  # noqa: S608  our own names
    f"""
    INSERT INTO plans (dyad, until, earliest, facet, event_id,
        state, statement, gist, outlet, known_from, known_to, recorded_from, recorded_to)
    SELECT dyad, until, earliest, facet, event_id,
        state, statement, gist, outlet, known_from, known_to, {_FROM}, {_TO_FOREVER}
    FROM arriving WHERE until IS NOT NULL
    """,  # noqa: S608
    "DROP TABLE arriving",
    "ANALYZE TABLE facets, claims, plans",
)
_AS_OF: Final = """
    SELECT facet, event_id, state, statement, gist, outlet
    FROM (
        SELECT facet, (
            SELECT claim_id FROM claims FOR SYSTEM_TIME AS OF TIMESTAMP %(recorded)s
            WHERE claims.facet_id = facets.facet_id AND earliest <= %(valid)s
                AND known_from <= %(known)s AND known_to > %(known)s
            ORDER BY earliest DESC, stage DESC, certainty DESC, known DESC, event_id DESC
            LIMIT 1
        ) AS claim_id
        FROM facets WHERE dyad = %(dyad)s
    ) AS winners
    JOIN claims FOR SYSTEM_TIME AS OF TIMESTAMP %(recorded)s USING (claim_id)
    UNION ALL
    SELECT facet, event_id, state, statement, gist, outlet
    FROM plans FOR SYSTEM_TIME AS OF TIMESTAMP %(recorded)s
    WHERE dyad = %(dyad)s AND until > %(valid)s AND earliest <= %(valid)s
        AND known_from <= %(known)s AND known_to > %(known)s
"""


class MariaDb(Subject):
    """A server with one table of what claims assert, and a client in Python."""

    name: ClassVar[str] = "mariadb"
    about: ClassVar[str] = (
        "MariaDB, durable, with a buffer pool of 512 MB, asked over TCP by PyMySQL: system "
        "versioning for positions, an application-time period for known times, one walk of the "
        "primary key for each facet, which it begins at the latest claim, whatever the valid time. "
        "It answers which claim wins each facet and what that says; it leaves out its parties and "
        "dates, the last certain claim below it, disputes and the posture."
    )
    _port: int = 0
    _connection: Any

    def version(self) -> str:
        """Return that of the server that is installed."""
        installed("pymysql")
        server = server_path()
        if server is None:
            raise Missing("no mariadbd is installed")
        said = subprocess.run([server, "--version"], check=True, capture_output=True, text=True)
        return said.stdout.partition("Ver ")[2].partition(" ")[0]

    def start(self, folder: Path) -> Server:
        """Start the server, with a data directory of its own."""
        self.version()
        self._port = free_port()
        given = [str(folder / "data"), str(self._port)]
        server = Server("bench.servers.mariadb", given, {}, folder / "server.log")
        return ready(server, self._answers)

    def _answers(self) -> bool:
        try:
            with closing(self._connect()) as connection, connection.cursor() as cursor:
                cursor.execute("CREATE DATABASE IF NOT EXISTS bench")
        except import_module("pymysql").err.OperationalError:
            return False
        return True

    def _connect(self) -> Any:  # noqa: ANN401  not everybody has its types
        at = {"host": "127.0.0.1", "port": self._port, "user": "root"}
        how = {"charset": "utf8mb4", "autocommit": True, "local_infile": True}
        return import_module("pymysql").connect(**at, **how)

    def fill(self, history: History) -> None:
        """Load the facts of a history, and move them to where they belong."""
        path = facts.written(history)
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute("USE bench")
            for statement in _SCHEMA:
                cursor.execute(statement)
            cursor.execute(
                f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE arriving "
                "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' LINES TERMINATED BY '\\r\\n' "
                "(dyad, facet, earliest, stage, certainty, known, event_id, position_from, "
                "position_to, known_from, known_to, @until, state, statement, gist, outlet) "
                "SET until = NULLIF(@until, '')"
            )
            for statement in _MOVE:
                cursor.execute(statement)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Open one connection."""
        with closing(self._connect()) as self._connection:
            with self._connection.cursor() as cursor:
                cursor.execute("USE bench")
            yield

    async def as_of(self, question: Question) -> bytes:
        """Return the winner of each facet, as JSON."""
        point = facts.Point.of(question)
        # Whatever is later than the last row is the latest; a row time ends in 2038.
        recorded = FIRST_SECOND * 1_000_000 + min(point.position, 2**48)
        parameters = {
            "dyad": facts.dyad_of(question),
            "valid": facts.text_of(point.valid),
            "known": facts.text_of(point.known),
            "recorded": facts.text_of(recorded),
        }
        with self._connection.cursor() as cursor:
            cursor.execute(_AS_OF, parameters)
            return facts.answer_of(cursor.fetchall())

    def winners(self, answer: bytes) -> Mapping[str, str]:
        """Return what the answer says of them."""
        return facts.winners_in(answer)
