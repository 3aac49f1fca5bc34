"""Subjects and issues: pages of their summaries."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from communique.domain.text import SUBJECT_LENGTH_MAX
from communique.server.application.queries.filters import Filter, filter_of
from communique.server.application.queries.page_tokens import (
    SummariesRequest,
    cursor_of,
    next_token_of,
    page_size_of,
)
from communique.server.application.queries.query_runner import Asking, resolved
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.queries.requested_points import zone_of
from communique.server.application.request_errors import Faults, checked
from communique.server.projections.progress import Page, Question
from communique.server.runtime.call import Context
from communique.server.runtime.call_log import note
from communique.server.views.timeline.subject_query import SummaryPage
from communique.v1 import timeline_service_pb2 as pb

_PREFIX: Final = re.compile(r"[A-Za-z0-9._~:+>/-]*")

Ask = Callable[[Filter, Question, Page], SummaryPage]


async def list_subjects(
    asking: Asking, read_models: ReadModels, request: pb.ListSubjectsRequest, context: Context
) -> pb.ListSubjectsResponse:
    """Return a page of subjects; raises as `Asking.list_page`."""
    prefix = checked("prefix", _prefix, request.prefix)
    ask = partial(read_models.subjects.subjects, prefix)
    page, token = await _page(asking, ask, request, context)
    return pb.ListSubjectsResponse(
        subjects=page.summaries,  # type: ignore[arg-type]
        next_page_token=token,
        as_of=resolved(page.as_of),
    )


async def list_issues(
    asking: Asking, read_models: ReadModels, request: pb.ListIssuesRequest, context: Context
) -> pb.ListIssuesResponse:
    """Return a page of issues; raises as `Asking.list_page`."""
    page, token = await _page(asking, read_models.issues.issues, request, context)
    return pb.ListIssuesResponse(
        issues=page.summaries,  # type: ignore[arg-type]
        next_page_token=token,
        as_of=resolved(page.as_of),
    )


async def _page(
    asking: Asking, ask: Ask, request: SummariesRequest, context: Context
) -> tuple[SummaryPage, str]:
    """Return a page, and the token of the next, empty at the end."""
    size = page_size_of(request)
    cursor = cursor_of(request)
    selection = filter_of(request.filter, zone_of(request.as_of, Faults()))
    page, question = await asking.page(request, cursor, size, context)
    found = await asking.run(ask, selection, question, page)
    note(position=found.as_of.position, summaries=len(found.summaries))
    return found, next_token_of(found.as_of, found.next_key, request)


def _prefix(text: str) -> str:
    """Return the beginning of a key; `ValueError` for what no key begins with."""
    if len(text) > SUBJECT_LENGTH_MAX:
        raise ValueError(f"should have at most {SUBJECT_LENGTH_MAX} characters, has {len(text)}")
    if not _PREFIX.fullmatch(text):
        raise ValueError("should be the beginning of a key: letters, digits and . _ ~ : + > - /")
    return text
