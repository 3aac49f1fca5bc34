"""Claims that are accepted by their bytes are those that are read, validated and canonical."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from google.protobuf.message import DecodeError
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from communique import codec
from communique.codec.recurring_claims import Recognised, RecurringClaims
from communique.domain.claims.event import Claim, Event
from communique.domain.claims.values import Classification
from communique.domain.parties.party import Party
from communique.domain.time.known_time import KnownTime
from communique.v1 import event_pb2, values_pb2
from tests.support.strategies import claims, events

SEVERAL: Final = st.lists(claims() | events, min_size=2, max_size=5)
RANDOM: Final = st.builds(Random, st.integers(0, 2**32))
RECOMBINED: Final[tuple[Any, ...]] = (
    *("occurred", "known", "actors", "recipients", "participants", "issues", "place"),
    *("source", "classification", "gist"),
)
NEWER_FIELD: Final = b"\xc2\x3e\x03\x0a\x01x"
NEWER_FIELDS: Final = (NEWER_FIELD, b"\x20\x05", b"\xf2\x01\x01x", b"\x21" + bytes(8), b"\x55abcd")
"""Fields that this release does not know, also known ones of another wire type."""
EMPTY: Final = (b"\x7a\x00", b"\x4a\x00", b"\x22\x00", b"\x6a\x00", b"\x1a\x00", b"\x8a\x01\x00")
PARTIES: Final = (
    Party(code="JPN"),
    Party(code="JPN", sector="business"),
    Party(code="KOR"),
    Party(code="UN"),
)


def only(message: event_pb2.Event, name: str) -> event_pb2.Event:
    """A message with one of the fields, under its name."""
    part = event_pb2.Event()
    part.CopyFrom(message)
    part.DiscardUnknownFields()
    for field, _ in message.ListFields():
        if field.name != name:
            part.ClearField(field.name)  # type: ignore[arg-type]  # any field's name
    return part


def fields_of(state: bytes) -> list[bytes]:
    """The outer fields, repeated ones together."""
    message = event_pb2.Event.FromString(state)
    parts = [only(message, field.name) for field, _ in message.ListFields()]
    return [part.SerializeToString(deterministic=True) for part in parts]


def recombined(random: Random, states: Sequence[bytes]) -> bytes:
    """An event with some fields of two others in the place of its own."""
    one, *others = (event_pb2.Event.FromString(random.choice(states)) for _ in range(3))
    for name in RECOMBINED:
        if random.random() < 0.5:
            one.ClearField(name)
            one.MergeFrom(only(random.choice(others), name))
    return one.SerializeToString(deterministic=True)


def with_own_row(random: Random, states: Sequence[bytes]) -> bytes:
    """A coded claim with another row id, or one with figures of its own."""
    message = event_pb2.Event.FromString(random.choice(states))
    row_id = random.choice(
        ("", "7", "a b", " 1", "é", "\x07", "x" * 127, "x" * 128, "x" * 201, "*\x01")
    )
    message.classification.row_id = row_id
    if random.random() < 0.3:
        message.classification.row_count = random.choice((0, 1, 2**31 - 1, -1))
    return message.SerializeToString(deterministic=True)


def with_other_parties(random: Random, states: Sequence[bytes]) -> bytes:
    """An event with other parties, some of one code and some twice, in the roles that it has."""
    message = event_pb2.Event.FromString(random.choice(states))
    parties = [*message.actors, *message.recipients, *(m.party for m in message.participants)]
    for party in parties:
        party.Clear()
        chosen = random.choice(PARTIES)
        party.code, party.sector = chosen.code, chosen.sector
    if random.random() < 0.2:
        message.actors.add(code=random.choice(("USA", "usa", "XXX", "")))
    return message.SerializeToString(deterministic=True)


def moved(random: Random, states: Sequence[bytes]) -> bytes:
    """The fields in another order, one of them twice or missing, or with a strange one between."""
    fields = fields_of(random.choice(states))
    at = random.randrange(len(fields))
    match random.randrange(5):
        case 0:
            random.shuffle(fields)
        case 1:
            fields.insert(at, random.choice(fields))
        case 2:
            del fields[at]
        case 3:
            fields.insert(random.randrange(len(fields) + 1), random.choice(NEWER_FIELDS))
        case _:
            fields.insert(random.randrange(len(fields) + 1), random.choice(EMPTY))
    return b"".join(fields)


def mangled(random: Random, states: Sequence[bytes]) -> bytes:
    """The bytes cut off or changed somewhere, a length written at length, or an id in capitals."""
    state = random.choice(states)
    at = random.randrange(len(state))
    match random.randrange(5):
        case 0:
            return state[:at]
        case 1:
            return state[:at] + bytes([random.randrange(256)]) + state[at + 1 :]
        case 2:
            return state[:at] + bytes([state[at] | 0x80, 0]) + state[at + 1 :]
        case 3:
            return state[:at] + random.choice(states)[at:]
        case _:
            return state[:2] + state[2:38].upper() + state[38:]


ALTERED: Final[tuple[Callable[[Random, Sequence[bytes]], bytes], ...]] = (
    recombined,
    with_own_row,
    with_other_parties,
    moved,
    mangled,
)


def state_of(event: Event) -> bytes:
    """The bytes that the log keeps of an event."""
    return codec.canonical_bytes(codec.message_of(event), event)


def read(state: bytes) -> tuple[Claim, bytes] | None:
    """The plain form: the valid claim that bytes are, and its canonical bytes; None for others."""
    try:
        message = event_pb2.Event.FromString(state)
        event = codec.submitted(message)
    except (DecodeError, ValidationError):
        return None
    return (event, codec.canonical_bytes(message, event)) if isinstance(event, Claim) else None


@given(several=SEVERAL, random=RANDOM)
def test_what_is_recognised_is_valid_and_canonical(*, several: list[Event], random: Random) -> None:
    """Bytes, put together out of many claims, are recognised only as what reading them gives."""
    recurring = RecurringClaims()
    states = [state_of(event) for event in several]
    for round_number in range(40):
        state = random.choice(states)
        if round_number >= len(states):
            state = random.choice(ALTERED)(random, states)
        recognised, plain = recurring.recognise(state), read(state)
        if plain is None:
            assert recognised is None
            continue
        claim, canonical = plain
        if recognised is not None:
            topic = claim.payload.type
            assert recognised == Recognised(claim.event_id, topic, claim.known)
            assert canonical == state
        elif canonical == state:
            recurring.learn(state, claim.payload.type)
        if len(states) < 20:
            states.append(canonical)


@given(claims(), st.integers(0, 2**128 - 1), st.sampled_from(["2019-08-21", "2020-02-29"]))
def test_a_claim_is_recognised_when_only_its_own_differs(
    claim: Claim, number: int, day: str
) -> None:
    """A claim with an id, a time and a row of its own is recognised by one that was read."""
    row = Classification(dataset="d", row_id="r 1")
    given_known = KnownTime.parse("2019-08-01")
    coded = claim.model_copy(update={"classification": row, "known": given_known})
    recurring, state = RecurringClaims(), state_of(coded)
    assume(len(state) <= 1_000)
    recurring.learn(state, coded.payload.type)
    message = event_pb2.Event.FromString(state)
    message.event_id = f"{number:032x}"
    message.known.text, message.known.zone = day, "UTC"
    message.classification.row_id = "another one"
    event = codec.submitted(message)

    recognised = recurring.recognise(codec.canonical_bytes(message, event))
    assert recognised == Recognised(event.event_id, event.payload.type, event.known)


def test_parties_count_together() -> None:
    """A shape that was valid of two codes is not recognised where both parties have one code."""
    message = event_pb2.Event(event_id=f"{1:08x}-0000-4000-8000-000000000000")
    message.occurred.edtf, message.source.outlet = "2019-08-21", "Yonhap"
    message.certainty = values_pb2.CERTAINTY_CERTAIN
    message.talks_refused.SetInParent()
    message.actors.add(code="KOR")
    message.recipients.add(code="JPN")
    event = codec.submitted(message)
    recurring, state = RecurringClaims(), codec.canonical_bytes(message, event)
    recurring.learn(state, "TalksRefused")
    message.recipients[0].code, message.recipients[0].sector = "KOR", "business"

    assert recurring.recognise(state) == Recognised(event.event_id, "TalksRefused", None)
    assert recurring.recognise(message.SerializeToString(deterministic=True)) is None


def test_a_row_id_of_its_own_excuses_nothing_beside_it() -> None:
    """A classification in another order of fields, or with one twice, is not recognised."""
    message = event_pb2.Event(event_id=f"{1:08x}-0000-4000-8000-000000000000")
    message.occurred.edtf, message.source.outlet = "2019-08-21", "ICEWS"
    message.certainty = values_pb2.CERTAINTY_CERTAIN
    message.coded_event_reported.code, message.coded_event_reported.description = "010", "Say"
    message.actors.add(code="KOR")
    message.recipients.add(code="JPN")
    fields = [b"\x0a\x03010", b"\x22\x05icews", b"\x2a\x047 a ", b"\x40\x02"]
    message.classification.ParseFromString(b"".join(fields))
    event = codec.submitted(message)
    recurring, state = RecurringClaims(), codec.canonical_bytes(message, event)
    before, behind = state.split(b"".join(fields))
    recurring.learn(state, "CodedEventReported")
    assert recurring.recognise(state) is not None

    strange = [fields[::-1], [*fields, fields[2]], [*fields[:2], fields[3], fields[2]]]
    strange += [[*fields[:3], b"\x40\x82\x00"], [b"\x12\x00", *fields]]
    for others in map(b"".join, strange):
        sized = before[:-1] + bytes([len(others)]) + others + behind
        assert read(sized) is not None
        assert recurring.recognise(sized) is None
