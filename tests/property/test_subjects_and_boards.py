"""Subjects and issues against the oracle of whole things: random logs, in random batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique import codec
from communique.domain.claims.event import Amendment, Claim, Recorded
from communique.domain.state.disagreement import disagreements
from communique.domain.state.event_filter import ISSUE, SUBJECT, Filter
from communique.domain.state.issue_board import IssueBoard, joined
from communique.domain.state.preferences import Disagreement
from communique.domain.state.subject import LifeCycleStep, SubjectEntry, subjects_of
from communique.domain.time.clocks import AsOf, known_at
from communique.domain.time.edtf import ValidTime
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.queries.subjects_and_issues import SubjectAnswer, subject_answer
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.server.views.bilateral_status.issue_board_query import BoardPage
from communique.server.views.paging import PageRequest
from communique.server.views.timeline.topic_lists import TopicPage
from communique.server.views.view_errors import IssueNotFound, SubjectNotFound
from communique.v1 import subject_pb2
from tests.support import oracle, oracle_subjects
from tests.support.boards import issue_board, life_cycle_of, stream
from tests.support.histories import content_of, histories, points
from tests.support.projected import (
    batch_sizes,
    filters,
    matches,
    projected,
    question,
    seen_of,
    some_points,
)
from tests.support.real_log import real_log
from tests.support.strategies import ISSUES, SUBJECTS

Counted = tuple[str, int, ValidTime]
FEWER = settings(max_examples=settings().max_examples * 2 // 5)
"""Each example asks for many answers."""


def keys_of(log: Sequence[Recorded]) -> list[str]:
    """Return every subject that a content of a log is about, and those that may not occur."""
    said = [claim for recorded in log if (claim := content_of(recorded.event))]
    return sorted({key for claim in said for key in subjects_of(claim)} | {*SUBJECTS})


def visible_amendments(log: Sequence[Recorded], event_id: UUID, as_of: AsOf) -> list[Recorded]:
    """Return the visible amendments of a claim, by the naive definition."""
    return [
        recorded
        for recorded in stream(log, event_id)
        if isinstance(recorded.event, Amendment)
        and recorded.position <= as_of.position
        and known_at(recorded.event.known, recorded.record_time) <= as_of.known
    ]


@FEWER
@given(st.data(), histories(), batch_sizes, st.integers(1, 7))
def test_every_subject_and_every_board_is_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int], page_size: int
) -> None:
    """Subjects and boards from the read models are the oracle's at any point and page size."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        for as_of in data.draw(some_points(log)):
            key = data.draw(st.sampled_from(keys_of(log)))
            check_subject(read_models, log, key, as_of, page_size)
            for issue in ISSUES:
                check_board(read_models, log, issue, as_of, page_size)


def check_subject(
    read_models: ReadModels, log: oracle.Log, key: str, as_of: AsOf, size: int
) -> None:
    """Ask for a subject, and hold the answer against the oracle."""
    view = oracle_subjects.subject(log, key, as_of)
    ask = partial(subject_answer, read_models, key, question(as_of))
    if not view.claims:
        with pytest.raises(SubjectNotFound) as refused:
            ask(PageRequest(size))
        assert {*refused.value.near} <= {*oracle_subjects.subjects(log, as_of)}
        return
    message, claims = whole_subject(ask, size, as_of)
    assert message.subject == key
    assert [seen_of(claim.event) for claim in claims] == view.claims
    assert [codec.model_of(LifeCycleStep, step) for step in message.life_cycle] == view.life_cycle
    assert [
        codec.model_of(Disagreement, conflict) for conflict in message.disagreements
    ] == view.disagreements
    assert message.claim_count == len(view.claims)
    assert not message.earlier_claims_uncounted
    for shown, claim in zip(claims, view.claims, strict=True):
        expected = visible_amendments(log, claim.claim.event_id, as_of)
        assert [codec.recorded(amendment) for amendment in shown.amendments] == expected
    check_limits(ask, view, as_of)


def whole_subject(
    ask: Callable[[PageRequest], SubjectAnswer], size: int, as_of: AsOf
) -> tuple[subject_pb2.Subject, list[subject_pb2.SubjectClaim]]:
    """Return the first page of a subject, and the claims of all: each page is as it should be."""
    first = answer = ask(PageRequest(size))
    claims = list(first.subject.claims)
    while answer.next_key is not None:
        assert answer.subject.earlier_claims_omitted
        answer = ask(PageRequest(size, answer.next_key))
        claims[:0] = answer.subject.claims
        assert (answer.as_of, len(answer.subject.claims) <= size) == (as_of, True)
        assert not answer.subject.life_cycle
        assert not answer.subject.disagreements
    assert not answer.subject.earlier_claims_omitted
    assert (first.as_of, len(first.subject.claims) <= size) == (as_of, True)
    return first.subject, claims


def check_limits(
    ask: Callable[[PageRequest], SubjectAnswer], view: oracle_subjects.SubjectView, as_of: AsOf
) -> None:
    """Of more claims than are counted the latest are, and that is told; large ones fill a page."""
    with patch.object(limits, "SUBJECT_CLAIMS_COUNTED_MAX", 2):
        message, claims = whole_subject(ask, 100, as_of)
    counted = [SubjectEntry(seen.claim, seen.known) for seen in view.claims[-2:]]
    assert [codec.model_of(LifeCycleStep, step) for step in message.life_cycle] == [
        *life_cycle_of(counted)
    ]
    assert [codec.model_of(Disagreement, conflict) for conflict in message.disagreements] == [
        *disagreements(counted)
    ]
    assert message.claim_count == len(counted)
    assert message.earlier_claims_uncounted == (len(view.claims) > len(counted))
    assert [seen_of(claim.event) for claim in claims] == view.claims
    with patch.object(limits, "PAGE_BYTES_MAX", 1):
        message, claims = whole_subject(ask, 100, as_of)
    assert len(message.claims) <= 1
    assert [seen_of(claim.event) for claim in claims] == view.claims


def check_board(
    read_models: ReadModels, log: oracle.Log, issue: str, as_of: AsOf, size: int
) -> None:
    """Ask for a board, and hold it against the oracle."""
    ask = partial(read_models.issue, issue, question(as_of))
    named = claims_by_issue(log, as_of)
    if named[issue]:
        expected = oracle_subjects.board(log, issue, as_of)
        assert expected == issue_board(log, issue, as_of)
        page = ask(PageRequest(1_000))
        assert (page.board, page.next_key, page.as_of) == (expected, None, as_of)
        assert joined([*board_pages(ask, size)]) == expected
        return
    with pytest.raises(IssueNotFound) as refused:
        ask(PageRequest(size))
    assert {*refused.value.near} <= {name for name in named if named[name]}


def board_pages(ask: Callable[[PageRequest], BoardPage], size: int) -> Iterator[IssueBoard]:
    """Yield all pages of a board."""
    page = ask(PageRequest(size))
    yield page.board
    while page.next_key is not None:
        page = ask(PageRequest(size, page.next_key))
        yield page.board


def claims_by_issue(log: oracle.Log, as_of: AsOf) -> dict[str, list[Claim]]:
    """Return the claims that name each issue, in the order of (earliest, event id)."""
    happened = [seen.claim for seen in oracle.timeline(log, as_of)]
    return {issue: [claim for claim in happened if issue in claim.issues] for issue in ISSUES}


@FEWER
@given(st.data(), histories(), batch_sizes, st.integers(1, 7))
def test_every_list_of_subjects_and_issues_is_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int], page_size: int
) -> None:
    """Lists of subjects and issues are the oracle's at any point, prefix and filter."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        for as_of in data.draw(some_points(log)):
            asked, at = data.draw(filters(log)), question(as_of)
            prefix = data.draw(st.sampled_from(["", "m", "meeting/", "talks/JPN-KOR", "zz"]))
            named = partial(read_models.topics.topics, f"{SUBJECT}{prefix}", asked, at)
            about = partial(read_models.topics.topics, ISSUE, asked, at)
            by_key = expected_counts(oracle_subjects.subjects(log, as_of), asked)
            by_issue = expected_counts(claims_by_issue(log, as_of), asked)

            begun = [entry for entry in by_key if entry[0].startswith(prefix)]
            assert list(counted(named, page_size, as_of)) == begun
            assert list(counted(about, page_size, as_of)) == by_issue
            with patch.object(limits, "CLAIM_COUNT_MAX", 2):
                assert list(counted(about, page_size, as_of)) == [
                    (name, min(count, 2), latest) for name, count, latest in by_issue
                ]


def expected_counts(claims: Mapping[str, Sequence[Claim]], asked: Filter) -> list[Counted]:
    """Return what the claims of each name count; they stand in the order of their times."""
    selected = {
        name: [claim for claim in claims[name] if matches(asked, claim)] for name in sorted(claims)
    }
    return [(name, len(about), about[-1].occurred) for name, about in selected.items() if about]


def counted(ask: Callable[[PageRequest], TopicPage], size: int, as_of: AsOf) -> Iterator[Counted]:
    """Yield the summaries of all pages, none of which is longer than asked for."""
    key: bytes | None = None
    while True:
        page = ask(PageRequest(size, key))
        assert page.as_of == as_of
        assert len(page.topics) <= size
        yield from page.topics
        key = page.next_key
        if key is None:
            return


@FEWER
@given(st.data(), histories(), batch_sizes)
def test_a_list_goes_on_as_it_began_whatever_is_recorded_meanwhile(
    data: st.DataObject, log: list[Recorded], sizes: list[int]
) -> None:
    """Later pages of a list are as of the first page's point while the log grows."""
    half = len(log) // 2
    as_of = data.draw(points(log[:half]))
    asked = RequestedAsOf.pinned(as_of)
    with real_log(log[:half]) as real:
        with projected(real, sizes) as read_models:
            first = read_models.topics.topics(SUBJECT, Filter(), asked, PageRequest(2))
        real.append(log[half:])
        with projected(real, sizes) as read_models:

            def ask(page: PageRequest) -> TopicPage:
                if page.after_key is None:
                    return first
                return read_models.topics.topics(SUBJECT, Filter(), asked, page)

            assert list(counted(ask, 2, as_of)) == expected_counts(
                oracle_subjects.subjects(log, as_of), Filter()
            )
