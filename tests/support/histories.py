"""Random logs as they can have grown, and the points to ask about them from."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from communique.domain.claims.event import (
    Amendment,
    AmendmentPayload,
    Claim,
    Event,
    EventCorrected,
    EventDisputed,
    EventRetracted,
    Recorded,
)
from communique.domain.claims.payloads import ScheduleStated
from communique.domain.claims.shape import Payload, Shape
from communique.domain.state.assertions import assertions
from communique.domain.time.clocks import SKEW_MAX, AsOf, CivilDay, known_at
from communique.domain.time.dates import YEAR_MIN
from communique.domain.time.edtf import CEILING
from communique.domain.time.known_time import KnownTime
from tests.support.strategies import (
    ANY_CAST,
    ESSENTIALS,
    KNOWN_TIMES,
    MICROSECOND,
    NARROW,
    PAYLOADS,
    SEOUL,
    TWO,
    claims,
    models,
)

LATE: Final = datetime(2026, 1, 1, tzinfo=UTC)
STARTS: Final = (
    datetime(2019, 8, 3, 6, tzinfo=UTC),
    datetime(2019, 8, 1, tzinfo=UTC),
    datetime(2018, 6, 1, tzinfo=UTC),  # before most of what is claimed happened
    LATE,  # long after all of it was known
)
GAPS: Final = (timedelta(0), MICROSECOND, timedelta(hours=7), timedelta(days=1))
SIZE_MAX: Final = 20

Fields = Mapping[str, SearchStrategy[Any]]
Casts = Mapping[Shape, SearchStrategy[dict[str, Any]]]

# --- what a history is drawn from ----------------------------------------------------------------


class Draft(NamedTuple):
    """A step of a history, before it is known which events there are to amend.

    `known` is a known time, or how far it is from the record time; `target` counts the events that
    can be amended, round and round; `says` is what a claim or a correction says anew.
    """

    does: str
    gap: timedelta
    known: KnownTime | timedelta | None
    event_id: UUID
    target: int
    says: Claim | None
    changes: dict[str, Any]


_STEPS: Final = {
    "claim": 12,
    "copy": 1,  # the content of another claim under another id
    "echo": 6,  # the same but for one field
    "correct": 2,  # to other content altogether
    "adjust": 4,  # one field of the content
    "restore": 1,  # to the claim's own content
    "retract": 1,
    "dispute": 2,
    "newer": 1,  # a claim of a type that this release does not know
}
_does: Final = st.sampled_from([step for step, weight in _STEPS.items() for _ in range(weight)])
_near: Final = [timedelta(0), SKEW_MAX, -MICROSECOND, timedelta(days=-3)]
_known: Final = st.sampled_from([None, None, *_near, *_near, *KNOWN_TIMES])
_known_changes: Final = st.fixed_dictionaries({"known": st.sampled_from([None, *KNOWN_TIMES])})


def _changes(essentials: Fields) -> SearchStrategy[dict[str, Any]]:
    """Return changes of one field."""
    single = [st.fixed_dictionaries({name: values}) for name, values in essentials.items()]
    return st.one_of([*single, _known_changes])


@st.composite
def _drafts(
    draw: st.DrawFn, says: SearchStrategy[Claim], changes: SearchStrategy[dict[str, Any]]
) -> Draft:
    does = draw(_does)
    return Draft(
        does=does,
        gap=draw(st.sampled_from(GAPS)),
        known=draw(_known),
        event_id=draw(st.uuids()),
        target=draw(st.integers(0, SIZE_MAX)),
        says=draw(says) if does in {"claim", "correct"} else None,
        changes=draw(changes) if does in {"adjust", "echo"} else {},
    )


def _draft_lists(
    kinds: Sequence[type[Payload]], essentials: Fields, casts: Casts, size_min: int
) -> SearchStrategy[list[Draft]]:
    types = st.one_of([models(kind) for kind in kinds])
    says = claims(st.fixed_dictionaries(essentials), types, casts)
    drafts = _drafts(says, _changes(essentials))
    return st.lists(drafts, min_size=size_min, max_size=SIZE_MAX, unique_by=_id_of)


def _id_of(draft: Draft) -> UUID:
    return draft.event_id


def _themes() -> list[SearchStrategy[list[Draft]]]:
    """Return drafts of all types, and of those alone whose names begin with the same word."""
    words = defaultdict(list)
    for kind in PAYLOADS:
        words[re.findall("[A-Z][a-z]+", kind.__name__)[0]].append(kind)
    single = [kind for kinds in words.values() if len(kinds) == 1 for kind in kinds]
    several = [kinds for kinds in words.values() if len(kinds) > 1]
    wide = [_draft_lists(PAYLOADS, ESSENTIALS, ANY_CAST, size) for size in (0, SIZE_MAX // 3)]
    several = [[*kinds, ScheduleStated] for kinds in several]
    narrow = [_draft_lists(kinds, NARROW, TWO, SIZE_MAX * 2 // 3) for kinds in (single, *several)]
    return [*wide, *wide, *wide, *narrow]


_any_theme: Final = st.one_of(_themes())


def histories(*, settled: bool = False) -> SearchStrategy[list[Recorded]]:
    """Return logs: dense positions, record times that never go back, nothing after a retraction.

    A `settled` log is recorded long after all that it says was known, and says when that was.
    """
    starts = st.just(LATE) if settled else st.sampled_from(STARTS)
    return st.builds(lambda drafts, at: Telling(at, settled=settled).of(drafts), _any_theme, starts)


# --- how it is told ------------------------------------------------------------------------------


class Telling:
    """A log being written, one draft after the other."""

    def __init__(self, start: datetime, *, settled: bool) -> None:
        self.log: list[Recorded] = []
        self.record_time, self.settled = start, settled
        self.claims: dict[UUID, Claim] = {}
        self.amendable: dict[UUID, Claim] = {}
        self.revisions: Counter[UUID] = Counter()

    def of(self, drafts: Iterable[Draft]) -> list[Recorded]:
        """Return the log of all drafts that find something to amend or to copy."""
        for draft in drafts:
            self.record_time += draft.gap
            if draft.does == "newer":
                self._append(draft.event_id, None)
            elif event := self._event(draft):
                amends = None if isinstance(event, Claim) else event.payload.amends
                self._append(amends or event.event_id, event)
        return self.log

    def _append(self, stream: UUID, event: Event | None) -> None:
        self.revisions[stream] += 1
        position, revision = len(self.log) + 1, self.revisions[stream]
        self.log.append(Recorded(position, self.record_time, revision, event))
        match event:
            case Claim():
                self.claims[stream] = self.amendable[stream] = event
            case Amendment(payload=EventCorrected(content=content)):
                self.amendable[stream] = content
            case Amendment(payload=EventRetracted()):
                del self.amendable[stream]

    def _event(self, draft: Draft) -> Event | None:
        known = self._known(draft.known)
        own = {"event_id": draft.event_id, "known": known}
        if draft.does == "claim" and draft.says:
            return draft.says.model_copy(update=own)
        if not self.amendable:
            return None
        target = list(self.amendable.values())[draft.target % len(self.amendable)]
        if draft.does in {"copy", "echo"}:
            return _changed(target, draft.changes | own)
        payload = self._amends(draft, target)
        return Amendment(event_id=draft.event_id, known=known, payload=payload)

    def _amends(self, draft: Draft, target: Claim) -> AmendmentPayload:
        amends = target.event_id
        match draft.does:
            case "retract":
                return EventRetracted(amends=amends, reason="unfounded")
            case "dispute":
                return EventDisputed(amends=amends, statement="It was a briefing.")
            case "restore":
                content = self.claims[amends]
            case _:
                new = _changed(draft.says or target, draft.changes)
                own = {"event_id": amends, "known": self._known(new.known)}
                content = new.model_copy(update=own)
        return EventCorrected(amends=amends, content=content, reason="misread")

    def _known(self, known: KnownTime | timedelta | None) -> KnownTime | None:
        """Return a known time that the service accepts at this record time."""
        if self.settled:
            return known if isinstance(known, KnownTime) else KNOWN_TIMES[0]
        if isinstance(known, timedelta):
            return KnownTime.at(self.record_time + known)
        return known if known and known.begins <= self.record_time + SKEW_MAX else None


def _changed(claim: Claim, changes: Mapping[str, Any]) -> Claim:
    """Return a claim with changes; a date that is set keeps the subject that it is set for."""
    changed = claim.model_copy(update=changes)
    if isinstance(claim.payload, ScheduleStated) and not changed.subject:
        return changed.model_copy(update={"subject": claim.subject})
    return changed


# --- points to ask from --------------------------------------------------------------------------


class Instants(NamedTuple):
    """The instants at which an answer can change, with those just before and after."""

    valid: list[datetime]
    known: list[datetime]


def instants(log: Sequence[Recorded]) -> Instants:
    """Return the instants of a log, in order."""
    known = {LATE, *(recorded.record_time for recorded in log)}
    valid = set(known)
    for recorded in log:
        known.add(known_at(recorded.event.known if recorded.event else None, recorded.record_time))
        if claim := content_of(recorded.event):
            known.add(known_at(claim.known, recorded.record_time))
            for stretch in (claim.occurred, *(says.scheduled for says in assertions(claim))):
                if stretch:
                    valid |= {stretch.earliest, stretch.latest or stretch.earliest}
    return Instants(_around(valid), _around(known))


def content_of(event: Event | None) -> Claim | None:
    """Return the content that a claim or a correction gives, None of any other event."""
    if isinstance(event, Amendment):
        return event.payload.content if isinstance(event.payload, EventCorrected) else None
    return event


def _around(centres: Iterable[datetime]) -> list[datetime]:
    inside = {min(at, CEILING - MICROSECOND) for at in centres}
    return sorted({at + step * MICROSECOND for at in inside for step in (-1, 0, 1)})


def points(log: Sequence[Recorded]) -> SearchStrategy[AsOf]:
    """Return the points that matter to a log, up to the position of its head: instants and days."""
    at = instants(log)
    known = st.sampled_from(at.known) | st.just(LATE)
    position = st.integers(0, len(log)) | st.just(len(log))
    instant = st.builds(AsOf, st.sampled_from(at.valid) | st.just(LATE), known, position)
    return instant | st.builds(as_of_day, st.sampled_from(days(at.valid)), known, position)


def days(valid: Iterable[datetime]) -> list[CivilDay]:
    """Return the days in two zones on which some instants lie."""
    inside = [at for at in valid if YEAR_MIN < at.year < CEILING.year]
    return [
        CivilDay(day, zone)
        for zone in ("UTC", SEOUL)
        for day in sorted({at.astimezone(ZoneInfo(zone)).date() for at in (*inside, LATE)})
    ]


def as_of_day(day: CivilDay, known: datetime, position: int) -> AsOf:
    """Return the point at the end of a day."""
    return AsOf(day.last_instant, known, position, day)
