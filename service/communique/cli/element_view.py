"""Elements of statuses and boards, for people: a row for each, and what is to be said below it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from rich.text import Text

from communique.cli.rows import TableRow, marks_of
from communique.domain.claims.values import Polarity
from communique.domain.claims.words import MeetingFormat
from communique.domain.parties.party import name_of
from communique.domain.state.element import Due, FieldOrigin, StatusElement, Witness
from communique.domain.state.facets import Facet, FacetKind
from communique.domain.state.preferences import Disagreement, Reading, words_of
from communique.domain.state.winners import WITNESSES_MAX
from communique.export import wording

_READINGS_SHOWN_MAX: Final = 4
_FORMATS: Final = {MeetingFormat.PHONE: "by phone", MeetingFormat.SIDELINES: "on the sidelines"}
"""Forms of meetings that who takes part does not tell."""
_DENIED: Final = words_of(Polarity.NEGATIVE)


def rows_of(element: StatusElement, what: str, zone: str, *, explain: bool) -> Iterator[TableRow]:
    """Yield the row of an element, then of the surer ones below it; `what` is what it is about."""
    yield TableRow(
        (Text(what), Text(wording.spaced(element.state)), Text(element.occurred.display())),
        Text(wording.who(element)),
        marks_of(element.certainty, *marks(element)),
        tuple(_details(element, zone, explain=explain)),
    )
    for surer in element.surer_ones:
        label = "└ most surely" if surer is element.last_certain else "└ more surely"
        yield from rows_of(surer, label, zone, explain=explain)


def marks(element: StatusElement) -> list[str]:
    """Return the marks of an element besides its certainty."""
    flags = {
        "foreseen": element.foreseen,
        "unconfirmed": element.due is Due.UNCONFIRMED,
        "not met": element.due is Due.NOT_MET,
        "under way": element.under_way,
        "contested": element.contested,
        "coded": element.coded,
    }
    return [mark for mark, is_set in flags.items() if is_set]


def what_of(element: StatusElement) -> str:
    """Return what an element is about, under the heading of its kind."""
    facet = Facet.parse(element.facet)
    match facet.kind:
        case FacetKind.RELATIONS:
            return "relations"
        case FacetKind.MEETING:
            return wording.spaced(facet.key)
        case FacetKind.AGENDA:
            return wording.spaced(element.level) if element.level else "meeting"
        case FacetKind.MEDIATION:
            return name_of(facet.key)
        case FacetKind.REPORT:
            return f"CAMEO {facet.key}"
        case _:
            return element.issue or "general"


def flat(element: StatusElement) -> Mapping[str, Any]:
    """Return when an element occurred, how sure it is and its sources, as plain values."""
    return {
        "occurred": str(element.occurred),
        "settled": element.settled.isoformat(),
        "known": element.known.isoformat(),
        "certainty": element.certainty.value,
        "foreseen": element.foreseen,
        "place": wording.place(element.place),
        "duration": words_of(element.duration),
        "scheduled": str(element.scheduled or ""),
        "scheduled_state": element.scheduled_state.value if element.scheduled_state else "",
        "due": element.due.value if element.due else "",
        "by_schedule": element.by_schedule,
        "under_way": element.under_way,
        "contested": element.contested,
        "contest": "; ".join(contest(element)),
        "coded": element.coded,
        "outlet": element.outlet,
        "witness_count": element.witness_count,
        "outlet_count": element.outlet_count,
        "report_count": element.report_count,
        "event_ids": wording.ids(element.event_ids),
    }


def due(element: StatusElement) -> str:
    """Return what is due and when, such as `due to end 23 Nov 2019`; empty where no date is set."""
    if element.scheduled is None:
        return ""
    if element.due is None:
        return f"scheduled for {element.scheduled.display()}"
    verb, did = wording.due_words(element.scheduled_state, element.state)
    when = f"due to {verb} {element.scheduled.display()}{_dated_by(element)}"
    tails = {
        Due.UNCONFIRMED: f", unconfirmed: no report says that it {did}",
        Due.NOT_MET: ", not met: a report denies it",
    }
    return when + tails.get(element.due, "")


def _dated_by(element: StatusElement) -> str:
    """Return who set the date, where that is not who the element is from."""
    if any(origin.derived for origin in element.origins):
        return " (worked out from the notice period)"
    outlets = {witness.event_id: witness.outlet for witness in element.witnesses}
    outlet = outlets.get(element.scheduled_by, "") if element.scheduled_by else ""
    return f" (date from {outlet})" if outlet not in {"", element.outlet} else ""


def contest(element: StatusElement, *, explain: bool = False) -> Iterator[str]:
    """Yield why an element is contested; with event ids where one asks for an explanation."""
    outlets = {witness.event_id: witness.outlet for witness in element.witnesses}
    for conflict in element.disagreements:
        if conflict.field == "polarity":
            yield _denial(conflict, explain=explain)
        else:
            yield _conflict(conflict, outlets)
    if element.order_unknown:
        states = [element.state, *(other.state for other in element.order_unknown)]
        said = f"order unknown: {' and '.join(map(wording.spaced, states))}"
        yield f"{said}, no time says which came first"
    if explain:
        for other in element.order_unknown:
            yield f"{wording.spaced(other.state)}: {wording.ids(other.event_ids)}"
    if element.contested and not (element.disagreements or element.order_unknown):
        yield "contested: a report of it is disputed"


def told_by(element: StatusElement) -> str:
    """Return how many reports an element rests on; empty for a single one of a person."""
    count, outlets = element.witness_count, wording.counted(element.outlet_count, "outlet")
    more = " or more" if count >= WITNESSES_MAX else ""
    if element.coded:
        return f"rests on {wording.counted(element.report_count, 'coded report')}{more}"
    if count == 1:
        return ""
    coded = f", {element.report_count:,} of them coded" if element.report_count else ""
    if element.outlet_count == 1:
        return f"told {count:,} times{more} by {element.outlet}{coded}"
    return f"told by {count:,} reports{more} of {outlets}{coded}"


def _details(element: StatusElement, zone: str, *, explain: bool) -> Iterator[Text]:
    yield Text(wording.listed(_said(element), "; "))
    yield Text(wording.listed(_setting(element)))
    yield Text(due(element))
    for reason in contest(element, explain=explain):
        yield Text(reason, "red")
    yield Text(told_by(element), "dim")
    if explain:
        yield from _evidence(element, zone)


def _said(element: StatusElement) -> Iterator[str]:
    """Yield what was said or done, how final or likely it is, and the grounds."""
    finality = wording.FINALITIES[element.finality] if element.finality else ""
    # The statement of a refusal is how final it is, unless another witness says more.
    yield "" if element.statement == words_of(element.finality) else element.statement
    yield finality
    if element.count and str(element.count) not in element.statement:
        yield f"{element.count:,} expelled"
    yield f"held to be {words_of(element.likelihood)}" if element.likelihood else ""
    yield f"grounds: {element.grounds}" if element.grounds else ""


def _setting(element: StatusElement) -> Iterator[str]:
    """Yield in what form, where and for how long."""
    yield _FORMATS.get(element.format, "") if element.format else ""
    where = wording.place(element.place)
    yield f"in {where}" if where else ""
    yield f"for {words_of(element.duration)}" if element.duration else ""


def _conflict(conflict: Disagreement, outlets: Mapping[UUID, str]) -> str:
    """Return the values of a field side by side, with who gives them, the preferred one first."""
    readings = conflict.readings
    values = [f"{it.value}{_speakers(it, outlets)}" for it in readings[:_READINGS_SHOWN_MAX]]
    if len(readings) > _READINGS_SHOWN_MAX:
        values.append(f"one of {len(readings) - _READINGS_SHOWN_MAX} more values")
    field, reason = wording.field(conflict.field), wording.PREFERENCES[conflict.preference]
    first, *others = values
    return f"contested: {field} {first}, preferred as {reason}; or {' or '.join(others)}"


def _speakers(reading: Reading, outlets: Mapping[UUID, str]) -> str:
    named = [*dict.fromkeys(outlets[it] for it in reading.event_ids if it in outlets)]
    if len(named) < reading.outlet_count:
        return f" ({wording.counted(reading.outlet_count, 'outlet')})"
    return f" ({wording.listed(named)})" if named else ""


def _denial(conflict: Disagreement, *, explain: bool) -> str:
    first = conflict.readings[0]
    denied = next(it for it in conflict.readings if it.value == _DENIED)
    said = f"contested: denied by {wording.counted(denied.outlet_count, 'outlet')}"
    said += f" ({wording.ids(denied.event_ids)})" if explain else ""
    preferred = "the denial" if first is denied else "what says that it is so"
    return f"{said}; {preferred} is preferred as {wording.PREFERENCES[conflict.preference]}"


def _evidence(element: StatusElement, zone: str) -> Iterator[Text]:
    """Yield who says it and since when, then the other witnesses, then where fields are from."""
    own = next(iter(element.witnesses), None)
    speakers = wording.speakers(element)
    spoken = {"": "", element.outlet: ", speaking for itself"}.get(
        speakers, f", quoting {speakers}"
    )
    via = f" via {own.via}" if own and own.via else ""
    source = f"{element.outlet}{via}{spoken}, known at {wording.moment(element.known, zone)}"
    source += wording.grade(own.grade) if own else ""
    is_own_gist = all(origin.field != "gist" for origin in element.origins)
    yield Text(wording.listed((source, element.gist if is_own_gist else ""), ": "), "dim italic")
    yield Text(str(element.event_ids[0]), "dim")
    for witness in element.witnesses[1:]:
        yield Text(_witness(witness, zone), "dim")
    if element.witness_count > len(element.event_ids):
        yield Text(f"and {element.witness_count - len(element.event_ids):,} more", "dim")
    yield Text("" if is_own_gist else f"“{element.gist}”", "dim italic")
    for origin in _origins(element.origins, element.event_ids[0]):
        yield Text(origin, "dim")
    yield Text(_settled(element, zone), "dim")


def _witness(witness: Witness, zone: str) -> str:
    via = f" via {witness.via}" if witness.via else ""
    known = f"known at {wording.moment(witness.known, zone)}"
    certainty = f", {witness.certainty.value.lower()}"
    said = f"{witness.outlet}{via}, {known}{certainty}{wording.grade(witness.grade)}"
    return f"{said}: {witness.event_id}"


def _origins(origins: Iterable[FieldOrigin], winner: UUID) -> Iterator[str]:
    """Yield where fields are from, those of one event and reason together."""
    borrowed = sorted(
        (origin for origin in origins if origin.event_id != winner),
        key=lambda origin: (origin.event_id, origin.reason, origin.derived),
    )
    for (event_id, reason), group in groupby(borrowed, lambda it: (it.event_id, it.reason)):
        fields = wording.listed(wording.field(origin.field) for origin in group)
        yield f"{fields} from {event_id}, {wording.PREFERENCES[reason]}"


def _settled(element: StatusElement, zone: str) -> str:
    """Return by when it must have begun, where its time alone would allow a later date."""
    if not element.occurred.starts_by_date or element.foreseen:
        return ""
    instants = (element.settled, element.occurred.latest_start)
    settled, last = (wording.local_time(it, element.occurred.zone).date() for it in instants)
    return f"begun by {wording.moment(element.settled, zone)}" if settled < last else ""
