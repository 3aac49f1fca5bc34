"""The exceptions of failed calls, with the server's own reasons.

`CommuniqueError` itself is raised for an unexpected fault of the server.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status

from communique.codec import Violation

_Detail = TypeVar("_Detail", bound=Message)

_PREFIX: Final = "ERROR_REASON_"
_LASTING_REASON: Final = "READ_MODEL_STOPPED"
"""An operator has to act before the same call can succeed."""


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

    _may_pass: ClassVar = False

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
        return self._may_pass and self.reason != _LASTING_REASON


class InvalidRequest(CommuniqueError):
    """A field is malformed, which `violations` names, or something is larger than allowed."""


class NotFound(CommuniqueError):
    """There is no event with this id, no visible subject or issue, or no such projection."""


class Conflict(CommuniqueError):
    """The record already says otherwise, or what is asked for is already under way."""


class RevisionConflict(Conflict):
    """An event is not at the expected revision: someone else amended it, so read it again."""


class OutOfRange(CommuniqueError):
    """The log has not reached this position."""


class Overloaded(CommuniqueError):
    """A queue or a limit of the server is full: try again after `retry_after_seconds`."""

    _may_pass = True


class Unavailable(CommuniqueError):
    """The server cannot be reached, or cannot answer now."""

    _may_pass = True


class TimedOut(Unavailable):
    """The answer did not come within the time allowed; what was submitted may yet be recorded."""

    _may_pass = False


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
    message = (call.details() if call else None) or str(error)
    status = _status(call) if call else None
    info = _detail(status, error_details_pb2.ErrorInfo())
    bad_request = _detail(status, error_details_pb2.BadRequest())
    retry = _detail(status, error_details_pb2.RetryInfo())
    reason = info.reason.removeprefix(_PREFIX) if info else ""
    exception = _class(code, reason, asks_to_wait=retry is not None)
    violations = bad_request.field_violations if bad_request else ()
    return exception(
        message,
        reason or ("TOO_LARGE" if exception is InvalidRequest else ""),
        code,
        tuple(Violation(violation.field, violation.description) for violation in violations),
        retry.retry_delay.ToTimedelta().total_seconds() if retry else None,
        info.metadata if info else None,
    )


def _class(code: grpc.StatusCode, reason: str, *, asks_to_wait: bool) -> type[CommuniqueError]:
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        # gRPC itself gives this code, without details, for a message that is too large to send.
        return Overloaded if reason or asks_to_wait else InvalidRequest
    if reason == "REVISION_CONFLICT":
        return RevisionConflict
    return _CLASSES.get(code, CommuniqueError)


def _call(error: object) -> grpc.Call | None:
    """Return the call that failed: its error is a call, which the type stubs leave out."""
    return error if isinstance(error, grpc.Call) else None


def _status(call: grpc.Call) -> status_pb2.Status | None:
    try:
        return rpc_status.from_call(call)
    except (ValueError, DecodeError):  # a proxy in between rewrote the trailers
        return None


def _detail(status: status_pb2.Status | None, target: _Detail) -> _Detail | None:
    details = status.details if status else ()
    return next((target for detail in details if detail.Unpack(target)), None)
