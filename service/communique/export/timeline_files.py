"""A timeline in each of the formats that it is exported in."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from io import TextIOWrapper
from itertools import chain
from typing import Any, BinaryIO, Final

from communique.domain.claims.event import Claim
from communique.domain.claims.history import EventAsOf
from communique.domain.state.status import ResolvedAsOf
from communique.export import wording as words
from communique.export.columns import EVENT_COLUMNS, batches, parquet, schema_of
from communique.export.json_lines import event_as_of_object
from communique.export.web_timelines import group, items, slide
from communique.export.whole_file import ExportError


class ExportFormat(StrEnum):
    """What a timeline is exported as."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    TIMELINEJS = "timelinejs"
    VIS = "vis"


def write(
    form: ExportFormat, as_of: ResolvedAsOf, wanted: Iterable[EventAsOf], to: BinaryIO
) -> None:
    """Write events as of a point, one after the other."""
    if form is ExportFormat.PARQUET:
        _write_parquet(as_of, wanted, to)
        return
    text = TextIOWrapper(to, encoding="utf-8", newline="", write_through=True)
    try:
        if form is ExportFormat.CSV:
            _write_csv(text, wanted)
        else:
            text.writelines(_CHUNKS[form](wanted, as_of.valid))
    finally:
        text.detach()


def check(form: ExportFormat, *, has_file: bool) -> None:
    """Raise `ExportError` where a format cannot be written, before anything is asked."""
    if form is not ExportFormat.PARQUET:
        return
    if not has_file:
        raise ExportError("Parquet needs a file: name it with --output")
    parquet()


def _write_parquet(as_of: ResolvedAsOf, wanted: Iterable[EventAsOf], to: BinaryIO) -> None:
    point = {"communique.as_of": as_of.model_dump_json()}
    schema = schema_of(EVENT_COLUMNS).with_metadata(point)
    with parquet().ParquetWriter(to, schema, compression="zstd") as writer:
        for batch in batches(EVENT_COLUMNS, wanted):
            writer.write_batch(batch.replace_schema_metadata(point))


def flat_row(one: EventAsOf) -> Mapping[str, Any]:
    """Return an event as a row of plain values."""
    claim = one.event
    return {
        "position": one.position,
        "event_id": str(claim.event_id) if claim else "",
        "type": claim.payload.type if claim else "",
        "occurred": str(claim.occurred) if claim else "",
        "known": one.known.isoformat(),
        "recorded": one.record_time.isoformat(),
        "parties": " ".join(sorted(claim.codes)) if claim else "",
        "who": words.who(claim) if claim else "",
        "issues": " ".join(claim.issues) if claim else "",
        "subject": (claim.subject or "") if claim else "",
        "certainty": claim.certainty.value if claim else "",
        "polarity": claim.polarity.value if claim else "",
        "outlet": claim.source.outlet if claim else "",
        "told": words.told(claim) if claim else "",
        "gist": claim.gist if claim else "",
        "corrected_by": str(one.corrected_by or ""),
        "disputed_by": words.ids(one.disputed_by),
    }


def _write_csv(text: TextIOWrapper, wanted: Iterable[EventAsOf]) -> None:
    rows = map(flat_row, wanted)
    first = next(rows, None)
    if first is None:
        return
    writer = csv.DictWriter(text, [*first], lineterminator="\n")
    writer.writeheader()
    writer.writerows(chain([first], rows))


def _lines(wanted: Iterable[EventAsOf], _until: datetime) -> Iterator[str]:
    for one in wanted:
        yield f"{_json(event_as_of_object(one))}\n"


def _timeline_js(wanted: Iterable[EventAsOf], _until: datetime) -> Iterator[str]:
    yield '{"events": ['
    yield from _joined(_json(slide(one, claim)) for one, claim in _understood(wanted))
    yield "\n]}\n"


def _vis(wanted: Iterable[EventAsOf], until: datetime) -> Iterator[str]:
    issues: dict[str, None] = {}

    def found() -> Iterator[str]:
        for one, claim in _understood(wanted):
            for item in items(one, claim, until):
                issues[item["group"]] = None
                yield _json(item)

    yield '{"items": ['
    yield from _joined(found())
    yield '\n], "groups": ['
    yield from _joined(_json(group(issue)) for issue in sorted(issues))
    yield "\n]}\n"


def _understood(wanted: Iterable[EventAsOf]) -> Iterator[tuple[EventAsOf, Claim]]:
    """Pass over events of newer types, of which nothing can be shown."""
    for one in wanted:
        if one.event is not None:
            yield one, one.event


def _joined(texts: Iterable[str]) -> Iterator[str]:
    before = "\n"
    for text in texts:
        yield f"{before}{text}"
        before = ",\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


_CHUNKS: Final[dict[ExportFormat, Callable[[Iterable[EventAsOf], datetime], Iterator[str]]]] = {
    ExportFormat.JSONL: _lines,
    ExportFormat.TIMELINEJS: _timeline_js,
    ExportFormat.VIS: _vis,
}
