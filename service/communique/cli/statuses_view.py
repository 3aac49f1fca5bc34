"""The statuses of one party with all others, for people: a line for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from communique.cli.element_view import what_of
from communique.cli.rows import TableRow, as_of_line, print_rows, print_wrapped
from communique.cli.status_view import POSTURE_STYLES
from communique.domain.parties.party import Dyad, name_of
from communique.domain.state.element import StatusElement
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.state.status import BilateralStatus
from communique.export import wording


def print_statuses(
    console: Console,
    code: str,
    statuses: Sequence[BilateralStatus],
    as_of: ResolvedAsOf,
    zone: str,
) -> None:
    """Print a line for each status: the other party, the posture, its rule, the latest element."""
    console.print(Text(name_of(code), "bold").append(f" ({code})", "dim not bold"))
    print_wrapped(console, Text(as_of_line(as_of, zone).plain, "dim"))
    console.print()
    if statuses:
        print_rows(console, [_row(status, code) for status in statuses])
    else:
        console.print("nothing stands between it and any other")


def flat(status: BilateralStatus, code: str) -> Mapping[str, Any]:
    """Return a status as a row of plain values."""
    last = _latest(status)
    return {
        "dyad": status.dyad,
        "other": Dyad.parse(status.dyad).other(code),
        "posture": status.posture.value,
        "posture_basis": status.posture_basis.value,
        "rule": status.posture_triggers[0].rule,
        "elements": len(status.elements),
        "latest_facet": last.facet,
        "latest_state": last.state.value,
        "latest_occurred": str(last.occurred),
        "latest_event_ids": wording.ids(last.event_ids),
    }


def _row(status: BilateralStatus, code: str) -> TableRow:
    other = Dyad.parse(status.dyad).other(code)
    last = _latest(status)
    latest = wording.listed((what_of(last), wording.spaced(last.state)), " ")
    return TableRow(
        (
            Text(other),
            Text(name_of(other)),
            Text(status.posture.value.lower(), POSTURE_STYLES[status.posture]),
            Text(status.posture_triggers[0].rule, "dim"),
            Text(last.occurred.display()),
            Text(f"{wording.spaced(last.kind.value)}: {latest}"),
        ),
        Text(),
        Text(wording.counted(len(status.elements), "element"), "dim"),
    )


def _latest(status: BilateralStatus) -> StatusElement:
    return max(status.elements, key=lambda element: element.occurred.earliest)
