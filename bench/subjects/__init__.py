"""What is measured: the service itself, and floors that no service of its kind can pass."""

from bench.subjects.communique import Communique
from bench.subjects.echo import Echo
from bench.subjects.sqlite import BareSqlite

__all__ = ["BareSqlite", "Communique", "Echo"]

FLOORS = (Echo.name, BareSqlite.name)
"""The names of those that only show what is possible at all."""
