"""The violations of a submitted message, in the names of the contract."""

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import ValidationError

from communique.codec.names import PAYLOAD_FIELDS


class Violation(NamedTuple):
    """A field at fault: its path in the contract, such as `actors[0].code`, and what is wrong."""

    field: str
    description: str


def violations(error: ValidationError, prefix: str = "") -> list[Violation]:
    """Return the fields at fault, as paths below `prefix`, each with what is wrong and allowed."""
    return [
        Violation(
            _path(fault["loc"], prefix),
            fault["msg"].removeprefix("Value error, ").replace("Input should be", "should be"),
        )
        for fault in error.errors(include_url=False, include_context=False)
    ]


def _path(loc: Iterable[str | int], prefix: str) -> str:
    path, after_payload = prefix, False
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
            continue
        if after_payload and step in PAYLOAD_FIELDS:
            # In the contract the oneof's own field holds the payload.
            path = path.removesuffix("payload") + PAYLOAD_FIELDS[step]
        else:
            path += f".{step}" if path else step
        after_payload = step == "payload"
    return path
