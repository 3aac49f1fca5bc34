"""The commands that ask about subjects and issues, across all dyads."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from communique.cli import issue_view, subject_view
from communique.cli.options import (
    LIMIT,
    AsOfOptions,
    Explain,
    Filters,
    Limit,
    Output,
    Remote,
    option,
)
from communique.cli.query_commands import (
    PAGE_SIZE_MAX,
    Parties,
    dyad_given,
    limited,
    note_limit,
    page_size,
)
from communique.cli.screen import OutputFormat, console, note, write_list, write_object


def subject(
    key: Annotated[str, typer.Argument(metavar="KEY", help="As `subjects` gives it.")],
    remote: Remote,
    point: AsOfOptions,
    every: Annotated[bool, option("--all", "All reports of it, not the latest 100 alone.")] = False,
    explain: Explain = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """One thing in the world: its life cycle, and where reports of it disagree.

    [bold]subject meeting/JPN-KOR/2019-08-21 --explain[/bold]
    """
    arguments = point.arguments()
    with remote.connect() as client:
        answer = client.subject(key, **arguments)
        if every and answer.earlier_claims_omitted:
            claims = list(client.subject_claims(key, as_of=answer.as_of, page_size=PAGE_SIZE_MAX))
            answer = replace(answer, claims=(*reversed(claims),), earlier_claims_omitted=False)
    if output is OutputFormat.TABLE:
        subject_view.print_subject(console(), answer, point.zone, explain=explain)
    else:
        write_object(output, subject_view.plain(answer), subject_view.flat(answer))
    if answer.earlier_claims_omitted:
        note(f"the latest {len(answer.claims)} claims are shown: --all shows all")
    if answer.earlier_claims_uncounted:
        note(f"life cycle and disagreements are of the latest {answer.claim_count:,} claims alone")


def subjects(
    remote: Remote,
    filters: Filters,
    point: AsOfOptions,
    parties: Parties = None,
    prefix: Annotated[
        str, option("--prefix", "Those whose keys begin so: meeting/, stance/JPN-KOR.")
    ] = "",
    limit: Limit = LIMIT,
    output: Output = OutputFormat.TABLE,
) -> None:
    """The things that reports are about, with how many: [bold]subjects KOR JPN[/bold]."""
    wanted, arguments = filters.event_filter(dyad_given(parties), point.zone), point.arguments()
    with remote.connect() as client:
        listing = client.subjects(prefix, wanted, page_size=page_size(limit), **arguments)
        items = limited(listing, limit)
        _write([subject_view.Summary.of(item.subject, item) for item in items], output, "subject")
        note_limit(listing, limit)


def issue(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="As `issues` gives it.")],
    remote: Remote,
    point: AsOfOptions,
    explain: Explain = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """How things stand on one issue, party by party: [bold]issue export-controls[/bold]."""
    arguments = point.arguments()
    with remote.connect() as client:
        board = client.issue(slug, **arguments)
    if output is OutputFormat.TABLE:
        issue_view.print_board(console(), board, point.zone, explain=explain)
    else:
        plain = board.model_dump(mode="json", exclude_defaults=True)
        write_object(output, plain, issue_view.flat(board))


def issues(
    remote: Remote,
    filters: Filters,
    point: AsOfOptions,
    parties: Parties = None,
    limit: Limit = LIMIT,
    output: Output = OutputFormat.TABLE,
) -> None:
    """What reports are about, with how many: [bold]issues KOR JPN[/bold]."""
    wanted, arguments = filters.event_filter(dyad_given(parties), point.zone), point.arguments()
    with remote.connect() as client:
        listing = client.issues(wanted, page_size=page_size(limit), **arguments)
        items = limited(listing, limit)
        _write([subject_view.Summary.of(item.issue, item) for item in items], output, "issue")
        note_limit(listing, limit)


def _write(rows: Sequence[subject_view.Summary], output: OutputFormat, label: str) -> None:
    if output is not OutputFormat.TABLE:
        plain = [row.plain(label) for row in rows]
        write_list(output, plain, plain)
    elif rows:
        subject_view.print_summaries(console(), rows)
    else:
        note(f"no {label}s")
