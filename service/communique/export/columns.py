"""Tables in columns: Arrow, of the extra `export`, which is loaded when it is needed.

One row for each event, subject, issue or status as it stood at a point. Times are aware UTC, codes
and ids are text; `event` and `status` are the whole as JSON of the contract's message.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from communique import codec
from communique.domain.claims.event import Claim, Event
from communique.export.whole_file import ExportError

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

ROWS_PER_BATCH: Final = 10_000
EXTRA: Final = "communique[export]"


class Column(NamedTuple):
    """A column of a table: its name, its kind, and how it is read off a row's source.

    `kind` is `integer`, `text`, `texts` (a list) or `instant` (microseconds, UTC).
    """

    name: str
    kind: str
    value: Callable[[Any], Any]


def of_claim(name: str, kind: str, value: Callable[[Claim], Any]) -> Column:
    """Return a column of what a claim says; nothing where the type is newer than this release."""
    return Column(name, kind, lambda one: value(one.event) if one.event is not None else None)


def event_json(event: Event) -> str:
    """Return the whole event as one line of JSON, with the field names of the contract."""
    return _json(codec.message_of(event))


def _json(message: Message) -> str:
    return MessageToJson(message, preserving_proto_field_name=True, indent=None, ensure_ascii=False)


CLAIM_COLUMNS: Final[tuple[tuple[str, str, Callable[[Claim], Any]], ...]] = (
    ("occurred", "text", lambda claim: claim.occurred.edtf),
    ("occurred_zone", "text", lambda claim: claim.occurred.zone),
    ("occurred_earliest", "instant", lambda claim: claim.occurred.earliest),
    ("occurred_latest", "instant", lambda claim: claim.occurred.latest),
    ("actors", "texts", lambda claim: [one.code for one in claim.actors]),
    ("recipients", "texts", lambda claim: [one.code for one in claim.recipients]),
    ("participants", "texts", lambda claim: [one.party.code for one in claim.participants]),
    ("issues", "texts", lambda claim: [*claim.issues]),
    ("subject", "text", lambda claim: claim.subject),
    ("certainty", "text", lambda claim: claim.certainty.value),
    ("polarity", "text", lambda claim: claim.polarity.value),
    ("outlet", "text", lambda claim: claim.source.outlet),
    ("title", "text", lambda claim: claim.source.title),
    ("url", "text", lambda claim: claim.source.url),
)
"""What a claim says, for every table of events."""

EVENT_COLUMNS: Final = (
    Column("position", "integer", lambda one: one.position),
    Column("record_time", "instant", lambda one: one.record_time),
    Column("submitter", "text", lambda one: one.submitter),
    Column("known", "instant", lambda one: one.known),
    of_claim("event_id", "text", lambda claim: str(claim.event_id)),
    of_claim("type", "text", lambda claim: claim.payload.type),
    *(of_claim(*column) for column in CLAIM_COLUMNS),
    of_claim("gist", "text", lambda claim: claim.gist),
    Column("corrected_by", "text", lambda one: str(one.corrected_by) if one.corrected_by else None),
    Column("disputed_by", "texts", lambda one: [str(by) for by in one.disputed_by]),
    of_claim("event", "text", event_json),
)
"""The columns of a table of `EventAsOf`, in order."""


def _of_event(column: Column) -> Column:
    """Return the column of a claim about a subject that its event has."""
    return column._replace(value=lambda claim: column.value(claim.event))


SUBJECT_CLAIM_COLUMNS: Final = tuple(map(_of_event, EVENT_COLUMNS))
"""The same columns, of a table of `SubjectClaim`."""


def _of_latest(name: str) -> tuple[Column, ...]:
    """Return the columns of a subject or an issue in a list."""
    return (
        Column(name, "text", lambda one: getattr(one, name)),
        Column("claim_count", "integer", lambda one: one.claim_count),
        Column("latest", "text", lambda one: one.latest.edtf),
        Column("latest_zone", "text", lambda one: one.latest.zone),
        Column("latest_earliest", "instant", lambda one: one.latest.earliest),
    )


SUBJECT_COLUMNS: Final = _of_latest("subject")
ISSUE_COLUMNS: Final = _of_latest("issue")
STATUS_COLUMNS: Final = (
    Column("dyad", "text", lambda one: one.dyad),
    Column("posture", "text", lambda one: one.posture.value),
    Column("rules", "texts", lambda one: [each.rule for each in one.posture_triggers]),
    Column("element_count", "integer", lambda one: len(one.elements)),
    Column("valid", "instant", lambda one: one.as_of.valid),
    Column("known", "instant", lambda one: one.as_of.known),
    Column("position", "integer", lambda one: one.as_of.position),
    Column("status", "text", lambda one: _json(codec.status_message(one))),
)
"""The columns of tables of `SubjectSummary`, `IssueSummary` and `BilateralStatus`, in order."""


def batches(columns: Sequence[Column], rows: Iterable[object]) -> Iterator["pa.RecordBatch"]:
    """Yield record batches of at most 10,000 rows."""
    schema, left = schema_of(columns), iter(rows)
    while chunk := list(islice(left, ROWS_PER_BATCH)):
        values = [[column.value(one) for one in chunk] for column in columns]
        arrays = [
            arrow().array(found, kind.type) for found, kind in zip(values, schema, strict=True)
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
    return ModuleNotFoundError(f"{name} is not installed: pip install '{EXTRA}'", name=name)
