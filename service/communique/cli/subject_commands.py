"""The commands that ask about whole things: subjects and issues, across all dyads."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Annotated, TypeVar

import typer

from communique.cli import issue_view, subject_view
from communique.cli.options import LIMIT, Explain, Filters, Limit, Output, Point, Remote, option
from communique.cli.query_commands import Parties, dyad_given
from communique.cli.screen import Format, console, note, write_list, write_object
from communique.client import Listing

_Item = TypeVar("_Item")
_PAGE_MAX = 1_000


def subject(
    key: Annotated[str, typer.Argument(metavar="KEY", help="As `subjects` gives it.")],
    remote: Remote,
    point: Point,
    every: Annotated[bool, option("--all", "All reports of it, not the latest 100 alone.")] = False,
    explain: Explain = False,
    output: Output = Format.TABLE,
) -> None:
    """One thing in the world: its life cycle, and where reports of it disagree.

    [bold]subject meeting/JPN-KOR/2019-08-21 --explain[/bold]
    """
    asked = point.asked()
    with remote.connect() as client:
        found = client.subject(key, **asked)
        if every and found.earlier_claims_omitted:
            claims = list(client.subject_claims(key, as_of=found.as_of, page_size=_PAGE_MAX))
            found = replace(found, claims=(*reversed(claims),), earlier_claims_omitted=False)
    if output is Format.TABLE:
        subject_view.print_subject(console(), found, point.zone, explain=explain)
    else:
        write_object(output, subject_view.plain(found), subject_view.flat(found))
    if found.earlier_claims_omitted:
        note(f"the latest {len(found.claims)} claims are shown: --all shows all")
    if found.earlier_claims_uncounted:
        note(f"life cycle and disagreements are of the latest {found.claim_count:,} claims alone")


def subjects(
    remote: Remote,
    filters: Filters,
    point: Point,
    parties: Parties = None,
    prefix: Annotated[
        str, option("--prefix", "Those whose keys begin so: meeting/, stance/JPN-KOR.")
    ] = "",
    limit: Limit = LIMIT,
    output: Output = Format.TABLE,
) -> None:
    """The things that reports are about, with how many: [bold]subjects KOR JPN[/bold]."""
    wanted, asked = filters.wanted(dyad_given(parties), point.zone), point.asked()
    with remote.connect() as client:
        listing = client.subjects(prefix, wanted, page_size=_page_size(limit), **asked)
        shown, is_more = _first(listing, limit)
    rows = [subject_view.Summary.of(one.subject, one) for one in shown]
    _write(rows, output, "subjects", limit if is_more else 0)


def issue(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="As `issues` gives it.")],
    remote: Remote,
    point: Point,
    explain: Explain = False,
    output: Output = Format.TABLE,
) -> None:
    """How things stand on one issue, party by party: [bold]issue export-controls[/bold]."""
    asked = point.asked()
    with remote.connect() as client:
        found = client.issue(slug, **asked)
    if output is Format.TABLE:
        issue_view.print_board(console(), found, point.zone, explain=explain)
    else:
        plain = found.model_dump(mode="json", exclude_defaults=True)
        write_object(output, plain, issue_view.flat(found))


def issues(
    remote: Remote,
    filters: Filters,
    point: Point,
    parties: Parties = None,
    limit: Limit = LIMIT,
    output: Output = Format.TABLE,
) -> None:
    """What reports are about, with how many: [bold]issues KOR JPN[/bold]."""
    wanted, asked = filters.wanted(dyad_given(parties), point.zone), point.asked()
    with remote.connect() as client:
        listing = client.issues(wanted, page_size=_page_size(limit), **asked)
        shown, is_more = _first(listing, limit)
    rows = [subject_view.Summary.of(one.issue, one) for one in shown]
    _write(rows, output, "issues", limit if is_more else 0)


def _page_size(limit: int) -> int:
    return min(limit + 1, _PAGE_MAX) if limit else _PAGE_MAX


def _first(listing: Listing[_Item], limit: int) -> tuple[list[_Item], bool]:
    """Return the first ones, all for a limit of 0, and whether there are more."""
    shown = list(islice(listing, limit) if limit else listing)
    return shown, bool(limit) and next(listing, None) is not None


def _write(
    rows: Sequence[subject_view.Summary], output: Format, what: str, limit_reached: int
) -> None:
    if output is not Format.TABLE:
        plain = [one.plain(what.removesuffix("s")) for one in rows]
        write_list(output, plain, plain)
    elif rows:
        subject_view.print_summaries(console(), rows)
    else:
        note(f"no {what}")
    if limit_reached:
        note(f"the first {limit_reached} are shown: --limit 0 shows all")
