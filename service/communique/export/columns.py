"""Arrow tables, with the extra `export`, which is loaded when it is needed.

A table has one row for each event, subject, issue or status as it stood at a point. Times are aware
UTC, codes and ids are text; the columns `event` and `status` hold the contract's message as JSON.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from communique import codec
from communique.domain.claims.event import Event
from communique.export.whole_file import ExportError

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

ROWS_PER_BATCH: Final = 10_000


class Column(NamedTuple):
    """A column of a table: its name, its kind, and how its value follows from a row's source.

    `kind` is `integer`, `text`, `texts` (a list) or `instant` (microseconds, UTC).
    """

    name: str
    kind: str
    value: Callable[[Any], Any]


def of_event(name: str, kind: str, value: Callable[[Any], Any]) -> Column:
    """Return a column of a row's event; it is null where the type is newer than this release."""
    return Column(name, kind, lambda row: value(row.event) if row.event is not None else None)


def event_json(event: Event) -> str:
    """Return the whole event as one line of JSON, with the field names of the contract."""
    return _json(codec.message_of(event))


def _json(message: Message) -> str:
    return MessageToJson(message, preserving_proto_field_name=True, indent=None, ensure_ascii=False)


CLAIM_COLUMNS: Final = (
    Column("occurred", "text", lambda claim: claim.occurred.edtf),
    Column("occurred_zone", "text", lambda claim: claim.occurred.zone),
    Column("occurred_earliest", "instant", lambda claim: claim.occurred.earliest),
    Column("occurred_latest", "instant", lambda claim: claim.occurred.latest),
    Column("actors", "texts", lambda claim: [actor.code for actor in claim.actors]),
    Column("recipients", "texts", lambda claim: [party.code for party in claim.recipients]),
    Column("participants", "texts", lambda claim: [cast.party.code for cast in claim.participants]),
    Column("issues", "texts", lambda claim: [*claim.issues]),
    Column("subject", "text", lambda claim: claim.subject),
    Column("certainty", "text", lambda claim: claim.certainty.value),
    Column("polarity", "text", lambda claim: claim.polarity.value),
    Column("outlet", "text", lambda claim: claim.source.outlet),
    Column("title", "text", lambda claim: claim.source.title),
    Column("url", "text", lambda claim: claim.source.url),
)
"""The columns of a claim's content, which every table of events has."""

EVENT_COLUMNS: Final = (
    Column("position", "integer", lambda row: row.position),
    Column("record_time", "instant", lambda row: row.record_time),
    Column("submitter", "text", lambda row: row.submitter),
    Column("known", "instant", lambda row: row.known),
    of_event("event_id", "text", lambda claim: str(claim.event_id)),
    of_event("type", "text", lambda claim: claim.payload.type),
    *(of_event(*column) for column in CLAIM_COLUMNS),
    of_event("gist", "text", lambda claim: claim.gist),
    Column("corrected_by", "text", lambda row: str(row.corrected_by) if row.corrected_by else None),
    Column("disputed_by", "texts", lambda row: [*map(str, row.disputed_by)]),
    of_event("event", "text", event_json),
)
"""The columns of a table of `EventAsOf`, in order."""


SUBJECT_CLAIM_COLUMNS: Final = tuple(of_event(*column) for column in EVENT_COLUMNS)
"""The same columns, of a table of `SubjectClaim`."""


def _topic_columns(name: str) -> tuple[Column, ...]:
    """Return the columns of a list of subjects or issues."""
    return (
        Column(name, "text", lambda topic: getattr(topic, name)),
        Column("claim_count", "integer", lambda topic: topic.claim_count),
        Column("latest", "text", lambda topic: topic.latest.edtf),
        Column("latest_zone", "text", lambda topic: topic.latest.zone),
        Column("latest_earliest", "instant", lambda topic: topic.latest.earliest),
    )


SUBJECT_COLUMNS: Final = _topic_columns("subject")
ISSUE_COLUMNS: Final = _topic_columns("issue")
STATUS_COLUMNS: Final = (
    Column("dyad", "text", lambda status: status.dyad),
    Column("posture", "text", lambda status: status.posture.value),
    Column("posture_basis", "text", lambda status: status.posture_basis.value),
    Column("rules", "texts", lambda status: [trigger.rule for trigger in status.posture_triggers]),
    Column("element_count", "integer", lambda status: len(status.elements)),
    Column("valid", "instant", lambda status: status.as_of.valid),
    Column("known", "instant", lambda status: status.as_of.known),
    Column("position", "integer", lambda status: status.as_of.position),
    Column("status", "text", lambda status: _json(codec.status_message(status))),
)
"""The columns of tables of `SubjectSummary`, `IssueSummary` and `BilateralStatus`, in order."""


def batches(columns: Sequence[Column], rows: Iterable[object]) -> Iterator["pa.RecordBatch"]:
    """Yield record batches of at most 10,000 rows."""
    schema, left = schema_of(columns), iter(rows)
    while chunk := list(islice(left, ROWS_PER_BATCH)):
        arrays = [
            arrow().array([column.value(row) for row in chunk], field.type)
            for column, field in zip(columns, schema, strict=True)
        ]
        yield arrow().RecordBatch.from_arrays(arrays, schema=schema)


def schema_of(columns: Iterable[Column]) -> "pa.Schema":
    """Return the Arrow schema of columns."""
    pa = arrow()
    kinds = {
        "integer": pa.int64(),
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "instant": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema([(column.name, kinds[column.kind]) for column in columns])


def arrow() -> Any:  # noqa: ANN401  the module, which has no types
    """Return pyarrow; raise `ModuleNotFoundError` that says how to get it."""
    try:
        import pyarrow as pa  # noqa: PLC0415  # an extra, and slow to load
    except ModuleNotFoundError:
        raise missing("pyarrow") from None
    return pa


def parquet() -> Any:  # noqa: ANN401  the module, which has no types
    """Return pyarrow's Parquet; raise `ExportError` that says how to get it."""
    try:
        arrow()
    except ModuleNotFoundError as error:
        raise ExportError(f"Parquet needs more: {error}") from None
    from pyarrow import parquet as module  # noqa: PLC0415  # an extra

    return module


def missing(name: str) -> ModuleNotFoundError:
    """Return the error that says how to get a package of the extra `export`."""
    message = f"{name} is not installed: pip install 'communique[export]'"
    return ModuleNotFoundError(message, name=name)
