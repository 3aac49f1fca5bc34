"""One call of a use case, through any face."""

from dataclasses import dataclass
from math import inf
from time import monotonic


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a use case.

    Attributes:
        principal: the caller as authenticated; empty without authentication.
        deadline: on the monotonic clock, in seconds; infinite where the caller set none.
    """

    principal: str = ""
    deadline: float = inf

    def seconds_left(self) -> float:
        """Return how long the caller still waits; less than 0 after the deadline."""
        return self.deadline - monotonic()
