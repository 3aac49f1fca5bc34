"""Failures as statuses: the one table from the contract's reasons to gRPC's codes.

Every error is a `google.rpc.Status` with one `ErrorInfo`, whose reason is an `ErrorReason` of the
contract, and with `BadRequest` or `RetryInfo` where they apply.
"""

from collections.abc import Iterable, Iterator
from typing import Final

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
from communique.server.application.reasons import Failure, shortened
from communique.server.runtime import limits
from communique.v1.record_service_pb2 import ErrorReason

DOMAIN: Final = "communique.v1"

_BY_CODE: Final = {
    grpc.StatusCode.INTERNAL: ("UNSPECIFIED",),
    grpc.StatusCode.INVALID_ARGUMENT: (
        "INVALID_FIELD",
        "KNOWN_IN_FUTURE",
        "TOO_LARGE",
        "PAGE_TOKEN_INVALID",
    ),
    grpc.StatusCode.NOT_FOUND: (
        "EVENT_NOT_FOUND",
        "PROJECTION_NOT_FOUND",
        "SUBJECT_NOT_FOUND",
        "ISSUE_NOT_FOUND",
    ),
    grpc.StatusCode.ALREADY_EXISTS: ("EVENT_ID_CONFLICT",),
    grpc.StatusCode.FAILED_PRECONDITION: (
        "EVENT_RETRACTED",
        "NOT_AMENDABLE",
        "TOO_MANY_AMENDMENTS",
    ),
    grpc.StatusCode.ABORTED: ("REVISION_CONFLICT", "REBUILD_RUNNING", "VERIFICATION_RUNNING"),
    grpc.StatusCode.OUT_OF_RANGE: ("POSITION_BEYOND_HEAD",),
    grpc.StatusCode.RESOURCE_EXHAUSTED: ("OVERLOADED",),
    grpc.StatusCode.UNAVAILABLE: (
        "LOG_UNAVAILABLE",
        "READ_MODEL_BEHIND",
        "READ_MODEL_STOPPED",
        "SHUTTING_DOWN",
    ),
}
CODES: Final = {
    ErrorReason.Value(f"ERROR_REASON_{word}"): code
    for code, words in _BY_CODE.items()
    for word in words
}
"""The status code of each reason."""


def code_name(failure: Failure) -> str:
    """Return the name of the status code that answers a failure."""
    return CODES[failure.reason].name


def status_of(failure: Failure) -> Status:
    """Return the status that answers a failure, with its details."""
    status = Status(code=CODES[failure.reason].value[0], message=failure.message)
    for detail in _details(failure):
        status.details.add().Pack(detail)
    return status


def _details(failure: Failure) -> Iterator[Message]:
    reason = ErrorReason.Name(failure.reason)
    yield ErrorInfo(reason=reason, domain=DOMAIN, metadata=failure.metadata)
    if failure.violations:
        yield BadRequest(field_violations=_fitting(failure.violations))
    if failure.retry_seconds is not None:
        delay = Duration()
        delay.FromMilliseconds(round(failure.retry_seconds * 1_000))
        yield RetryInfo(retry_delay=delay)


def _fitting(violations: Iterable[Violation]) -> Iterator[BadRequest.FieldViolation]:
    """Yield the violations as far as the trailers of a call have room for them."""
    size = 0
    for violation in violations:
        message = BadRequest.FieldViolation(
            field=shortened(violation.field), description=shortened(violation.description)
        )
        size += message.ByteSize()
        if size > limits.VIOLATIONS_BYTES_MAX:
            return
        yield message
