"""Assertions: which facets of which dyads a claim fills, and with what."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import chain, product
from typing import Final, NamedTuple, assert_never

from communique.domain.claims import payloads
from communique.domain.claims.event import Claim
from communique.domain.claims.values import Certainty, Participant, Polarity
from communique.domain.claims.words import ScheduledKind
from communique.domain.parties.party import Dyad, Party
from communique.domain.state.facets import Facet, FacetKind, Stage, State
from communique.domain.time.dates import CEILING, YEAR_MIN
from communique.domain.time.edtf import ValidTime
from communique.domain.time.zones import zone_named

_SCHEDULED_FACETS: Final = {
    ScheduledKind.MEETING: FacetKind.AGENDA,
    ScheduledKind.TALKS: FacetKind.TALKS,
    ScheduledKind.DEMAND: FacetKind.DEMAND,
    ScheduledKind.PROPOSAL: FacetKind.PROPOSAL,
    ScheduledKind.MEASURE: FacetKind.MEASURE,
    ScheduledKind.AGREEMENT: FacetKind.AGREEMENT,
}

GENERAL: Final = "general"
"""Stands in a facet for the issue of a claim that names none."""
_ANSWERS: Final = frozenset({State.MET, State.REJECTED, State.ACCEPTED})
"""States by which the actors answer what the recipients had demanded or proposed."""

_SHARED: Final = frozenset(
    {FacetKind.TALKS, FacetKind.RULING, FacetKind.OUTLOOK, FacetKind.AGREEMENT}
)
"""Facets by issue that belong to both parties; the others belong to one, towards the other."""

_NEVER_BY_SUBJECT: Final = frozenset({FacetKind.TALKS, FacetKind.OUTLOOK, FacetKind.STANCE})
"""Facets of which there is one for each issue, whatever subject a claim names."""

_BY_SUBJECT_OR_ISSUE: Final = frozenset(
    {
        FacetKind.DEMAND,
        FacetKind.PROPOSAL,
        FacetKind.COMMITMENT,
        FacetKind.THREAT,
        FacetKind.ACCUSATION,
        FacetKind.EXPULSION,
        FacetKind.MEASURE,
        FacetKind.AGREEMENT,
        FacetKind.RULING,
    }
)
"""Facets of which there is one for the subject that a claim names, or else for each issue."""

_THIRD_PARTY: Final = (
    payloads.MediationOffered,
    payloads.MediationRequested,
    payloads.DialogueUrged,
)
"""Payloads by which a third party steps between others, or is asked to."""


class Assertion(NamedTuple):
    """What a claim says of one facet of one dyad.

    `is_derived` says that `scheduled` was worked out from a period, and is no date of the source.
    """

    dyad: Dyad
    facet: Facet
    state: State
    stage: Stage
    issue: str = ""
    statement: str = ""
    grounds: str = ""
    scheduled: ValidTime | None = None
    is_derived: bool = False


class _Effect(NamedTuple):
    """What a payload asserts of every facet of a kind, whatever its dyad and key."""

    kind: FacetKind
    state: State
    stage: Stage
    statement: str = ""
    grounds: str = ""
    scheduled: ValidTime | None = None
    is_derived: bool = False


def dyads_between(claim: Claim) -> tuple[Dyad, ...]:
    """Return the dyads that a claim is about: for a third party's step, those between others."""
    if isinstance(claim.payload, _THIRD_PARTY):
        recipients = (party.code for party in claim.recipients)
        return tuple(Dyad.all_of(claim.payload.between or recipients))
    return _dyads_involved(claim)


def dyads_concerned(claim: Claim) -> tuple[Dyad, ...]:
    """Return every dyad on whose timeline a claim stands: dyads involved, and dyads it is about."""
    involved = _dyads_involved(claim)
    if not isinstance(claim.payload, _THIRD_PARTY):
        return involved
    return tuple(sorted({*involved, *dyads_between(claim)}))


def codes_concerned(claim: Claim) -> frozenset[str]:
    """Return the codes of all who take part, and of parties that a third party steps between."""
    if isinstance(claim.payload, _THIRD_PARTY):
        return claim.codes.union(claim.payload.between)
    return claim.codes


def _dyads_involved(claim: Claim) -> tuple[Dyad, ...]:
    if claim.participants:
        return tuple(Dyad.all_of(claim.codes))
    actors = tuple([party.code for party in claim.actors])
    if not claim.recipients and isinstance(claim.payload, payloads.CommitmentMade):
        return tuple(Dyad.all_of(claim.codes))  # several actors without recipients: to each other
    return _directed(actors, tuple([party.code for party in claim.recipients]))


@lru_cache(maxsize=1 << 14)
def _directed(actors: tuple[str, ...], recipients: tuple[str, ...]) -> tuple[Dyad, ...]:
    return tuple(sorted({Dyad.of(a, r) for a, r in product(actors, recipients) if a != r}))


def assertions(claim: Claim, affirmed: Sequence[Assertion] | None = None) -> Sequence[Assertion]:
    """Return what the claim asserts of each facet of each dyad, if it asserts a state at all.

    `affirmed` are the claim's `affirmations`, where they are known already.
    """
    if not asserts_state(claim):
        return ()
    return affirmations(claim) if affirmed is None else affirmed


def affirmations(claim: Claim) -> Sequence[Assertion]:
    """Return what the claim asserts if it affirms, or denies if it is a denial."""
    effects = _effects(claim)
    return [
        Assertion(dyad, facet, effect.state, effect.stage, _issue(claim, facet), *effect[3:])
        for dyad in dyads_between(claim)
        for effect in effects
        for facet in _facets(effect, claim, dyad)
    ]


def _issue(claim: Claim, facet: Facet) -> str:
    """Return the issue that a claim's facet is about, or `""`."""
    if not is_by_issue(facet.kind, claim.subject):
        return claim.issues[0] if claim.issues else ""
    issue = facet.key.rpartition("/")[2]
    return issue if issue in claim.issues else ""


def asserts_state(claim: Claim) -> bool:
    """Whether a claim asserts a state: no denial does, and none to which no source commits."""
    return not denies(claim) and claim.certainty is not Certainty.UNCOMMITTED


def denies(claim: Claim) -> bool:
    """Whether a claim is a denial; a negative assessment is none, as it asserts its content."""
    is_negative = claim.polarity is Polarity.NEGATIVE
    return is_negative and not isinstance(claim.payload, payloads.OutlookAssessed)


def state_of(claim: Claim) -> tuple[State, Stage]:
    """Return the state that a claim affirms or denies of every facet, and the state's stage."""
    effect = _effect(claim)
    return effect.state, effect.stage


def is_by_issue(kind: FacetKind, subject: str | None) -> bool:
    """Whether a claim with this subject, or none, fills a facet of this kind for each issue.

    The key of the facet ends with the issue, after the party where the facet belongs to one.
    """
    return kind in _NEVER_BY_SUBJECT or (kind in _BY_SUBJECT_OR_ISSUE and not subject)


def owners(
    state: State,
    dyad: Dyad,
    actors: Iterable[Party],
    recipients: Iterable[Party],
    participants: Iterable[Participant],
) -> list[str]:
    """Return the codes of a dyad that own a facet: an answered demand is owned by who made it.

    What participants did together is owned by each of them.
    """
    doers = chain(actors, (participant.party for participant in participants))
    holders = recipients if state in _ANSWERS else doers
    return sorted({party.code for party in holders if party.code in dyad})


def _facets(effect: _Effect, claim: Claim, dyad: Dyad) -> Iterator[Facet]:
    """Yield the facets of a dyad that an effect fills."""
    match effect.kind:
        case FacetKind.RELATIONS:
            yield Facet(effect.kind)
        case FacetKind.MEETING:
            yield Facet(effect.kind, _level(claim))
        case FacetKind.AGENDA:
            yield Facet(effect.kind, claim.subject or str(claim.event_id))
        case FacetKind.REPORT:
            yield Facet(effect.kind, effect.statement[:2])
        case FacetKind.MEDIATION:
            is_asked = isinstance(claim.payload, payloads.MediationRequested)
            third_parties = claim.recipients if is_asked else claim.actors
            for code in sorted({party.code for party in third_parties}):
                yield Facet(effect.kind, code)
        case kind if claim.subject and not is_by_issue(kind, claim.subject):
            yield Facet(kind, claim.subject)
        case _:
            yield from _facets_by_issue(effect, claim, dyad)


def _facets_by_issue(effect: _Effect, claim: Claim, dyad: Dyad) -> Iterator[Facet]:
    """Yield a facet for each issue and, where the facet belongs to one party, each owner."""
    prefixes = [""]
    if effect.kind not in _SHARED:
        codes = owners(effect.state, dyad, claim.actors, claim.recipients, claim.participants)
        prefixes = [f"{code}/" for code in codes]
    for prefix, issue in product(prefixes, claim.issues or ("",)):
        yield Facet(effect.kind, f"{prefix}{issue or GENERAL}")


def _level(claim: Claim) -> str:
    payload = claim.payload
    if isinstance(payload, payloads.MeetingStarted | payloads.MeetingHeld) and payload.level:
        return payload.level.value.lower().replace("_", "-")
    return "unstated"


def _effects(claim: Claim) -> tuple[_Effect, ...]:
    """Return what a claim asserts; a meeting with a subject also closes the plan of the meeting."""
    effect = _effect(claim)
    if effect.kind is FacetKind.MEETING and claim.subject:
        return effect, effect._replace(kind=FacetKind.AGENDA)
    return (effect,)


def _effect(claim: Claim) -> _Effect:  # noqa: C901, PLR0911, PLR0912, PLR0915  a table
    kind, state, stage = FacetKind, State, Stage
    payload = claim.payload
    match payload:
        # Cases are tried in turn, so the type of most imported events comes first.
        case payloads.CodedEventReported():
            words = f"{payload.code} {payload.description}".rstrip()
            return _Effect(kind.REPORT, state.REPORTED, stage.COMPLETED, words)
        case payloads.MeetingPlanned():
            is_firm = claim.certainty.rank > Certainty.POSSIBLE.rank
            opened = stage.OPENED if is_firm else stage.POSSIBLE
            return _Effect(kind.AGENDA, state.PLANNED, opened, payload.venue, "", payload.scheduled)
        case payloads.MeetingPostponed():
            return _Effect(
                kind.AGENDA, state.POSTPONED, stage.CHANGED, "", payload.reason, payload.scheduled
            )
        case payloads.MeetingCancelled():
            return _Effect(kind.AGENDA, state.CANCELLED, stage.CHANGED, "", payload.reason)
        case payloads.MeetingStarted():
            return _Effect(
                kind.MEETING, state.STARTED, stage.BEGUN, payload.venue, "", payload.scheduled
            )
        case payloads.MeetingHeld():
            words = payload.outcome or payload.venue
            return _Effect(kind.MEETING, state.HELD, stage.COMPLETED, words, "", payload.scheduled)
        case payloads.TalksProposed():
            return _Effect(kind.TALKS, state.PROPOSED, stage.OPENED, payload.proposal)
        case payloads.TalksAgreed():
            return _Effect(kind.TALKS, state.AGREED, stage.ANSWERED, payload.terms)
        case payloads.TalksRefused():
            finality = payload.finality.value.lower().replace("_", " ") if payload.finality else ""
            return _Effect(kind.TALKS, state.REFUSED, stage.ANSWERED, finality, payload.grounds)
        case payloads.TalksSuspended():
            return _Effect(kind.TALKS, state.SUSPENDED, stage.BEGUN, "", payload.grounds)
        case payloads.TalksResumed():
            return _Effect(kind.TALKS, state.RESUMED, stage.COMPLETED, payload.terms)
        case payloads.StanceStated():
            return _Effect(
                kind.STANCE, state.STATED, stage.OPENED, payload.position, payload.grounds
            )
        case payloads.DemandMade():
            return _Effect(kind.DEMAND, state.DEMANDED, stage.OPENED, payload.demand)
        case payloads.DemandRejected():
            return _Effect(kind.DEMAND, state.REJECTED, stage.ANSWERED, "", payload.grounds)
        case payloads.DemandMet():
            return _Effect(kind.DEMAND, state.MET, stage.ANSWERED, payload.outcome)
        case payloads.ProposalMade():
            return _Effect(kind.PROPOSAL, state.PROPOSED, stage.OPENED, payload.proposal)
        case payloads.ProposalRejected():
            return _Effect(kind.PROPOSAL, state.REJECTED, stage.ANSWERED, "", payload.grounds)
        case payloads.ProposalAccepted():
            return _Effect(kind.PROPOSAL, state.ACCEPTED, stage.ANSWERED, payload.terms)
        case payloads.CommitmentMade():
            return _Effect(kind.COMMITMENT, state.COMMITTED, stage.OPENED, payload.commitment)
        case payloads.ThreatMade():
            return _Effect(
                kind.THREAT, state.THREATENED, stage.OPENED, payload.threat, payload.condition
            )
        case payloads.AccusationMade():
            return _Effect(kind.ACCUSATION, state.ACCUSED, stage.OPENED, payload.accusation)
        case payloads.MeasureAnnounced():
            return _Effect(
                kind.MEASURE, state.ANNOUNCED, stage.OPENED, payload.measure, "", payload.scheduled
            )
        case payloads.MeasureTookEffect():
            return _Effect(kind.MEASURE, state.IN_FORCE, stage.BEGUN, payload.measure)
        case payloads.MeasureSuspended():
            return _Effect(kind.MEASURE, state.SUSPENDED, stage.ANSWERED, "", payload.grounds)
        case payloads.MeasureLifted():
            return _Effect(kind.MEASURE, state.LIFTED, stage.COMPLETED, "", payload.grounds)
        case payloads.RulingIssued():
            return _Effect(kind.RULING, state.RULED, stage.COMPLETED, payload.ruling)
        case payloads.AgreementSigned():
            return _Effect(kind.AGREEMENT, state.SIGNED, stage.OPENED, payload.title)
        case payloads.AgreementRatified():
            return _Effect(kind.AGREEMENT, state.RATIFIED, stage.CHANGED, payload.title)
        case payloads.AgreementTookEffect():
            return _Effect(kind.AGREEMENT, state.IN_FORCE, stage.ANSWERED, payload.title)
        case payloads.AgreementTerminationNotified():
            ends = _ends(claim.occurred, payload)
            is_derived = ends is not None and payload.ends is None
            return _Effect(
                kind.AGREEMENT, state.UNDER_NOTICE, stage.BEGUN, payload.title, "", ends, is_derived
            )
        case payloads.AgreementTerminationSuspended():
            return _Effect(
                kind.AGREEMENT, state.NOTICE_SUSPENDED, stage.COMPLETED, "", payload.grounds
            )
        case payloads.AgreementEnded():
            return _Effect(kind.AGREEMENT, state.ENDED, stage.CLOSED, payload.title)
        case payloads.RelationsChanged():
            return _Effect(
                kind.RELATIONS, state(payload.change.value), stage.COMPLETED, "", payload.grounds
            )
        case payloads.DiplomatsExpelled():
            words = f"{payload.count} expelled" if payload.count else ""
            return _Effect(kind.EXPULSION, state.EXPELLED, stage.COMPLETED, words, payload.grounds)
        case payloads.MediationOffered():
            return _Effect(kind.MEDIATION, state.OFFERED, stage.CHANGED, payload.offer)
        case payloads.MediationRequested():
            return _Effect(kind.MEDIATION, state.REQUESTED, stage.CHANGED, payload.request)
        case payloads.DialogueUrged():
            return _Effect(kind.MEDIATION, state.URGED, stage.OPENED, payload.appeal)
        case payloads.ScheduleStated():
            facet_kind, words = _SCHEDULED_FACETS[payload.kind], payload.statement
            return _Effect(
                facet_kind, state.SCHEDULED, stage.POSSIBLE, words, "", payload.scheduled
            )
        case payloads.OutlookAssessed():
            return _Effect(
                kind.OUTLOOK, state(payload.outlook.value), stage.OPENED, payload.assessment
            )
        case _:
            assert_never(payload)


def _ends(occurred: ValidTime, notice: payloads.AgreementTerminationNotified) -> ValidTime | None:
    """Return the end that a notice names, or the day or days on which its period may be over."""
    if notice.ends or notice.notice_period is None:
        return notice.ends
    if occurred.latest_start >= CEILING - notice.notice_period - timedelta(days=2):
        return None
    zone = zone_named(occurred.zone)
    starts = (occurred.earliest, occurred.latest_start)
    days = [(start + notice.notice_period).astimezone(zone).date() for start in starts]
    if days[0].year < YEAR_MIN:
        return None
    return ValidTime.parse("/".join(dict.fromkeys(map(str, days))), occurred.zone)
