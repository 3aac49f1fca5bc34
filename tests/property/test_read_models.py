"""The read models against the oracle: random logs, projected in random batches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice, product
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from communique import codec
from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.payloads import DialogueUrged, MediationOffered
from communique.domain.claims.values import Certainty
from communique.domain.state.assertions import dyads_concerned
from communique.domain.state.event_filter import Filter
from communique.domain.state.subject import subjects_of
from communique.domain.time.clocks import AsOf
from communique.server.application.queries.event_pages import event_as_of_message
from communique.server.application.queries.read_models import ReadModels
from communique.server.projections.decoded_log import DecodedLog
from communique.server.projections.generations import Generations
from communique.server.projections.projection import ViewProjection
from communique.server.projections.projection_file import ProjectionFile
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.server.views.bilateral_status import facet_search, status_projection
from communique.server.views.bilateral_status.status_projection import BilateralStatusProjection
from communique.server.views.paging import PageRequest
from communique.server.views.scores.score_projection import ScoreSeriesProjection
from communique.server.views.timeline import event_lists, timeline_projection
from communique.server.views.timeline.event_lists import EventPage, ListedEvent
from communique.server.views.timeline.timeline_projection import REGION_BITS, TimelineProjection
from communique.v1 import event_pb2
from tests.support import oracle
from tests.support.dumps import dump
from tests.support.histories import LATE, histories, instants, points
from tests.support.read_models import read_models_of
from tests.support.real_log import RealLog, real_log
from tests.support.strategies import CODES, DYADS, ISSUES, OUTLETS, PAYLOADS, SUBJECTS

PROJECTIONS: tuple[type[ViewProjection], ...] = (
    BilateralStatusProjection,
    TimelineProjection,
    ScoreSeriesProjection,
)
batch_sizes = st.lists(st.integers(1, 6), min_size=1, max_size=4)


# --- projecting ----------------------------------------------------------------------------------


def folder_of(real: RealLog) -> Path:
    """Return where the read models of a log are."""
    return real.folder / "read-models"


def file_of(real: RealLog, kind: type[ViewProjection]) -> Path:
    """Return the file that serves a projection."""
    return Generations(folder_of(real), kind.name, kind.version).current()


def project(path: Path, kind: type[ViewProjection], real: RealLog, sizes: Sequence[int]) -> None:
    """Project the rest of the log into a file, in batches of these sizes, each taken in twice.

    Two batches and then one are written together, in turn.
    """
    history, file = DecodedLog(real.log), ProjectionFile(path, kind())
    cycle = 0
    while steps := list(islice(history.after(file.taken), sizes[cycle % len(sizes)])):
        file.take_in(steps, history.read_stream)
        if cycle % 3:
            file.write()
        file.take_in(steps, history.read_stream)
        cycle += 1
    file.write()
    file.close()


_DAY_BITS = 36
_TWO_EVENTS_BITS = REGION_BITS + 1


@contextmanager
def projected(real: RealLog, sizes: Sequence[int]) -> Iterator[ReadModels]:
    """Lend the read models of a log, projected in batches of these sizes.

    What they do with long histories they do here with short ones.
    """
    with (
        patch.object(status_projection, "BUCKET_BITS", _DAY_BITS),
        patch.object(facet_search, "BUCKET_BITS", _DAY_BITS),
        patch.object(limits, "FACET_SEARCH_STEPS_MAX", 1),
        patch.object(timeline_projection, "BLOCK_BITS", _TWO_EVENTS_BITS),
        patch.object(event_lists, "BLOCK_BITS", _TWO_EVENTS_BITS),
        patch.object(limits, "SCANNED_ROWS_MAX", 5),
    ):
        for kind in PROJECTIONS:
            project(file_of(real, kind), kind, real, sizes)
        read_models = read_models_of(real.log, folder_of(real))
        try:
            yield read_models
        finally:
            read_models.close()


# --- asking --------------------------------------------------------------------------------------


def question(as_of: AsOf) -> RequestedAsOf:
    """Return the question that asks from a point."""
    return RequestedAsOf(as_of.valid, as_of.known, as_of.position)


def seen(listed: ListedEvent) -> oracle.Seen:
    """Return what an event of a list says, as the oracle says it."""
    return seen_of(event_as_of_message(listed))


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


Ask = Callable[[PageRequest], EventPage]


def pages_of(ask: Ask, size: int) -> Iterator[EventPage]:
    """Yield all pages of a list."""
    page = ask(PageRequest(size))
    yield page
    while page.next_key is not None:
        page = ask(PageRequest(size, page.next_key))
        yield page


def all_pages(ask: Ask, size: int, as_of: AsOf) -> list[oracle.Seen]:
    """Return the events of all pages, none of which is longer than asked for."""
    pages = list(pages_of(ask, size))
    assert all(len(page.events) <= size and page.as_of == as_of for page in pages)
    return [seen(one) for page in pages for one in page.events]


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
    found: dict[str, Any] = {name: draw(fields[name]) for name in chosen}
    return Filter(**found)


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


def some_points(log: oracle.Log) -> SearchStrategy[list[AsOf]]:
    """Return lists of points that matter to a log."""
    return st.lists(points(log), min_size=1, max_size=6)


def answers(read_models: ReadModels, as_of: AsOf) -> list[bytes]:
    """Return the bytes of all answers at a point."""
    asked = question(as_of)
    statuses = [read_models.bilateral_status(dyad, asked) for dyad in DYADS]
    lists = [
        partial(ask, Filter(), asked)
        for ask in (read_models.list_events, read_models.list_timeline)
    ]
    pages = [page for ask in lists for page in pages_of(ask, 100)]
    events = [event_as_of_message(one) for page in pages for one in page.events]
    messages = [codec.status_message(status) for status in statuses]
    return [one.SerializeToString(deterministic=True) for one in (*messages, *events)]


# --- what must hold ------------------------------------------------------------------------------


@given(st.data(), histories(), batch_sizes)
def test_every_status_is_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int]
) -> None:
    """At any point, for every dyad, however the log was cut into batches."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        for as_of, dyad in product(data.draw(some_points(log)), DYADS):
            assert read_models.bilateral_status(dyad, question(as_of)) == oracle.status(
                log, dyad, as_of
            )


@given(st.data(), histories(), batch_sizes, st.integers(1, 7))
def test_every_list_is_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int], page_size: int
) -> None:
    """At any point, through any filter, in pages of any size, in either direction."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        for as_of in data.draw(some_points(log)):
            asked, at = data.draw(filters(log)), question(as_of)
            by_valid = oracle.timeline(log, as_of, partial(matches, asked))
            listed = partial(read_models.list_events, asked, at)
            forwards = partial(read_models.list_timeline, asked, at)
            backwards = partial(read_models.list_timeline, asked, at, backwards=True)

            assert all_pages(listed, page_size, as_of) == sorted(by_valid)
            assert all_pages(forwards, page_size, as_of) == by_valid
            assert all_pages(backwards, page_size, as_of) == by_valid[::-1]


@given(st.data(), histories(), batch_sizes, batch_sizes)
def test_an_old_position_is_answered_in_the_same_bytes_for_ever(
    data: st.DataObject, log: list[Recorded], sizes: list[int], later_sizes: list[int]
) -> None:
    """Ask, append the rest of the log, ask again as of the same point."""
    half = len(log) // 2
    asked = data.draw(some_points(log[:half]))
    with real_log(log[:half]) as real:
        with projected(real, sizes) as read_models:
            before = [answers(read_models, as_of) for as_of in asked]
        real.append(log[half:])
        with projected(real, later_sizes) as read_models:
            assert [answers(read_models, as_of) for as_of in asked] == before


@given(st.data(), histories(), batch_sizes)
def test_rebuilt_is_the_same_as_live(
    data: st.DataObject, log: list[Recorded], sizes: list[int]
) -> None:
    """In every row, and in every byte of the answers; each batch was applied twice on the way."""
    asked = data.draw(some_points(log))
    with real_log(log) as real:
        with projected(real, sizes) as read_models:
            before = [answers(read_models, as_of) for as_of in asked]
            live = [dump(file_of(real, kind)) for kind in PROJECTIONS]
            for kind in PROJECTIONS:
                *_, last = read_models.rebuild(kind.name)
                assert (last.done, last.position) == (True, len(log))
            told = [one for one in read_models.rebuild("") if one.done]
            assert {one.name for one in told} == {kind.name for kind in PROJECTIONS}
            assert {one.position for one in told} == {len(log)}
            assert [answers(read_models, as_of) for as_of in asked] == before
        assert [dump(file_of(real, kind)) for kind in PROJECTIONS] == live


@given(histories())
def test_followers_take_in_what_is_appended_while_they_run(log: list[Recorded]) -> None:
    """Whatever is recorded is answered for, and events of newer types are counted."""
    with real_log() as real:
        read_models = read_models_of(real.log, folder_of(real))
        read_models.start()
        try:
            real.append(log)
            read_models.wait_for(len(log), 10)
            as_of = AsOf(LATE, LATE, len(log))
            assert read_models.bilateral_status(DYADS[0], question(as_of)) == oracle.status(
                log, DYADS[0], as_of
            )
            newer = sum(it.event is None for it in log)
            for progress in read_models.progress():
                assert (progress.position, progress.lag) == (len(log), 0)
                assert (progress.unknown_type_count, progress.error) == (newer, "")
        finally:
            read_models.close()
