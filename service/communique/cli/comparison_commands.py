"""The commands that compare two points, and list all statuses of a party."""

from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from communique.cli import comparison_view, statuses_view
from communique.cli.options import (
    AsOfOptions,
    Explain,
    InputZone,
    Limit,
    MinPosition,
    OtherCode,
    Output,
    PartyCode,
    Remote,
    check_zone,
    dyad_of,
    moment,
    option,
    when,
)
from communique.cli.query_commands import limited, note_limit
from communique.cli.screen import OutputFormat, console, write_list, write_object
from communique.client import Client, Point
from communique.client.statuses import StatusOrder
from communique.domain.claims.event import Recorded
from communique.domain.state.comparison import BilateralComparison

_CAUSES_MAX: Final = 200
_STATUSES_LIMIT: Final = 20
_STATUSES_PER_PAGE_MAX: Final = 100


@dataclass(frozen=True)
class Points:
    """The options of the two points to compare; the default is now, or the latest, at both."""

    from_valid: Annotated[str | None, when("--from-valid", "As of when in the world, before.")] = (
        None
    )
    to_valid: Annotated[str | None, when("--to-valid", "As of when in the world, after.")] = None
    valid_at: Annotated[str | None, when("--valid-at", "As of when in the world, at both.")] = None
    from_known: Annotated[str | None, when("--from-known", "By what was known when, before.")] = (
        None
    )
    to_known: Annotated[str | None, when("--to-known", "By what was known when, after.")] = None
    known_at: Annotated[str | None, when("--known-at", "By what was known when, at both.")] = None
    from_position: Annotated[
        int | None, option("--from-position", "By what the log held then, before.", min=0)
    ] = None
    to_position: Annotated[
        int | None, option("--to-position", "By what the log held then, after.", min=0)
    ] = None
    zone: InputZone = "UTC"
    min_position: MinPosition = 0

    def arguments(self) -> dict[str, Any]:
        """Return the client's arguments; raise `typer.BadParameter` of an unreadable point."""
        check_zone(self.zone)
        before, after = self._point("from"), self._point("to")
        if before == after:
            raise typer.BadParameter(
                "both points are the same: give one of --from-valid, --from-known, "
                "--from-position or --to-..."
            )
        return {"before": before, "after": after, "min_position": self.min_position}

    def _point(self, side: str) -> Point:
        return Point(
            self._moment(f"{side}_valid") or self._moment("valid_at"),
            self._moment(f"{side}_known") or self._moment("known_at"),
            getattr(self, f"{side}_position"),
            self.zone,
        )

    def _moment(self, name: str) -> str | None:
        return moment(f"--{name.replace('_', '-')}", getattr(self, name), self.zone)


def compare(
    first: PartyCode,
    second: OtherCode,
    remote: Remote,
    points: Points,
    explain: Explain = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """What changed between two parties from one point to another, and which events changed it.

    How did things move in August?
    [bold]compare KOR JPN --from-valid 2019-07-31 --to-valid 2019-08-31[/bold]

    What did we learn between Monday and Friday about last week?
    [bold]compare KOR JPN --from-known 2019-08-19 --to-known 2019-08-23 --valid-at 2019-08-18[/bold]

    What did the corrections since position 19 change?
    [bold]compare KOR JPN --from-position 19 --explain[/bold]
    """
    dyad, arguments = dyad_of(first, second), points.arguments()
    with remote.connect() as client:
        comparison = client.compare(dyad.first, dyad.second, **arguments)
        causes = causes_of(client, comparison) if explain and output is OutputFormat.TABLE else None
    if output is OutputFormat.TABLE:
        comparison_view.print_comparison(console(), comparison, points.zone, causes)
    else:
        plain = comparison.model_dump(mode="json", exclude_defaults=True)
        write_object(output, plain, comparison_view.flat(comparison))


def statuses(
    party: PartyCode,
    remote: Remote,
    point: AsOfOptions,
    order_by: Annotated[
        StatusOrder, option("--order-by", "The strongest posture first, or the latest event.")
    ] = "posture",
    limit: Limit = _STATUSES_LIMIT,
    output: Output = OutputFormat.TABLE,
) -> None:
    """How things stand between one party and all others, a line each: [bold]statuses KOR[/bold]."""
    arguments, page_size = point.arguments(), limit + 1 if limit else _STATUSES_PER_PAGE_MAX
    with remote.connect() as client:
        listing = client.statuses_of(party, order_by=order_by, page_size=page_size, **arguments)
        shown = list(limited(listing, limit))
        if output is OutputFormat.TABLE:
            statuses_view.print_statuses(console(), party, shown, listing.as_of, point.zone)
        else:
            plain = [status.model_dump(mode="json", exclude_defaults=True) for status in shown]
            write_list(output, plain, (statuses_view.flat(status, party) for status in shown))
        note_limit(listing, limit)


def causes_of(client: Client, comparison: BilateralComparison) -> dict[UUID, Recorded]:
    """Fetch the events that caused the changes, up to a maximum."""
    event_ids = dict.fromkeys(
        event_id for change in comparison.changes for event_id in change.cause_event_ids
    )
    causes = {}
    for event_id in islice(event_ids, _CAUSES_MAX):
        history = client.event(event_id)
        for recorded in (history.claim, *history.amendments):
            if recorded.event and recorded.event.event_id == event_id:
                causes[event_id] = recorded
    return causes
