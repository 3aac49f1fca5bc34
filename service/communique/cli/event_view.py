"""Events, for people: lists of them, and one with everything about it."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from rich.console import Console
from rich.text import Text

from communique.cli.rows import Row, marks_of, print_rows
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
from communique.export import wording as words

_ROWS_ALIGNED: Final = 500
_LABEL_WIDTH: Final = 14


def print_events(
    console: Console, events: Iterable[EventAsOf], zone: str, *, explain: bool = False
) -> int:
    """Print events, one below the other, and return how many there were."""
    left, count = iter(events), 0
    while chunk := list(islice(left, _ROWS_ALIGNED)):
        print_rows(console, [row_of(one, zone, explain=explain) for one in chunk])
        count += len(chunk)
    return count


def print_history(console: Console, history: EventHistory, zone: str) -> None:
    """Print one event with its amendments."""
    claim = history.claim
    console.print(Text(_title(claim), "bold"))
    for label, text in _facts(claim, zone):
        _print_fact(console, label, text)
    for amendment in history.amendments:
        console.print()
        console.print(Text(_title(amendment), "bold"))
        for label, text in _facts(amendment, zone):
            _print_fact(console, label, text)


def row_of(one: EventAsOf, zone: str, *, explain: bool) -> Row:
    """Return an event as a line of a list."""
    claim = one.event
    if claim is None:
        when = Text(words.moment(one.record_time, zone))
        return Row((when, Text("of a newer type")), Text(), Text(), ())
    flags = (
        "denied" if _is_denied(claim) else "",
        "corrected" if one.corrected_by else "",
        "contested" if one.disputed_by else "",
    )
    what = Text(words.spaced(claim.payload.type))
    return Row(
        (Text(claim.occurred.display()), what),
        Text(words.who(claim)),
        marks_of(claim.certainty, *flags),
        tuple(_details(one, claim, zone, explain=explain)),
    )


def _details(one: EventAsOf, claim: Claim, zone: str, *, explain: bool) -> Iterator[Text]:
    about = Text(words.listed(claim.issues), "cyan")
    if said := claim.gist or words.payload_text(claim):
        about.append(f"{': ' if claim.issues else ''}{said}", "default")
    if about:
        yield about
    if explain:
        known = words.moment(one.known, zone)
        yield Text(f"{claim.source.outlet}, known at {known}, position {one.position}", "dim")
        yield Text(str(claim.event_id), "dim")


def _is_denied(claim: Claim) -> bool:
    """Whether the claim is that something did not happen; a negative outlook says so itself."""
    is_outlook = isinstance(claim.payload, OutlookAssessed)
    return claim.polarity is Polarity.NEGATIVE and not is_outlook


def _title(recorded: Recorded) -> str:
    match recorded.event:
        case None:
            return "Of a type that is newer than this release"
        case Amendment(payload=EventCorrected()):
            return "Corrected"
        case Amendment(payload=EventRetracted()):
            return "Retracted"
        case Amendment():
            return "Disputed"
        case claim:
            return words.spaced(claim.payload.type).capitalize()


def _facts(recorded: Recorded, zone: str) -> Iterator[tuple[str, str]]:
    """Yield what is to be told of an event or amendment, by label; empty texts are left out."""
    event = recorded.event
    if isinstance(event, Claim):
        yield from _content(event)
    elif event is not None:
        yield from _amendment(event)
    if event is not None:
        known = words.moment(event.known.instant, zone) if event.known else "when recorded"
        yield "known", known
        yield "gist", event.gist
        yield "links", words.listed(map(_link, event.links), "; ")
        yield "labels", words.listed(f"{key}={text}" for key, text in event.labels.items())
        yield "id", str(event.event_id)
    when = words.moment(recorded.record_time, zone)
    submitter = f" from {recorded.submitter}" if recorded.submitter else ""
    place = f"position {recorded.position}, revision {recorded.revision}"
    yield "recorded", f"{when}{submitter}, {place}"


def _content(claim: Claim) -> Iterator[tuple[str, str]]:
    yield "when", f"{claim.occurred.display()} ({claim.occurred}, {claim.occurred.zone})"
    yield "who", words.who(claim)
    yield "about", words.listed(claim.issues)
    yield "subject", claim.subject or ""
    for name, value in claim.payload.model_dump(mode="json", exclude_defaults=True).items():
        yield name.replace("_", " "), _plain(value)
    place = claim.place
    yield "where", words.listed((place.name, place.country or "")) if place else ""
    denied = " that it did not happen" if _is_denied(claim) else ""
    yield "certainty", f"{claim.certainty.value.lower()}{denied}"
    yield "said by", words.listed((_said(claim),))
    yield "source", words.listed((claim.source.outlet, claim.source.title, claim.source.url))


def _amendment(amendment: Amendment) -> Iterator[tuple[str, str]]:
    match amendment.payload:
        case EventCorrected(content=content, reason=reason):
            yield "reason", reason
            yield from _content(content)
        case EventRetracted(reason=reason):
            yield "reason", reason
        case EventDisputed(disputed_by=by, statement=statement):
            yield "by", words.party(by) if by else ""
            yield "they say", statement
    yield "source", amendment.source.outlet if amendment.source else ""


def _said(claim: Claim) -> str:
    return ", who quotes ".join(
        words.listed(
            (one.speaker or "an unnamed source", one.addressee and f"to {one.addressee}"), " "
        )
        for one in claim.attributions
    )


def _link(link: Link) -> str:
    return f"{words.spaced(link.kind)} {link.event_id or link.subject}"


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
