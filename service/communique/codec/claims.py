"""What the claims of the log fill facets with, by the domain's rules, out of stored bytes.

What the log keeps was validated when it came in. So of a claim only what stands in its element is
looked at, nothing is validated again but a payload never seen before, and what the element says in
the claim's own words is copied as bytes: a third of the time that the way through a whole claim and
element takes. `tests/property/test_codec_claims.py` shows that both give the same.
"""

from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from communique.codec.fields import Reader
from communique.codec.names import PAYLOAD_FIELDS, numbers_of, words_of
from communique.codec.parts import Read
from communique.codec.slices import slices_of
from communique.codec.stored import StoredElement
from communique.codec.writing import part_bytes
from communique.domain.assertions import Assertion, assertion_of
from communique.domain.clocks import from_micros
from communique.domain.edtf import ValidTime
from communique.domain.event import AMENDMENT_TYPES, Claim
from communique.domain.facets import Facet
from communique.domain.issue import issues_of
from communique.domain.parties import Dyad
from communique.domain.values import Certainty
from communique.v1 import event_pb2, payloads_pb2, status_pb2, time_pb2, values_pb2

_Event: Final = slices_of(event_pb2.Event.DESCRIPTOR)
_Corrected: Final = slices_of(event_pb2.EventCorrected.DESCRIPTOR)
_Element: Final = slices_of(status_pb2.StatusElement.DESCRIPTOR)

_REPEATING_MAX: Final = 2_048
"""Parties and days that are found again by their bytes: about 1 MB."""


class Filled(NamedTuple):
    """What a content fills a facet with, and the issues on whose boards that stands."""

    element: StoredElement
    issues: tuple[str, ...]


def filled(state: bytes, dyad: str, facet: str, known_micros: int) -> Filled:
    """Return what the content of a stored claim or correction fills a facet of a dyad with.

    The facet is one that it is known to fill. Raises `ValueError` where the bytes hold no content.
    """
    said = _content(state)
    word = said.WhichOneof("payload")
    occurred = _occurred(said.occurred)
    claim = Claim.trusted(
        {
            "payload": _payload(word, getattr(said, word)),
            "certainty": _CERTAINTIES[said.certainty],
            "subject": said.subject,
            "issues": tuple(said.issues),
            "occurred": occurred,
        }
    )
    assertion = assertion_of(claim, Dyad.parse(dyad), Facet.parse(facet))
    content = _Element(
        facet=facet,
        known=part_bytes(Timestamp(), from_micros(known_micros)),
        occurred=said.occurred,
        **_copied(said),
        **_asserted(claim, assertion),
    ).SerializeToString()
    element = StoredElement.trusted(
        {
            "facet": facet,
            "subject": said.subject,
            "state": assertion.state,
            "occurred": occurred,
            "certainty": claim.certainty,
            "scheduled": assertion.scheduled,
            "event_ids": (UUID(said.event_id),),
            "by_schedule": False,
            "under_way": False,
            "contested": False,
            "last_certain": None,
            "content": content,
        }
    )
    return Filled(element, issues_of(claim, assertion))


def _content(state: bytes) -> Any:
    """The slices of the claim, or of the correction's content."""
    said = _Event.FromString(state)
    word = said.WhichOneof("payload")
    if word == "event_corrected":
        said = _Event.FromString(_Corrected.FromString(said.event_corrected).content)
        word = said.WhichOneof("payload")
    if word is None or word in _AMENDMENTS:
        raise ValueError(f"neither a claim nor a correction of one, but {word}")
    return said


def _copied(said: Any) -> dict[str, Any]:
    """The fields of the element that the claim has, too."""
    return {
        "actors": [_written("actors", one) for one in said.actors],
        "recipients": [_written("recipients", one) for one in said.recipients],
        "participants": [_written("participants", one) for one in said.participants],
        "subject": said.subject,
        "gist": said.gist.strip(),
        "certainty": said.certainty,
        "polarity": said.polarity or values_pb2.POLARITY_POSITIVE,
        "outlet": values_pb2.Source.FromString(said.source).outlet.strip(),
        "event_ids": (said.event_id,),
    }


def _asserted(claim: Claim, assertion: Assertion) -> dict[str, Any]:
    """The fields of the element that follow from the domain's rules."""
    level, scheduled = claim.payload.__dict__.get("level"), assertion.scheduled
    return {
        "state": _STATES[assertion.state],
        "issue": assertion.issue,
        "level": _LEVELS[level] if level else 0,
        "statement": assertion.statement,
        "grounds": assertion.grounds,
        "scheduled": part_bytes(time_pb2.ValidTime(), scheduled) if scheduled else None,
    }


def _payload(word: str, part: bytes) -> Any:
    """The payload, which the codec remembers where it is short."""
    made, read = _PARTS[word]
    return read(made.FromString(part))


@lru_cache(_REPEATING_MAX)
def _written(name: str, part: bytes) -> bytes:
    """A part as it is written from its model: without white space around it, for example."""
    made, read = _PARTS[name]
    return part_bytes(made(), read(made.FromString(part)))


@lru_cache(_REPEATING_MAX)
def _occurred(part: bytes) -> ValidTime:
    """When it occurred. Where times do not repeat, the codec's own memory of parts costs more."""
    found = _log.valid_time(time_pb2.ValidTime.FromString(part))
    return found if isinstance(found, ValidTime) else ValidTime.parse(**found)


_STATES: Final = numbers_of(status_pb2.State.DESCRIPTOR)
_LEVELS: Final = numbers_of(payloads_pb2.MeetingLevel.DESCRIPTOR)
_CERTAINTIES: Final = {
    number: Certainty(word)
    for number, word in words_of(values_pb2.Certainty.DESCRIPTOR).items()
    if number
}
_AMENDMENTS: Final = {PAYLOAD_FIELDS[word] for word in AMENDMENT_TYPES}
_log: Final = Reader(from_log=True)
_PARTS: Final[dict[str, tuple[type[Message], Read]]] = {
    field.name: (GetMessageClass(field.message_type), read)
    for field in event_pb2.Event.DESCRIPTOR.fields
    if field.message_type and field.name not in _AMENDMENTS and (read := _log.value_reader(field))
}
