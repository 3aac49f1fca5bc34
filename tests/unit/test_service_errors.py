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
from communique.server import log
from communique.server.application import request_errors as refusals
from communique.server.application.reasons import UNEXPECTED, message_of, rule_of, status_of
from communique.server.log import log_errors
from communique.server.projections import projection_errors as read_models
from communique.v1.record_service_pb2 import ErrorReason

PROTO = Path(__file__).parents[2] / "proto/communique/v1/record_service.proto"
ID = UUID(int=7)
ERRORS: list[Exception] = [
    refusals.InvalidRequest.at("gist", "too long"),
    refusals.KnownLater.at("known", "later"),
    refusals.TooLarge.at("events[0]", "too large"),
    refusals.PageTokenInvalid.at("page_token", "changed"),
    refusals.EventNotFound(ID),
    refusals.PositionBeyondHead(9, 3),
    refusals.Overloaded("10 calls"),
    refusals.ShuttingDown(),
    log.EventIdConflict(2, ID, 5),
    log.UnknownEvent(2, ID, ID),
    log.AlreadyRetracted(2, ID, ID),
    log.NotAmendable(2, ID, ID),
    log.TooManyAmendments(2, ID, ID, 100),
    log.RevisionConflict(ID, 1, 2),
    log.UnstorableRequest(),
    log.LogOverloaded(1, 2, 3),
    log.LogUnavailable(),
    log.LogClosed(),
    read_models.ReadModelBehind("timeline", 9, 3),
    read_models.ReadModelStopped("timeline", 9, 3, "an event"),
    read_models.UnknownProjection("times", ("timeline",)),
    read_models.RebuildRunning("timeline"),
    read_models.VerificationRunning("timeline"),
    read_models.SubjectNotFound("meeting/JPN-KOR", ("meeting/JPN-KOR/2019-08-21",)),
    read_models.IssueNotFound("gsomias", ()),
]


def leaves(root: type[Exception]) -> Iterator[type[Exception]]:
    """The classes below a root that have none below them."""
    below = root.__subclasses__()
    if not below:
        yield root
    for one in below:
        yield from leaves(one)


def details(error: Exception) -> tuple[ErrorInfo, BadRequest, RetryInfo]:
    """The details of an error's status, empty where there is none."""
    parts = (ErrorInfo(), BadRequest(), RetryInfo())
    for detail in status_of(error).details:
        assert sum(detail.Unpack(part) for part in parts) == 1
    return parts


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_every_error_has_a_reason_and_its_metadata(error: Exception) -> None:
    """A status has one `ErrorInfo` of our domain, with a reason and the facts as metadata."""
    info, bad, retry = details(error)
    assert info.domain == "communique.v1"
    assert info.reason == ErrorReason.Name(rule_of(error).reason)
    assert set(info.metadata) == set(rule_of(error).metadata)
    assert bool(bad.field_violations) is isinstance(error, refusals.InvalidRequest)
    is_overload = rule_of(error).code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not is_overload or retry.HasField("retry_delay")


def test_every_refusal_of_the_service_is_in_the_table() -> None:
    """No refusal of the log, the read models or the service itself is an unexpected fault."""
    at_start_only = {log_errors.ForeignFile, log_errors.UnsupportedFormat, log_errors.LogInUse}
    roots = (log_errors.LogError, read_models.ReadModelError, refusals.Refusal)
    known = {type(error) for error in ERRORS}
    assert {leaf for root in roots for leaf in leaves(root)} - at_start_only == known - {
        refusals.InvalidRequest
    }
    assert all(rule_of(error) is not UNEXPECTED for error in ERRORS)


def test_every_reason_of_the_contract_is_given_somewhere() -> None:
    """The contract promises no reason that the service never gives."""
    given = {rule_of(error).reason for error in [*ERRORS, Exception()]}
    assert given == set(ErrorReason.values())


@pytest.mark.skipif(not PROTO.exists(), reason="the contract's text is not here")
def test_codes_are_those_that_the_contract_promises() -> None:
    """The status code of each reason is the one in the comment of its enum value."""
    text = PROTO.read_text(encoding="utf-8")
    promised = dict(re.findall(r"// (ERROR_REASON_\w+) \((\w+)\)", text))
    given = {ErrorReason.Name(rule_of(error).reason): rule_of(error).code.name for error in ERRORS}
    assert given == promised


def test_an_unexpected_fault_tells_nothing_of_the_inside() -> None:
    """What the server did not expect is internal, and neither words nor classes leak."""
    status = status_of(RuntimeError("/secret/path"))
    assert status.code == grpc.StatusCode.INTERNAL.value[0]
    assert b"secret" not in status.SerializeToString()
    assert b"RuntimeError" not in status.SerializeToString()


def test_the_disks_failure_is_not_told_to_clients() -> None:
    """A client hears that the log is unavailable, not what the operating system said."""
    error = log.LogUnavailable()
    error.__cause__ = OSError("/secret/path")
    assert b"secret" not in status_of(error).SerializeToString()


def test_details_fit_into_the_trailers_of_a_call() -> None:
    """However many and long the faults are, what is told stays below the 8 KiB of clients."""
    many = [Violation(f"events[{n}].gist" + "x" * 999, "й" * 10_000) for n in range(50)]
    status = status_of(refusals.InvalidRequest(many))
    assert len(status.SerializeToString()) < 6_000
    assert len(message_of(refusals.InvalidRequest(many))) <= 300
