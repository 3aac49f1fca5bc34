"""What can go wrong with the read models.

::

    ReadModelError
    ├── ReadModelBehind     name, position, reached
    ├── ReadModelStopped    name, position, reached, cause
    ├── UnknownProjection   name, known
    ├── RebuildRunning      name
    └── VerificationRunning name

The views add errors of their own below it: see `views.view_errors`.
"""


class ReadModelError(Exception):
    """The base of all."""


class ReadModelBehind(ReadModelError):
    """The read model has not reached the position in time; it is still on its way."""

    def __init__(self, name: str, position: int, reached: int) -> None:
        super().__init__(f"{name} is at position {reached} and has not reached {position} in time")
        self.name, self.position, self.reached = name, position, reached


class ReadModelStopped(ReadModelError):
    """The read model stopped before the position, at an event that it cannot process."""

    def __init__(self, name: str, position: int, reached: int, cause: str) -> None:
        super().__init__(f"{name} stopped at position {reached}, before {position}: {cause}")
        self.name, self.position, self.reached, self.cause = name, position, reached, cause


class UnknownProjection(ReadModelError):
    """No projection has this name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"unknown projection {name!r}: there are {', '.join(known)}")
        self.name, self.known = name, known


class RebuildRunning(ReadModelError):
    """This projection is already being rebuilt."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is already being rebuilt: wait for that to end")
        self.name = name


class VerificationRunning(ReadModelError):
    """This projection is already being verified."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is already being verified: wait for that to end")
        self.name = name
