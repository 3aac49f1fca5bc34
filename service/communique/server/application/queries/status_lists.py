"""Many statuses at once: what requests ask for, and pages of them."""

from collections.abc import Iterable, Iterator, Sequence

from communique import codec
from communique.domain.parties.party import Dyad, known_code
from communique.server.application.queries.page_tokens import cursor_of, next_token_of, page_size_of
from communique.server.application.queries.query_runner import Asking, resolved
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.request_errors import Faults, InvalidRequest, checked
from communique.server.runtime.call import Context
from communique.server.runtime.call_log import note
from communique.server.runtime.limits import (
    DYADS_PER_BATCH_MAX,
    PAGE_BYTES_MAX,
    STATUSES_PER_PAGE_DEFAULT,
    STATUSES_PER_PAGE_MAX,
)
from communique.server.views.bilateral_status.rankings import StatusOrder
from communique.v1 import status_pb2
from communique.v1 import timeline_service_pb2 as pb


def dyads_of(given: Sequence[str]) -> list[Dyad]:
    """Return 1 to 100 dyads; raise `InvalidRequest` naming each that is none."""
    if not given:
        raise InvalidRequest.at("dyads", "at least one dyad is needed, such as JPN-KOR")
    faults = Faults()
    found = faults.read_all("dyads", Dyad.parse, given, DYADS_PER_BATCH_MAX)
    faults.refuse()
    return found


def order_of(number: int) -> StatusOrder:
    """Return the order that a request asks for; raise `InvalidRequest` for no order."""
    if number not in pb.StatusOrder.values():
        words = f"unknown value {number}: one of {', '.join(StatusOrder)}"
        raise InvalidRequest.at("order_by", words)
    word = pb.StatusOrder.Name(pb.StatusOrder.ValueType(number))
    return StatusOrder(word.removeprefix("STATUS_ORDER_")) if number else StatusOrder.POSTURE


async def list_statuses(
    asking: Asking,
    read_models: ReadModels,
    request: pb.ListBilateralStatusesRequest,
    context: Context,
) -> pb.ListBilateralStatusesResponse:
    """Return a page of a party's statuses, as many of those asked for as a message has room for.

    Raises as `Asking.list_page`.
    """
    code = checked("party", known_code, request.party)
    order = order_of(request.order_by)
    size = page_size_of(request, STATUSES_PER_PAGE_DEFAULT, STATUSES_PER_PAGE_MAX)
    page, question = await asking.page(request, cursor_of(request), size, context)
    ranking = await asking.run(read_models.rank_statuses, code, order, question)
    question = question._replace(position=ranking.as_of.position)
    while ranking.left:
        ranking = await asking.run(read_models.rank_statuses, code, order, question, ranking)
    found = await asking.run(read_models.ranked_statuses, ranking, page)
    shown = list(_fitting((codec.status_message(one), key) for one, key in found.statuses))
    note(party=code, position=found.as_of.position, statuses=len(shown))
    is_last = found.is_last and len(shown) == len(found.statuses)
    return pb.ListBilateralStatusesResponse(
        statuses=[message for message, _ in shown],
        next_page_token=next_token_of(found.as_of, None if is_last else shown[-1][1], request),
        as_of=resolved(found.as_of),
    )


def _fitting(
    found: Iterable[tuple[status_pb2.BilateralStatus, bytes]],
) -> Iterator[tuple[status_pb2.BilateralStatus, bytes]]:
    """Yield the first, and those after it as long as all have room in a message."""
    size = 0
    for message, key in found:
        before, size = size, size + message.ByteSize()
        if before and size > PAGE_BYTES_MAX:
            return
        yield message, key
