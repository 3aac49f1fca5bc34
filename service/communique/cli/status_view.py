"""Statuses of two parties, for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from communique.cli import element_view
from communique.cli.element_view import rows_of, what_of
from communique.cli.rows import as_of_line, print_sections, print_wrapped
from communique.domain.parties.party import Dyad, name_of
from communique.domain.state.element import StatusElement
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
    for window in status.pattern:
        print_wrapped(console, Text(wording.pattern(window), "dim"))
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
                **element_view.flat(element),
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
