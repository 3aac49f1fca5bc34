"""The board of an issue, for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from communique.cli.rows import Columns, Row, print_wrapped
from communique.cli.status_view import row_of
from communique.cli.subject_view import as_of_line
from communique.domain.parties.party import Dyad, name_of
from communique.domain.state.facets import Facet, FacetKind
from communique.domain.state.issue_board import IssueBoard, IssueElement
from communique.export import wording as words

_OWN: Final = ("stances", "demands", "proposals", "commitments", "measures")
_SHARED: Final = {
    "Talks": "talks",
    "Agreements": "agreements",
    "Rulings": "rulings",
    "Mediation": "mediation",
    "Outlook": "outlooks",
    "Last meetings": "meetings",
}


def sections(board: IssueBoard) -> dict[str, list[tuple[str, IssueElement]]]:
    """Return the elements under their headings, each with what it is: first party by party."""
    found = {
        f"{name_of(part.party)} ({part.party})": [
            (_own(part.party, one), one) for kind in _OWN for one in getattr(part, kind)
        ]
        for part in board.parties
    }
    for title, name in _SHARED.items():
        found[title] = [(_shared(one), one) for one in getattr(board, name)]
    return {title: elements for title, elements in found.items() if elements}


def print_board(console: Console, board: IssueBoard, zone: str, *, explain: bool = False) -> None:
    """Print a board: what each party says and does, then what they have in common."""
    print_wrapped(console, Text(board.issue, "bold"))
    print_wrapped(console, as_of_line(board.as_of, zone))
    rows = {
        title: [row for what, one in some for row in _rows(what, one, zone, explain=explain)]
        for title, some in sections(board).items()
    }
    columns = Columns([row for some in rows.values() for row in some], console.width)
    for title, some in rows.items():
        console.print()
        print_wrapped(console, Text(title, "bold"))
        for row in some:
            for line in columns.lines(row, console):
                console.print(line, soft_wrap=True)
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
    for one in elements:
        element = one.element
        yield {
            "section": kind,
            "party": party,
            "dyad": one.dyad,
            "facet": element.facet,
            "state": element.state.value,
            "who": words.who(element),
            "statement": element.statement,
            "grounds": element.grounds,
            "occurred": str(element.occurred),
            "known": element.known.isoformat(),
            "certainty": element.certainty.value,
            "scheduled": str(element.scheduled or ""),
            "by_schedule": element.by_schedule,
            "under_way": element.under_way,
            "contested": element.contested,
            "outlet": element.outlet,
            "event_ids": words.ids(element.event_ids),
        }


def _own(party: str, one: IssueElement) -> str:
    return f"{one.element.kind.value} to {Dyad.parse(one.dyad).other(party)}"


def _shared(one: IssueElement) -> str:
    facet = Facet.parse(one.element.facet)
    match facet.kind:
        case FacetKind.MEETING:
            return f"{one.dyad}, {words.spaced(facet.key)}"
        case FacetKind.MEDIATION:
            return f"{one.dyad}, {name_of(facet.key)}"
        case _:
            return one.dyad


def _rows(what: str, one: IssueElement, zone: str, *, explain: bool) -> Iterator[Row]:
    yield row_of(one.element, what, zone, explain=explain)
    if one.element.last_certain:
        yield row_of(one.element.last_certain, "└ last certain", zone, explain=explain)
