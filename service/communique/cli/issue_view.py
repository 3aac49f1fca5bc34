"""The board of an issue, for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from communique.cli import element_view
from communique.cli.element_view import rows_of
from communique.cli.rows import as_of_line, print_sections, print_wrapped
from communique.domain.parties.party import Dyad, name_of
from communique.domain.state.facets import Facet, FacetKind
from communique.domain.state.issue_board import IssueBoard, IssueElement
from communique.export import wording

_OWN: Final = (
    "stances",
    "demands",
    "proposals",
    "commitments",
    "threats",
    "accusations",
    "expulsions",
    "measures",
)
_SHARED: Final = {
    "Talks": "talks",
    "Agreements": "agreements",
    "Rulings": "rulings",
    "Mediation": "mediation",
    "Outlook": "outlooks",
    "Last meetings": "meetings",
}


def sections(board: IssueBoard) -> dict[str, list[tuple[str, IssueElement]]]:
    """Return the elements under their headings, each with what it is about; parties come first."""
    elements = {
        f"{name_of(part.party)} ({part.party})": [
            (_own(part.party, element), element) for kind in _OWN for element in getattr(part, kind)
        ]
        for part in board.parties
    }
    for title, name in _SHARED.items():
        elements[title] = [(_shared(element), element) for element in getattr(board, name)]
    return {title: section for title, section in elements.items() if section}


def print_board(console: Console, board: IssueBoard, zone: str, *, explain: bool = False) -> None:
    """Print a board: what each party says and does, then what the parties share."""
    print_wrapped(console, Text(board.issue, "bold"))
    print_wrapped(console, as_of_line(board.as_of, zone))
    rows = [
        (
            Text(title, "bold"),
            [
                row
                for what, shown in elements
                for row in rows_of(shown.element, what, zone, explain=explain)
            ],
        )
        for title, elements in sections(board).items()
    ]
    print_sections(console, rows)
    if not rows:
        console.print()
        console.print("nothing stands on its board: claims name it, and assert nothing of it")


def flat(board: IssueBoard) -> Iterator[Mapping[str, Any]]:
    """Yield the elements of a board as rows of plain values."""
    for part in board.parties:
        for kind in _OWN:
            yield from _flat(kind, part.party, getattr(part, kind))
    for kind in _SHARED.values():
        yield from _flat(kind, "", getattr(board, kind))


def _flat(kind: str, party: str, elements: Sequence[IssueElement]) -> Iterator[Mapping[str, Any]]:
    for shown in elements:
        element = shown.element
        yield {
            "section": kind,
            "party": party,
            "dyad": shown.dyad,
            "facet": element.facet,
            "state": element.state.value,
            "who": wording.who(element),
            "statement": element.statement,
            "grounds": element.grounds,
            **element_view.flat(element),
        }


def _own(party: str, shown: IssueElement) -> str:
    return f"{shown.element.kind.value} to {Dyad.parse(shown.dyad).other(party)}"


def _shared(shown: IssueElement) -> str:
    facet = Facet.parse(shown.element.facet)
    match facet.kind:
        case FacetKind.MEETING:
            return f"{shown.dyad}, {wording.spaced(facet.key)}"
        case FacetKind.MEDIATION:
            return f"{shown.dyad}, {name_of(facet.key)}"
        case _:
            return shown.dyad
