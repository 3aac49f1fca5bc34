"""A cache of bounded size for values that recur."""

from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """Keeps values in two generations; threads may share it.

    When the younger generation is full, the older one is dropped and the younger takes its place; a
    value that is looked up in the older one moves to the younger. So values that recur stay without
    a record of when each was last used.
    """

    def __init__(self, generation_max: int) -> None:
        """Start empty; the cache never holds more than twice `generation_max` values."""
        self._generation_max = generation_max
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """Return the value of a key, None where it is not cached."""
        value = self._young.get(key)
        if value is None and (value := self._old.get(key)) is not None:
            self.keep(key, value)
        return value

    def keep(self, key: Key, value: Value) -> None:
        """Cache a value; drop the older generation when the younger is full."""
        if len(self._young) >= self._generation_max:
            self._young, self._old = {}, self._young
        self._young[key] = value
