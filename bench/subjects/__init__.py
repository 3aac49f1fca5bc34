"""What is measured: the service itself, what others would use instead, and floors under all."""

from bench.subjects.bitemporal import BitemporalTable
from bench.subjects.communique import Communique
from bench.subjects.duckdb import DuckDb
from bench.subjects.echo import Echo, ThreadedEcho
from bench.subjects.library import Library
from bench.subjects.mariadb import MariaDb
from bench.subjects.postgres import PostgreSql
from bench.subjects.sqlite import BareSqlite
from bench.subjects.umadb import UmaDb

__all__ = [
    "BareSqlite",
    "BitemporalTable",
    "Communique",
    "DuckDb",
    "Echo",
    "Library",
    "MariaDb",
    "PostgreSql",
    "ThreadedEcho",
    "UmaDb",
]

RIVALS = (UmaDb, Library, BitemporalTable, DuckDb, PostgreSql, MariaDb)
"""What a user would pick instead; each is missing where it is not installed."""
