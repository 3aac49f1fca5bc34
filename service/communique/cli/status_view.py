"""How things stand between two parties, for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from communique.cli.rows import Columns, Row, marks_of, print_wrapped
from communique.domain.parties.party import Dyad, name_of
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import Facet, FacetKind, State
from communique.domain.state.posture import Posture, PostureTrigger
from communique.domain.state.status import BilateralStatus
from communique.export import wording as words

POSTURE_STYLES: Final = {
    Posture.COOPERATIVE: "bold green",
    Posture.NORMAL: "bold blue",
    Posture.STRAINED: "bold yellow",
    Posture.CONFRONTATIONAL: "bold red",
    Posture.SEVERED: "bold white on red",
    Posture.UNKNOWN: "bold",
}

_SECTIONS: Final = {
    "Last meetings": "last_meetings",
    "Upcoming meetings": "upcoming_meetings",
    "Talks": "talks",
    "Stances": "stances",
    "Demands": "demands",
    "Proposals": "proposals",
    "Commitments": "commitments",
    "Measures": "measures",
    "Agreements": "agreements",
    "Rulings": "rulings",
    "Mediation": "mediation",
    "Outlook": "outlooks",
    "Reports": "reports",
}


def sections(status: BilateralStatus) -> dict[str, Sequence[StatusElement]]:
    """Return the elements under their headings, those that there are, the latest first."""
    found = {"Relations": [status.relations] if status.relations else []}
    found |= {title: list(getattr(status, name)) for title, name in _SECTIONS.items()}
    return {
        title: sorted(elements, key=lambda one: one.occurred.earliest, reverse=True)
        for title, elements in found.items()
        if elements
    }


def print_status(
    console: Console, status: BilateralStatus, zone: str, *, explain: bool = False
) -> None:
    """Print a status: the posture and why, then whatever stands."""
    for line in _header(status, zone, console.width, explain=explain):
        print_wrapped(console, line)
    rows = {
        title: [row for one in elements for row in _rows(one, zone, explain=explain)]
        for title, elements in sections(status).items()
    }
    columns = Columns([row for some in rows.values() for row in some], console.width)
    for title, some in rows.items():
        console.print()
        console.print(Text(title, "bold"))
        for row in some:
            for line in columns.lines(row, console):
                console.print(line, soft_wrap=True)


def flat(status: BilateralStatus) -> Iterator[Mapping[str, Any]]:
    """Yield a status as rows of plain values, one for each element."""
    for title, elements in sections(status).items():
        for one in elements:
            yield {
                "section": title.lower(),
                "facet": one.facet,
                "state": one.state.value,
                "issue": one.issue,
                "who": words.who(one),
                "statement": one.statement,
                "occurred": str(one.occurred),
                "known": one.known.isoformat(),
                "certainty": one.certainty.value,
                "scheduled": str(one.scheduled or ""),
                "by_schedule": one.by_schedule,
                "under_way": one.under_way,
                "contested": one.contested,
                "outlet": one.outlet,
                "event_ids": words.ids(one.event_ids),
            }


def _header(status: BilateralStatus, zone: str, width: int, *, explain: bool) -> Iterator[Text]:
    dyad = Dyad.parse(status.dyad)
    names = Text(f"{name_of(dyad.first)} and {name_of(dyad.second)}", "bold")
    names.append(f" ({dyad})", "dim not bold")
    posture = Text(status.posture.value, POSTURE_STYLES[status.posture])
    yield names + Text(" " * max(width - names.cell_len - posture.cell_len, 2)) + posture
    as_of = status.as_of
    yield (
        Text("as of ", "dim")
        .append(words.moment(as_of.valid, zone), "not dim")
        .append(
            f", by what was known at {words.moment(as_of.known, zone)}, "
            f"log position {as_of.position:,}"
        )
    )
    yield from _rules(status.posture_triggers, explain=explain)


def _rules(held: Sequence[PostureTrigger], *, explain: bool) -> Iterator[Text]:
    first, *others = held
    decides = Text(f"{first.posture.value.lower()} by the rule ", "dim").append(
        first.rule, "not dim"
    )
    if explain:
        yield decides
        for one in held:
            yield Text(f"  {one.rule}: {words.ids(one.event_ids) or 'no event'}", "dim")
    elif others:
        yield decides.append(f"; also holding: {', '.join(one.rule for one in others)}")
    else:
        yield decides


def _rows(one: StatusElement, zone: str, *, explain: bool) -> Iterator[Row]:
    yield row_of(one, what_of(one), zone, explain=explain)
    if one.last_certain:
        yield row_of(one.last_certain, "└ last certain", zone, explain=explain)


def row_of(one: StatusElement, what: str, zone: str, *, explain: bool) -> Row:
    """Return an element as a line under some heading; `what` says what it is about."""
    flags = (
        "scheduled" if one.by_schedule else "",
        "under way" if one.under_way else "",
        "contested" if one.contested else "",
    )
    since = one.scheduled if one.by_schedule and one.scheduled else one.occurred
    return Row(
        (Text(what), Text(words.spaced(one.state)), Text(since.display())),
        Text(words.who(one)),
        marks_of(one.certainty, *flags),
        tuple(_details(one, zone, explain=explain)),
    )


def what_of(one: StatusElement) -> str:
    """Return what an element is about, under the heading of its kind."""
    facet = Facet.parse(one.facet)
    match facet.kind:
        case FacetKind.RELATIONS:
            return "relations"
        case FacetKind.MEETING:
            return words.spaced(facet.key)
        case FacetKind.AGENDA:
            return words.spaced(one.level) if one.level else "meeting"
        case FacetKind.MEDIATION:
            return name_of(facet.key)
        case FacetKind.REPORT:
            return f"CAMEO {facet.key}"
        case _:
            return one.issue or "general"


def _details(one: StatusElement, zone: str, *, explain: bool) -> Iterator[Text]:
    said = words.listed((one.statement, one.grounds and f"grounds: {one.grounds}"), "; ")
    if said:
        yield Text(said)
    if one.by_schedule:
        yield Text(f"announced {one.occurred.display()}; no claim says yet that it took effect")
    elif one.scheduled:
        ends = one.state is State.UNDER_NOTICE
        yield Text(f"{'ends' if ends else 'scheduled for'} {one.scheduled.display()}")
    if explain:
        known = words.moment(one.known, zone)
        yield Text(words.listed((f"{one.outlet}, known at {known}", one.gist), ": "), "dim italic")
        yield Text(words.ids(one.event_ids), "dim")
