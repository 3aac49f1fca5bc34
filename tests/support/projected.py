"""Read models of random logs, projected in random batches, and what to ask them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from communique import codec
from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import DialogueUrged, MediationOffered
from communique.domain.claims.values import Certainty
from communique.domain.state.assertions import dyads_concerned
from communique.domain.state.event_filter import Filter
from communique.domain.state.subject import subjects_of
from communique.domain.time.clocks import AsOf
from communique.server.application.queries.read_models import ReadModels
from communique.server.projections.generations import Generations
from communique.server.projections.projection_file import ProjectionFile
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.server.views.read_model.read_model_projection import ReadModelProjection
from communique.v1 import event_pb2
from tests.support import oracle
from tests.support.histories import instants, points
from tests.support.read_models import read_models_of
from tests.support.real_log import RealLog
from tests.support.strategies import CODES, DYADS, ISSUES, OUTLETS, PAYLOADS, SUBJECTS

batch_sizes = st.lists(st.integers(1, 6), min_size=1, max_size=4)


def folder_of(real: RealLog) -> Path:
    """Return where the read models of a log are."""
    return real.folder / "read-models"


def file_of(real: RealLog) -> Path:
    """Return the file that serves the read models of a log."""
    kind = ReadModelProjection
    return Generations(folder_of(real), kind.name, kind.version).current()


def project(path: Path, real: RealLog, sizes: Sequence[int]) -> None:
    """Project the rest of the log into a file, in batches of these sizes, each taken in twice.

    Two batches and then one are written together, in turn.
    """
    file, read_stream = ProjectionFile(path, ReadModelProjection()), real.log.stream
    cycle = 0
    while rows := real.log.read(file.taken, sizes[cycle % len(sizes)]):
        file.take_in(rows)
        if cycle % 3:
            file.write(read_stream)
        file.take_in(rows)
        cycle += 1
    file.write(read_stream)
    file.close()


@contextmanager
def projected(real: RealLog, sizes: Sequence[int]) -> Iterator[ReadModels]:
    """Lend the read models of a log, projected in batches of these sizes.

    What they do with long histories they do here with short ones.
    """
    with (
        patch.object(limits, "SCANNED_ROWS_MAX", 5),
        patch.object(limits, "ROWS_SORTED_MAX", 3),
        patch.object(limits, "TAGS_WALKED_MAX", 2),
    ):
        project(file_of(real), real, sizes)
        read_models = read_models_of(real.log, folder_of(real))
        try:
            yield read_models
        finally:
            read_models.close()


def question(as_of: AsOf) -> RequestedAsOf:
    """Return the question that asks from a point."""
    return RequestedAsOf.pinned(as_of)


def some_points(log: oracle.Log) -> SearchStrategy[list[AsOf]]:
    """Return lists of points that matter to a log."""
    return st.lists(points(log), min_size=1, max_size=6)


@st.composite
def filters(draw: st.DrawFn, log: oracle.Log) -> Filter:
    """Draw a filter of a few fields, each with one or two values that may occur."""
    moments = st.sampled_from(instants(log).valid)
    fields: dict[str, SearchStrategy[Any]] = {
        "dyad": st.sampled_from(DYADS),
        "parties": _some(CODES),
        "issues": _some(ISSUES),
        "subjects": _some(SUBJECTS),
        "types": _some([kind.__name__ for kind in PAYLOADS]),
        "certainties": _some(Certainty),
        "outlets": _some(OUTLETS),
        "occurred_from": moments,
        "occurred_to": moments,
    }
    chosen = draw(st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True))
    values: dict[str, Any] = {name: draw(fields[name]) for name in chosen}
    return Filter(**values)


def _some(values: Iterable[str]) -> SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from([*values]), min_size=1, max_size=2)


def matches(asked: Filter, claim: Claim) -> bool:
    """Whether a content is selected, as the contract defines it."""
    codes = {*claim.codes}
    if isinstance(claim.payload, MediationOffered | DialogueUrged):
        codes |= {*claim.payload.between}
    latest = claim.occurred.latest
    return (
        (not asked.dyad or asked.dyad in dyads_concerned(claim))
        and (not asked.parties or bool(asked.parties & codes))
        and (not asked.issues or bool(asked.issues & {*claim.issues}))
        and (not asked.subjects or bool(asked.subjects & {*subjects_of(claim)}))
        and (not asked.types or claim.payload.type in asked.types)
        and (not asked.certainties or claim.certainty in asked.certainties)
        and (not asked.outlets or claim.source.outlet in asked.outlets)
        and (not asked.occurred_from or latest is None or latest > asked.occurred_from)
        and (not asked.occurred_to or claim.occurred.earliest <= asked.occurred_to)
    )


def seen_of(message: event_pb2.EventAsOf) -> oracle.Seen:
    """Return what an event's message says, as the oracle says it."""
    claim = codec.stored(message.event)
    assert isinstance(claim, Claim)
    assert codec.message_of(claim) == message.event
    return oracle.Seen(
        message.position,
        codec.instant(message.record_time),
        claim,
        codec.instant(message.known),
        UUID(message.corrected_by) if message.corrected_by else None,
        tuple(map(UUID, message.disputed_by_events)),
    )
