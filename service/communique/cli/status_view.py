"""Statuses of two parties, for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from communique.cli.rows import TableRow, as_of_line, marks_of, print_sections, print_wrapped
from communique.domain.parties.party import Dyad, name_of
from communique.domain.state.element import Due, StatusElement
from communique.domain.state.facets import Facet, FacetKind
from communique.domain.state.posture import Posture, PostureTrigger
from communique.domain.state.status import BilateralStatus
from communique.export import wording

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
    "Threats": "threats",
    "Accusations": "accusations",
    "Expulsions": "expulsions",
    "Measures": "measures",
    "Agreements": "agreements",
    "Rulings": "rulings",
    "Mediation": "mediation",
    "Outlook": "outlooks",
    "Reports": "reports",
}


def sections(status: BilateralStatus) -> dict[str, Sequence[StatusElement]]:
    """Return the elements under their headings, the latest first, without empty headings."""
    elements = {"Relations": [status.relations] if status.relations else []}
    elements |= {title: list(getattr(status, name)) for title, name in _SECTIONS.items()}
    return {
        title: sorted(section, key=lambda element: element.occurred.earliest, reverse=True)
        for title, section in elements.items()
        if section
    }


def print_status(
    console: Console, status: BilateralStatus, zone: str, *, explain: bool = False
) -> None:
    """Print a status: the posture and its rule, then the elements in sections."""
    posture = Text(status.posture.value, POSTURE_STYLES[status.posture])
    print_wrapped(console, title_line(status.dyad, posture, console.width))
    print_wrapped(console, as_of_line(status.as_of, zone))
    for line in _rules(status.posture_triggers, explain=explain):
        print_wrapped(console, line)
    print_sections(
        console,
        [
            (
                Text(title, "bold"),
                [
                    row
                    for element in elements
                    for row in rows_of(element, what_of(element), zone, explain=explain)
                ],
            )
            for title, elements in sections(status).items()
        ],
    )


def flat(status: BilateralStatus) -> Iterator[Mapping[str, Any]]:
    """Yield a row of plain values for each element."""
    for title, elements in sections(status).items():
        for element in elements:
            yield {
                "section": title.lower(),
                "facet": element.facet,
                "state": element.state.value,
                "issue": element.issue,
                "who": wording.who(element),
                "statement": element.statement,
                **flat_provenance(element),
            }


def flat_provenance(element: StatusElement) -> Mapping[str, Any]:
    """Return when an element occurred, how sure it is and its sources, as plain values."""
    return {
        "occurred": str(element.occurred),
        "known": element.known.isoformat(),
        "certainty": element.certainty.value,
        "scheduled": str(element.scheduled or ""),
        "by_schedule": element.by_schedule,
        "under_way": element.under_way,
        "contested": element.contested,
        "outlet": element.outlet,
        "event_ids": wording.ids(element.event_ids),
    }


def title_line(dyad_code: str, posture: Text, width: int) -> Text:
    """Return the names of the two parties, and the posture at the right of the screen."""
    dyad = Dyad.parse(dyad_code)
    names = Text(f"{name_of(dyad.first)} and {name_of(dyad.second)}", "bold")
    names.append(f" ({dyad})", "dim not bold")
    return names + Text(" " * max(width - names.cell_len - posture.cell_len, 2)) + posture


def _rules(triggers: Sequence[PostureTrigger], *, explain: bool) -> Iterator[Text]:
    first, *others = triggers
    line = Text(f"{first.posture.value.lower()} by the rule ", "dim").append(first.rule, "not dim")
    if others and not explain:
        line.append(f"; also holding: {', '.join(trigger.rule for trigger in others)}")
    yield line
    if explain:
        for trigger in triggers:
            yield Text(f"  {trigger.rule}: {wording.ids(trigger.event_ids) or 'no event'}", "dim")


def rows_of(element: StatusElement, what: str, zone: str, *, explain: bool) -> Iterator[TableRow]:
    """Yield the row of an element, then of the last certain one; `what` says what it is about."""
    yield TableRow(
        (Text(what), Text(wording.spaced(element.state)), Text(element.occurred.display())),
        Text(wording.who(element)),
        marks_of(element.certainty, *flags_of(element)),
        tuple(_details(element, zone, explain=explain)),
    )
    if element.last_certain:
        yield from rows_of(element.last_certain, "└ last certain", zone, explain=explain)


def flags_of(element: StatusElement) -> list[str]:
    """Return the marks of an element besides its certainty."""
    flags = {
        "foreseen": "foreseen",
        "by_schedule": "unconfirmed",
        "under_way": "under way",
        "contested": "contested",
    }
    return [flag for name, flag in flags.items() if getattr(element, name)]


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


def _details(element: StatusElement, zone: str, *, explain: bool) -> Iterator[Text]:
    grounds = element.grounds and f"grounds: {element.grounds}"
    yield Text(wording.listed((element.statement, grounds), "; "))
    if element.due and element.scheduled and element.scheduled_state:
        words = f"due to be {wording.spaced(element.scheduled_state)} {element.scheduled.display()}"
        unconfirmed = element.due is Due.UNCONFIRMED
        yield Text(f"{words}, unconfirmed: no claim says that it is" if unconfirmed else words)
    elif element.scheduled:
        yield Text(f"scheduled for {element.scheduled.display()}")
    if explain:
        speakers = wording.speakers(element)
        source = f"{element.outlet}{speakers and f', quoting {speakers}'}"
        source += f", known at {wording.moment(element.known, zone)}"
        yield Text(wording.listed((source, element.gist), ": "), "dim italic")
        dated = element.scheduled_by and f"dated by {element.scheduled_by}"
        yield Text(wording.listed((wording.ids(element.event_ids), dated or "")), "dim")
