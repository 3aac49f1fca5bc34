"""The one table from exceptions to statuses.

Every error of the service is a `google.rpc.Status` with one `ErrorInfo`, whose reason is an
`ErrorReason` of the contract, and with `BadRequest` or `RetryInfo` where they apply. An exception
that is not in the table is a fault of the server: the client learns no more than that.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]
    BadRequest,
    ErrorInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from communique.codec import Violation
from communique.server import log
from communique.server.application import request_errors as refusals
from communique.server.projections import projection_errors as read_models
from communique.server.runtime.limits import RETRY_SECONDS, TEXT_LENGTH_MAX, VIOLATIONS_BYTES_MAX
from communique.v1.record_service_pb2 import ErrorReason

DOMAIN: Final = "communique.v1"
_Code = grpc.StatusCode


class Rule(NamedTuple):
    """What an exception becomes; `metadata` are its attributes that the client gets to see."""

    code: grpc.StatusCode
    reason: ErrorReason.ValueType
    metadata: tuple[str, ...] = ()
    retry_seconds: float | None = None


def _rule(
    code: grpc.StatusCode, reason: str, *metadata: str, retry_seconds: float | None = None
) -> Rule:
    return Rule(code, ErrorReason.Value(f"ERROR_REASON_{reason}"), metadata, retry_seconds)


UNEXPECTED: Final = _rule(_Code.INTERNAL, "UNSPECIFIED")

_RULES: Final[dict[type[Exception], Rule]] = {
    refusals.InvalidRequest: _rule(_Code.INVALID_ARGUMENT, "INVALID_FIELD"),
    refusals.KnownLater: _rule(_Code.INVALID_ARGUMENT, "KNOWN_IN_FUTURE"),
    refusals.TooLarge: _rule(_Code.INVALID_ARGUMENT, "TOO_LARGE"),
    refusals.PageTokenInvalid: _rule(_Code.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"),
    refusals.EventNotFound: _rule(_Code.NOT_FOUND, "EVENT_NOT_FOUND", "event_id"),
    refusals.PositionBeyondHead: _rule(
        _Code.OUT_OF_RANGE, "POSITION_BEYOND_HEAD", "position", "head"
    ),
    refusals.Overloaded: _rule(_Code.RESOURCE_EXHAUSTED, "OVERLOADED", retry_seconds=RETRY_SECONDS),
    refusals.ShuttingDown: _rule(_Code.UNAVAILABLE, "SHUTTING_DOWN"),
    log.EventIdConflict: _rule(
        _Code.ALREADY_EXISTS, "EVENT_ID_CONFLICT", "index", "event_id", "position"
    ),
    log.UnknownEvent: _rule(_Code.NOT_FOUND, "EVENT_NOT_FOUND", "index", "event_id", "target"),
    log.AlreadyRetracted: _rule(
        _Code.FAILED_PRECONDITION, "EVENT_RETRACTED", "index", "event_id", "target"
    ),
    log.NotAmendable: _rule(
        _Code.FAILED_PRECONDITION, "NOT_AMENDABLE", "index", "event_id", "target"
    ),
    log.TooManyAmendments: _rule(
        _Code.FAILED_PRECONDITION, "TOO_MANY_AMENDMENTS", "index", "event_id", "target"
    ),
    log.RevisionConflict: _rule(
        _Code.ABORTED, "REVISION_CONFLICT", "event_id", "expected", "actual"
    ),
    log.UnstorableRequest: _rule(_Code.INVALID_ARGUMENT, "INVALID_FIELD"),
    log.LogOverloaded: _rule(_Code.RESOURCE_EXHAUSTED, "OVERLOADED", retry_seconds=RETRY_SECONDS),
    log.LogUnavailable: _rule(_Code.UNAVAILABLE, "LOG_UNAVAILABLE", retry_seconds=1.0),
    log.LogClosed: _rule(_Code.UNAVAILABLE, "SHUTTING_DOWN"),
    read_models.ReadModelBehind: _rule(
        _Code.UNAVAILABLE,
        "READ_MODEL_BEHIND",
        "name",
        "position",
        "reached",
        retry_seconds=RETRY_SECONDS,
    ),
    read_models.ReadModelStopped: _rule(
        _Code.UNAVAILABLE, "READ_MODEL_STOPPED", "name", "position", "reached"
    ),
    read_models.UnknownProjection: _rule(_Code.NOT_FOUND, "PROJECTION_NOT_FOUND", "name"),
    read_models.SubjectNotFound: _rule(_Code.NOT_FOUND, "SUBJECT_NOT_FOUND", "subject"),
    read_models.IssueNotFound: _rule(_Code.NOT_FOUND, "ISSUE_NOT_FOUND", "issue"),
    read_models.RebuildRunning: _rule(_Code.ABORTED, "REBUILD_RUNNING", "name"),
    read_models.VerificationRunning: _rule(_Code.ABORTED, "VERIFICATION_RUNNING", "name"),
}

_WORDS: Final[dict[type[Exception], str]] = {
    log.LogUnavailable: "the log can't be written or read at present; nothing was recorded",
}
"""Said instead of what the exception says, which is for the operator."""


def rule_of(error: Exception) -> Rule:
    """Return the rule of the exception's class, or of the nearest base that has one."""
    return next((rule for base in type(error).__mro__ if (rule := _RULES.get(base))), UNEXPECTED)


def message_of(error: Exception) -> str:
    """Return what the client may read, at most `TEXT_LENGTH_MAX` characters."""
    if rule_of(error) is UNEXPECTED:
        return "an unexpected fault of the server; it has been logged"
    return shortened(_WORDS.get(type(error)) or str(error))


def status_of(error: Exception) -> Status:
    """Return the status of an exception, with its details."""
    status = Status(code=rule_of(error).code.value[0], message=message_of(error))
    for detail in _details(error):
        status.details.add().Pack(detail)
    return status


def shortened(text: str) -> str:
    """Return the text, its end cut off where it has more than `TEXT_LENGTH_MAX` characters."""
    return text if len(text) <= TEXT_LENGTH_MAX else f"{text[: TEXT_LENGTH_MAX - 1]}…"


def _details(error: Exception) -> Iterator[Message]:
    rule = rule_of(error)
    yield ErrorInfo(
        reason=ErrorReason.Name(rule.reason),
        domain=DOMAIN,
        metadata={name: shortened(str(getattr(error, name))) for name in rule.metadata},
    )
    if isinstance(error, refusals.InvalidRequest):
        yield BadRequest(field_violations=_within(error.violations))
    if rule.retry_seconds is not None:
        delay = Duration()
        delay.FromMilliseconds(round(rule.retry_seconds * 1_000))
        yield RetryInfo(retry_delay=delay)


def _within(violations: Iterable[Violation]) -> Iterator[BadRequest.FieldViolation]:
    """Yield the violations as far as the trailers of a call have room for them."""
    size = 0
    for violation in violations:
        found = BadRequest.FieldViolation(
            field=shortened(violation.field), description=shortened(violation.description)
        )
        size += found.ByteSize()
        if size > VIOLATIONS_BYTES_MAX:
            return
        yield found
