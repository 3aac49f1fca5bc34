"""Comparisons of two statuses, for people."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from rich.console import Console
from rich.text import Text

from communique.cli import element_view
from communique.cli.element_view import what_of
from communique.cli.rows import TableRow, marks_of, print_sections, print_wrapped
from communique.cli.status_view import POSTURE_STYLES, title_line
from communique.domain.claims.event import (
    Amendment,
    Claim,
    EventCorrected,
    EventDisputed,
    EventRetracted,
    Recorded,
)
from communique.domain.state.comparison import BilateralComparison, ChangeKind, ElementChange
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import FacetKind
from communique.domain.state.posture import Posture
from communique.domain.state.preferences import words_of
from communique.export import wording

Causes = Mapping[UUID, Recorded]
"""Events that changed something, by their ids."""

_TITLES: Final = {
    ChangeKind.APPEARED: ("Appeared", "bold green"),
    ChangeKind.CHANGED: ("Changed", "bold yellow"),
    ChangeKind.ENDED: ("Ended", "bold red"),
}
_ARROW: Final = " → "
_PLAIN: Final = ("state", "occurred", "certainty", "statement", "due", "contest")
_KINDS: Final = {FacetKind.MEETING: "last meeting", FacetKind.AGENDA: "upcoming meeting"}


def print_comparison(
    console: Console, comparison: BilateralComparison, zone: str, causes: Causes | None = None
) -> None:
    """Print a comparison: the two points, then what appeared, changed or ended.

    The events of `causes` explain the changes; None leaves the reasons out.
    """
    for line in _header(comparison, zone, console.width):
        print_wrapped(console, line)
    kinds = {change.kind for change in comparison.changes}
    sections = [
        (
            Text(*title),
            [_row(change, zone, causes) for change in comparison.changes if change.kind is kind],
        )
        for kind, title in _TITLES.items()
        if kind in kinds
    ]
    print_sections(console, sections)
    if not comparison.changes:
        console.print()
        console.print("nothing differs")


def flat(comparison: BilateralComparison) -> Iterator[Mapping[str, Any]]:
    """Yield a row of plain values for each change."""
    for change in comparison.changes:
        before, after = _plain(change.before), _plain(change.after)
        sides = {
            f"{name}_{side}": plain.get(name, "")
            for name in _PLAIN
            for side, plain in (("before", before), ("after", after))
        }
        causes = wording.ids(change.cause_event_ids)
        yield {"kind": change.kind.value, "facet": change.facet, **sides, "cause_event_ids": causes}


def _plain(element: StatusElement | None) -> dict[str, str]:
    if element is None:
        return {}
    shown = {**element_view.flat(element), "state": element.state.value}
    shown["statement"] = element.statement
    return {name: str(shown[name]) for name in _PLAIN}


def _header(comparison: BilateralComparison, zone: str, width: int) -> Iterator[Text]:
    yield title_line(
        comparison.dyad, _posture(comparison.posture_before, comparison.posture_after), width
    )
    before, after = comparison.before, comparison.after
    clocks = {
        "in the world": (wording.moment(before.valid, zone), wording.moment(after.valid, zone)),
        "what was known": (wording.moment(before.known, zone), wording.moment(after.known, zone)),
        "log position": (f"{before.position:,}", f"{after.position:,}"),
    }
    for label, (first, second) in clocks.items():
        line, is_same = Text(f"{label:<16}", "dim"), first == second
        yield line.append(first) if is_same else line.append(first + _ARROW + second, "not dim")


def _posture(before: Posture, after: Posture) -> Text:
    shown = Text(after.value, POSTURE_STYLES[after])
    if before is after:
        return shown
    return Text(before.value, POSTURE_STYLES[before]) + Text(_ARROW) + shown


def _row(change: ElementChange, zone: str, causes: Causes | None) -> TableRow:
    sides = [element for element in (change.before, change.after) if element]
    shown = sides[-1]
    state, now = wording.spaced(sides[0].state), wording.spaced(shown.state)
    kind, what = _KINDS.get(shown.kind, wording.spaced(shown.kind.value)), what_of(shown)
    return TableRow(
        (
            Text(kind if what == kind else wording.listed((kind, what), ": ")),
            Text(now if state == now else f"{state}{_ARROW}{now}"),
            Text(shown.occurred.display()),
        ),
        Text(wording.who(shown)),
        marks_of(shown.certainty, *element_view.marks(shown)),
        (*_details(change, zone), *_reasons(change, zone, causes)),
    )


def _details(change: ElementChange, zone: str) -> Iterator[Text]:
    """Yield the statement of the only element, or the differences between two."""
    before, after = change.before, change.after
    if before is None or after is None:
        shown = after or before
        yield Text(shown.statement if shown else "")
        return
    texts = zip(_texts(before, zone), _texts(after, zone), strict=True)
    differences = [
        (label, first, second) for (label, first), (_, second) in texts if first != second
    ]
    for label, first, second in differences:
        line = Text(f"{label}: ", "dim").append(first or "none", "not dim")
        yield line.append(_ARROW, "dim").append(second or "none", "not dim")
    if not differences and before.state is after.state:
        yield Text("another claim says the same, or details differ: see -o json", "dim")


def _texts(element: StatusElement, zone: str) -> Iterator[tuple[str, str]]:
    """Yield what can differ between two elements of one facet, by labels."""
    cast, marks = wording.who(element), element_view.marks(element)
    yield "when", element.occurred.display()
    yield "who", f"[{cast}]" if cast else ""
    yield "where", wording.place(element.place)
    yield "length", words_of(element.duration)
    for name in ("statement", "grounds", "gist"):
        text = getattr(element, name)
        yield name, f"“{text}”" if text else ""
    yield "certainty", element.certainty.value.lower()
    yield "marked", wording.listed(mark for mark in marks if mark != "contested")
    yield "contested", _contest(element)
    yield "date", element_view.due(element)
    yield "outlet", element.outlet
    yield "reports", element_view.told_by(element)
    surest = element.last_certain
    yield "more surely", wording.listed(map(_surer, element.surer), "; ")
    yield "most surely", _surer(surest) if surest else ""
    yield "known", wording.moment(element.known, zone)


def _contest(element: StatusElement) -> str:
    reasons = (reason.removeprefix("contested: ") for reason in element_view.contest(element))
    return wording.listed(reasons, "; ")


def _surer(element: StatusElement) -> str:
    return f"{wording.spaced(element.state)}, {element.occurred.display()}"


def _reasons(change: ElementChange, zone: str, causes: Causes | None) -> Iterator[Text]:
    if causes is None:
        return
    gone = _evidence(change.before) - _evidence(change.after)
    for event_id in change.cause_event_ids:
        cause = _cause(causes[event_id], zone) if event_id in causes else "by"
        cause = f"no longer {cause}" if event_id in gone else cause
        yield Text(f"{cause} ", "dim italic").append(str(event_id), "dim not italic")


def _evidence(element: StatusElement | None) -> set[UUID]:
    return set(element.event_ids) if element else set()


def _cause(recorded: Recorded, zone: str) -> str:
    """Return what an event is and when it was known: `by a correction: misheard; ...`."""
    match recorded.event:
        case Claim() as claim:
            cause = f"a claim of {claim.source.outlet}: {wording.spaced(claim.payload.type)}"
        case Amendment(payload=EventCorrected(reason=reason)):
            cause = f"a correction: {reason.rstrip('.')}"
        case Amendment(payload=EventRetracted(reason=reason)):
            cause = f"a retraction: {reason.rstrip('.')}"
        case Amendment(payload=EventDisputed(disputed_by=by, statement=statement)):
            whose = f" of {wording.party(by)}" if by else ""
            cause = f"a dispute{whose}: {statement.rstrip('.')}"
        case _:
            cause = "an event of a newer type"
    known = recorded.event.known if recorded.event else None
    when = f"known at {wording.moment(known.instant, zone)}" if known else "known when recorded"
    return f"by {cause}; {when}, position {recorded.position:,}"
