"""Message parts that recur: each is validated once and its frozen model shared by all events.

Parties, outlets, codes and days recur in most events, and a part's model follows from its bytes
alone, so finding it is several times faster than validating it again.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from google.protobuf.message import Message
from pydantic import TypeAdapter, ValidationError

from communique.codec.bounded_cache import BoundedCache
from communique.domain.claims import values
from communique.domain.claims.payloads import ClaimPayload
from communique.domain.parties.party import Party
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime

_SHARED: Final = (
    *(ValidTime, KnownTime, Party),
    *(values.Participant, values.Place, values.Attribution, values.Source),
    *(values.Grade, values.Classification),
    *get_args(ClaimPayload),
)
SHARED_MODELS: Final[Mapping[str, Any]] = {model.__name__: model for model in _SHARED}
"""The models of shared parts, by the name that message and model have in common."""

_GENERATION_MAX: Final = 1_024
PART_BYTES_MAX: Final = 256
"""Larger parts are not cached. With their models, two generations of parts take 3 MB."""

Read = Callable[[Any], Any]


class SharedParts:
    """The models of the parts of messages of one origin, by kind and bytes."""

    def __init__(self) -> None:
        self._cache = BoundedCache[tuple[str, bytes], object](_GENERATION_MAX)

    def reader(self, kind: str, read: Read) -> Read:
        """Return a reader of parts of a kind in `SHARED_MODELS` that answers with their models.

        For an invalid part it returns the data that `read` makes of it, so that the validation of
        the whole event names the field. Such parts are never cached.
        """
        validated = TypeAdapter(SHARED_MODELS[kind]).validate_python
        cache = self._cache

        def read_shared(message: Message) -> object:
            key = kind, message.SerializeToString()
            model = cache.get(key)
            if model is None:
                try:
                    model = validated(read(message))
                except ValidationError:
                    return read(message)
                if len(key[1]) <= PART_BYTES_MAX:
                    cache.keep(key, model)
            return model

        return read_shared
