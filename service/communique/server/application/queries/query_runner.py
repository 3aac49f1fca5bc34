"""Questions to the read models: the point resolved, waited for, and asked from in a thread."""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final, ParamSpec, TypeVar

from communique.codec import timestamp
from communique.domain.time.clocks import AsOf
from communique.server.application.queries.filters import Filter, filter_of
from communique.server.application.queries.page_tokens import (
    Cursor,
    ListRequest,
    PagedRequest,
    cursor_of,
    next_token_of,
    page_size_of,
)
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.queries.requested_points import point_of, zone_of
from communique.server.application.request_errors import Faults
from communique.server.log.sqlite_store.log_reader import LogReader
from communique.server.projections.progress import EventPage, Page, Question
from communique.server.projections.projection_errors import ReadModelBehind
from communique.server.runtime.call import Context, seconds_left
from communique.server.runtime.call_log import note
from communique.server.runtime.clock import Clock
from communique.server.runtime.limits import PAGE_BYTES_MAX
from communique.server.runtime.threads import Workers
from communique.v1 import time_pb2

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

_PAUSE_SECONDS_MIN: Final = 0.001
_PAUSE_SECONDS_MAX: Final = 0.05
_MARGIN_SECONDS: Final = 0.05
"""What is left of a deadline for saying that it was not enough."""


class Asking:
    """Asks the read models on behalf of calls."""

    def __init__(
        self,
        reader: LogReader,
        read_models: ReadModels,
        workers: Workers,
        clock: Clock,
        wait_seconds_max: float,
    ) -> None:
        """Ask in the threads of `workers`, and wait `wait_seconds_max` at most for a position."""
        self._reader = reader
        self._read_models = read_models
        self._workers = workers
        self._clock = clock
        self._wait_seconds_max = wait_seconds_max

    async def question(
        self, message: time_pb2.AsOf, min_position: int, context: Context
    ) -> Question:
        """Return the question that a request asks, once the read models are as far as it needs.

        Raises `InvalidRequest`, `PositionBeyondHead`, and what `ReadModels.wait_for` raises.
        """
        (question,) = await self.questions({"as_of": message}, min_position, context)
        return question

    async def questions(
        self, messages: Mapping[str, time_pb2.AsOf], min_position: int, context: Context
    ) -> list[Question]:
        """Return the question of each point of a request, by its field, all at one reading of now.

        Raises as `question`.
        """
        head = self._reader.tail.position
        points = [point_of(one, min_position, head, field) for field, one in messages.items()]
        now = self._clock.now()
        await self._wait_for(max(point.fresh for point in points), context)
        return [Question(one.valid or now, one.known or now, one.position) for one in points]

    async def page(
        self, request: PagedRequest, cursor: Cursor | None, size: int, context: Context
    ) -> tuple[Page, Question]:
        """Return the page behind a cursor, the first without one, and the question of the first.

        Raises as `question`.
        """
        as_of = pinned(cursor.as_of) if cursor else request.as_of
        question = await self.question(as_of, request.min_position, context)
        return Page(size, cursor.after_key if cursor else None), question

    async def list_page(
        self,
        request: ListRequest,
        context: Context,
        list_events: Callable[[Filter, Question, Page], EventPage],
    ) -> tuple[EventPage, str]:
        """Return a page that `list_events` gives, and the token of the next, empty at the end.

        Raises as `question`, and `PageTokenInvalid`.
        """
        size = page_size_of(request)
        cursor = cursor_of(request)
        selection = filter_of(request.filter, zone_of(request.as_of, Faults()))
        page, question = await self.page(request, cursor, size, context)
        found = await self._fitting(list_events, selection, question, page)
        note(position=found.as_of.position, events=len(found.events))
        return found, next_token_of(found.as_of, found.next_key, request)

    async def _fitting(
        self,
        list_events: Callable[[Filter, Question, Page], EventPage],
        selection: Filter,
        question: Question,
        page: Page,
    ) -> EventPage:
        """Return the page asked for or, where it is too large for a message, a shorter one."""
        found = await self.run(list_events, selection, question, page)
        while (size := sum(event.ByteSize() for event in found.events)) > PAGE_BYTES_MAX:
            page = page._replace(size=len(found.events) * PAGE_BYTES_MAX // size)
            question = question._replace(position=found.as_of.position)
            found = await self.run(list_events, selection, question, page)
        return found

    async def run(
        self, ask: Callable[Given, Answer], *given: Given.args, **named: Given.kwargs
    ) -> Answer:
        """Return `ask(...)`, asked in a thread."""
        return await self._workers.run(ask, *given, **named)

    async def _wait_for(self, position: int, context: Context) -> None:
        """Look again and again, in no thread, until the read models have reached the position."""
        seconds = min(self._wait_seconds_max, seconds_left(context) - _MARGIN_SECONDS)
        deadline, pause = monotonic() + seconds, _PAUSE_SECONDS_MIN
        while True:
            try:
                return self._read_models.wait_for(position, 0)
            except ReadModelBehind:
                if monotonic() >= deadline:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSE_SECONDS_MAX)


def pinned(as_of: AsOf) -> time_pb2.AsOf:
    """Return the request for the very point that an answer was true for."""
    return time_pb2.AsOf(
        valid=time_pb2.PointInTime(instant=timestamp(as_of.valid)),
        known=time_pb2.PointInTime(instant=timestamp(as_of.known)),
        position=as_of.position,
    )


def resolved(as_of: AsOf) -> time_pb2.ResolvedAsOf:
    """Return the point that an answer is true for, as a message."""
    return time_pb2.ResolvedAsOf(
        valid=timestamp(as_of.valid), known=timestamp(as_of.known), position=as_of.position
    )
