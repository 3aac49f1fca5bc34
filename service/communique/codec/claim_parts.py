"""A stored claim in two parts: its id and times, and what the rules of the read models look at.

Claims that say the same differ in their id and times, and in words that no rule looks at, such as
the gist. A message type with some of the fields of another one reads those, and can drop the rest;
so the second part comes out as bytes without any object being made of it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from communique.codec.fields import known_time_of
from communique.codec.from_contract import stored, valid_time
from communique.codec.names import PAYLOAD_FIELDS
from communique.codec.part_bytes import Fields, with_part_bytes
from communique.domain.claims.event import AMENDMENT_TYPES, Event
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.v1 import event_pb2, time_pb2

_TIMES_REMEMBERED_MAX: Final = 8_192
_SOME_DAY: Final = time_pb2.ValidTime(edtf="2000-01-01", zone="UTC")
_PARTY: Final[Fields] = {"code": None}
_HEAD: Final[Fields] = {"event_id": None, "occurred": None, "known": None}
_PARTIES: Final[Fields] = {
    "actors": _PARTY,
    "recipients": _PARTY,
    "participants": {"party": _PARTY, "role": None},
}
# Also the fields that hold a word: one that is newer than this release has the claim left out.
_SAID: Final[Fields] = {
    "issues": None,
    "subject": None,
    "certainty": None,
    "polarity": None,
    "source": {"outlet": None},
    "grade": None,
    "links": None,
    "classification": {"cameo_code": None, "plover_code": None, "dataset": None, "goldstein": None},
    **{field: None for word, field in PAYLOAD_FIELDS.items() if word not in AMENDMENT_TYPES},
}
"""What the rules of the read models look at."""


class ClaimParts(NamedTuple):
    """The parts of a stored claim.

    Attributes:
        event_id: its text.
        occurred: the bytes of the valid time.
        known: the bytes of the known time; empty where there is none.
        parties: the bytes of an `Event` with the codes of its parties.
        said: the bytes of an `Event` with all else that rules look at.
    """

    event_id: str
    occurred: bytes
    known: bytes
    parties: bytes
    said: bytes


def parts_of(state: bytes) -> ClaimParts:
    """Return the parts of a stored claim; raise `DecodeError` where the bytes are no message."""
    head, parties, said = (
        _Head.FromString(state),
        _Parties.FromString(state),
        _Said.FromString(state),
    )
    parties.DiscardUnknownFields()
    said.DiscardUnknownFields()
    return ClaimParts(
        head.event_id,
        head.occurred,
        head.known,
        parties.SerializeToString(),
        said.SerializeToString(),
    )


def recoded(parties: bytes, codes: Sequence[str]) -> tuple[tuple[str, ...], bytes]:
    """Return the codes of the parties in their order, and the parties with others in their place.

    The first of `codes` takes the place of the first code in order, and so on. Raises `ValueError`
    where they are too few.
    """
    message = event_pb2.Event.FromString(parties)
    together = (participant.party for participant in message.participants)
    everyone = [*message.actors, *message.recipients, *together]
    own = tuple(sorted({party.code for party in everyone}))
    others = dict(zip(own, codes, strict=False))
    if len(others) < len(own):
        raise ValueError(f"{len(own)} different parties")
    for party in everyone:
        party.code = others[party.code]
    return own, message.SerializeToString(deterministic=True)


def put_together(event_id: UUID, parties: bytes, said: bytes) -> Event | None:
    """Return the claim of such parts, on some day; None where it is newer than this release.

    Raises `ValueError` where the parts make no claim.
    """
    message = event_pb2.Event.FromString(parties + said)
    message.event_id = str(event_id)
    message.occurred.CopyFrom(_SOME_DAY)
    return stored(message)


@lru_cache(_TIMES_REMEMBERED_MAX)
def stored_valid_time(part: bytes) -> ValidTime:
    """Return a stored valid time; many events share one day."""
    return valid_time(time_pb2.ValidTime.FromString(part))


@lru_cache(_TIMES_REMEMBERED_MAX)
def stored_known_time(part: bytes) -> KnownTime:
    """Return a stored known time."""
    return KnownTime.parse(**known_time_of(time_pb2.KnownTime.FromString(part)))


_Head: Final = with_part_bytes(event_pb2.Event.DESCRIPTOR, _HEAD)
_Parties: Final = with_part_bytes(event_pb2.Event.DESCRIPTOR, _PARTIES)
_Said: Final = with_part_bytes(event_pb2.Event.DESCRIPTOR, _SAID)
