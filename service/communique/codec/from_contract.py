"""From the contract to the domain."""

from typing import Final
from uuid import UUID

from communique.codec.fields import NewerWord, Reader, instant
from communique.domain.claims.event import Claim, Event, Recorded, event_from
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.disagreement import Disagreement
from communique.domain.state.element import StatusElement
from communique.domain.state.issue_board import IssueBoard, IssueSummary
from communique.domain.state.score_series import ScoreSeries
from communique.domain.state.status import BilateralStatus
from communique.domain.state.subject import LifeCycleStep, SubjectSummary
from communique.domain.time.edtf import ValidTime
from communique.v1 import (
    comparison_pb2,
    event_pb2,
    issue_pb2,
    series_pb2,
    status_pb2,
    subject_pb2,
    time_pb2,
)

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


def status(message: status_pb2.BilateralStatus) -> BilateralStatus:
    """Return a status that the service answered."""
    return BilateralStatus.model_validate(_log.plain(message))


def comparison(message: comparison_pb2.BilateralComparison) -> BilateralComparison:
    """Return a comparison that the service answered."""
    return BilateralComparison.model_validate(_log.plain(message))


def series(message: series_pb2.ScoreSeries) -> ScoreSeries:
    """Return a score series that the service answered."""
    return ScoreSeries.model_validate(_log.plain(message))


def issue_board(message: issue_pb2.IssueBoard) -> IssueBoard:
    """Return the board of an issue that the service answered."""
    return IssueBoard.model_validate(_log.plain(message))


def issue_summary(message: issue_pb2.IssueSummary) -> IssueSummary:
    """Return an issue of a list."""
    return IssueSummary.model_validate(_log.plain(message))


def subject_summary(message: subject_pb2.SubjectSummary) -> SubjectSummary:
    """Return a subject of a list."""
    return SubjectSummary.model_validate(_log.plain(message))


def life_cycle_step(message: subject_pb2.LifeCycleStep) -> LifeCycleStep:
    """Return a step of a subject's life cycle."""
    return LifeCycleStep.model_validate(_log.plain(message))


def disagreement(message: subject_pb2.Disagreement) -> Disagreement:
    """Return a disagreement."""
    return Disagreement.model_validate(_log.plain(message))


def element(message: status_pb2.StatusElement) -> StatusElement:
    """Return an element of a status."""
    return StatusElement.model_validate(_log.plain(message))
