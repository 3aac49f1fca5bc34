"""The errors of the views.

::

    ReadModelError
    ├── SubjectNotFound     subject, near
    └── IssueNotFound       issue, near
"""

from communique.server.projections.projection_errors import ReadModelError


class SubjectNotFound(ReadModelError):
    """No claim about the subject is visible at the point."""

    def __init__(self, subject: str, near: tuple[str, ...]) -> None:
        super().__init__(f"no claim about {subject} is visible at this point{_suggestions(near)}")
        self.subject, self.near = subject, near


class IssueNotFound(ReadModelError):
    """No claim about the issue is visible at the point."""

    def __init__(self, issue: str, near: tuple[str, ...]) -> None:
        super().__init__(f"no claim about {issue} is visible at this point{_suggestions(near)}")
        self.issue, self.near = issue, near


def _suggestions(near: tuple[str, ...]) -> str:
    return f": did you mean {' or '.join(near)}?" if near else ""
