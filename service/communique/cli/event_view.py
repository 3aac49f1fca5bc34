"""Events, for people: lists of events, and one event with all its facts."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from rich.console import Console
from rich.text import Text

from communique.cli.rows import TableRow, marks_of, print_rows
from communique.client import EventAsOf, EventHistory
from communique.domain.claims.event import (
    Amendment,
    Claim,
    EventCorrected,
    EventDisputed,
    EventRetracted,
    Recorded,
)
from communique.domain.claims.payloads import OutlookAssessed
from communique.domain.claims.values import Link, Polarity
from communique.domain.model import Word
from communique.export import wording

_ROWS_ALIGNED: Final = 500
_LABEL_WIDTH: Final = 14


def print_events(
    console: Console, events: Iterable[EventAsOf], zone: str, *, explain: bool = False
) -> int:
    """Print a list of events, and return how many there were."""
    remaining, count = iter(events), 0
    while chunk := list(islice(remaining, _ROWS_ALIGNED)):
        print_rows(console, [row_of(event, zone, explain=explain) for event in chunk])
        count += len(chunk)
    return count


def print_history(console: Console, history: EventHistory, zone: str) -> None:
    """Print one event with its amendments."""
    for index, recorded in enumerate((history.claim, *history.amendments)):
        if index:
            console.print()
        console.print(Text(_title(recorded), "bold"))
        for label, text in _facts(recorded, zone):
            _print_fact(console, label, text)


def row_of(event: EventAsOf, zone: str, *, explain: bool) -> TableRow:
    """Return an event as a row of a list."""
    claim = event.event
    if claim is None:
        when = Text(wording.moment(event.record_time, zone))
        return TableRow((when, Text("of a newer type")), Text(), Text())
    flags = (
        "denied" if _is_denied(claim) else "",
        "corrected" if event.corrected_by else "",
        "contested" if event.disputed_by else "",
    )
    return TableRow(
        (Text(claim.occurred.display()), Text(wording.spaced(claim.payload.type))),
        Text(wording.who(claim)),
        marks_of(claim.certainty, *flags),
        tuple(_details(event, claim, zone, explain=explain)),
    )


def _details(event: EventAsOf, claim: Claim, zone: str, *, explain: bool) -> Iterator[Text]:
    about = Text(wording.listed(claim.issues), "cyan")
    if statement := claim.gist or wording.payload_text(claim):
        about.append(f"{': ' if claim.issues else ''}{statement}", "default")
    if about:
        yield about
    if explain:
        known = wording.moment(event.known, zone)
        yield Text(f"{claim.source.outlet}, known at {known}, position {event.position}", "dim")
        yield Text(str(claim.event_id), "dim")


def _is_denied(claim: Claim) -> bool:
    """Whether the claim denies that something happened; an outlook has its own words for that."""
    return claim.polarity is Polarity.NEGATIVE and not isinstance(claim.payload, OutlookAssessed)


def _title(recorded: Recorded) -> str:
    match recorded.event:
        case None:
            return "Of a type that is newer than this release"
        case Amendment(payload=payload):
            return payload.type.removeprefix("Event")
        case claim:
            return wording.spaced(claim.payload.type).capitalize()


def _facts(recorded: Recorded, zone: str) -> Iterator[tuple[str, str]]:
    """Yield the facts of an event or amendment by label; some texts are empty."""
    event = recorded.event
    if isinstance(event, Claim):
        yield from _content(event)
    elif event is not None:
        yield from _amendment(event)
    if event is not None:
        known = wording.moment(event.known.instant, zone) if event.known else "when recorded"
        yield "known", known
        yield "gist", event.gist
        yield "links", wording.listed(map(_link, event.links), "; ")
        yield "labels", wording.listed(f"{key}={text}" for key, text in event.labels.items())
        yield "id", str(event.event_id)
    when = wording.moment(recorded.record_time, zone)
    submitter = f" from {recorded.submitter}" if recorded.submitter else ""
    place = f"position {recorded.position}, revision {recorded.revision}"
    yield "recorded", f"{when}{submitter}, {place}"


def _content(claim: Claim) -> Iterator[tuple[str, str]]:
    yield "when", f"{claim.occurred.display()} ({claim.occurred}, {claim.occurred.zone})"
    yield "who", wording.who(claim)
    yield "about", wording.listed(claim.issues)
    yield "subject", claim.subject or ""
    for name, value in claim.payload.model_dump(mode="json", exclude_defaults=True).items():
        is_word = isinstance(getattr(claim.payload, name), Word)
        yield name.replace("_", " "), wording.spaced(value) if is_word else _plain(value)
    yield "where", wording.place(claim.place)
    denied = " that it did not happen" if _is_denied(claim) else ""
    yield "certainty", f"{claim.certainty.value.lower()}{denied}"
    yield "said by", wording.speakers(claim)
    source = claim.source
    outlet = f"{source.outlet} via {source.via}" if source.via else source.outlet
    yield "source", wording.listed((outlet, source.title, source.url))


def _amendment(amendment: Amendment) -> Iterator[tuple[str, str]]:
    match amendment.payload:
        case EventCorrected(content=content, reason=reason):
            yield "reason", reason
            yield from _content(content)
        case EventRetracted(reason=reason):
            yield "reason", reason
        case EventDisputed(disputed_by=by, statement=statement):
            yield "by", wording.party(by) if by else ""
            yield "they say", statement
    yield "source", amendment.source.outlet if amendment.source else ""


def _link(link: Link) -> str:
    return f"{wording.spaced(link.kind)} {link.event_id or link.subject}"


def _plain(value: object) -> str:
    match value:
        case {"edtf": str(edtf)}:
            return edtf
        case list():
            return ", ".join(map(_plain, value))
        case str():
            return value.lower().replace("_", " ") if value.isupper() and "_" in value else value
        case _:
            return str(value)


def _print_fact(console: Console, label: str, text: str) -> None:
    if not text:
        return
    for index, line in enumerate(Text(text).wrap(console, max(console.width - _LABEL_WIDTH, 20))):
        line.rstrip()
        head = label if index == 0 else ""
        console.print(Text(f"  {head:<{_LABEL_WIDTH - 2}}", "dim") + line, soft_wrap=True)
