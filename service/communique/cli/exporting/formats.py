"""A timeline in each of the formats that it is exported in."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from io import TextIOWrapper
from itertools import chain
from typing import Any, BinaryIO, Final

from communique.cli import asking, event_view
from communique.cli.exits import Failure
from communique.cli.exporting.timelines import group, items, slide
from communique.client import EventAsOf, EventListing
from communique.client.tables import COLUMNS, arrow, batches, schema_of
from communique.domain.event import Claim


class ExportFormat(StrEnum):
    """What a timeline is exported as."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    TIMELINEJS = "timelinejs"
    VIS = "vis"


def write(
    form: ExportFormat, listing: EventListing, wanted: Iterable[EventAsOf], to: BinaryIO
) -> None:
    """Write the wanted events of a listing, one after the other; all come as of one point."""
    if form is ExportFormat.PARQUET:
        _write_parquet(listing, wanted, to)
        return
    text = TextIOWrapper(to, encoding="utf-8", newline="", write_through=True)
    try:
        if form is ExportFormat.CSV:
            _write_csv(text, wanted)
        else:
            running_until = listing.as_of.valid
            text.writelines(_CHUNKS[form](wanted, running_until))
    finally:
        text.detach()


def check(form: ExportFormat, *, has_file: bool) -> None:
    """Raise `Failure` where a format cannot be written, before anything is asked."""
    if form is not ExportFormat.PARQUET:
        return
    if not has_file:
        raise Failure("Parquet needs a file: name it with --output")
    loaded()


def loaded() -> Any:  # noqa: ANN401  the module, which has no types
    """Return pyarrow's Parquet; raise `Failure` that says how to get it."""
    try:
        arrow()
    except ModuleNotFoundError as error:
        raise Failure(f"Parquet needs more: {error}") from None
    from pyarrow import parquet  # type: ignore[import-untyped]  # noqa: PLC0415  # an extra

    return parquet


def _write_parquet(listing: EventListing, wanted: Iterable[EventAsOf], to: BinaryIO) -> None:
    as_of = {"communique.as_of": listing.as_of.model_dump_json()}
    schema = schema_of(COLUMNS).with_metadata(as_of)
    with loaded().ParquetWriter(to, schema, compression="zstd") as writer:
        for batch in batches(COLUMNS, wanted):
            writer.write_batch(batch.replace_schema_metadata(as_of))


def _write_csv(text: TextIOWrapper, wanted: Iterable[EventAsOf]) -> None:
    rows = map(event_view.flat, wanted)
    first = next(rows, None)
    if first is None:
        return
    writer = csv.DictWriter(text, [*first], lineterminator="\n")
    writer.writeheader()
    writer.writerows(chain([first], rows))


def _lines(wanted: Iterable[EventAsOf], _until: datetime) -> Iterator[str]:
    for one in wanted:
        yield f"{_json(asking.plain(one))}\n"


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
