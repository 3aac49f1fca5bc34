"""Pages of a list, as views are asked for them."""

from typing import NamedTuple


class PageRequest(NamedTuple):
    """How many things at most, and the key after which they follow (None: from the start)."""

    size: int
    after_key: bytes | None = None
