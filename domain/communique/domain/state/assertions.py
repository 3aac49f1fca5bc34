"""What each claim asserts: which slot of which dyad's state it fills, and with what."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple, assert_never

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import (
    AgreementEnded,
    AgreementSigned,
    AgreementTerminationNotified,
    AgreementTerminationSuspended,
    AgreementTookEffect,
    CodedEventReported,
    CommitmentMade,
    DemandMade,
    DemandMet,
    DemandRejected,
    DialogueUrged,
    MeasureAnnounced,
    MeasureLifted,
    MeasureSuspended,
    MeasureTookEffect,
    MediationOffered,
    MeetingCancelled,
    MeetingHeld,
    MeetingPlanned,
    MeetingPostponed,
    MeetingStarted,
    OutlookAssessed,
    ProposalAccepted,
    ProposalMade,
    ProposalRejected,
    RelationsChanged,
    RulingIssued,
    StanceStated,
    TalksAgreed,
    TalksProposed,
    TalksRefused,
    TalksResumed,
    TalksSuspended,
)
from communique.domain.claims.values import Certainty, Polarity
from communique.domain.parties.party import Dyad, Party
from communique.domain.state.facets import Facet, FacetKind, Stage, State
from communique.domain.time.dates import CEILING, YEAR_MIN
from communique.domain.time.edtf import ValidTime
from communique.domain.time.zones import zone_named

GENERAL: Final = "general"
"""Stands in a facet for an issue, and `unstated` for a level, that the claim does not name."""
UNSTATED: Final = "unstated"
_ANSWERS: Final = frozenset({State.MET, State.REJECTED, State.ACCEPTED})
"""States by which the actors answer what the recipients had demanded or proposed."""

_SHARED: Final = frozenset(
    {FacetKind.TALKS, FacetKind.RULING, FacetKind.OUTLOOK, FacetKind.AGREEMENT}
)
"""Facets that belong to both parties; all others by issue are one party's towards the other."""

_NEVER_BY_SUBJECT: Final = frozenset(
    {FacetKind.TALKS, FacetKind.RULING, FacetKind.OUTLOOK, FacetKind.STANCE}
)
"""Facets of which there is one for each issue, whatever subject a claim names."""

_BY_SUBJECT_OR_ISSUE: Final = frozenset(
    {
        FacetKind.DEMAND,
        FacetKind.PROPOSAL,
        FacetKind.COMMITMENT,
        FacetKind.MEASURE,
        FacetKind.AGREEMENT,
    }
)
"""Facets of which there is one for the subject that a claim names, or else for each issue."""


_THIRD_PARTY: Final = (MediationOffered, DialogueUrged)
"""Steps by which a third party comes between others."""


class Assertion(NamedTuple):
    """What a claim says of one facet of one dyad."""

    dyad: Dyad
    facet: Facet
    state: State
    stage: Stage
    issue: str = ""
    statement: str = ""
    grounds: str = ""
    scheduled: ValidTime | None = None


class _Says(NamedTuple):
    """What a payload says, before it is laid on dyads and issues."""

    kind: FacetKind
    state: State
    stage: Stage
    statement: str = ""
    grounds: str = ""
    scheduled: ValidTime | None = None


def dyads_between(claim: Claim) -> tuple[Dyad, ...]:
    """Return the dyads whose state it is about; a third party's step is about those between."""
    if isinstance(claim.payload, _THIRD_PARTY):
        return tuple(Dyad.all_of(claim.payload.between or (one.code for one in claim.recipients)))
    return _dyads_involved(claim)


def dyads_concerned(claim: Claim) -> tuple[Dyad, ...]:
    """Return every dyad on whose timeline it stands: those involved and those it is about."""
    involved = _dyads_involved(claim)
    if not isinstance(claim.payload, _THIRD_PARTY):
        return involved
    return tuple(sorted({*involved, *dyads_between(claim)}))


def codes_concerned(claim: Claim) -> frozenset[str]:
    """Return the codes of all who take part, and of those that a third party steps between."""
    if isinstance(claim.payload, _THIRD_PARTY):
        return claim.codes.union(claim.payload.between)
    return claim.codes


def _dyads_involved(claim: Claim) -> tuple[Dyad, ...]:
    if claim.participants:
        return tuple(Dyad.all_of(claim.codes))
    actors = tuple([party.code for party in claim.actors])
    return _directed(actors, tuple([party.code for party in claim.recipients]))


@lru_cache(maxsize=1 << 14)
def _directed(actors: tuple[str, ...], recipients: tuple[str, ...]) -> tuple[Dyad, ...]:
    """Most claims are about few dyads."""
    return tuple(sorted({Dyad.of(a, r) for a, r in product(actors, recipients) if a != r}))


def assertions(claim: Claim, affirmed: Sequence[Assertion] | None = None) -> Sequence[Assertion]:
    """Return what the claim asserts of each facet of each dyad.

    A denial asserts nothing of the state: it stands on the timeline and beside the claims that it
    contradicts. An assessment is the exception: a denial of progress is its very content.
    `affirmed` are the claim's `affirmations`, where they are known already.
    """
    if denies(claim):
        return ()
    return affirmations(claim) if affirmed is None else affirmed


def affirmations(claim: Claim) -> Sequence[Assertion]:
    """Return what the claim would assert if it affirmed: all that it is about, denied or not."""
    said = _says(claim)
    return [
        _assertion(claim, dyad, facet, says)
        for dyad in dyads_between(claim)
        for says in said
        for facet in _facets(says, claim, dyad)
    ]


def _assertion(claim: Claim, dyad: Dyad, facet: Facet, says: _Says) -> Assertion:
    issue = _issue(claim, facet)
    return Assertion(dyad, facet, says.state, says.stage, issue, *says[3:])


def _issue(claim: Claim, facet: Facet) -> str:
    """The issue that a claim's facet is about, `""` where it is about none in particular."""
    if not is_by_issue(facet.kind, claim.subject):
        return claim.issues[0] if claim.issues else ""
    issue = facet.key.rpartition("/")[2]
    return issue if issue in claim.issues else ""


def denies(claim: Claim) -> bool:
    """Whether it asserts nothing because it is a denial, of anything but an assessment."""
    is_denial = claim.polarity is Polarity.NEGATIVE
    return is_denial and not isinstance(claim.payload, OutlookAssessed)


def state_of(claim: Claim) -> tuple[State, Stage]:
    """Return the state that it speaks of, the same for each facet, and how far that has come."""
    says, *_ = _says(claim)
    return says.state, says.stage


def is_by_issue(kind: FacetKind, subject: str | None) -> bool:
    """Whether a claim that names this subject, or none, fills such a facet for each of its issues.

    Their keys end with the issue; before it stands the party, where the facet belongs to one.
    """
    return kind in _NEVER_BY_SUBJECT or (kind in _BY_SUBJECT_OR_ISSUE and not subject)


def owners(
    state: State, actors: Iterable[Party], recipients: Iterable[Party], dyad: Dyad
) -> list[str]:
    """Return the codes of a dyad whose facet it is: an answered demand is of those who made it."""
    holders = recipients if state in _ANSWERS else actors
    return sorted({party.code for party in holders if party.code in dyad})


def _facets(says: _Says, claim: Claim, dyad: Dyad) -> Iterator[Facet]:
    """Lay what is said on the facets of a dyad."""
    match says.kind:
        case FacetKind.RELATIONS:
            yield Facet(says.kind)
        case FacetKind.MEETING:
            yield Facet(says.kind, _level(claim))
        case FacetKind.AGENDA:
            yield Facet(says.kind, claim.subject or str(claim.event_id))
        case FacetKind.REPORT:
            yield Facet(says.kind, says.statement[:2])
        case FacetKind.MEDIATION:
            for code in sorted({party.code for party in claim.actors}):
                yield Facet(says.kind, code)
        case kind if claim.subject and not is_by_issue(kind, claim.subject):
            yield Facet(kind, claim.subject)
        case _:
            yield from _facets_by_issue(says, claim, dyad)


def _facets_by_issue(says: _Says, claim: Claim, dyad: Dyad) -> Iterator[Facet]:
    """One facet for each issue and, where it belongs to one party, for each such party."""
    prefixes = [""]
    if says.kind not in _SHARED:
        found = owners(says.state, claim.actors, claim.recipients, dyad)
        prefixes = [f"{code}/" for code in found]
    for prefix, issue in product(prefixes, claim.issues or ("",)):
        yield Facet(says.kind, f"{prefix}{issue or GENERAL}")


def _level(claim: Claim) -> str:
    level = claim.payload.level if isinstance(claim.payload, MeetingStarted | MeetingHeld) else None
    return level.value.lower().replace("_", "-") if level else UNSTATED


def _says(claim: Claim) -> tuple[_Says, ...]:  # noqa: C901, PLR0911, PLR0912  a table
    kind, state, stage = FacetKind, State, Stage
    match claim.payload:
        # Classes are tried in turn, so the one that imports are made of comes first.
        case CodedEventReported() as it:
            words = f"{it.code} {it.description}".rstrip()
            return (_Says(kind.REPORT, state.REPORTED, stage.COMPLETED, words),)
        case MeetingPlanned() as it:
            is_firm = claim.certainty.rank > Certainty.POSSIBLE.rank
            at = stage.OPENED if is_firm else stage.POSSIBLE
            return (_Says(kind.AGENDA, state.PLANNED, at, it.venue, "", it.scheduled),)
        case MeetingPostponed() as it:
            said = (stage.CHANGED, "", it.reason, it.scheduled)
            return (_Says(kind.AGENDA, state.POSTPONED, *said),)
        case MeetingCancelled() as it:
            return (_Says(kind.AGENDA, state.CANCELLED, stage.ANSWERED, "", it.reason),)
        case MeetingStarted() as it:
            return _met(claim, state.STARTED, stage.BEGUN, it.venue, it.scheduled)
        case MeetingHeld() as it:
            return _met(claim, state.HELD, stage.COMPLETED, it.outcome or it.venue, it.scheduled)
        case TalksProposed() as it:
            return (_Says(kind.TALKS, state.PROPOSED, stage.OPENED, it.proposal),)
        case TalksAgreed() as it:
            return (_Says(kind.TALKS, state.AGREED, stage.CHANGED, it.terms),)
        case TalksRefused() as it:
            finality = it.finality.value.lower().replace("_", " ") if it.finality else ""
            return (_Says(kind.TALKS, state.REFUSED, stage.ANSWERED, finality, it.grounds),)
        case TalksSuspended() as it:
            return (_Says(kind.TALKS, state.SUSPENDED, stage.BEGUN, "", it.grounds),)
        case TalksResumed() as it:
            return (_Says(kind.TALKS, state.RESUMED, stage.COMPLETED, it.terms),)
        case StanceStated() as it:
            return (_Says(kind.STANCE, state.STATED, stage.OPENED, it.position, it.grounds),)
        case DemandMade() as it:
            return (_Says(kind.DEMAND, state.DEMANDED, stage.OPENED, it.demand),)
        case DemandRejected() as it:
            return (_Says(kind.DEMAND, state.REJECTED, stage.ANSWERED, "", it.grounds),)
        case DemandMet() as it:
            return (_Says(kind.DEMAND, state.MET, stage.COMPLETED, it.outcome),)
        case ProposalMade() as it:
            return (_Says(kind.PROPOSAL, state.PROPOSED, stage.OPENED, it.proposal),)
        case ProposalRejected() as it:
            return (_Says(kind.PROPOSAL, state.REJECTED, stage.ANSWERED, "", it.grounds),)
        case ProposalAccepted() as it:
            return (_Says(kind.PROPOSAL, state.ACCEPTED, stage.COMPLETED, it.terms),)
        case CommitmentMade() as it:
            return (_Says(kind.COMMITMENT, state.COMMITTED, stage.OPENED, it.commitment),)
        case MeasureAnnounced() as it:
            said = (stage.OPENED, it.measure, "", it.scheduled)
            return (_Says(kind.MEASURE, state.ANNOUNCED, *said),)
        case MeasureTookEffect() as it:
            return (_Says(kind.MEASURE, state.IN_FORCE, stage.BEGUN, it.measure),)
        case MeasureSuspended() as it:
            return (_Says(kind.MEASURE, state.SUSPENDED, stage.ANSWERED, "", it.grounds),)
        case MeasureLifted() as it:
            return (_Says(kind.MEASURE, state.LIFTED, stage.COMPLETED, "", it.grounds),)
        case RulingIssued() as it:
            return (_Says(kind.RULING, state.RULED, stage.COMPLETED, it.ruling),)
        case AgreementSigned() as it:
            return (_Says(kind.AGREEMENT, state.SIGNED, stage.OPENED, it.title),)
        case AgreementTookEffect() as it:
            return (_Says(kind.AGREEMENT, state.IN_FORCE, stage.CHANGED, it.title),)
        case AgreementTerminationNotified() as it:
            said = (stage.ANSWERED, it.title, "", _ends(claim.occurred, it))
            return (_Says(kind.AGREEMENT, state.UNDER_NOTICE, *said),)
        case AgreementTerminationSuspended() as it:
            return (_Says(kind.AGREEMENT, state.NOTICE_SUSPENDED, stage.BEGUN, "", it.grounds),)
        case AgreementEnded() as it:
            return (_Says(kind.AGREEMENT, state.ENDED, stage.COMPLETED, it.title),)
        case RelationsChanged() as it:
            changed = State(it.change.value)
            return (_Says(kind.RELATIONS, changed, stage.COMPLETED, "", it.grounds),)
        case MediationOffered() as it:
            return (_Says(kind.MEDIATION, state.OFFERED, stage.CHANGED, it.offer),)
        case DialogueUrged() as it:
            return (_Says(kind.MEDIATION, state.URGED, stage.OPENED, it.appeal),)
        case OutlookAssessed() as it:
            sees = State(it.outlook.value)
            return (_Says(kind.OUTLOOK, sees, stage.OPENED, it.assessment),)
        case _:
            assert_never(claim.payload)


def _met(
    claim: Claim, state: State, stage: Stage, statement: str, scheduled: ValidTime | None
) -> tuple[_Says, ...]:
    """A meeting counts as the last of its level; with a subject named it also closes the plan."""
    last = _Says(FacetKind.MEETING, state, stage, statement, "", scheduled)
    return (last, last._replace(kind=FacetKind.AGENDA)) if claim.subject else (last,)


def _ends(occurred: ValidTime, notice: AgreementTerminationNotified) -> ValidTime | None:
    """The end that a notice names, or the day on which its period is over."""
    if notice.ends or notice.notice_period is None:
        return notice.ends
    if occurred.earliest >= CEILING - notice.notice_period - timedelta(days=2):
        return None
    over = occurred.earliest + notice.notice_period
    day = over.astimezone(zone_named(occurred.zone)).date()
    return ValidTime.parse(day.isoformat(), occurred.zone) if day.year >= YEAR_MIN else None
