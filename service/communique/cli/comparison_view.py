"""What changed between two points, for people."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from rich.console import Console
from rich.text import Text

from communique.cli.rows import Columns, Row, marks_of, print_wrapped
from communique.cli.status_view import POSTURE_STYLES, what_of
from communique.domain.claims.event import (
    Amendment,
    Claim,
    EventCorrected,
    EventDisputed,
    EventRetracted,
    Recorded,
)
from communique.domain.parties.party import Dyad, name_of
from communique.domain.state.comparison import BilateralComparison, ChangeKind, ElementChange
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import FacetKind
from communique.domain.state.posture import Posture
from communique.export import wording as words

Causes = Mapping[UUID, Recorded]
"""Events that changed something, by their ids."""

_TITLES: Final = {
    ChangeKind.APPEARED: ("Appeared", "bold green"),
    ChangeKind.CHANGED: ("Changed", "bold yellow"),
    ChangeKind.ENDED: ("Ended", "bold red"),
}
_ARROW: Final = " → "
_KINDS: Final = {FacetKind.MEETING: "last meeting", FacetKind.AGENDA: "upcoming meeting"}
_FLAGS: Final = {
    "by_schedule": "scheduled",
    "under_way": "under way",
    "contested": "contested",
}


def print_comparison(
    console: Console, found: BilateralComparison, zone: str, causes: Causes | None = None
) -> None:
    """Print a comparison: the two points, then whatever appeared, changed or ended, and why.

    `causes` are the events to explain the changes with; None: without reasons.
    """
    for line in _header(found, zone, console.width):
        print_wrapped(console, line)
    rows = {
        kind: [_row(one, zone, causes) for one in found.changes if one.kind is kind]
        for kind in _TITLES
    }
    columns = Columns([row for some in rows.values() for row in some], console.width)
    for kind, some in rows.items():
        if some:
            console.print()
            console.print(Text(*_TITLES[kind]))
        for row in some:
            for line in columns.lines(row, console):
                console.print(line, soft_wrap=True)
    if not found.changes:
        console.print()
        console.print("nothing differs")


def flat(found: BilateralComparison) -> Iterator[Mapping[str, Any]]:
    """Yield a comparison as rows of plain values, one for each change."""
    for one in found.changes:
        before, after = _plain(one.before), _plain(one.after)
        sides = {
            f"{name}_{side}": plain.get(name, "")
            for name in ("state", "occurred", "certainty", "statement")
            for side, plain in (("before", before), ("after", after))
        }
        causes = words.ids(one.cause_event_ids)
        yield {"kind": one.kind.value, "facet": one.facet, **sides, "cause_event_ids": causes}


def _plain(one: StatusElement | None) -> dict[str, str]:
    if one is None:
        return {}
    return {
        "state": one.state.value,
        "occurred": str(one.occurred),
        "certainty": one.certainty.value,
        "statement": one.statement,
    }


def _header(found: BilateralComparison, zone: str, width: int) -> Iterator[Text]:
    dyad = Dyad.parse(found.dyad)
    names = Text(f"{name_of(dyad.first)} and {name_of(dyad.second)}", "bold")
    names.append(f" ({dyad})", "dim not bold")
    posture = _posture(found.posture_before, found.posture_after)
    yield names + Text(" " * max(width - names.cell_len - posture.cell_len, 2)) + posture
    before, after = found.before, found.after
    clocks = {
        "in the world": (words.moment(before.valid, zone), words.moment(after.valid, zone)),
        "what was known": (words.moment(before.known, zone), words.moment(after.known, zone)),
        "log position": (f"{before.position:,}", f"{after.position:,}"),
    }
    for label, (one, other) in clocks.items():
        line = Text(f"{label:<16}", "dim")
        yield line.append(one + _ARROW + other, "not dim") if one != other else line.append(one)


def _posture(before: Posture, after: Posture) -> Text:
    shown = Text(after.value, POSTURE_STYLES[after])
    if before is after:
        return shown
    return Text(before.value, POSTURE_STYLES[before]) + Text(_ARROW) + shown


def _row(change: ElementChange, zone: str, causes: Causes | None) -> Row:
    sides = [one for one in (change.before, change.after) if one]
    one, shown = sides[0], sides[-1]
    state, now = words.spaced(one.state), words.spaced(shown.state)
    kind, what = _KINDS.get(shown.kind, words.spaced(shown.kind.value)), what_of(shown)
    return Row(
        (
            Text(kind if what == kind else words.listed((kind, what), ": ")),
            Text(now if state == now else f"{state}{_ARROW}{now}"),
            Text(_when(shown)),
        ),
        Text(words.who(shown)),
        marks_of(shown.certainty, *_flags(shown)),
        (*_details(change, zone), *_reasons(change, zone, causes)),
    )


def _when(one: StatusElement) -> str:
    return (one.scheduled if one.by_schedule and one.scheduled else one.occurred).display()


def _flags(one: StatusElement) -> list[str]:
    return [word for name, word in _FLAGS.items() if getattr(one, name)]


def _details(change: ElementChange, zone: str) -> Iterator[Text]:
    """Say what stands or stood and, where both are there, whatever else differs between them."""
    before, after = change.before, change.after
    if before is None or after is None:
        shown = after or before
        yield Text(shown.statement if shown else "")
        return
    differences = [it for it in _differences(before, after, zone) if it[1] != it[2]]
    for label, one, other in differences:
        line = Text(f"{label}: ", "dim").append(one or "none", "not dim")
        yield line.append(_ARROW, "dim").append(other or "none", "not dim")
    if not differences and before.state is after.state:
        yield Text("another claim says the same, or details differ: see -o json", "dim")


def _differences(
    before: StatusElement, after: StatusElement, zone: str
) -> Iterator[tuple[str, str, str]]:
    """Yield what can differ, by a label, at both points."""
    yield "when", _when(before), _when(after)
    yield "who", _in_brackets(words.who(before)), _in_brackets(words.who(after))
    for name in ("statement", "grounds", "gist"):
        yield name, _quoted(getattr(before, name)), _quoted(getattr(after, name))
    yield "certainty", before.certainty.value.lower(), after.certainty.value.lower()
    yield "marked", words.listed(_flags(before)), words.listed(_flags(after))
    yield "scheduled for", _display(before), _display(after)
    yield "outlet", before.outlet, after.outlet
    yield "last certain", _last_certain(before), _last_certain(after)
    yield "known", words.moment(before.known, zone), words.moment(after.known, zone)


def _display(one: StatusElement) -> str:
    return one.scheduled.display() if one.scheduled else ""


def _last_certain(one: StatusElement) -> str:
    last = one.last_certain
    return f"{words.spaced(last.state)}, {last.occurred.display()}" if last else ""


def _quoted(text: str) -> str:
    return f"“{text}”" if text else ""


def _in_brackets(cast: str) -> str:
    return f"[{cast}]" if cast else ""


def _reasons(change: ElementChange, zone: str, causes: Causes | None) -> Iterator[Text]:
    if causes is None:
        return
    for event_id in change.cause_event_ids:
        told = _told(causes[event_id], zone) if event_id in causes else "by"
        yield Text(f"{told} ", "dim italic").append(str(event_id), "dim not italic")


def _told(recorded: Recorded, zone: str) -> str:
    """Return what an event is, and where it is from: `by a correction (misheard), ...`."""
    match recorded.event:
        case Claim() as claim:
            what = f"a claim of {claim.source.outlet}: {words.spaced(claim.payload.type)}"
        case Amendment(payload=EventCorrected(reason=reason)):
            what = f"a correction: {reason}"
        case Amendment(payload=EventRetracted(reason=reason)):
            what = f"a retraction: {reason}"
        case Amendment(payload=EventDisputed(statement=statement)):
            what = f"a dispute: {statement.rstrip('.')}"
        case _:
            what = "an event of a newer type"
    known = recorded.event.known if recorded.event else None
    when = f"known at {words.moment(known.instant, zone)}" if known else "known when recorded"
    return f"by {what}; {when}, position {recorded.position:,}"
