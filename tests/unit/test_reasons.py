"""The table of errors: whole, in line with the contract, and telling no more than it should."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import grpc
import pytest
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]
    BadRequest,
    ErrorInfo,
    RetryInfo,
)

from communique.codec import Violation
from communique.server.application import request_errors
from communique.server.application.reasons import UNEXPECTED, failure_of, rule_of
from communique.server.faces.grpc.status_codes import CODES, status_of
from communique.server.log import log_errors
from communique.server.projections import projection_errors
from communique.server.runtime.threads import ServerBusy
from communique.server.views import view_errors
from communique.v1.record_service_pb2 import ErrorReason

PROTO = Path(__file__).parents[2] / "proto/communique/v1/record_service.proto"
ID = UUID(int=7)
ERRORS: list[Exception] = [
    request_errors.InvalidFields.at("gist", "too long"),
    request_errors.KnownLater.at("known", "later"),
    request_errors.EventTooLarge.at("events[0]", "too large"),
    request_errors.PageTokenInvalid.at("page_token", "changed"),
    request_errors.EventNotFound(ID),
    request_errors.PositionBeyondHead(9, 3),
    ServerBusy("10 calls"),
    request_errors.ShuttingDown(),
    log_errors.EventIdConflict(2, ID, 5),
    log_errors.UnknownEvent(2, ID, ID),
    log_errors.AlreadyRetracted(2, ID, ID),
    log_errors.NotAmendable(2, ID, ID),
    log_errors.TooManyAmendments(2, ID, ID, 100),
    log_errors.RevisionMismatch(ID, 1, 2),
    log_errors.UnstorableRequest(),
    log_errors.LogOverloaded(1, 2, 3),
    log_errors.LogUnavailable(),
    log_errors.LogClosed(),
    projection_errors.ReadModelBehind("timeline", 9, 3),
    projection_errors.ReadModelStopped("timeline", 9, 3, "an event"),
    projection_errors.UnknownProjection("times", ("timeline",)),
    projection_errors.RebuildRunning("timeline"),
    projection_errors.VerificationRunning("timeline"),
    view_errors.SubjectNotFound("meeting/JPN-KOR", ("meeting/JPN-KOR/2019-08-21",)),
    view_errors.IssueNotFound("gsomias", ()),
]


def leaves(root: type[Exception]) -> Iterator[type[Exception]]:
    """The classes below a root that have none below them."""
    below = root.__subclasses__()
    if not below:
        yield root
    for subclass in below:
        yield from leaves(subclass)


def details(error: Exception) -> tuple[ErrorInfo, BadRequest, RetryInfo]:
    """The details of an error's status, empty where there is none."""
    parts = (ErrorInfo(), BadRequest(), RetryInfo())
    for detail in status_of(failure_of(error)).details:
        assert sum(detail.Unpack(part) for part in parts) == 1
    return parts


def code_of(error: Exception) -> grpc.StatusCode:
    """The status code that an error becomes."""
    return CODES[failure_of(error).reason]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_every_error_has_a_reason_and_its_metadata(error: Exception) -> None:
    """Every error's status has one `ErrorInfo` with a reason, and its facts as metadata."""
    info, bad, retry = details(error)
    assert info.domain == "communique.v1"
    assert info.reason == ErrorReason.Name(rule_of(error).reason)
    assert set(info.metadata) == set(rule_of(error).metadata)
    assert bool(bad.field_violations) is isinstance(error, request_errors.InvalidFields)
    is_overload = code_of(error) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not is_overload or retry.HasField("retry_delay")


def test_every_refusal_of_the_service_is_in_the_table() -> None:
    """Every refusal of the log, the read models or the service is in the table of errors."""
    by_the_library_alone = {log_errors.VersionTaken}
    roots = (log_errors.LogError, projection_errors.ReadModelError, request_errors.RequestError)
    known = {type(error) for error in ERRORS}
    assert {leaf for root in roots for leaf in leaves(root)} - by_the_library_alone == known - {
        request_errors.InvalidFields,
        ServerBusy,
    }
    assert all(rule_of(error) is not UNEXPECTED for error in ERRORS)


def test_every_reason_of_the_contract_is_given_somewhere() -> None:
    """Every reason of the contract is given by some error."""
    given = {rule_of(error).reason for error in [*ERRORS, Exception()]}
    assert given == set(ErrorReason.values())


@pytest.mark.skipif(not PROTO.exists(), reason="the contract's text is not here")
def test_codes_are_those_that_the_contract_promises() -> None:
    """The status code of each reason is the one in the comment of its enum value."""
    text = PROTO.read_text(encoding="utf-8")
    promised = dict(re.findall(r"// (ERROR_REASON_\w+) \((\w+)\)", text))
    given = {ErrorReason.Name(rule_of(error).reason): code_of(error).name for error in ERRORS}
    assert given == promised


def test_every_reason_of_the_contract_has_a_status_code() -> None:
    """Every reason of the contract has exactly one status code."""
    assert CODES.keys() == {*ErrorReason.values()}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_failure_is_an_unavailability_where_grpc_calls_it_one(error: Exception) -> None:
    """An error is logged as the server's failure exactly if gRPC answers UNAVAILABLE."""
    is_unavailable = code_of(error) is grpc.StatusCode.UNAVAILABLE
    assert failure_of(error).is_unavailability is is_unavailable


def test_an_unexpected_fault_tells_nothing_of_the_inside() -> None:
    """An unexpected fault is internal, and tells clients no words or classes."""
    status = status_of(failure_of(RuntimeError("/secret/path")))
    assert status.code == grpc.StatusCode.INTERNAL.value[0]
    assert b"secret" not in status.SerializeToString()
    assert b"RuntimeError" not in status.SerializeToString()


def test_the_disks_failure_is_not_told_to_clients() -> None:
    """A disk failure tells clients that the log is unavailable, not the system's words."""
    error = log_errors.LogUnavailable()
    error.__cause__ = OSError("/secret/path")
    assert b"secret" not in status_of(failure_of(error)).SerializeToString()


def test_details_fit_into_the_trailers_of_a_call() -> None:
    """The details of an error stay below clients' 8 KiB, however many faults there are."""
    violations = [Violation(f"events[{n}].gist" + "x" * 999, "й" * 10_000) for n in range(50)]
    failure = failure_of(request_errors.InvalidFields(violations))
    assert len(status_of(failure).SerializeToString()) < 6_000
    assert len(failure.message) <= 300
