"""Subjects and issues, each of them whole: what requests name, and pages of what they hold."""

from typing import Final

from pydantic import TypeAdapter

from communique import codec
from communique.domain.clocks import AsOf
from communique.domain.status import ResolvedAsOf
from communique.domain.text import IssueSlug, SubjectKey
from communique.service.asking import Asking, pinned, resolved
from communique.service.context import Context
from communique.service.limits import ELEMENTS_PER_PAGE_MAX, PAGE_BYTES_MAX
from communique.service.logging import note
from communique.service.pages import Cursor, WholeRequest, cursor_of, page_size_of, token_of
from communique.service.read_models import BoardPage, Page, Question, ReadModels
from communique.service.refusals import checked
from communique.v1 import issue_pb2
from communique.v1 import timeline_service_pb2 as pb

_KEYS: Final = TypeAdapter[str](SubjectKey)
_SLUGS: Final = TypeAdapter[str](IssueSlug)


async def get_subject(
    asking: Asking, read_models: ReadModels, request: pb.GetSubjectRequest, context: Context
) -> pb.GetSubjectResponse:
    """Return a subject with a page of its claims; raises as `Asking.list_page`."""
    key = checked("subject", _KEYS.validate_python, request.subject)
    page, question = await _asked(asking, request, page_size_of(request), context)
    found = await asking.run(read_models.subjects.subject, key, question, page)
    note(subject=key, position=found.as_of.position, claims=len(found.subject.claims))
    found.subject.as_of.CopyFrom(resolved(found.as_of))
    token = _token(found.next_key, found.as_of, request)
    return pb.GetSubjectResponse(subject=found.subject, next_page_token=token)


async def get_issue(
    asking: Asking, read_models: ReadModels, request: pb.GetIssueRequest, context: Context
) -> pb.GetIssueResponse:
    """Return the board of an issue, or a page of it; raises as `Asking.list_page`."""
    slug = checked("issue", _SLUGS.validate_python, request.issue)
    size = page_size_of(request, ELEMENTS_PER_PAGE_MAX, ELEMENTS_PER_PAGE_MAX)
    page, question = await _asked(asking, request, size, context)
    found, board = await asking.run(_fitting, read_models, slug, question, page)
    note(issue=slug, position=board.as_of.position)
    token = _token(found.next_key, found.board.as_of, request)
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
        question = question._replace(position=found.board.as_of.position)


async def _asked(
    asking: Asking, request: WholeRequest, size: int, context: Context
) -> tuple[Page, Question]:
    """Return the page that a request asks for, and its question: that of the first page."""
    cursor = cursor_of(request)
    as_of = pinned(cursor.as_of) if cursor else request.as_of
    question = await asking.question(as_of, request.min_position, context)
    return Page(size, cursor.after_key if cursor else None), question


def _token(next_key: bytes | None, as_of: AsOf | ResolvedAsOf, request: WholeRequest) -> str:
    """Return the token of the page after one of that point, empty at the end."""
    if next_key is None:
        return ""
    return token_of(Cursor(AsOf(as_of.valid, as_of.known, as_of.position), next_key), request)
