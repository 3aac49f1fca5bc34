"""The read models against the oracle: random logs, projected in random batches."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique import codec
from communique.domain.claims.event import Recorded
from communique.domain.state.event_filter import Filter
from communique.domain.time.clocks import AsOf
from communique.server.application.queries.event_pages import event_as_of_message
from communique.server.application.queries.read_models import ReadModels
from communique.server.views.paging import PageRequest
from communique.server.views.timeline.event_lists import EventPage, ListedEvent
from tests.support import oracle
from tests.support.crowds import CROWDS, CROWDS_COUNT, DYAD, crowd, point
from tests.support.dumps import dump
from tests.support.histories import LATE, histories
from tests.support.projected import (
    batch_sizes,
    file_of,
    filters,
    folder_of,
    matches,
    projected,
    question,
    seen_of,
    some_points,
)
from tests.support.read_models import read_models_of
from tests.support.real_log import real_log
from tests.support.strategies import DYADS


def seen(listed: ListedEvent) -> oracle.Seen:
    """Return what an event of a list says, as the oracle says it."""
    return seen_of(event_as_of_message(listed))


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
    return [seen(event) for page in pages for event in page.events]


def answers(read_models: ReadModels, as_of: AsOf) -> list[bytes]:
    """Return the bytes of all answers at a point."""
    asked = question(as_of)
    statuses = [read_models.bilateral_status(dyad, asked) for dyad in DYADS]
    lists = [
        partial(ask, Filter(), asked)
        for ask in (read_models.list_events, read_models.list_timeline)
    ]
    pages = [page for ask in lists for page in pages_of(ask, 100)]
    events = [event_as_of_message(event) for page in pages for event in page.events]
    messages = [codec.status_message(status) for status in statuses]
    return [message.SerializeToString(deterministic=True) for message in (*messages, *events)]


@given(st.data(), histories(), batch_sizes)
def test_every_status_is_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int]
) -> None:
    """A status from the read models is the oracle's at any point, for any batches."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        for as_of, dyad in product(data.draw(some_points(log)), DYADS):
            assert read_models.bilateral_status(dyad, question(as_of)) == oracle.status(
                log, dyad, as_of
            )


@pytest.mark.parametrize("theme", CROWDS)
def test_every_status_of_a_crowd_is_the_oracle_s(theme: str) -> None:
    """Of many claims about one thing the read models find those that decide."""
    random = Random(f"read models, {theme}")
    for _ in range(CROWDS_COUNT // 4):
        log = crowd(random, theme)
        with real_log(log) as real, projected(real, [3]) as read_models:
            for as_of in [point(random, log) for _ in range(5)]:
                expected = oracle.status(log, DYAD, as_of)
                assert read_models.bilateral_status(DYAD, question(as_of)) == expected


@given(st.data(), histories(), batch_sizes, st.integers(1, 7))
def test_every_list_is_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int], page_size: int
) -> None:
    """A list from the read models is the oracle's at any point, filter, page and direction."""
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
    """Answers as of a position keep their bytes when the log grows."""
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
    """A rebuilt read model has every row, and every byte of the answers, of the live one."""
    asked = data.draw(some_points(log))
    with real_log(log) as real:
        with projected(real, sizes) as read_models:
            before = [answers(read_models, as_of) for as_of in asked]
            live = dump(file_of(real))
            *_, last = read_models.rebuild("")
            assert (last.name, last.done, last.position) == ("read-models", True, len(log))
            assert [answers(read_models, as_of) for as_of in asked] == before
        assert dump(file_of(real)) == live


@given(histories())
def test_followers_take_in_what_is_appended_while_they_run(log: list[Recorded]) -> None:
    """Followers answer for what is recorded meanwhile, and count newer types."""
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
            newer = sum(recorded.event is None for recorded in log)
            for progress in read_models.progress():
                assert (progress.position, progress.lag) == (len(log), 0)
                assert (progress.unknown_type_count, progress.error) == (newer, "")
        finally:
            read_models.close()
