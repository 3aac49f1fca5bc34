"""What can go wrong, as exceptions with the server's own reasons.

    CommuniqueError
    ├── InvalidRequest      a field is malformed, or something is too large: `violations` says which
    ├── NotFound            there is no such event, subject, issue or projection
    ├── Conflict            the record already says otherwise: an id in use, an event retracted
    │   └── RevisionConflict    an event is not at the expected revision: read it again
    ├── OutOfRange          a position that the log has not reached
    ├── Overloaded          too much at once: try again after `retry_after_seconds`
    └── Unavailable         the server cannot be reached, or cannot answer now
        └── TimedOut            no answer within the time allowed

`CommuniqueError` itself is raised for what is none of these: an unexpected fault of the server.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status

from communique.codec import Violation

_Detail = TypeVar("_Detail", bound=Message)

_PREFIX: Final = "ERROR_REASON_"
_STAYS: Final = frozenset({"READ_MODEL_STOPPED"})
"""Reasons that do not pass by waiting, whatever the code."""


class CommuniqueError(Exception):
    """A call that failed; the text says what was wrong and what is allowed.

    Attributes:
        reason: an `ErrorReason` of the contract without its prefix, such as `EVENT_ID_CONFLICT`;
            empty where the fault lies outside of the service.
        code: the gRPC status code.
        violations: the fields at fault, as paths in the request: `events[0].actors[0].code`.
        retry_after_seconds: how long the server asks to wait; None where it says nothing.
        metadata: what the reason is about, by name: `index`, `event_id`, `position`, `actual`, ...
    """

    def __init__(
        self,
        message: str,
        reason: str = "",
        code: grpc.StatusCode = grpc.StatusCode.UNKNOWN,
        violations: tuple[Violation, ...] = (),
        retry_after_seconds: float | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.code = code
        self.violations = violations
        self.retry_after_seconds = retry_after_seconds
        self.metadata = dict(metadata or {})

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later, unchanged."""
        return False


class InvalidRequest(CommuniqueError):
    """A field is malformed, or something is larger than allowed."""


class NotFound(CommuniqueError):
    """There is no event with this id, no visible subject or issue, or no such projection."""


class Conflict(CommuniqueError):
    """The record already says otherwise, or what is asked for is already under way."""


class RevisionConflict(Conflict):
    """An event is not at the expected revision: someone else amended it."""


class OutOfRange(CommuniqueError):
    """The log has not reached this position."""


class Overloaded(CommuniqueError):
    """A queue or a limit of the server is full."""

    @property
    def retryable(self) -> bool:
        """It passes."""
        return True


class Unavailable(CommuniqueError):
    """The server cannot be reached, or cannot answer now."""

    @property
    def retryable(self) -> bool:
        """It may pass, but for a read model that has stopped: an operator has to act."""
        return self.reason not in _STAYS


class TimedOut(Unavailable):
    """The answer did not come within the time allowed; what was submitted may yet be recorded."""

    @property
    def retryable(self) -> bool:
        """The time allowed is used up."""
        return False


_CLASSES: Final = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequest,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: Conflict,
    grpc.StatusCode.FAILED_PRECONDITION: Conflict,
    grpc.StatusCode.ABORTED: Conflict,
    grpc.StatusCode.OUT_OF_RANGE: OutOfRange,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: TimedOut,
}


def decoded(error: grpc.RpcError) -> CommuniqueError:
    """Return the exception that a failed call stands for, read off its `google.rpc.Status`."""
    call = _call(error)
    code = call.code() if call else grpc.StatusCode.UNKNOWN
    told = (call.details() if call else None) or str(error)
    status = _status(call) if call else None
    info = _detail(status, error_details_pb2.ErrorInfo())
    fields = _detail(status, error_details_pb2.BadRequest())
    wait = _detail(status, error_details_pb2.RetryInfo())
    reason = info.reason.removeprefix(_PREFIX) if info else ""
    kind = _class(code, reason, asks_to_wait=wait is not None)
    return kind(
        told,
        reason or ("TOO_LARGE" if kind is InvalidRequest else ""),
        code,
        tuple(Violation(v.field, v.description) for v in fields.field_violations) if fields else (),
        wait.retry_delay.ToTimedelta().total_seconds() if wait else None,
        info.metadata if info else None,
    )


def _class(code: grpc.StatusCode, reason: str, *, asks_to_wait: bool) -> type[CommuniqueError]:
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        # gRPC itself gives this code, without details, for a message that is too large to be sent.
        return Overloaded if reason or asks_to_wait else InvalidRequest
    if reason == "REVISION_CONFLICT":
        return RevisionConflict
    return _CLASSES.get(code, CommuniqueError)


def _call(error: object) -> grpc.Call | None:
    """A failed call is a `grpc.Call` as well, of which the stubs know nothing."""
    return error if isinstance(error, grpc.Call) else None


def _status(call: grpc.Call) -> status_pb2.Status | None:
    try:
        return rpc_status.from_call(call)
    except (ValueError, DecodeError):  # a proxy in between rewrote the trailers
        return None


def _detail(status: status_pb2.Status | None, into: _Detail) -> _Detail | None:
    if status is None:
        return None
    return next((into for detail in status.details if detail.Unpack(into)), None)
