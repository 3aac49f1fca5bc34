"""From the contract to the domain."""

from collections.abc import Callable
from typing import Final, TypeVar
from uuid import UUID

from google.protobuf.message import Message

from communique.codec.fields import NewerWord, Reader, instant
from communique.domain.claims.event import Claim, Event, Recorded, event_from
from communique.domain.model import Model
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.disagreement import Disagreement
from communique.domain.state.element import StatusElement
from communique.domain.state.issue_board import IssueBoard, IssueSummary
from communique.domain.state.score_series import ScoreSeries
from communique.domain.state.status import BilateralStatus
from communique.domain.state.subject import LifeCycleStep, SubjectSummary
from communique.domain.time.edtf import ValidTime
from communique.v1 import event_pb2, time_pb2

_clients: Final = Reader(from_log=False)
_log: Final = Reader(from_log=True)


def submitted(message: event_pb2.Event) -> Event:
    """Return the event that a client sent, validated; derived parts of times are made anew.

    Raises:
        pydantic.ValidationError: `violations` names each field at fault.
    """
    return event_from(_clients.plain(message))


def stored(message: event_pb2.Event) -> Event | None:
    """Return an event of the log, or None where its type is newer than this release.

    None, too, where a word in it is, or the type of a correction's content.
    """
    says = message.event_corrected.content if message.HasField("event_corrected") else message
    if says.WhichOneof("payload") is None:
        return None
    try:
        return event_from(_log.plain(message))
    except NewerWord:
        return None


def stored_bytes(state: bytes) -> Event | None:
    """As `stored`, from the bytes."""
    return stored(event_pb2.Event.FromString(state))


def content_message(state: bytes, event_id: bytes) -> event_pb2.Event:
    """Return the content that a version of an event gives, under the event's own id.

    `state` is the stored claim, or a correction of it.
    """
    message = event_pb2.Event.FromString(state)
    if not message.HasField("event_corrected"):
        return message
    content = message.event_corrected.content
    content.event_id = str(UUID(bytes=event_id))
    return content


def stored_content(state: bytes, event_id: bytes) -> Claim:
    """Return the claim that `content_message` holds; raise `TypeError` where it holds none."""
    content = stored(content_message(state, event_id))
    if not isinstance(content, Claim):
        raise TypeError(f"a version of event {UUID(bytes=event_id)} has no content: {content!r}")
    return content


def stored_occurred(state: bytes) -> ValidTime:
    """Return the valid time of the content that a version of an event gives."""
    message = event_pb2.Event.FromString(state)
    if message.HasField("event_corrected"):
        message = message.event_corrected.content
    return valid_time(message.occurred)


def valid_time(message: time_pb2.ValidTime) -> ValidTime:
    """Return a valid time of the log."""
    found = _log.valid_time(message)
    return found if isinstance(found, ValidTime) else ValidTime.parse(**found)


def has_payload(state: bytes) -> bool:
    """Whether stored bytes are of a type that this release knows, whatever else they say."""
    return event_pb2.Event.FromString(state).WhichOneof("payload") is not None


def recorded(message: event_pb2.RecordedEvent) -> Recorded:
    """Return an event as the log keeps it."""
    return Recorded(
        message.position,
        instant(message.record_time),
        message.revision,
        stored(message.event),
        message.submitter,
    )


Answer = TypeVar("Answer", bound=Model)


def _answered(model: type[Answer]) -> Callable[[Message], Answer]:
    """Return the reader of a message that the service answered and that bears the model's name."""
    return lambda message: model.model_validate(_log.plain(message))


status: Final = _answered(BilateralStatus)
comparison: Final = _answered(BilateralComparison)
series: Final = _answered(ScoreSeries)
issue_board: Final = _answered(IssueBoard)
issue_summary: Final = _answered(IssueSummary)
subject_summary: Final = _answered(SubjectSummary)
life_cycle_step: Final = _answered(LifeCycleStep)
disagreement: Final = _answered(Disagreement)
element: Final = _answered(StatusElement)
