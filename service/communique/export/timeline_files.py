"""Timelines in the formats that they are exported in."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from io import TextIOWrapper
from itertools import chain
from typing import Any, BinaryIO, Final

from communique.domain.claims.event import Claim
from communique.domain.claims.history import EventAsOf
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.export import wording
from communique.export.columns import EVENT_COLUMNS, batches, parquet, schema_of
from communique.export.json_lines import event_as_of_object, json_text
from communique.export.web_timelines import group, items, slide
from communique.export.whole_file import ExportError


class ExportFormat(StrEnum):
    """A format of exported timelines."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    TIMELINEJS = "timelinejs"
    VIS = "vis"


def write(
    form: ExportFormat, as_of: ResolvedAsOf, events: Iterable[EventAsOf], target: BinaryIO
) -> None:
    """Write events as of a point."""
    if form is ExportFormat.PARQUET:
        _write_parquet(as_of, events, target)
        return
    text = TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    try:
        if form is ExportFormat.CSV:
            _write_csv(text, events)
        else:
            text.writelines(_CHUNKS[form](events, as_of.valid))
    finally:
        text.detach()


def check(form: ExportFormat, *, has_file: bool) -> None:
    """Raise `ExportError` where a format cannot be written."""
    if form is ExportFormat.PARQUET:
        if not has_file:
            raise ExportError("Parquet needs a file: name it with --output")
        parquet()


def _write_parquet(as_of: ResolvedAsOf, events: Iterable[EventAsOf], target: BinaryIO) -> None:
    metadata = {"communique.as_of": as_of.model_dump_json()}
    schema = schema_of(EVENT_COLUMNS).with_metadata(metadata)
    with parquet().ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in batches(EVENT_COLUMNS, events):
            writer.write_batch(batch.replace_schema_metadata(metadata))


def flat_row(event: EventAsOf) -> Mapping[str, Any]:
    """Return an event as a row of plain values."""
    claim = event.event
    return {
        "position": event.position,
        "event_id": str(claim.event_id) if claim else "",
        "type": claim.payload.type if claim else "",
        "occurred": str(claim.occurred) if claim else "",
        "known": event.known.isoformat(),
        "recorded": event.record_time.isoformat(),
        "parties": " ".join(sorted(claim.codes)) if claim else "",
        "who": wording.who(claim) if claim else "",
        "issues": " ".join(claim.issues) if claim else "",
        "subject": (claim.subject or "") if claim else "",
        "certainty": claim.certainty.value if claim else "",
        "polarity": claim.polarity.value if claim else "",
        "outlet": claim.source.outlet if claim else "",
        "told": wording.payload_text(claim) if claim else "",
        "gist": claim.gist if claim else "",
        "corrected_by": str(event.corrected_by or ""),
        "disputed_by": wording.ids(event.disputed_by),
    }


def _write_csv(text: TextIOWrapper, events: Iterable[EventAsOf]) -> None:
    rows = map(flat_row, events)
    first = next(rows, None)
    if first is None:
        return
    writer = csv.DictWriter(text, [*first], lineterminator="\n")
    writer.writeheader()
    writer.writerows(chain([first], rows))


def _lines(events: Iterable[EventAsOf], _until: datetime) -> Iterator[str]:
    for event in events:
        yield f"{json_text(event_as_of_object(event))}\n"


def _timeline_js(events: Iterable[EventAsOf], _until: datetime) -> Iterator[str]:
    yield '{"events": ['
    yield from _joined(json_text(slide(event, claim)) for event, claim in _known_types(events))
    yield "\n]}\n"


def _vis(events: Iterable[EventAsOf], until: datetime) -> Iterator[str]:
    issues: set[str] = set()

    def item_texts() -> Iterator[str]:
        for event, claim in _known_types(events):
            for item in items(event, claim, until):
                issues.add(item["group"])
                yield json_text(item)

    yield '{"items": ['
    yield from _joined(item_texts())
    yield '\n], "groups": ['
    yield from _joined(json_text(group(issue)) for issue in sorted(issues))
    yield "\n]}\n"


def _known_types(events: Iterable[EventAsOf]) -> Iterator[tuple[EventAsOf, Claim]]:
    """Skip events of types newer than this release, which cannot be shown."""
    return ((event, event.event) for event in events if event.event is not None)


def _joined(texts: Iterable[str]) -> Iterator[str]:
    before = "\n"
    for text in texts:
        yield f"{before}{text}"
        before = ",\n"


_CHUNKS: Final[dict[ExportFormat, Callable[[Iterable[EventAsOf], datetime], Iterator[str]]]] = {
    ExportFormat.JSONL: _lines,
    ExportFormat.TIMELINEJS: _timeline_js,
    ExportFormat.VIS: _vis,
}
