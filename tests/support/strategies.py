"""Random events of all types, about few parties, issues and instants, so that they collide.

Models are built from their own annotations: a new field or payload type is covered as it appears.
One draw takes one of many ready values where that will do, since draws are what takes the time.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import Enum
from functools import cache
from itertools import permutations
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel

from communique.domain.claims.event import (
    Amendment,
    AmendmentPayload,
    Claim,
    EventCorrected,
    Reason,
)
from communique.domain.claims.payloads import ClaimPayload, ScheduleStated
from communique.domain.claims.shape import Payload, Shape
from communique.domain.claims.values import (
    Certainty,
    Classification,
    Credibility,
    Grade,
    Link,
    LinkKind,
    Participant,
    Place,
    Polarity,
    Reliability,
    Role,
    Source,
)
from communique.domain.claims.words import ScheduledChange, ScheduledKind
from communique.domain.parties.party import Dyad, Party, PartyCode
from communique.domain.text import IssueSlug, Line, Prose, SubjectKey
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime

PAYLOADS: Final[tuple[type[Payload], ...]] = get_args(ClaimPayload)
AMENDMENTS: Final[tuple[type[BaseModel], ...]] = get_args(AmendmentPayload)

# --- the small world ---------------------------------------------------------------------------

CODES: Final = ("JPN", "KOR", "CHN", "UN")
DYADS: Final = tuple(Dyad.all_of(CODES))
PARTIES: Final = (
    *(Party(code=code) for code in CODES),
    Party(code="KOR", person="Kang Kyung-wha", office="Foreign Minister"),
    Party(code="JPN", organ="Ministry of Foreign Affairs", sector="government"),
)
ISSUES: Final = ("export-controls", "forced-labour", "gsomia")
SUBJECTS: Final = ("meeting/JPN-KOR/2019-08-03", "measure/whitelist", "pact")
OUTLETS: Final = ("Arirang", "KBS", "Yonhap")
WORDS: Final = ("", "unfair", "security reasons", "안보 이유", 'e\u0301 & "x" \U0001f91d')
CAMEO_CODES: Final = ("010", "043", "057", "112", "1383", "160", "190", "20", "999", "138A")
PLACES: Final = (
    None,
    None,
    Place(name="Seoul"),
    Place(country="KOR"),
    Place(name="Seoul", country="KOR"),
    Place(country="CHN"),
)
GRADES: Final = (
    None,
    None,
    Grade(reliability=Reliability.A),
    Grade(reliability=Reliability.C, credibility=Credibility.CONFIRMED),
    Grade(credibility=Credibility.DOUBTFUL),
)
CODED: Final = Classification(dataset="ICEWS", row_id="1")
"""What makes a claim a coded one."""
DURATIONS: Final = (timedelta(minutes=30), timedelta(days=1), timedelta(days=90))
SEOUL: Final = "Asia/Seoul"
DAYS: Final = tuple(f"2019-08-{day:02}" for day in range(1, 7))
MICROSECOND: Final = timedelta(microseconds=1)
CAN_BE_DUE: Final = (
    (ScheduledKind.MEETING, ScheduledChange.BEGIN),
    (ScheduledKind.TALKS, ScheduledChange.BEGIN),
    (ScheduledKind.DEMAND, ScheduledChange.BE_ANSWERED),
    (ScheduledKind.PROPOSAL, ScheduledChange.BE_ANSWERED),
    (ScheduledKind.MEASURE, ScheduledChange.TAKE_EFFECT),
    (ScheduledKind.MEASURE, ScheduledChange.END),
    (ScheduledKind.AGREEMENT, ScheduledChange.TAKE_EFFECT),
    (ScheduledKind.AGREEMENT, ScheduledChange.END),
)

VALID_TIMES: Final = tuple(
    ValidTime.parse(edtf, zone)
    for edtf, zone in [
        *((day, "UTC") for day in DAYS),
        *((day, SEOUL) for day in DAYS),
        *((f"{day}T15:00", SEOUL) for day in DAYS),
        ("2019-08-03T06:00:00Z", "America/New_York"),
        ("2019-08-03T06:00:00.000001Z", "UTC"),
        ("2019-08-02/2019-08-04", SEOUL),
        ("2019-08-02/2019-08-02T12:00", SEOUL),
        ("2019-08-02/..", SEOUL),
        ("2019-08-02T15:00/2019-08-02T16:30", SEOUL),
        ("2019-08-02T15:00/..", SEOUL),
        ("2019-08-02T09:00+09:00/2019-08-02T09:30+09:00", SEOUL),
        ("2019-08-03T00:00Z/..", "UTC"),
        ("2019-08-03T00:00Z/", "UTC"),
        ("2019-08-02T23:00~", SEOUL),
        ("2019-08-03T15:00~", SEOUL),
        ("2019-07/..", SEOUL),
        ("2019-08-03~", "UTC"),
        ("2019-08-04?/2019-08-05%", "UTC"),
        ("2019-08", "UTC"),
        ("2019-08-XX", "UTC"),
        ("2019-XX", "UTC"),
        ("2019", SEOUL),
        ("201X", "UTC"),
        ("20XX", "UTC"),
        ("2018-10-30", SEOUL),
        ("2019-05-06", "UTC"),
        ("2030-01-01", "UTC"),
        ("1000-01-01", SEOUL),
        ("1000-01-01T00:00+18:00", "America/New_York"),
        ("9999-12-31T23:59:59.999998Z", "UTC"),
        ("9999", "America/New_York"),
    ]
)
KNOWN_TIMES: Final = tuple(
    KnownTime.parse(text, zone)
    for text, zone in [
        *((day, "UTC") for day in DAYS),
        *((day, SEOUL) for day in DAYS),
        *((f"{day}T15:00", SEOUL) for day in DAYS),
        ("2019-08-03T06:00:00.000001Z", "UTC"),
        ("2018-10-30", SEOUL),
        ("1000-01-01", "UTC"),
    ]
)

# --- any value, from its annotation ------------------------------------------------------------

_KINDS: Final[list[tuple[Any, SearchStrategy[Any]]]] = [
    (PartyCode, st.sampled_from(CODES)),
    (IssueSlug, st.sampled_from(ISSUES)),
    (SubjectKey, st.sampled_from(SUBJECTS)),
    (ValidTime, st.sampled_from(VALID_TIMES)),
    (KnownTime, st.sampled_from(KNOWN_TIMES)),
    (Party, st.sampled_from(PARTIES)),
    (UUID, st.uuids()),
    (
        Link,
        st.builds(Link, kind=st.sampled_from(LinkKind), event_id=st.uuids())
        | st.builds(Link, kind=st.sampled_from(LinkKind), subject=st.sampled_from(SUBJECTS)),
    ),
]


def of(annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401, PLR0911 -- one way for each kind of type
    """Return values of a type as pydantic reads it: the strategy for any field of any model."""
    for kind, known in _KINDS:
        if annotation == kind:
            return known
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _limited(args[0], _limits(args[1:]))
    if origin in {Union, UnionType}:
        return st.one_of([of(arg) for arg in sorted(args, key=lambda arg: arg is not NoneType)])
    if origin is Literal:
        return st.just(args[0])
    if annotation is NoneType:
        return st.none()
    if issubclass(annotation, Enum):
        return st.sampled_from([*annotation])
    return models(annotation)


@cache
def models(kind: type[BaseModel]) -> SearchStrategy[Any]:
    """Return values of a model, each field drawn by its annotation."""
    if kind is ScheduleStated:
        words = of(get_type_hints(kind, include_extras=True)["statement"])
        pairs, dates = st.sampled_from(CAN_BE_DUE), st.sampled_from(VALID_TIMES)
        return st.builds(schedule, pairs, dates, words)
    return st.builds(kind, **fields(kind))


def schedule(
    due: tuple[ScheduledKind, ScheduledChange], scheduled: ValidTime, statement: str
) -> ScheduleStated:
    """Return a schedule of a change that can be due."""
    kind, change = due
    return ScheduleStated(kind=kind, change=change, scheduled=scheduled, statement=statement)


def fields(kind: type[BaseModel], *but: str) -> dict[str, SearchStrategy[Any]]:
    """Return a strategy for each field of a model `but` some."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: of(hints[name]) for name in kind.model_fields if name not in but}


def _limits(metadata: Iterable[Any]) -> list[Any]:
    """Lay open what stands in `Field(...)` among the metadata of an annotation."""
    nested = [getattr(part, "metadata", [part]) for part in metadata]
    return [limit for limits in nested for limit in limits]


def _limited(kind: Any, limits: list[Any]) -> SearchStrategy[Any]:  # noqa: ANN401, PLR0911 -- as above
    for limit in limits:
        if isinstance(limit, Line | Prose):
            return _texts(limit)
    low = next((limit.ge for limit in limits if hasattr(limit, "ge")), None)
    high = next((limit.le for limit in limits if hasattr(limit, "le")), None)
    if kind is str:
        return st.sampled_from(CAMEO_CODES)
    if kind is float:
        return st.floats(low, high)
    if kind is int:
        return st.integers(low, high)
    if kind is timedelta:
        return st.sampled_from(DURATIONS)
    args = get_args(kind)
    if get_origin(kind) is dict:
        return st.dictionaries(of(args[0]), of(args[1]), max_size=3)
    if args[0] == PartyCode:  # those between whom a third party steps: two or more, or none
        several = [*permutations(CODES, 2), CODES]
        needed = any(hasattr(limit, "min_length") for limit in limits)
        return st.sampled_from(several if needed else [(), *several])
    return st.lists(of(args[0]), max_size=3).map(tuple)


@cache
def _texts(shape: Line | Prose) -> SearchStrategy[str]:
    prose = ("line\n\tby line",) if isinstance(shape, Prose) else ()
    texts = (*WORDS, *prose, "0" * shape.length_max)
    return st.sampled_from([text for text in texts if len(text) >= shape.length_min])


# --- claims and amendments ---------------------------------------------------------------------


def _casts(shape: Shape) -> list[dict[str, Any]]:
    """Return the ways to fill the fields that name a claim's parties."""
    orders = [order for count in (2, 3) for order in permutations(PARTIES, count)]
    orders = [order for order in orders if len({party.code for party in order}) > 1]
    together: list[dict[str, Any]] = []
    directed: list[dict[str, Any]] = []
    alone: list[dict[str, Any]] = []
    for order in orders:
        together.append({"participants": tuple(Participant(party=party) for party in order)})
        for split in range(1, len(order)):
            directed.append({"actors": order[:split], "recipients": order[split:]})
            alone.append({"actors": order[:split]})
    for role in Role:
        pair = [Participant(party=PARTIES[0]), Participant(party=PARTIES[1], role=role)]
        together.append({"participants": tuple(pair)})
    return {
        Shape.TOGETHER: together,
        Shape.DIRECTED: directed,
        Shape.EITHER: together + directed,
        Shape.ALONE: directed + alone,
        Shape.ANY: together + directed + alone,
    }[shape]


def _are_two(cast: dict[str, Any]) -> bool:
    """Whether they are Japan and Korea, and nobody in them is named."""
    together = [participant.party for participant in cast.get("participants", ())]
    cast_parties = (*cast.get("actors", ()), *cast.get("recipients", ()), *together)
    return set(cast_parties) == set(PARTIES[:2])


ANY_CAST: Final = {shape: st.sampled_from(_casts(shape)) for shape in Shape}
TWO: Final = {
    shape: st.sampled_from([cast for cast in _casts(shape) if _are_two(cast)]) for shape in Shape
}
"""What fills the fields that name the parties, by the payload's shape: anyone, or always two."""

_FIXED: Final = ("event_id", "payload", "actors", "recipients", "participants", "issues")
_SOME_ISSUES: Final = [(), *permutations(ISSUES, 1), *permutations(ISSUES, 2)]
payloads: Final = st.one_of([models(kind) for kind in PAYLOADS])

ESSENTIALS: Final[dict[str, SearchStrategy[Any]]] = {
    "occurred": of(ValidTime),
    "issues": st.sampled_from(_SOME_ISSUES),
    "subject": st.sampled_from([None, *SUBJECTS]),
    "certainty": st.sampled_from(Certainty),
    "polarity": st.sampled_from([Polarity.POSITIVE] * 5 + [Polarity.NEGATIVE]),
    "source": st.sampled_from([Source(outlet=outlet) for outlet in OUTLETS]),
    "place": st.sampled_from(PLACES),
    "grade": st.sampled_from(GRADES),
    "classification": st.sampled_from([None] * 5 + [CODED]),
    "gist": st.sampled_from(["", "", "They met."]),
}
"""The fields of a claim that, with its payload, parties and known time, matter to what is true."""

NARROW: Final[dict[str, SearchStrategy[Any]]] = ESSENTIALS | {
    "occurred": st.sampled_from([*VALID_TIMES[:2] * len(VALID_TIMES), *VALID_TIMES]),
    "issues": st.sampled_from([(), (), (), (ISSUES[0],)]),
    "subject": st.sampled_from([None, None, SUBJECTS[0], SUBJECTS[0], SUBJECTS[1]]),
}
"""The same, about so little that claims often compete for one facet, and tie."""

_everything: Final = st.fixed_dictionaries(
    fields(Claim, *_FIXED) | {"issues": st.sampled_from(_SOME_ISSUES)}
)


@st.composite
def claims(
    draw: st.DrawFn,
    rest: SearchStrategy[dict[str, Any]] = _everything,
    of_types: SearchStrategy[ClaimPayload] = payloads,
    casts: Mapping[Shape, SearchStrategy[dict[str, Any]]] = ANY_CAST,
) -> Claim:
    """Draw a claim; `rest` are its fields beside the payload and the parties."""
    payload = draw(of_types)
    cast = draw(casts[payload.shape])
    others = draw(rest)
    if isinstance(payload, ScheduleStated):  # a date is set for something
        others["subject"] = others.get("subject") or SUBJECTS[0]
    return Claim(event_id=draw(st.uuids()), payload=payload, **cast, **others)


@st.composite
def amendments(draw: st.DrawFn) -> Amendment:
    """Draw an amendment of any event, with every field that one can have."""
    content = draw(claims())
    corrections = st.builds(
        EventCorrected,
        amends=st.just(content.event_id),
        content=st.just(content),
        reason=of(Reason),
    )
    others = [models(kind) for kind in AMENDMENTS if kind is not EventCorrected]
    rest = draw(st.fixed_dictionaries(fields(Amendment, "event_id", "payload")))
    payload = draw(st.one_of(corrections, *others))
    return Amendment(event_id=UUID(int=payload.amends.int ^ 1), payload=payload, **rest)


events: Final[SearchStrategy[Claim | Amendment]] = claims() | amendments()
