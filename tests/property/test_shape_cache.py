"""The rows of claims by their shapes are those that the domain's rules give of each claim."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from communique.domain.claims.event import Claim
from communique.domain.parties.data.codes import STATES
from communique.domain.parties.party import Party
from communique.domain.time.clocks import micros
from communique.server.log.decoding import recorded_of
from communique.server.log.entries import LogRow
from communique.server.views.read_model.content_rows import EventRows, rows_of
from communique.server.views.read_model.content_shape import ContentShape
from communique.server.views.read_model.shape_cache import ShapeCache
from communique.v1 import event_pb2
from tests.support.real_log import NEWER_STATE, NEWER_TYPE, state_of
from tests.support.strategies import claims

_STAND_INS = ("ABW", "AFI", "AIA", "ALA", "ANT")
_CODES = ("EU", "UN", *_STAND_INS, *sorted(STATES)[-40:])
_RECORD_TIMES = st.datetimes(datetime(2019, 8, 1), datetime(2019, 8, 9), timezones=st.just(UTC))  # noqa: DTZ001


def row_of(claim: Claim, position: int, recorded: datetime) -> LogRow:
    """Return the row that the log has of a claim."""
    own_id, topic = claim.event_id.bytes, claim.payload.type
    return LogRow(position, own_id, 1, topic, state_of(claim), micros(recorded), "")


def plain(row: LogRow) -> EventRows | None:
    """Return what the rules make of a row of the log; None for a type that is not known."""
    recorded = recorded_of(row)
    return rows_of([recorded]) if recorded.event else None


def said(rows: EventRows | None) -> object:
    """Return everything that rows say, whatever the order of a shape's tags and facets."""
    if rows is None:
        return None
    return [*rows.disputes], [
        (row._replace(shape=None), said_of(row.shape))  # type: ignore[arg-type]
        for row in rows.contents
    ]


def said_of(shape: ContentShape) -> object:
    """Return everything that a shape says."""
    traits, names = shape.traits, shape.names
    dyads_until = 2 + len(traits.sides)
    dyads = sorted(zip(names.tags[2:dyads_until], traits.sides, strict=True))
    facets = sorted(zip(names.facets, traits.facets, strict=True))
    constant = traits._replace(sides=(), facets=())
    return constant, names.codes, names.tags[:2], dyads, sorted(names.tags[dyads_until:]), facets


def recast(claim: Claim, codes: Sequence[str]) -> Claim | None:
    """Return a claim in which other parties take part; None where that makes no claim."""
    others = dict(zip(sorted(claim.codes), codes, strict=False))

    def recoded(party: Party) -> dict[str, object]:
        return {**party.model_dump(), "code": others[party.code]}

    content = claim.model_dump()
    content["actors"] = [recoded(party) for party in claim.actors]
    content["recipients"] = [recoded(party) for party in claim.recipients]
    content["participants"] = [
        {"party": recoded(member.party), "role": member.role} for member in claim.participants
    ]
    try:
        return Claim.model_validate(content)
    except ValidationError:
        return None


def recombined(given: Sequence[Claim], random: Random) -> list[Claim]:
    """Return claims with times, ids and subjects of others among them, and other parties."""
    variants = list(given)
    for claim in given:
        for _ in range(3):
            other = random.choice(given)
            changed = claim.model_copy(
                update={
                    "event_id": UUID(int=random.getrandbits(128), version=4),
                    "occurred": other.occurred,
                    "known": random.choice([other.known, claim.known, None]),
                    "gist": random.choice(["", claim.gist, "What a desk reads."]),
                    "certainty": random.choice([claim.certainty, other.certainty]),
                    "subject": random.choice(
                        [claim.subject, claim.subject, "deal/ABW-AFI", "talks/AIA"]
                    ),
                }
            )
            if another := recast(changed, random.sample(_CODES, 20)):
                variants.append(another)
    random.shuffle(variants)
    return variants


@given(st.lists(claims(), min_size=1, max_size=5), st.randoms(), _RECORD_TIMES)
def test_rows_by_shape_are_the_plain_ones(
    several: list[Claim], random: Random, recorded: datetime
) -> None:
    """Claims recombined of others have the rows by their shapes that the rules give of each."""
    shapes = ShapeCache()
    for position, claim in enumerate(recombined(several, random), 1):
        row = row_of(claim, position, recorded)
        for _ in range(2):
            assert said(shapes.rows_of_claim(row)) == said(plain(row))


@given(claims(), st.randoms())
def test_other_bytes_give_what_they_say(claim: Claim, random: Random) -> None:
    """Bytes in another order, of another type, newer or damaged have the rows of the plain way."""
    shapes, row = ShapeCache(), row_of(claim, 1, datetime(2019, 8, 5, tzinfo=UTC))
    shapes.rows_of_claim(row)
    message = event_pb2.Event.FromString(row.state)
    fields = [field for field, _ in message.ListFields()]
    parts = list[bytes]()
    for field in fields:
        part = {field.name: getattr(message, field.name)}
        parts.append(event_pb2.Event(**part).SerializeToString())
    random.shuffle(parts)
    cut = random.randrange(len(row.state))
    for state, topic in (
        (b"".join(parts), row.topic),
        (row.state + b"\x50\x63", row.topic),  # certainty 99
        (row.state + b"\xf2\x3f\x03new", row.topic),  # a field that is not known
        (row.state, "MeetingHeld"),
        (NEWER_STATE, NEWER_TYPE),
        (row.state[:cut], row.topic),
        (row.state[:cut] + bytes([random.randrange(256)]) + row.state[cut + 1 :], row.topic),
    ):
        changed = row._replace(state=state, topic=topic)
        expected = outcome(None, changed)
        by_shape = outcome(shapes, changed)
        # The rules don't look at the words of a report, so damage in these is none to them.
        assert expected in (by_shape, "undecodable")


def outcome(shapes: ShapeCache | None, row: LogRow) -> object:
    """Return what the rows say, or that the event cannot be decoded."""
    try:
        return said(shapes.rows_of_claim(row) if shapes else plain(row))
    except ValueError:
        return "undecodable"
