"""Page tokens (AIP-158): where a list goes on, and as of which point, for one request only.

A token is opaque to clients. It holds the point that the first page was resolved to and the key
after which the next one follows, and a digest over these and all other arguments of the request.
The digest finds what was changed or mixed up; it keeps no secret, as there is nothing to hide.
"""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from copy import deepcopy
from hashlib import blake2b
from typing import Final, NamedTuple, TypeAlias

from communique.domain.time.clocks import AsOf, from_micros, micros
from communique.server.application.request_errors import InvalidFields, PageTokenInvalid
from communique.server.runtime import limits
from communique.v1.record_service_pb2 import ListEventsRequest
from communique.v1.timeline_service_pb2 import (
    GetIssueRequest,
    GetSubjectRequest,
    ListBilateralStatusesRequest,
    ListIssuesRequest,
    ListSubjectsRequest,
    ListTimelineRequest,
)

ListRequest: TypeAlias = ListEventsRequest | ListTimelineRequest
SummariesRequest: TypeAlias = ListSubjectsRequest | ListIssuesRequest
PagedRequest: TypeAlias = (
    ListRequest
    | SummariesRequest
    | GetSubjectRequest
    | GetIssueRequest
    | ListBilateralStatusesRequest
)

_VERSION: Final = 1
_HEAD: Final = struct.Struct(">Bqqq")
"""The version, and the point: valid and known time in microseconds since 1970, and position."""
_DIGEST_BYTES: Final = 16


class PageCursor(NamedTuple):
    """Where a list goes on: behind `after_key`, as of the point of the first page."""

    as_of: AsOf
    after_key: bytes


def token_of(cursor: PageCursor, request: PagedRequest) -> str:
    """Return the token for the next page of a request."""
    as_of = cursor.as_of
    head = _HEAD.pack(_VERSION, micros(as_of.valid), micros(as_of.known), as_of.position)
    content = head + cursor.after_key
    return urlsafe_b64encode(content + _digest(content, request)).decode()


def next_token_of(as_of: AsOf, next_key: bytes | None, request: PagedRequest) -> str:
    """Return the token for the page behind a key, empty where there is none."""
    return "" if next_key is None else token_of(PageCursor(as_of, next_key), request)


def cursor_of(request: PagedRequest) -> PageCursor | None:
    """Return where a request goes on, None for the first page.

    Raises `PageTokenInvalid` where its token was changed, or was given for another request.
    """
    token = request.page_token
    if not token:
        return None
    content, digest = _parts(token)
    if len(content) < _HEAD.size or digest != _digest(content, request):
        raise _invalid()
    _, valid, known, position = _HEAD.unpack_from(content)
    as_of = AsOf(from_micros(valid), from_micros(known), position)
    return PageCursor(as_of, content[_HEAD.size :])


def page_size_of(
    request: PagedRequest,
    default: int = limits.PAGE_SIZE_DEFAULT,
    size_max: int = limits.PAGE_SIZE_MAX,
) -> int:
    """Return how many are asked for: 0 is the default, too many are as many as allowed."""
    if request.page_size < 0:
        raise InvalidFields.at("page_size", f"should not be negative, is {request.page_size}")
    return min(request.page_size or default, size_max)


def _parts(token: str) -> tuple[bytes, bytes]:
    if len(token) > limits.PAGE_TOKEN_LENGTH_MAX:
        raise _invalid()
    try:
        whole = urlsafe_b64decode(token)
    except ValueError as error:
        raise _invalid() from error
    if urlsafe_b64encode(whole).decode() != token:  # the decoder passes over what is no base64
        raise _invalid()
    return whole[:-_DIGEST_BYTES], whole[-_DIGEST_BYTES:]


def _digest(content: bytes, request: PagedRequest) -> bytes:
    """Of the content and of all arguments but those that may differ from page to page."""
    rest = deepcopy(request)
    rest.ClearField("page_token")
    rest.ClearField("page_size")
    digest = blake2b(digest_size=_DIGEST_BYTES, person=b"communique page")
    for part in (request.DESCRIPTOR.full_name.encode(), rest.SerializeToString(deterministic=True)):
        digest.update(len(part).to_bytes(8) + part)
    digest.update(content)
    return digest.digest()


def _invalid() -> PageTokenInvalid:
    words = "was changed, or belongs to another request: start the list again without it"
    return PageTokenInvalid.at("page_token", words)
