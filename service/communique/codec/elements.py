"""The elements of a status as the read model keeps them: their messages, ready made, as bytes.

An element follows from its claim alone, so it is written once, when the claim is projected, and an
answer copies it. The parts of a claim repeat as objects (`parts.py`), so that their bytes are found
by identity: an element takes 10 to 13 microseconds, and 30 by way of its model and message.
`tests/property/test_codec_elements.py` shows that both give the same.
"""

from functools import lru_cache
from typing import Any, Final

from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from communique.codec.memory import Memory
from communique.codec.names import numbers_of
from communique.codec.stored import SLICES
from communique.codec.to_contract import part_bytes
from communique.domain.claims.event import Claim
from communique.domain.state.assertions import Assertion
from communique.domain.time.clocks import from_micros
from communique.v1 import payloads_pb2, status_pb2, values_pb2

_WRITTEN_MAX: Final = 4_096


def element_bytes(claim: Claim, assertion: Assertion, known_micros: int) -> bytes:
    """Return the message of what a claim's assertion fills its facet with.

    `known_micros` is when the claim could be known, in microseconds since 1970 UTC.
    """
    level = claim.payload.__dict__.get("level")
    element: bytes = SLICES(
        facet=str(assertion.facet),
        state=_STATES[assertion.state],
        actors=[_written("actors", one) for one in claim.actors],
        recipients=[_written("recipients", one) for one in claim.recipients],
        participants=[_written("participants", one) for one in claim.participants],
        issue=assertion.issue,
        subject=claim.subject,
        level=level and _LEVELS[level],
        statement=assertion.statement,
        grounds=assertion.grounds,
        gist=claim.gist,
        occurred=_written("occurred", claim.occurred),
        known=_known(known_micros),
        certainty=_CERTAINTIES[claim.certainty],
        polarity=_POLARITIES[claim.polarity],
        scheduled=assertion.scheduled and _written("scheduled", assertion.scheduled),
        outlet=claim.source.outlet,
        event_ids=(str(claim.event_id),),
    ).SerializeToString()
    return element


def _written(name: str, part: object) -> bytes:
    """The bytes of a part; it is kept with them, so that no other can get its identity."""
    kept = _parts.get(id(part))
    if kept is None:
        kept = part, part_bytes(_MESSAGES[name](), part)
        _parts.keep(id(part), kept)
    return kept[1]


@lru_cache(_WRITTEN_MAX)
def _known(micros: int) -> bytes:
    return part_bytes(Timestamp(), from_micros(micros))


_parts: Final = Memory[int, tuple[object, bytes]](_WRITTEN_MAX)
_MESSAGES: Final[dict[str, Any]] = {
    field.name: GetMessageClass(field.message_type)
    for field in status_pb2.StatusElement.DESCRIPTOR.fields
    if field.message_type
}
_STATES: Final = numbers_of(status_pb2.State.DESCRIPTOR)
_LEVELS: Final = numbers_of(payloads_pb2.MeetingLevel.DESCRIPTOR)
_CERTAINTIES: Final = numbers_of(values_pb2.Certainty.DESCRIPTOR)
_POLARITIES: Final = numbers_of(values_pb2.Polarity.DESCRIPTOR)
