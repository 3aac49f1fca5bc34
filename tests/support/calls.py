"""Calling the service in tests: stubs, messages to submit, and errors taken apart."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import NamedTuple, cast
from uuid import uuid4

import grpc
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]
    BadRequest,
    ErrorInfo,
    RetryInfo,
)
from grpc_status import rpc_status

from communique.v1 import event_pb2, payloads_pb2, record_service_pb2, time_pb2, values_pb2
from communique.v1.projection_service_pb2_grpc import ProjectionServiceStub
from communique.v1.record_service_pb2_grpc import RecordServiceStub
from communique.v1.timeline_service_pb2_grpc import TimelineServiceStub

MEGABYTE = 1_000_000


class Stubs(NamedTuple):
    """The three services, and the channel to them."""

    records: RecordServiceStub
    timelines: TimelineServiceStub
    projections: ProjectionServiceStub
    channel: grpc.Channel


@contextmanager
def connected(address: str, credentials: grpc.ChannelCredentials | None = None) -> Iterator[Stubs]:
    """Open a channel, secure where there are credentials."""
    sizes = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    channel = (
        grpc.secure_channel(address, credentials, sizes)
        if credentials
        else grpc.insecure_channel(address, sizes)
    )
    with channel:
        yield Stubs(
            RecordServiceStub(channel),
            TimelineServiceStub(channel),
            ProjectionServiceStub(channel),
            channel,
        )


class Refused(NamedTuple):
    """An error as a client sees it."""

    code: grpc.StatusCode
    reason: str
    message: str
    violations: dict[str, str]
    metadata: dict[str, str]
    retry_ms: int | None


def refused(call: Callable[[], object]) -> Refused:
    """Make a call that has to fail, and take its error apart; a stream is read to its end."""
    try:
        answer = call()
        if isinstance(answer, Iterator):
            list(answer)
    except grpc.RpcError as error:
        return taken_apart(error)
    raise AssertionError("the call went through")


def taken_apart(error: grpc.RpcError) -> Refused:
    """Return the parts of an error, which has exactly one `ErrorInfo`."""
    status = rpc_status.from_call(cast("grpc.Call", error))
    assert status is not None, f"no details: {error}"
    info, bad, retry = ErrorInfo(), BadRequest(), RetryInfo()
    unpacked = [detail.Unpack(part) for detail in status.details for part in (info, bad, retry)]
    assert sum(unpacked) == len(status.details)
    assert info.domain == "communique.v1"
    return Refused(
        error.code(),
        info.reason.removeprefix("ERROR_REASON_"),
        status.message,
        {violation.field: violation.description for violation in bad.field_violations},
        dict(info.metadata),
        retry.retry_delay.ToMilliseconds() if retry.HasField("retry_delay") else None,
    )


def meeting(
    *codes: str, occurred: str = "2019-08-21", event_id: str = "", **fields: object
) -> event_pb2.Event:
    """A meeting of ministers on a day in Seoul; Korea and Japan unless other codes are given."""
    event = event_pb2.Event(
        event_id=event_id or str(uuid4()),
        occurred=time_pb2.ValidTime(edtf=occurred, zone="Asia/Seoul"),
        participants=[participant(code) for code in codes or ("KOR", "JPN")],
        issues=["export-controls"],
        certainty=values_pb2.CERTAINTY_CERTAIN,
        source=values_pb2.Source(outlet="Yonhap"),
        **fields,  # type: ignore[arg-type]
    )
    event.meeting_held.level = payloads_pb2.MEETING_LEVEL_MINISTER
    return event


def refusal(actor: str = "JPN", recipient: str = "KOR", **fields: object) -> event_pb2.Event:
    """A refusal of talks on 20 August 2019."""
    event = meeting(occurred="2019-08-20", **fields)  # type: ignore[arg-type]
    event.ClearField("participants")
    event.actors.append(participant(actor).party)
    event.recipients.append(participant(recipient).party)
    event.talks_refused.SetInParent()
    return event


def participant(code: str) -> values_pb2.Participant:
    """One who takes part."""
    return values_pb2.Participant(party=values_pb2.Party(code=code))


def meetings(count: int, **fields: object) -> list[event_pb2.Event]:
    """Different meetings, on different days from 1 January 2000 on."""
    return [meeting(occurred=day_of(index), **fields) for index in range(count)]  # type: ignore[arg-type]


def day_of(index: int) -> str:
    """The day number `index` of years of twelve months of 28 days each."""
    months, day = divmod(index, 28)
    years, month = divmod(months, 12)
    return f"{2000 + years}-{month + 1:02}-{day + 1:02}"


def correction(target: event_pb2.Event, **fields: object) -> event_pb2.Event:
    """A correction that changes nothing but the gist."""
    content = event_pb2.Event()
    content.CopyFrom(target)
    content.gist = "corrected"
    event = event_pb2.Event(event_id=str(uuid4()), **fields)  # type: ignore[arg-type]
    event.event_corrected.amends = target.event_id
    event.event_corrected.content.CopyFrom(content)
    event.event_corrected.reason = "a misprint"
    return event


def retraction(event_id: str) -> event_pb2.Event:
    """A retraction."""
    event = event_pb2.Event(event_id=str(uuid4()))
    event.event_retracted.amends = event_id
    event.event_retracted.reason = "it did not happen"
    return event


def dispute(event_id: str) -> event_pb2.Event:
    """A dispute."""
    event = event_pb2.Event(event_id=str(uuid4()))
    event.event_disputed.amends = event_id
    event.event_disputed.statement = "it was a briefing"
    return event


def submit(
    stubs: Stubs, *events: event_pb2.Event, expected: Mapping[str, int] | None = None
) -> Sequence[record_service_pb2.Receipt]:
    """Submit events, on the condition of the expected revisions, and return their receipts."""
    expectations = [
        record_service_pb2.Expectation(event_id=event_id, revision=revision)
        for event_id, revision in (expected or {}).items()
    ]
    request = record_service_pb2.SubmitRequest(events=events, expectations=expectations)
    return stubs.records.Submit(request, timeout=30).receipts


def head(stubs: Stubs) -> int:
    """The last position of the log."""
    return stubs.records.GetHead(record_service_pb2.GetHeadRequest(), timeout=5).position


def eventually(is_true: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is true."""
    deadline = monotonic() + seconds
    while not is_true():
        assert monotonic() < deadline
        sleep(0.01)


def positions(
    frames: Iterable[record_service_pb2.ReadResponse | record_service_pb2.SubscribeResponse],
) -> list[int]:
    """The positions of all events."""
    return [event.position for frame in frames for event in frame.events.events]
