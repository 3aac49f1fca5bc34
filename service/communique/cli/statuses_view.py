"""How things stand between one party and all others, for people: a line for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from communique.cli.rows import Row, print_rows, print_wrapped
from communique.cli.status_view import POSTURE_STYLES, what_of
from communique.domain.parties.party import Dyad, name_of
from communique.domain.state.element import StatusElement
from communique.domain.state.status import BilateralStatus, ResolvedAsOf
from communique.export import wording as words


def print_statuses(
    console: Console,
    code: str,
    statuses: Sequence[BilateralStatus],
    as_of: ResolvedAsOf,
    zone: str,
) -> None:
    """Print a line for each status: with whom, the posture and its rule, the latest there is."""
    console.print(Text(name_of(code), "bold").append(f" ({code})", "dim not bold"))
    point = f"as of {words.moment(as_of.valid, zone)}, by what was known at "
    point += f"{words.moment(as_of.known, zone)}, log position {as_of.position:,}"
    print_wrapped(console, Text(point, "dim"))
    console.print()
    if statuses:
        print_rows(console, [_row(one, code) for one in statuses])
    else:
        console.print("nothing stands between it and any other")


def flat(status: BilateralStatus, code: str) -> Mapping[str, Any]:
    """Return a status as a row of plain values."""
    last = _latest(status)
    return {
        "dyad": status.dyad,
        "other": Dyad.parse(status.dyad).other(code),
        "posture": status.posture.value,
        "rule": status.posture_triggers[0].rule,
        "elements": len(status.elements),
        "latest_facet": last.facet,
        "latest_state": last.state.value,
        "latest_occurred": str(last.occurred),
        "latest_event_ids": words.ids(last.event_ids),
    }


def _row(status: BilateralStatus, code: str) -> Row:
    other = Dyad.parse(status.dyad).other(code)
    last = _latest(status)
    rule = status.posture_triggers[0].rule
    latest = words.listed((what_of(last), words.spaced(last.state)), " ")
    return Row(
        (
            Text(other),
            Text(name_of(other)),
            Text(status.posture.value.lower(), POSTURE_STYLES[status.posture]),
            Text(rule, "dim"),
            Text(last.occurred.display()),
            Text(f"{words.spaced(last.kind.value)}: {latest}"),
        ),
        Text(),
        Text(words.counted(len(status.elements), "element"), "dim"),
    )


def _latest(status: BilateralStatus) -> StatusElement:
    return max(status.elements, key=lambda one: one.occurred.earliest)
