"""Subjects and issues: one of them, and lists of them."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from pydantic import TypeAdapter

from communique import codec
from communique.codec.wire import recorded_message
from communique.domain.state.event_filter import ISSUE, SUBJECT
from communique.domain.state.issue_board import IssueSummary
from communique.domain.state.subject import SubjectSummary
from communique.domain.text import SUBJECT_LENGTH_MAX, IssueSlug, SubjectKey
from communique.domain.time.clocks import AsOf
from communique.domain.time.edtf import ValidTime
from communique.server.application.queries.event_pages import event_as_of_message
from communique.server.application.queries.filters import filter_of
from communique.server.application.queries.page_tokens import next_token_of, requested_page
from communique.server.application.queries.query_runner import QueryRunner
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.queries.requested_as_of import resolved_message, zone_of
from communique.server.application.request_errors import Faults, checked
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.server.runtime.call import Call
from communique.server.runtime.call_log import note
from communique.server.views.bilateral_status.issue_board_query import BoardPage
from communique.server.views.paging import PageRequest
from communique.server.views.timeline.subject_pages import SubjectPage
from communique.server.views.timeline.topic_lists import TopicPage
from communique.v1 import issue_pb2, subject_pb2, time_pb2
from communique.v1 import timeline_service_pb2 as pb

_KEYS: Final = TypeAdapter[str](SubjectKey)
_SLUGS: Final = TypeAdapter[str](IssueSlug)
Summary = TypeVar("Summary", subject_pb2.SubjectSummary, issue_pb2.IssueSummary)
_PREFIX: Final = re.compile(r"[A-Za-z0-9._~:+>/-]*")


async def get_subject(
    queries: QueryRunner, request: pb.GetSubjectRequest, call: Call
) -> pb.GetSubjectResponse:
    """Return a subject with a page of its claims; raises as `list_page`, and `SubjectNotFound`."""
    key = checked("subject", _KEYS.validate_python, request.subject)
    page, as_of = requested_page(request)
    asked = await queries.as_of(as_of, request.min_position, call)
    answer = await queries.run(subject_answer, queries.read_models, key, asked, page)
    note(subject=key, position=answer.as_of.position, claims=len(answer.subject.claims))
    token = next_token_of(answer.as_of, answer.next_key, request)
    return pb.GetSubjectResponse(subject=answer.subject, next_page_token=token)


class SubjectAnswer(NamedTuple):
    """A subject with a page of its claims, and the key to go on after; None at the end."""

    subject: subject_pb2.Subject
    next_key: bytes | None
    as_of: AsOf


def subject_answer(
    read_models: ReadModels, key: str, asked: RequestedAsOf, page: PageRequest
) -> SubjectAnswer:
    """Return a subject with as many of the claims asked for as a message has room for."""
    listed = read_models.subjects.subject(key, asked, page)
    subject = subject_pb2.Subject(
        subject=key,
        as_of=resolved_message(listed.as_of),
        life_cycle=map(codec.life_cycle_step_message, listed.life_cycle),
        disagreements=map(codec.disagreement_message, listed.disagreements),
        claim_count=listed.claim_count,
        earlier_claims_uncounted=bool(listed.claim_count) and not listed.counted_all,
    )
    next_key = _add_claims(subject, listed)
    if listed.counted_all and len(subject.claims) == listed.claim_count:
        next_key = None
    subject.earlier_claims_omitted = next_key is not None
    return SubjectAnswer(subject, next_key, listed.as_of)


def _add_claims(subject: subject_pb2.Subject, page: SubjectPage) -> bytes | None:
    """Add the latest claims that a message has room for; return the key of the claims before."""
    claims: list[subject_pb2.SubjectClaim] = []
    size, last_key, next_key = subject.ByteSize(), b"", page.next_key
    for listed in page.claims:
        claim = subject_pb2.SubjectClaim(
            event=event_as_of_message(listed.event),
            amendments=map(recorded_message, listed.amendments),
        )
        size += claim.ByteSize()
        if size > limits.PAGE_BYTES_MAX and claims:
            next_key = last_key
            break
        claims.append(claim)
        last_key = listed.event.entry.valid_key
    subject.claims.extend(reversed(claims))
    return next_key


async def get_issue(
    queries: QueryRunner, request: pb.GetIssueRequest, call: Call
) -> pb.GetIssueResponse:
    """Return the board of an issue, or a page of it; raises as `list_page`, and `IssueNotFound`."""
    slug = checked("issue", _SLUGS.validate_python, request.issue)
    size_max = limits.ELEMENTS_PER_PAGE_MAX
    page, as_of = requested_page(request, size_max, size_max)
    asked = await queries.as_of(as_of, request.min_position, call)
    listed, board = await queries.run(_board, queries.read_models, slug, asked, page)
    note(issue=slug, position=listed.as_of.position)
    token = next_token_of(listed.as_of, listed.next_key, request)
    return pb.GetIssueResponse(board=board, next_page_token=token)


def _board(
    read_models: ReadModels, slug: str, asked: RequestedAsOf, page: PageRequest
) -> tuple[BoardPage, issue_pb2.IssueBoard]:
    """Return the page asked for or, where it is too large for a message, a shorter one."""
    while True:
        listed = read_models.issue(slug, asked, page)
        board = codec.issue_board_message(listed.board)
        if (size := board.ByteSize()) <= limits.PAGE_BYTES_MAX or page.size == 1:
            return listed, board
        page = page._replace(size=max(1, page.size * limits.PAGE_BYTES_MAX // size))
        asked = asked._replace(position=listed.as_of.position)


async def list_subjects(
    queries: QueryRunner, request: pb.ListSubjectsRequest, call: Call
) -> pb.ListSubjectsResponse:
    """Return a page of subjects; raises as `list_page`."""
    prefix = checked("prefix", _prefix, request.prefix)

    def message(name: str, count: int, latest: ValidTime) -> subject_pb2.SubjectSummary:
        summary = SubjectSummary(subject=name, claim_count=count, latest=latest)
        return codec.subject_summary_message(summary)

    subjects, token, as_of = await _topics(queries, f"{SUBJECT}{prefix}", message, request, call)
    return pb.ListSubjectsResponse(subjects=subjects, next_page_token=token, as_of=as_of)


async def list_issues(
    queries: QueryRunner, request: pb.ListIssuesRequest, call: Call
) -> pb.ListIssuesResponse:
    """Return a page of issues; raises as `list_page`."""

    def message(name: str, count: int, latest: ValidTime) -> issue_pb2.IssueSummary:
        summary = IssueSummary(issue=name, claim_count=count, latest=latest)
        return codec.issue_summary_message(summary)

    issues, token, as_of = await _topics(queries, ISSUE, message, request, call)
    return pb.ListIssuesResponse(issues=issues, next_page_token=token, as_of=as_of)


async def _topics(
    queries: QueryRunner,
    prefix: str,
    message: Callable[[str, int, ValidTime], Summary],
    request: pb.ListSubjectsRequest | pb.ListIssuesRequest,
    call: Call,
) -> tuple[list[Summary], str, time_pb2.ResolvedAsOf]:
    """Return a page of summaries, the token of the next one, empty at the end, and the point."""
    page, as_of = requested_page(request)
    selection = filter_of(request.filter, zone_of(request.as_of, Faults()))
    asked = await queries.as_of(as_of, request.min_position, call)

    def ask() -> tuple[TopicPage, list[Summary]]:
        listed = queries.read_models.topics.topics(prefix, selection, asked, page)
        return listed, [message(*topic) for topic in listed.topics]

    listed, summaries = await queries.run(ask)
    note(position=listed.as_of.position, summaries=len(summaries))
    token = next_token_of(listed.as_of, listed.next_key, request)
    return summaries, token, resolved_message(listed.as_of)


def _prefix(text: str) -> str:
    """Return the beginning of a key; `ValueError` for what no key begins with."""
    if len(text) > SUBJECT_LENGTH_MAX:
        raise ValueError(f"should have at most {SUBJECT_LENGTH_MAX} characters, has {len(text)}")
    if not _PREFIX.fullmatch(text):
        raise ValueError("should be the beginning of a key: letters, digits and . _ ~ : + > - /")
    return text
