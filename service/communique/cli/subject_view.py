"""Subjects, for people: one subject, and lists of subjects or issues."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from rich.console import Console
from rich.text import Text

from communique.cli.event_view import row_of
from communique.cli.rows import TableRow, as_of_line, marks_of, print_rows, print_wrapped
from communique.client import Subject, SubjectClaim
from communique.domain.claims.event import EventCorrected, EventDisputed, Recorded
from communique.domain.state.issue_board import IssueSummary
from communique.domain.state.preferences import EVENT_IDS_MAX, Disagreement, Preference
from communique.domain.state.subject import SubjectSummary
from communique.domain.time.edtf import ValidTime
from communique.export import json_lines, wording

_VALUE_WIDTH_MAX: Final = 30
_REASONS: Final = {Preference.RANK: "nothing else tells them apart"}


class Summary(NamedTuple):
    """A line of a list: a subject's key or an issue's slug, with its claims."""

    name: str
    claim_count: int
    latest: ValidTime

    @classmethod
    def of(cls, name: str, summary: SubjectSummary | IssueSummary) -> Self:
        """Return the line of a subject or an issue."""
        return cls(name, summary.claim_count, summary.latest)

    def plain(self, label: str) -> Mapping[str, Any]:
        """Return a row of plain values; `label` is the key of the name."""
        return {label: self.name, "claim_count": self.claim_count, "latest": str(self.latest)}


def print_summaries(console: Console, summaries: Sequence[Summary]) -> None:
    """Print a line for each: how many claims, when the latest occurred, and the whole name."""
    counts = [wording.counted(summary.claim_count, "claim") for summary in summaries]
    latest = [summary.latest.display() for summary in summaries]
    widths = max(map(len, counts)), max(map(len, latest))
    for summary, count, when in zip(summaries, counts, latest, strict=True):
        line = Text(f"  {count:>{widths[0]}}  {when:<{widths[1]}}  ", "dim")
        console.print(line.append(summary.name, "not dim"), soft_wrap=True)


def print_subject(console: Console, subject: Subject, zone: str, *, explain: bool = False) -> None:
    """Print a subject: its life cycle, its disagreements and its claims."""
    print_wrapped(console, Text(subject.subject, "bold"))
    print_wrapped(console, as_of_line(subject.as_of, zone))
    _print_rows(console, "Life cycle", [*_steps(subject, explain=explain)])
    outlets = {
        claim.event.event.event_id: claim.event.event.source.outlet
        for claim in subject.claims
        if claim.event.event
    }
    for conflict in subject.disagreements:
        title = f"Disagreement: {wording.spaced(conflict.type)}, {wording.spaced(conflict.field)}"
        _print_rows(console, title, [*_readings(conflict, outlets, explain=explain)])
    claims = [_claim(claim, zone, explain=explain) for claim in subject.claims]
    _print_rows(console, wording.counted(len(claims), "claim").capitalize(), claims)


def plain(subject: Subject) -> Mapping[str, Any]:
    """Return a subject for JSON."""
    return {
        "subject": subject.subject,
        "as_of": subject.as_of.model_dump(mode="json"),
        "life_cycle": [step.model_dump(mode="json") for step in subject.life_cycle],
        "disagreements": [conflict.model_dump(mode="json") for conflict in subject.disagreements],
        "claims": [_plain_claim(claim) for claim in subject.claims],
        "earlier_claims_omitted": subject.earlier_claims_omitted,
        "claim_count": subject.claim_count,
        "earlier_claims_uncounted": subject.earlier_claims_uncounted,
    }


def flat(subject: Subject) -> Iterator[Mapping[str, Any]]:
    """Yield a row of plain values for each reading of each disagreement, the preferred first."""
    for conflict in subject.disagreements:
        for number, reading in enumerate(conflict.readings, 1):
            yield {
                "subject": subject.subject,
                "type": conflict.type,
                "field": conflict.field,
                "number": number,
                "value": reading.value,
                "outlet_count": reading.outlet_count,
                "reason": conflict.reason if number == 1 else "",
                "event_ids": wording.ids(reading.event_ids),
            }


def _print_rows(console: Console, title: str, rows: Sequence[TableRow]) -> None:
    if rows:
        console.print()
        print_wrapped(console, Text(title, "bold"))
        print_rows(console, rows)


def _steps(subject: Subject, *, explain: bool) -> Iterator[TableRow]:
    for step in subject.life_cycle:
        count = wording.counted(len(step.event_ids), "claim")
        count += " or more" if len(step.event_ids) == EVENT_IDS_MAX else ""
        yield TableRow(
            (Text(wording.spaced(step.state)), Text(step.occurred.display()), Text(count, "dim")),
            Text(),
            marks_of(step.certainty),
            (Text(wording.ids(step.event_ids) if explain else "", "dim"),),
        )


def _readings(
    conflict: Disagreement, outlets: Mapping[UUID, str], *, explain: bool
) -> Iterator[TableRow]:
    """Yield a row for each value, the preferred one first, with its outlets and the reason."""
    for number, reading in enumerate(conflict.readings):
        is_short = len(reading.value) <= _VALUE_WIDTH_MAX
        value = Text(reading.value, "bold" if number == 0 else "")
        shown = [*dict.fromkeys(outlets[key] for key in reading.event_ids if key in outlets)]
        if reading.outlet_count > len(shown):
            shown.append(f"{reading.outlet_count - len(shown):,} more")
        reason = _REASONS.get(conflict.preference, conflict.reason)
        yield TableRow(
            (Text("▸" if number == 0 else " "), value if is_short else Text()),
            Text(wording.listed(shown)),
            Text(f"preferred: {reason}", "green") if number == 0 else Text(),
            (
                Text() if is_short else value,
                Text(wording.ids(reading.event_ids) if explain else "", "dim"),
            ),
        )


def _claim(claim: SubjectClaim, zone: str, *, explain: bool) -> TableRow:
    row = row_of(claim.event, zone, explain=explain)
    outlet = claim.event.event.source.outlet if claim.event.event and not explain else ""
    amendments = [Text(_amendment(amendment), "italic") for amendment in claim.amendments]
    return replace(row, details=(*row.details, Text(outlet, "dim"), *amendments))


def _amendment(amendment: Recorded) -> str:
    match getattr(amendment.event, "payload", None):
        case EventCorrected(reason=reason):
            return f"corrected: {reason}"
        case EventDisputed(disputed_by=by, statement=statement):
            who = f" by {wording.party(by)}" if by else ""
            return f"disputed{who}: {statement}"
        case _:
            return ""


def _plain_claim(claim: SubjectClaim) -> Mapping[str, Any]:
    event, amendments = claim.event, (recorded.event for recorded in claim.amendments)
    return {
        "position": event.position,
        "known": event.known.isoformat(),
        "corrected_by": str(event.corrected_by or ""),
        "disputed_by": [str(event_id) for event_id in event.disputed_by],
        "event": json_lines.event_object(event.event) if event.event else None,
        "amendments": [json_lines.event_object(amendment) for amendment in amendments if amendment],
    }
