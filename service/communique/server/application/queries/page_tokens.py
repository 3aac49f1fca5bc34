"""Page tokens (AIP-158): where a list goes on, and as of which point, for one request only.

A token is opaque to clients. It holds the point that the first page was resolved to and the key
after which the next one follows, and a digest over these and all other arguments of the request.
The digest detects changed and mixed-up tokens; it keeps no secret, as there is nothing to hide.
"""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from copy import deepcopy
from datetime import date
from hashlib import blake2b
from typing import Final, TypeAlias

from communique.domain.time.clocks import AsOf, CivilDay, from_micros, micros
from communique.server.application.queries.requested_as_of import pinned_message
from communique.server.application.request_errors import InvalidFields, PageTokenInvalid
from communique.server.runtime import limits
from communique.server.views.paging import PageRequest
from communique.v1 import record_service_pb2, time_pb2
from communique.v1 import timeline_service_pb2 as pb

PagedRequest: TypeAlias = (
    record_service_pb2.ListEventsRequest
    | pb.ListTimelineRequest
    | pb.ListSubjectsRequest
    | pb.ListIssuesRequest
    | pb.GetSubjectRequest
    | pb.GetIssueRequest
    | pb.ListBilateralStatusesRequest
)

_VERSION: Final = 2
_HEAD: Final = struct.Struct(">Bqqqi")
"""The version, and the point: valid and known time in microseconds since 1970, position, day.

The day is 0 for an instant; its zone is that of the request, which the digest covers.
"""
_DIGEST_BYTES: Final = 16


def requested_page(
    request: PagedRequest,
    size_default: int = limits.PAGE_SIZE_DEFAULT,
    size_max: int = limits.PAGE_SIZE_MAX,
) -> tuple[PageRequest, time_pb2.AsOf]:
    """Return the page that a request asks for, and the point: after a token that of the first page.

    A page size of 0 is the default, one that is too large is as large as allowed. Raises
    `InvalidFields` for a negative one, and `PageTokenInvalid` for a token that was changed, or was
    given for another request.
    """
    if request.page_size < 0:
        raise InvalidFields.at("page_size", f"should not be negative, is {request.page_size}")
    size = min(request.page_size or size_default, size_max)
    if not request.page_token:
        return PageRequest(size), request.as_of
    content = _content_of(request)
    if content is None:
        description = "was changed, or belongs to another request: start the list again without it"
        raise PageTokenInvalid.at("page_token", description)
    _, valid, known, position, number = _HEAD.unpack_from(content)
    day = CivilDay(date.fromordinal(number), request.as_of.zone or "UTC") if number else None
    as_of = AsOf(from_micros(valid), from_micros(known), position, day)
    return PageRequest(size, content[_HEAD.size :]), pinned_message(as_of)


def next_token_of(as_of: AsOf, next_key: bytes | None, request: PagedRequest) -> str:
    """Return the token for the page behind a key, empty where there is none."""
    if next_key is None:
        return ""
    point = micros(as_of.valid), micros(as_of.known), as_of.position, as_of.valid_day or 0
    head = _HEAD.pack(_VERSION, *point)
    content = head + next_key
    return urlsafe_b64encode(content + _digest(content, request)).decode()


def _content_of(request: PagedRequest) -> bytes | None:
    """Return what the token of a request holds, None where it is not a token for this request."""
    token = request.page_token
    if len(token) > limits.PAGE_TOKEN_LENGTH_MAX:
        return None
    try:
        decoded = urlsafe_b64decode(token)
    except ValueError:
        return None
    content, digest = decoded[:-_DIGEST_BYTES], decoded[-_DIGEST_BYTES:]
    # The decoder passes over characters that are not base64.
    is_intact = urlsafe_b64encode(decoded).decode() == token and len(content) >= _HEAD.size
    return content if is_intact and digest == _digest(content, request) else None


def _digest(content: bytes, request: PagedRequest) -> bytes:
    """Return a digest of the content and of all arguments that are the same for each page."""
    rest = deepcopy(request)
    rest.ClearField("page_token")
    rest.ClearField("page_size")
    digest = blake2b(digest_size=_DIGEST_BYTES, person=b"communique page")
    for part in (request.DESCRIPTOR.full_name.encode(), rest.SerializeToString(deterministic=True)):
        digest.update(len(part).to_bytes(8) + part)
    digest.update(content)
    return digest.digest()
