"""The one table from exceptions to the contract's reasons.

A face turns a reason into a status code of its own. An exception that is not in the table is a
fault of the server: the caller learns no more than that.
"""

from typing import Final, NamedTuple

from communique.codec import Violation
from communique.server.application import request_errors
from communique.server.log import log_errors
from communique.server.projections import projection_errors
from communique.server.runtime import limits
from communique.server.runtime.threads import ServerBusy
from communique.server.views import view_errors
from communique.v1.record_service_pb2 import ErrorReason


class ReasonRule(NamedTuple):
    """What an exception means to a caller.

    Attributes:
        reason: of the contract.
        metadata: the attributes of the exception that the caller gets to see.
        retry_seconds: when the same request may pass; None where waiting does not help.
        is_unavailability: whether the server could not do it, through no fault of the caller.
    """

    reason: ErrorReason.ValueType
    metadata: tuple[str, ...] = ()
    retry_seconds: float | None = None
    is_unavailability: bool = False


class Failure(NamedTuple):
    """What a caller may know of a failure; `metadata` and `violations` may be empty."""

    reason: ErrorReason.ValueType
    message: str
    metadata: dict[str, str]
    violations: tuple[Violation, ...]
    retry_seconds: float | None
    is_unavailability: bool

    @property
    def is_unexpected(self) -> bool:
        """Whether it is a fault of the server."""
        return self.reason == ErrorReason.ERROR_REASON_UNSPECIFIED


def _rule(reason: str, *metadata: str, retry_seconds: float | None = None) -> ReasonRule:
    return ReasonRule(ErrorReason.Value(f"ERROR_REASON_{reason}"), metadata, retry_seconds)


def _unavailable(reason: str, *metadata: str, retry_seconds: float | None = None) -> ReasonRule:
    return _rule(reason, *metadata, retry_seconds=retry_seconds)._replace(is_unavailability=True)


UNEXPECTED: Final = _rule("UNSPECIFIED")

_OF_AMENDMENT: Final = ("index", "event_id", "target")
_RULES: Final[dict[type[Exception], ReasonRule]] = {
    request_errors.InvalidFields: _rule("INVALID_FIELD"),
    request_errors.KnownLater: _rule("KNOWN_IN_FUTURE"),
    request_errors.EventTooLarge: _rule("TOO_LARGE"),
    request_errors.PageTokenInvalid: _rule("PAGE_TOKEN_INVALID"),
    request_errors.EventNotFound: _rule("EVENT_NOT_FOUND", "event_id"),
    request_errors.PositionBeyondHead: _rule("POSITION_BEYOND_HEAD", "position", "head"),
    request_errors.ShuttingDown: _unavailable("SHUTTING_DOWN"),
    ServerBusy: _rule("OVERLOADED", retry_seconds=limits.RETRY_SECONDS),
    log_errors.EventIdConflict: _rule("EVENT_ID_CONFLICT", "index", "event_id", "position"),
    log_errors.UnknownEvent: _rule("EVENT_NOT_FOUND", *_OF_AMENDMENT),
    log_errors.AlreadyRetracted: _rule("EVENT_RETRACTED", *_OF_AMENDMENT),
    log_errors.NotAmendable: _rule("NOT_AMENDABLE", *_OF_AMENDMENT),
    log_errors.TooManyAmendments: _rule("TOO_MANY_AMENDMENTS", *_OF_AMENDMENT),
    log_errors.RevisionMismatch: _rule("REVISION_CONFLICT", "event_id", "expected", "actual"),
    log_errors.UnstorableRequest: _rule("INVALID_FIELD"),
    log_errors.LogOverloaded: _rule("OVERLOADED", retry_seconds=limits.RETRY_SECONDS),
    log_errors.LogUnavailable: _unavailable(
        "LOG_UNAVAILABLE", retry_seconds=limits.LOG_RETRY_SECONDS
    ),
    log_errors.LogClosed: _unavailable("SHUTTING_DOWN"),
    projection_errors.ReadModelBehind: _unavailable(
        "READ_MODEL_BEHIND", "name", "position", "reached", retry_seconds=limits.RETRY_SECONDS
    ),
    projection_errors.ReadModelStopped: _unavailable(
        "READ_MODEL_STOPPED", "name", "position", "reached"
    ),
    projection_errors.UnknownProjection: _rule("PROJECTION_NOT_FOUND", "name"),
    projection_errors.RebuildRunning: _rule("REBUILD_RUNNING", "name"),
    projection_errors.VerificationRunning: _rule("VERIFICATION_RUNNING", "name"),
    view_errors.SubjectNotFound: _rule("SUBJECT_NOT_FOUND", "subject"),
    view_errors.IssueNotFound: _rule("ISSUE_NOT_FOUND", "issue"),
}


def rule_of(error: Exception) -> ReasonRule:
    """Return the rule of the exception's class, or of the nearest base that has one."""
    return next((rule for base in type(error).__mro__ if (rule := _RULES.get(base))), UNEXPECTED)


def failure_of(error: Exception) -> Failure:
    """Return what the caller may know of an exception, its texts shortened."""
    rule, message = rule_of(error), str(error)
    if rule is UNEXPECTED:
        message = "an unexpected fault of the server; it has been logged"
    elif isinstance(error, log_errors.LogUnavailable):
        # What the exception says is for the operator.
        message = "the log can't be written or read at present; nothing was recorded"
    return Failure(
        rule.reason,
        shortened(message),
        {name: shortened(str(getattr(error, name))) for name in rule.metadata},
        error.violations if isinstance(error, request_errors.InvalidFields) else (),
        rule.retry_seconds,
        rule.is_unavailability,
    )


def shortened(text: str) -> str:
    """Return the text, its end cut off where it has more than `TEXT_LENGTH_MAX` characters."""
    length_max = limits.TEXT_LENGTH_MAX
    return text if len(text) <= length_max else f"{text[: length_max - 1]}…"
