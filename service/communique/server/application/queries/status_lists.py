"""Several statuses at once: what requests ask for, and pages of them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from communique import codec
from communique.domain.parties.party import Dyad, known_code
from communique.server.application.queries.page_tokens import next_token_of, requested_page
from communique.server.application.queries.query_runner import QueryRunner
from communique.server.application.queries.requested_as_of import resolved_message
from communique.server.application.request_errors import Faults, InvalidFields, checked, word_of
from communique.server.runtime import limits
from communique.server.runtime.call import Call
from communique.server.runtime.call_log import note
from communique.server.views.bilateral_status.rankings import StatusOrder
from communique.v1 import status_pb2
from communique.v1 import timeline_service_pb2 as pb

_ORDERS: Final = partial(word_of, StatusOrder, pb.StatusOrder.DESCRIPTOR)


def dyads_of(texts: Sequence[str]) -> list[Dyad]:
    """Return 1 to 100 dyads; raise `InvalidFields` naming each text that is none."""
    if not texts:
        raise InvalidFields.at("dyads", "at least one dyad is needed, such as JPN-KOR")
    faults = Faults()
    dyads = faults.read_all("dyads", Dyad.parse, texts, limits.DYADS_PER_BATCH_MAX)
    faults.refuse()
    return dyads


async def list_statuses(
    queries: QueryRunner, request: pb.ListBilateralStatusesRequest, call: Call
) -> pb.ListBilateralStatusesResponse:
    """Return a page of a party's statuses, as many of those asked for as a message has room for.

    Raises as `list_page`.
    """
    read_models = queries.read_models
    code = checked("party", known_code, request.party)
    order = StatusOrder.POSTURE
    if request.order_by:
        order = checked("order_by", _ORDERS, request.order_by)
    size_default, size_max = limits.STATUSES_PER_PAGE_DEFAULT, limits.STATUSES_PER_PAGE_MAX
    page, as_of = requested_page(request, size_default, size_max)
    asked = await queries.as_of(as_of, request.min_position, call)
    ranking = await queries.run(read_models.rank_statuses, code, order, asked)
    asked = asked._replace(position=ranking.as_of.position)
    while ranking.left:
        ranking = await queries.run(read_models.rank_statuses, code, order, asked, ranking)
    ranked = await queries.run(read_models.ranked_statuses, ranking, page)
    messages = ((codec.status_message(status), key) for status, key in ranked.statuses)
    shown = list(_fitting(messages))
    note(party=code, position=ranked.as_of.position, statuses=len(shown))
    is_last = ranked.is_last and len(shown) == len(ranked.statuses)
    return pb.ListBilateralStatusesResponse(
        statuses=[message for message, _ in shown],
        next_page_token=next_token_of(ranked.as_of, None if is_last else shown[-1][1], request),
        as_of=resolved_message(ranked.as_of),
    )


def _fitting(
    statuses: Iterable[tuple[status_pb2.BilateralStatus, bytes]],
) -> Iterator[tuple[status_pb2.BilateralStatus, bytes]]:
    """Yield the first, and those after it as long as all have room in a message."""
    size = 0
    for message, key in statuses:
        before, size = size, size + message.ByteSize()
        if before and size > limits.PAGE_BYTES_MAX:
            return
        yield message, key
