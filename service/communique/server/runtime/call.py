"""One call of a use case, whichever face it came through."""

from dataclasses import dataclass
from math import inf
from time import monotonic


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, and until when the caller waits.

    Attributes:
        principal: the caller as the face has authenticated it; empty where it does not.
        deadline: on the monotonic clock, in seconds; infinite where the caller set none.
    """

    principal: str = ""
    deadline: float = inf

    def seconds_left(self) -> float:
        """Return how long the caller still waits; less than 0 once it does not any more."""
        return self.deadline - monotonic()
