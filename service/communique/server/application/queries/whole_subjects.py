"""Subjects and issues, each of them whole: what requests name, and pages of what they hold."""

from typing import Final

from pydantic import TypeAdapter

from communique import codec
from communique.domain.text import IssueSlug, SubjectKey
from communique.server.application.queries.page_tokens import cursor_of, next_token_of, page_size_of
from communique.server.application.queries.query_runner import Asking, resolved
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.request_errors import checked
from communique.server.projections.progress import Page, Question
from communique.server.runtime.call import Context
from communique.server.runtime.call_log import note
from communique.server.runtime.limits import ELEMENTS_PER_PAGE_MAX, PAGE_BYTES_MAX
from communique.server.views.timeline.issue_query import BoardPage
from communique.v1 import issue_pb2
from communique.v1 import timeline_service_pb2 as pb

_KEYS: Final = TypeAdapter[str](SubjectKey)
_SLUGS: Final = TypeAdapter[str](IssueSlug)


async def get_subject(
    asking: Asking, read_models: ReadModels, request: pb.GetSubjectRequest, context: Context
) -> pb.GetSubjectResponse:
    """Return a subject with a page of its claims; raises as `Asking.list_page`."""
    key = checked("subject", _KEYS.validate_python, request.subject)
    size = page_size_of(request)
    page, question = await asking.page(request, cursor_of(request), size, context)
    found = await asking.run(read_models.subjects.subject, key, question, page)
    note(subject=key, position=found.as_of.position, claims=len(found.subject.claims))
    found.subject.as_of.CopyFrom(resolved(found.as_of))
    token = next_token_of(found.as_of, found.next_key, request)
    return pb.GetSubjectResponse(subject=found.subject, next_page_token=token)


async def get_issue(
    asking: Asking, read_models: ReadModels, request: pb.GetIssueRequest, context: Context
) -> pb.GetIssueResponse:
    """Return the board of an issue, or a page of it; raises as `Asking.list_page`."""
    slug = checked("issue", _SLUGS.validate_python, request.issue)
    size = page_size_of(request, ELEMENTS_PER_PAGE_MAX, ELEMENTS_PER_PAGE_MAX)
    page, question = await asking.page(request, cursor_of(request), size, context)
    found, board = await asking.run(_fitting, read_models, slug, question, page)
    note(issue=slug, position=found.as_of.position)
    token = next_token_of(found.as_of, found.next_key, request)
    return pb.GetIssueResponse(board=board, next_page_token=token)


def _fitting(
    read_models: ReadModels, slug: str, question: Question, page: Page
) -> tuple[BoardPage, issue_pb2.IssueBoard]:
    """Return the page asked for or, where it is too large for a message, a shorter one."""
    while True:
        found = read_models.issues.issue(slug, question, page)
        board = codec.issue_board_message(found.board)
        if (size := board.ByteSize()) <= PAGE_BYTES_MAX or page.size == 1:
            return found, board
        page = page._replace(size=max(1, page.size * PAGE_BYTES_MAX // size))
        question = question._replace(position=found.as_of.position)
