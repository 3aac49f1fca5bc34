"""What a caller of the client sees of an error: a real call to a server that fails as scripted."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeAlias

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status

from communique.client import (
    Client,
    CommuniqueError,
    Conflict,
    InvalidRequest,
    NotFound,
    OutOfRange,
    Overloaded,
    Retry,
    RevisionConflict,
    TimedOut,
    Unavailable,
    Violation,
)

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

ONCE = Retry(attempts_max=1)
BARE_IMPORT = """
import sys

class Blocked:
    NAMES = {"apsw", "eventsourcing", "structlog", "typer", "rich", "yaml", "grpc_health",
             "grpc_reflection", "communique.server", "communique.cli", "communique.importers"}

    def find_spec(self, name, path=None, target=None):
        if name in self.NAMES:
            raise ModuleNotFoundError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
import communique.client
"""


class Every(grpc.GenericRpcHandler):
    """Answers every call with one unary handler."""

    def __init__(self, handler: Callable[[bytes, grpc.ServicerContext], Any]) -> None:
        self.handler: Handler = grpc.unary_unary_rpc_method_handler(handler)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler:  # noqa: ARG002
        """Return the handler of a call, whichever it is."""
        return self.handler


@contextmanager
def serving(handler: Callable[[bytes, grpc.ServicerContext], Any]) -> Iterator[str]:
    """The address of a server that answers so."""
    server = grpc.server(ThreadPoolExecutor(2), handlers=[Every(handler)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


def failure(status: grpc.Status) -> CommuniqueError:
    """What a call raises when the server answers with that status."""
    with (
        serving(lambda _, context: context.abort_with_status(status)) as address,
        Client(address, retry=ONCE) as client,
        pytest.raises(CommuniqueError) as raised,
    ):
        client.head()
    return raised.value


def status(code: grpc.StatusCode, message: str, *details: Message) -> grpc.Status:
    """A `google.rpc.Status` as it travels in the trailers."""
    rich: Any = status_pb2.Status(code=code.value[0], message=message)
    for detail in details:
        packed = AnyMessage()
        packed.Pack(detail)
        rich.details.append(packed)
    trailing: grpc.Status = rpc_status.to_status(rich)
    return trailing


def info(reason: str) -> error_details_pb2.ErrorInfo:
    """The detail that carries an `ErrorReason`."""
    return error_details_pb2.ErrorInfo(reason=reason, domain="communique.v1")


@pytest.mark.parametrize(
    ("code", "reason", "kind", "retryable"),
    [
        ("INVALID_ARGUMENT", "INVALID_FIELD", InvalidRequest, False),
        ("NOT_FOUND", "EVENT_NOT_FOUND", NotFound, False),
        ("ALREADY_EXISTS", "EVENT_ID_CONFLICT", Conflict, False),
        ("FAILED_PRECONDITION", "EVENT_RETRACTED", Conflict, False),
        ("ABORTED", "REVISION_CONFLICT", RevisionConflict, False),
        ("ABORTED", "REBUILD_RUNNING", Conflict, False),
        ("ABORTED", "VERIFICATION_RUNNING", Conflict, False),
        ("OUT_OF_RANGE", "POSITION_BEYOND_HEAD", OutOfRange, False),
        ("RESOURCE_EXHAUSTED", "OVERLOADED", Overloaded, True),
        ("UNAVAILABLE", "LOG_UNAVAILABLE", Unavailable, True),
        ("UNAVAILABLE", "READ_MODEL_STOPPED", Unavailable, False),
        ("INTERNAL", "UNSPECIFIED", CommuniqueError, False),
    ],
)
def test_each_reason_has_its_exception(
    code: str,
    reason: str,
    kind: type[CommuniqueError],
    retryable: bool,  # noqa: FBT001  a case of the table
) -> None:
    """A reason of the contract becomes the exception made for it, with its own words."""
    given = status(grpc.StatusCode[code], "what was wrong", info(f"ERROR_REASON_{reason}"))
    error = failure(given)
    assert (type(error), error.reason, error.code) == (kind, reason, grpc.StatusCode[code])
    assert (str(error), error.retryable) == ("what was wrong", retryable)


def test_fields_at_fault_are_named() -> None:
    """Every violation of a `BadRequest` arrives, with the path of its field."""
    at_fault = [
        error_details_pb2.BadRequest.FieldViolation(field="events[0].certainty", description="no"),
        error_details_pb2.BadRequest.FieldViolation(field="events[1].place", description="where"),
    ]
    bad = error_details_pb2.BadRequest(field_violations=at_fault)
    error = failure(status(grpc.StatusCode.INVALID_ARGUMENT, "two fields", info("X"), bad))
    assert error.violations == (
        Violation("events[0].certainty", "no"),
        Violation("events[1].place", "where"),
    )


def test_the_wait_asked_for_is_told() -> None:
    """An overloaded server says how long to wait, and the caller sees it."""
    delay = Duration()
    delay.FromTimedelta(timedelta(milliseconds=250))
    wait = error_details_pb2.RetryInfo(retry_delay=delay)
    error = failure(
        status(grpc.StatusCode.RESOURCE_EXHAUSTED, "busy", info("ERROR_REASON_OVERLOADED"), wait)
    )
    assert error.retry_after_seconds == 0.25


def test_a_message_too_large_for_grpc_is_no_overload() -> None:
    """A message too large for gRPC is no overload, which a client would send again."""
    error = failure(status(grpc.StatusCode.RESOURCE_EXHAUSTED, "Received message larger than max"))
    assert (type(error), error.reason, error.retryable) == (InvalidRequest, "TOO_LARGE", False)


def test_details_that_say_otherwise_than_the_trailers_are_left_out() -> None:
    """A status that a proxy has rewritten still becomes an exception, without the details."""
    rewritten = status(grpc.StatusCode.NOT_FOUND, "the server's", info("ERROR_REASON_X"))
    mixed = rewritten._replace(details="the proxy's")  # type: ignore[attr-defined]
    error = failure(mixed)
    assert (type(error), str(error), error.reason) == (NotFound, "the proxy's", "")


def test_a_server_that_is_not_there_is_unavailable() -> None:
    """No server at the address is `Unavailable`, within the time allowed."""
    with (
        Client("127.0.0.1:1", timeout_seconds=5, retry=ONCE) as client,
        pytest.raises(Unavailable) as raised,
    ):
        client.head()
    assert raised.value.retryable


def test_no_answer_in_time_is_timed_out() -> None:
    """A call that gets no answer in time is `TimedOut`."""
    over = threading.Event()
    with (
        serving(lambda _, __: over.wait(30) and b"") as address,
        Client(address, timeout_seconds=0.2) as client,
        pytest.raises(TimedOut) as raised,
    ):
        client.head()
    over.set()
    assert not raised.value.retryable


def test_the_client_runs_on_the_base_dependencies() -> None:
    """Importing the client needs neither the server nor any package of the `server` extra."""
    subprocess.run([sys.executable, "-c", BARE_IMPORT], check=True)
