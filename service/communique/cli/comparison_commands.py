"""The commands that ask for many statuses: what changed between two points, and all of a party."""

from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from communique.cli import comparison_view
from communique.cli import statuses_view as many_view
from communique.cli.options import (
    Explain,
    Limit,
    OtherCode,
    Output,
    PartyCode,
    Remote,
    check_zone,
    dyad_of,
    moment,
    option,
)
from communique.cli.options import Point as AsOf
from communique.cli.screen import Format, console, note, write_list, write_object
from communique.client import Client, Point
from communique.client.statuses import StatusOrder
from communique.domain.claims.event import Recorded
from communique.domain.state.comparison import BilateralComparison

_CAUSES_MAX: Final = 200
_STATUSES_LIMIT: Final = 20
_STATUSES_PER_PAGE_MAX: Final = 100


@dataclass(frozen=True)
class Points:
    """The two points to compare; what is left out is now, or the latest, at both."""

    from_valid: Annotated[
        str | None, option("--from-valid", "As of when in the world, before.", metavar="WHEN")
    ] = None
    to_valid: Annotated[
        str | None, option("--to-valid", "As of when in the world, after.", metavar="WHEN")
    ] = None
    valid_at: Annotated[
        str | None, option("--valid-at", "As of when in the world, at both.", metavar="WHEN")
    ] = None
    from_known: Annotated[
        str | None, option("--from-known", "By what was known when, before.", metavar="WHEN")
    ] = None
    to_known: Annotated[
        str | None, option("--to-known", "By what was known when, after.", metavar="WHEN")
    ] = None
    known_at: Annotated[
        str | None, option("--known-at", "By what was known when, at both.", metavar="WHEN")
    ] = None
    from_position: Annotated[
        int | None, option("--from-position", "By what the log held then, before.", min=0)
    ] = None
    to_position: Annotated[
        int | None, option("--to-position", "By what the log held then, after.", min=0)
    ] = None
    zone: Annotated[str, option("--zone", "The time zone to read and show days and hours in.")] = (
        "UTC"
    )
    min_position: Annotated[
        int, option("--min-position", "Wait until the answer is as fresh as this receipt.", min=0)
    ] = 0

    def asked(self) -> dict[str, Any]:
        """Return the client's arguments; `typer.BadParameter` where the points cannot be read."""
        check_zone(self.zone)
        points = {"before": self._point("from"), "after": self._point("to")}
        if points["before"] == points["after"]:
            words = "both points are the same: give one of --from-valid, --from-known, "
            raise typer.BadParameter(f"{words}--from-position or --to-...")
        return {**points, "min_position": self.min_position}

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
    one: PartyCode,
    other: OtherCode,
    remote: Remote,
    points: Points,
    explain: Explain = False,
    output: Output = Format.TABLE,
) -> None:
    """What changed between two parties from one point to another, and which events changed it.

    How did things move in August?
    [bold]compare KOR JPN --from-valid 2019-07-31 --to-valid 2019-08-31[/bold]

    What did we learn between Monday and Friday about last week?
    [bold]compare KOR JPN --from-known 2019-08-19 --to-known 2019-08-23 --valid-at 2019-08-18[/bold]

    What did the corrections since position 19 change?
    [bold]compare KOR JPN --from-position 19 --explain[/bold]
    """
    dyad, asked = dyad_of(one, other), points.asked()
    with remote.connect() as client:
        found = client.compare(dyad.first, dyad.second, **asked)
        causes = _causes(client, found) if explain and output is Format.TABLE else None
    if output is Format.TABLE:
        comparison_view.print_comparison(console(), found, points.zone, causes)
    else:
        plain = found.model_dump(mode="json", exclude_defaults=True)
        write_object(output, plain, comparison_view.flat(found))


def statuses(
    one: PartyCode,
    remote: Remote,
    point: AsOf,
    order_by: Annotated[
        StatusOrder, option("--order-by", "The strongest posture first, or the latest event.")
    ] = "posture",
    limit: Limit = _STATUSES_LIMIT,
    output: Output = Format.TABLE,
) -> None:
    """How things stand between one party and all others, a line each: [bold]statuses KOR[/bold]."""
    asked, page_size = point.asked(), limit + 1 if limit else _STATUSES_PER_PAGE_MAX
    with remote.connect() as client:
        listing = client.statuses_of(one, order_by=order_by, page_size=page_size, **asked)
        shown = list(islice(listing, limit) if limit else listing)
        is_more = bool(limit) and next(listing, None) is not None
        as_of = listing.as_of
    if output is Format.TABLE:
        many_view.print_statuses(console(), one, shown, as_of, point.zone)
    else:
        plain = [each.model_dump(mode="json", exclude_defaults=True) for each in shown]
        write_list(output, plain, (many_view.flat(each, one) for each in shown))
    if is_more:
        note(f"the first {limit} are shown: --limit 0 shows all")


def _causes(client: Client, found: BilateralComparison) -> dict[UUID, Recorded]:
    """Fetch the events that changed something, the first few where they are very many."""
    wanted = dict.fromkeys(it for one in found.changes for it in one.cause_event_ids)
    causes = {}
    for event_id in islice(wanted, _CAUSES_MAX):
        history = client.event(event_id)
        for recorded in (history.claim, *history.amendments):
            if recorded.event and recorded.event.event_id == event_id:
                causes[event_id] = recorded
    return causes
