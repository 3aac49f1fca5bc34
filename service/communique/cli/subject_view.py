"""Subjects, for people: one whole, and lists of subjects or issues."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from rich.console import Console
from rich.text import Text

from communique.cli.event_view import row_of
from communique.cli.rows import Row, marks_of, print_rows, print_wrapped
from communique.client import EventAsOf, Subject, SubjectClaim
from communique.domain.claims.event import EventCorrected, EventDisputed, Recorded
from communique.domain.state.disagreement import Disagreement
from communique.domain.state.issue_board import IssueSummary
from communique.domain.state.status import ResolvedAsOf
from communique.domain.state.subject import EVENT_IDS_MAX, LifeCycleStep, SubjectSummary
from communique.domain.time.edtf import ValidTime
from communique.export import json_lines
from communique.export import wording as words

_VALUE_WIDTH_MAX: Final = 30
_REASONS: Final = {"event id": "nothing tells them apart"}


class Summary(NamedTuple):
    """A line of a list: a subject's key or an issue's slug, and what there is about it."""

    name: str
    claim_count: int
    latest: ValidTime

    @classmethod
    def of(cls, name: str, summary: SubjectSummary | IssueSummary) -> Self:
        """Return the line of a subject or an issue."""
        return cls(name, summary.claim_count, summary.latest)

    def plain(self, label: str) -> Mapping[str, Any]:
        """Return it as a row of plain values, the name under a label."""
        return {label: self.name, "claim_count": self.claim_count, "latest": str(self.latest)}


def print_summaries(console: Console, summaries: Sequence[Summary]) -> None:
    """Print a line for each: how many claims, when the latest, and the name, never cut short."""
    counts = [words.counted(one.claim_count, "claim") for one in summaries]
    latest = [one.latest.display() for one in summaries]
    widths = max(map(len, counts)), max(map(len, latest))
    for one, count, when in zip(summaries, counts, latest, strict=True):
        line = Text(f"  {count:>{widths[0]}}  {when:<{widths[1]}}  ", "dim")
        console.print(line.append(one.name, "not dim"), soft_wrap=True)


def print_subject(console: Console, subject: Subject, zone: str, *, explain: bool = False) -> None:
    """Print a subject: how it went, where reports of it disagree, and the reports."""
    print_wrapped(console, Text(subject.subject, "bold"))
    print_wrapped(console, as_of_line(subject.as_of, zone))
    _print_rows(console, "Life cycle", [*_steps(subject, explain=explain)])
    outlets = {one.event.event_id: one for one in _events(subject) if one.event}
    for one in subject.disagreements:
        title = f"Disagreement: {words.spaced(one.type)}, {words.spaced(one.field)}"
        _print_rows(console, title, [*_readings(one, outlets, explain=explain)])
    claims = [_claim(one, zone, explain=explain) for one in subject.claims]
    _print_rows(console, words.counted(len(claims), "claim").capitalize(), claims)


def as_of_line(as_of: ResolvedAsOf, zone: str) -> Text:
    """Return the line that says what point an answer is true for."""
    line = Text("as of ", "dim").append(words.moment(as_of.valid, zone), "not dim")
    known = words.moment(as_of.known, zone)
    return line.append(f", by what was known at {known}, log position {as_of.position:,}")


def plain(subject: Subject) -> Mapping[str, Any]:
    """Return a subject for JSON."""
    return {
        "subject": subject.subject,
        "as_of": subject.as_of.model_dump(mode="json"),
        "life_cycle": [one.model_dump(mode="json") for one in subject.life_cycle],
        "disagreements": [one.model_dump(mode="json") for one in subject.disagreements],
        "claims": [_plain_claim(one) for one in subject.claims],
        "earlier_claims_omitted": subject.earlier_claims_omitted,
        "claim_count": subject.claim_count,
        "earlier_claims_uncounted": subject.earlier_claims_uncounted,
    }


def flat(subject: Subject) -> Iterator[Mapping[str, Any]]:
    """Yield a row of plain values for each reading of each disagreement, the preferred first."""
    for one in subject.disagreements:
        for number, reading in enumerate(one.readings, 1):
            yield {
                "subject": subject.subject,
                "type": one.type,
                "field": one.field,
                "number": number,
                "value": reading.value,
                "outlet_count": reading.outlet_count,
                "reason": one.reason if number == 1 else "",
                "event_ids": words.ids(reading.event_ids),
            }


def _print_rows(console: Console, title: str, rows: Sequence[Row]) -> None:
    if rows:
        console.print()
        print_wrapped(console, Text(title, "bold"))
        print_rows(console, rows)


def _events(subject: Subject) -> Iterator[EventAsOf]:
    return (one.event for one in subject.claims)


def _steps(subject: Subject, *, explain: bool) -> Iterator[Row]:
    for step in subject.life_cycle:
        count = words.counted(len(step.event_ids), "claim")
        count += " or more" if len(step.event_ids) == EVENT_IDS_MAX else ""
        yield Row(
            (Text(words.spaced(step.state)), Text(step.occurred.display()), Text(count, "dim")),
            Text(),
            marks_of(step.certainty),
            tuple(_ids(step, explain=explain)),
        )


def _ids(step: LifeCycleStep, *, explain: bool) -> Iterator[Text]:
    if explain:
        yield Text(words.ids(step.event_ids), "dim")


def _readings(
    one: Disagreement, events: Mapping[UUID, EventAsOf], *, explain: bool
) -> Iterator[Row]:
    """Yield the values below each other, the preferred one first, with who says so and why."""
    for number, reading in enumerate(one.readings):
        is_short = len(reading.value) <= _VALUE_WIDTH_MAX
        style = "bold" if number == 0 else ""
        said = [events[it] for it in reading.event_ids if it in events]
        outlets = [*dict.fromkeys(it.event.source.outlet for it in said if it.event)]
        if reading.outlet_count > len(outlets):
            outlets.append(f"{reading.outlet_count - len(outlets):,} more")
        details = [] if is_short else [Text(reading.value, style)]
        if explain:
            details.append(Text(words.ids(reading.event_ids), "dim"))
        reason = _REASONS.get(one.reason, one.reason)
        yield Row(
            (Text("▸" if number == 0 else " "), Text(reading.value if is_short else "", style)),
            Text(words.listed(outlets)),
            Text(f"preferred: {reason}", "green") if number == 0 else Text(),
            tuple(details),
        )


def _claim(one: SubjectClaim, zone: str, *, explain: bool) -> Row:
    row = row_of(one.event, zone, explain=explain)
    source = one.event.event.source.outlet if one.event.event and not explain else ""
    amendments = [Text(text, "italic") for it in one.amendments if (text := _amended(it))]
    outlet = [Text(source, "dim")] if source else []
    return replace(row, details=(*row.details, *outlet, *amendments))


def _amended(amendment: Recorded) -> str:
    event = amendment.event
    match getattr(event, "payload", None):
        case EventCorrected(reason=reason):
            return f"corrected: {reason}"
        case EventDisputed(disputed_by=by, statement=statement):
            who = f" by {words.party(by)}" if by else ""
            return f"disputed{who}: {statement}"
        case _:
            return ""


def _plain_claim(one: SubjectClaim) -> Mapping[str, Any]:
    return {
        "position": one.event.position,
        "known": one.event.known.isoformat(),
        "corrected_by": str(one.event.corrected_by or ""),
        "disputed_by": [str(it) for it in one.event.disputed_by],
        "event": json_lines.event_object(one.event.event) if one.event.event else None,
        "amendments": [json_lines.event_object(it.event) for it in one.amendments if it.event],
    }
