"""The oracle: what is true as of a point, by the naive definition, folded over the whole log.

It is written from section 4 of the design alone and shares nothing with how answers are really
found, but for what a claim affirms (`affirmations`), the element that it makes alone
(`claimed_fields`) and how a status is laid out (`assemble`). `oracle_readings` has the values of
fields.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from communique.domain.claims.event import (
    Amendment,
    Claim,
    EventCorrected,
    EventRetracted,
    Recorded,
)
from communique.domain.claims.payloads import ScheduleStated
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import affirmations, asserts_state, denies
from communique.domain.state.element import Due, FieldOrigin, OtherState, StatusElement
from communique.domain.state.facets import CAN_CHANGE, ONCE, State
from communique.domain.state.pattern import Pattern, PatternWindow
from communique.domain.state.preferences import Disagreement, Preference
from communique.domain.state.score_series import Scale, millionths_of, sides_of
from communique.domain.state.status import BilateralStatus, FacetStanding, assemble
from communique.domain.time.clocks import AsOf, Window, known_at
from communique.domain.time.edtf import ValidTime
from tests.support.elements import element_of
from tests.support.oracle_readings import (
    MICROSECOND,
    MOMENTS,
    Voice,
    begins,
    disagreement,
    name,
    not_said_again,
    preferred,
    start_of,
    words,
)

Log = Sequence[Recorded]
COMPARED = (
    *("actors", "recipients", "participants", "level", "format", "place", "duration", "count"),
    *("finality", "likelihood"),
)
FIELDS = ("occurred", *COMPARED, "statement", "grounds", "gist")

# --- 4.1 visible ---------------------------------------------------------------------------------


class Seen(NamedTuple):
    """An event as it shows at a point; `known` is when its content could be known."""

    position: int
    record_time: datetime
    claim: Claim
    known: datetime
    corrected_by: UUID | None = None
    disputed_by: tuple[UUID, ...] = ()


def visible(log: Log, as_of: AsOf) -> list[Seen]:
    """Return the visible events in the order of their positions."""
    seen: dict[UUID, Seen] = {}
    for entry in log:
        if entry.position > as_of.position or entry.event is None:
            continue
        if isinstance(entry.event, Claim):
            known = known_at(entry.event.known, entry.record_time)
            seen[entry.event.event_id] = Seen(entry.position, entry.record_time, entry.event, known)
        elif known_at(entry.event.known, entry.record_time) <= as_of.known:
            amend(seen, entry.event)
    return [event for event in seen.values() if event.known <= as_of.known]


def amend(seen: dict[UUID, Seen], amendment: Amendment) -> None:
    """Apply a visible amendment to the event that it amends, if that is there to be seen."""
    amends, payload = amendment.payload.amends, amendment.payload
    if amends not in seen:
        return
    target = seen[amends]
    if isinstance(payload, EventRetracted):
        del seen[amends]
    elif isinstance(payload, EventCorrected):
        known = known_at(payload.content.known, target.record_time)
        seen[amends] = target._replace(
            claim=payload.content, known=known, corrected_by=amendment.event_id
        )
    else:
        seen[amends] = target._replace(disputed_by=(*target.disputed_by, amendment.event_id))


# --- 4.2 when it must have been, 4.3 asserted ----------------------------------------------------


def window(seen: Seen) -> Window:
    """Return when what a claim says must have begun, and whether it was known before that."""
    occurred, given, known = seen.claim.occurred, seen.claim.known, seen.known
    precision = start_of(occurred).precision.value
    first, until = begins(occurred)
    last = first if precision in MOMENTS else until - MICROSECOND
    if precision in {*MOMENTS, "HOUR"}:
        return Window(first, known if first <= known <= last else last, None, known < first)
    known_date = date_in(known, given.zone if given else occurred.zone)
    first_date, last_date = date_in(first, occurred.zone), date_in(last, occurred.zone)
    foreseen = known < first and known_date < first_date
    settled = known if first <= known <= last else last
    settled_date = known_date if first_date <= known_date <= last_date else last_date
    return Window(first, settled, settled_date.toordinal(), foreseen)


def date_in(instant: datetime, zone: str) -> date:
    """Return the date in a zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def is_asserted(seen: Seen, as_of: AsOf) -> bool:
    """Whether what a claim says must have begun: by the day asked for, or by the instant."""
    _, settled, settled_day, _ = window(seen)
    if as_of.day and settled_day is not None:
        return settled_day <= as_of.day.valid_date.toordinal()
    return settled <= as_of.valid


def events(log: Log, as_of: AsOf, matches: Callable[[Claim], bool] = lambda _: True) -> list[Seen]:
    """Return the matching events that had happened by then, in the order of their positions."""
    happened = [seen for seen in visible(log, as_of) if is_asserted(seen, as_of)]
    return [event for event in happened if matches(event.claim)]


def timeline(
    log: Log, as_of: AsOf, matches: Callable[[Claim], bool] = lambda _: True
) -> list[Seen]:
    """Return the same in the order of what began first, then of their ids."""
    happened = events(log, as_of, matches)
    return sorted(happened, key=lambda event: (event.claim.occurred.earliest, event.claim.event_id))


# --- what is said of each facet ------------------------------------------------------------------


class Said(NamedTuple):
    """What one claim says of one facet; `element` is what it alone would fill the facet with."""

    first: datetime
    settled: datetime
    stage: int
    surety: int
    known: datetime
    event_id: UUID
    disputed: bool
    element: StatusElement

    @property
    def rank(self) -> tuple[datetime, int, int, datetime, UUID]:
        """What decides between subjects: the greatest names subject and state."""
        return self.first, self.stage, self.surety, self.known, self.event_id

    @property
    def rank_in_subject(self) -> tuple[int, datetime, int, datetime, UUID]:
        """What decides within a subject: the greatest leads."""
        return self.stage, self.first, self.surety, self.known, self.event_id

    @property
    def rank_in_state(self) -> tuple[int, datetime, datetime, UUID]:
        """What decides within a subject and state: the greatest wins."""
        return self.surety, self.first, self.known, self.event_id

    @property
    def is_derived(self) -> bool:
        """Whether its date was worked out from a period."""
        return any(origin.derived for origin in self.element.origins)


def said_by(seen: Seen, stage: int, element: StatusElement) -> Said:
    """Return what an event says of the facet that it fills with an element."""
    sure = 2 * element.certainty.rank + (0 if seen.claim.is_coded else 1)
    first, settled, _, _ = window(seen)
    ids = seen.known, seen.claim.event_id, bool(seen.disputed_by)
    return Said(first, settled, stage, sure, *ids, element)


@dataclass(frozen=True)
class Told:
    """All that is said of a facet: states, denials of states, and dates.

    `dates_by_then` are the dates that were set by the valid time, `dates` those that are visible.
    """

    states: list[Said] = field(default_factory=list)
    denials: list[Said] = field(default_factory=list)
    dates: list[Said] = field(default_factory=list)
    dates_by_then: list[Said] = field(default_factory=list)

    @property
    def curated(self) -> "Told":
        """Return what people said."""
        lists = (self.states, self.denials, self.dates, self.dates_by_then)
        return Told(*([it for it in those if not it.element.coded] for those in lists))


def told(log: Log, as_of: AsOf) -> dict[tuple[str, str], Told]:
    """Return what is said of each facet of each dyad, by (dyad, facet), sorted."""
    facets: dict[tuple[str, str], Told] = defaultdict(Told)
    for seen in visible(log, as_of):
        if seen.claim.certainty.value == "UNCOMMITTED":
            continue
        by_then = is_asserted(seen, as_of)
        for says in affirmations(seen.claim):
            facet = facets[str(says.dyad), str(says.facet)]
            element = element_of(seen.claim, says, seen.known, window(seen))
            said = said_by(seen, says.stage, element)
            if denies(seen.claim):
                facet.denials.extend([said] * by_then)
            elif isinstance(seen.claim.payload, ScheduleStated):
                facet.dates.append(said)
                facet.dates_by_then.extend([said] * by_then)
            else:
                facet.states.extend([said] * by_then)
    return dict(sorted(facets.items()))


def status(log: Log, dyad: Dyad, as_of: AsOf) -> BilateralStatus:
    """Return how things stand between two parties."""
    facets = [facet for (of, _), facet in told(log, as_of).items() if of == str(dyad)]
    standing = [
        FacetStanding(element, resolved(facet.curated))
        for facet in facets
        if (element := resolved(facet))
    ]
    return assemble(dyad, as_of, standing, pattern(log, dyad, as_of))


# --- 4.9 the pattern of coded claims -------------------------------------------------------------


def pattern(log: Log, dyad: Dyad, as_of: AsOf) -> Pattern:
    """Return how many coded reports of each class there are of the last days."""
    reports = [
        (as_of.valid - window(seen).settled, seen.claim)
        for seen in events(log, as_of, lambda claim: claim.is_coded and asserts_state(claim))
        if dyad in sides_of(seen.claim)
    ]
    reports = [(age, claim) for age, claim in reports if age < timedelta(days=90)]
    reports.sort(key=lambda report: (-report[0], report[1].event_id), reverse=True)
    ids: dict[int, list[UUID]] = defaultdict(list)
    for _, claim in reports:
        ids[quad(claim)].append(claim.event_id)
    windows = [pattern_window(days, reports, as_of) for days in (30, 90)]
    latest = {of: tuple(those[:8]) for of, those in ids.items()}
    return Pattern(tuple(windows) if reports else (), latest)


def pattern_window(days: int, reports: list[tuple[timedelta, Claim]], as_of: AsOf) -> PatternWindow:
    """Return the counts of the reports that are younger than so many days."""
    young = [(age, quad(claim)) for age, claim in reports if age < timedelta(days=days)]
    quads = [of for _, of in young]
    return PatternWindow(
        days=days,
        event_count=len(young),
        day_count=len({(as_of.valid - age).date() for age, _ in young}),
        cooperation_count=sum(of in {1, 2} for of in quads),
        verbal_conflict_count=quads.count(-1),
        material_conflict_count=quads.count(-2),
        consultation_count=quads.count(3),
    )


def quad(claim: Claim) -> int:
    """Return the quad class of a report, 0 for none and 3 for consultations."""
    row = claim.classification
    if row and (row.cameo_code.startswith("04") or row.plover_code.upper() == "CONSULT"):
        return 3
    return (millionths_of(claim, Scale.PLOVER) or 0) // 1_000_000


# --- 4.4 resolved, 4.7 less than certain ---------------------------------------------------------


def resolved(facet: Told) -> StatusElement | None:
    """Return what a facet stands at, with what the surer claims alone say below it."""
    claims, elements = facet.states or facet.dates_by_then, list[StatusElement]()
    above: Said | None = None
    for surety in range(8):
        surer = [claim for claim in claims if claim.surety >= surety]
        won = winner(surer) if surer else None
        if won and (above is None or won.surety > above.surety or says(won) != says(above)):
            elements.append(element(won, surer, facet))
            above = won
    if len(elements) < 2:
        return elements[0] if elements else None
    below = {"surer": tuple(elements[1:-1]), "last_certain": elements[-1]}
    return elements[0].model_copy(update=below)


def says(claim: Said) -> tuple[str, State]:
    """Return the subject and state of a claim."""
    return claim.element.subject, claim.element.state


def contenders(claims: Sequence[Said]) -> list[Said]:
    """Return the claims that do not lie surely before another; no plan re-opens a held meeting."""
    if claims[0].element.facet.startswith("agenda/"):
        claims = [it for it in claims if it.element.state in (State.STARTED, State.HELD)] or claims
    return [it for it in claims if not any(it.settled < other.first for other in claims)]


def winner(claims: Sequence[Said]) -> Said:
    """Return the winning claim."""
    by_subject: dict[str, list[Said]] = defaultdict(list)
    for claim in contenders(claims):
        by_subject[claim.element.subject].append(claim)
    leads = [max(those, key=lambda it: it.rank_in_subject) for those in by_subject.values()]
    names = max(leads, key=lambda it: it.rank).element
    of_state = [it for it in by_subject[names.subject] if it.element.state is names.state]
    return max(of_state, key=lambda it: it.rank_in_state)


def order_unknown(won: Said, claims: Sequence[Said]) -> tuple[OtherState, ...]:
    """Return the other states of the winner's subject and stage that may be later than its own."""
    others: dict[State, list[Said]] = defaultdict(list)
    for it in contenders(claims):
        if (it.element.subject, it.stage) == (won.element.subject, won.stage):
            others[it.element.state].append(it)
    others.pop(won.element.state)
    return tuple(
        OtherState(state=state, event_ids=ids(by_rank(others[state]))[:8])
        for state in sorted(others)
    )


def by_rank(claims: Iterable[Said]) -> list[Said]:
    """Return claims of one state, the greatest first."""
    return sorted(claims, key=lambda it: it.rank_in_state, reverse=True)


def ids(claims: Iterable[Said]) -> tuple[UUID, ...]:
    """Return the ids of the claims' events."""
    return tuple(claim.event_id for claim in claims)


# --- 4.5 witnesses, 4.6 contested ----------------------------------------------------------------


def witnesses(won: Said, claims: Sequence[Said]) -> list[Said]:
    """Return the winner, and the 63 latest that say the same with no other state between."""
    same = [it for it in claims if it.element.subject == won.element.subject]
    others = [it for it in same if it.element.state is not won.element.state]

    def is_witness(it: Said) -> bool:
        if it.element.state is not won.element.state or it is won:
            return False
        if not won.element.subject:
            return it.settled >= won.first
        return not any(it.settled < x.first and x.settled < won.first for x in others)

    latest = sorted(filter(is_witness, same), key=lambda it: (it.settled, it.rank), reverse=True)
    return [won, *by_rank(latest[:63])]


def voice(said: Said, value: object) -> Voice:
    """Return what a claim says, with a value of its own."""
    element, grade = said.element, said.element.witnesses[0].grade
    rank = said.event_id, said.first, said.settled, said.surety, said.known
    return Voice(value, *rank, element.outlet, element.coded, grade)


def voices_of(of: str, claims: Iterable[Said]) -> list[Voice]:
    """Return what those say of a field that state it."""
    stated = ((it, getattr(it.element, of)) for it in claims)
    return [voice(it, value) for it, value in stated if value not in (None, "", ())]


def lengths_of(claims: Iterable[Said]) -> list[Voice]:
    """Return the lengths of intervals with times of day at both ends, where no length is stated."""
    silent = [it for it in claims if it.element.duration is None]
    times = [(it, it.element.occurred) for it in silent if it.element.occurred.is_interval]
    return [
        voice(it, occurred.latest - occurred.earliest)
        for it, occurred in times
        if occurred.latest and occurred.precision.value in MOMENTS
    ]


def element(won: Said, claims: Sequence[Said], facet: Told) -> StatusElement:
    """Return what the winner of some claims of a facet makes of it, with all who say the same."""
    saying, others = witnesses(won, claims), order_unknown(won, claims)
    speaking = [it for it in saying if it is won or not it.element.coded]
    coded_count = sum(it.element.coded for it in saying)
    changes: dict[str, Any] = {
        "event_ids": ids(saying[:8]),
        "witnesses": tuple(it.element.witnesses[0] for it in saying[:8]),
        "witness_count": len(saying),
        "outlet_count": len({name(it.element.outlet) for it in saying}),
        "report_count": coded_count,
        "coded": coded_count == len(saying),
        "order_unknown": others,
    }
    fields, origins = preferred_fields(won, speaking)
    due, due_origins, differences = due_date(won, saying, facet)
    denying = by_rank(it for it in facet.denials if contests(it, won))[:64]
    differences += [*differing(won, speaking)]
    if denying:
        polarity = disagreement("polarity", voices_of("polarity", [*speaking, *denying]))
        differences += [polarity] if polarity else []
    changes |= fields | due
    changes["origins"] = (*origins, *due_origins)
    changes["disagreements"] = tuple(sorted(differences, key=lambda it: it.field))
    changes["contested"] = bool(differences or others or any(it.disputed for it in saying))
    return won.element.model_copy(update=changes)


def preferred_fields(
    won: Said, speaking: Sequence[Said]
) -> tuple[dict[str, Any], list[FieldOrigin]]:
    """Return the preferred values that are not the winner's own, and where they are from."""
    fields, origins = dict[str, Any](), list[FieldOrigin]()
    for of in FIELDS:
        stated = voices_of(of, speaking)
        if stated and (choice := borrowed(of, stated, won)):
            fields[of], origin = choice
            origins.append(origin)
    return fields, origins


def borrowed(of: str, stated: Sequence[Voice], won: Said) -> tuple[object, FieldOrigin] | None:
    """Return the preferred value of a field and its origin; None if the winner gives it, too."""
    happens_once = won.element.state in ONCE and of != "scheduled"
    last = stated if happens_once else not_said_again(stated, won.surety)
    best, reason = preferred(of, last)
    if any(it.event_id == won.event_id and it.value == best.value for it in last):
        return None
    if reason is Preference.ONLY_ONE and len(last) < len(stated):
        reason = Preference.SAID_LATER
    return best.value, FieldOrigin(field=of, event_id=best.event_id, reason=reason)


def differing(won: Said, speaking: Sequence[Said]) -> Iterable[Disagreement]:
    """Yield the fields in which the witnesses differ, of those that can be compared."""
    happens_once = won.element.state in ONCE
    for of in (*COMPARED, *(["occurred"] if happens_once else [])):
        stated = [it for it in voices_of(of, speaking) if words(it.value)]
        stated += lengths_of(speaking) if of == "duration" else []
        if found := disagreement(
            of, stated if happens_once else not_said_again(stated, won.surety)
        ):
            yield found


def contests(denial: Said, won: Said) -> bool:
    """Whether a denial denies what the winner says, and is not of an occasion before it."""
    denied, said = denial.element, won.element
    if (denied.subject, denied.state) != (said.subject, said.state) or denial.settled < won.first:
        return False
    return bool(said.subject) or denial.first <= won.settled


# --- 4.8 schedules -------------------------------------------------------------------------------


def due_date(
    won: Said, saying: Sequence[Said], facet: Told
) -> tuple[dict[str, Any], Sequence[FieldOrigin], list[Disagreement]]:
    """Return what the dates make of an element: changes, where they are from, and differences."""
    own = won.element
    for (kind, target), states in CAN_CHANGE.items():
        is_open = own.state is State.SCHEDULED and own.scheduled_state is target
        if kind is not own.kind or not (own.state in states or is_open):
            continue
        setting = [it for it in dates_for(won, saying, facet) if is_set_for(it.element, target)]
        stated = [it for it in setting if not it.is_derived] or setting
        if not stated:
            continue
        said = voices_of("scheduled", stated)
        changes: dict[str, Any] = {"scheduled_state": target}
        due, origins = own.scheduled, own.origins
        if choice := borrowed("scheduled", said, won):
            due, origin = cast("ValidTime", choice[0]), choice[1]
            is_derived = all(it.is_derived for it in stated)
            origins = (origin.model_copy(update={"derived": is_derived}),)
            changes |= {"scheduled": due, "scheduled_by": origin.event_id}
        failing = by_rank(it for it in facet.denials if due and fails(it, won, due, target))
        if failing:
            changes["due"], reason = Due.NOT_MET, Preference.ONLY_ONE
            denied_by = FieldOrigin(field="due", event_id=failing[0].event_id, reason=reason)
            origins = (*origins, denied_by)
        found = disagreement("scheduled", not_said_again(said, won.surety))
        return changes, origins, [found] if found else []
    return {}, own.origins, []


def dates_for(won: Said, saying: Sequence[Said], facet: Told) -> list[Said]:
    """Return those whose dates count: who says the same, and who sets a date for the subject.

    A date that was known before the state began was set for another time.
    """
    began = min(saying, key=lambda it: (it.settled, it.first)).first
    telling = [it for it in saying if it is won or not it.element.coded]
    apart = [
        it
        for it in by_rank(facet.dates)
        if not it.element.coded
        and won.element.subject in {"", it.element.subject}
        and it.event_id not in ids(telling)
        and (won.element.state is State.SCHEDULED or it.known >= began)
    ]
    return [*telling, *apart]


def is_set_for(says: StatusElement, target: State | None) -> bool:
    """Whether a claim sets a date on which a state is due."""
    return says.scheduled is not None and says.scheduled_state is target


def fails(denial: Said, won: Said, due: ValidTime, target: State | None) -> bool:
    """Whether a denial says that what was due on a date did not happen."""
    denied = denial.element
    met = {target, State.HELD} if target is State.STARTED else {target}
    if denied.state not in met or denied.subject != won.element.subject:
        return False
    is_near = bool(denied.subject) or due.last is None or denial.first <= due.last
    return denial.settled >= due.earliest and is_near
