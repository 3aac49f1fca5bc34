"""Questions as of random points: of the world, of what was known, of the log."""

from collections.abc import Callable
from random import Random
from typing import Final

from bench.history import DAY_SECONDS, DAYS, FIRST_SECOND, History, Pair
from bench.subject import Question

_DAY_MICROS: Final = DAY_SECONDS * 1_000_000
_FIRST_MICROS: Final = FIRST_SECOND * 1_000_000
_END_MICROS: Final = _FIRST_MICROS + DAYS * _DAY_MICROS


def asked(kind: str, pair: Pair, history: History, count: int, seed: int) -> list[Question]:
    """Return that many questions of a kind about two parties, the same ones for the same seed."""
    random, make = Random(seed), KINDS[kind]
    return [make(random, pair, len(history)) for _ in range(count)]


def _valid(random: Random, pair: Pair, _head: int) -> Question:
    return Question(pair, valid_micros=random.randrange(_FIRST_MICROS, _END_MICROS))


def _known_before(random: Random, pair: Pair, _head: int) -> Question:
    valid = random.randrange(_FIRST_MICROS + 1, _END_MICROS)
    return Question(pair, valid, known_micros=random.randrange(_FIRST_MICROS, valid))


def _position(random: Random, pair: Pair, head: int) -> Question:
    return Question(pair, position=random.randrange(1, head + 1))


def _all_three(random: Random, pair: Pair, head: int) -> Question:
    valid, known = (random.randrange(_FIRST_MICROS, _END_MICROS) for _ in range(2))
    return Question(pair, valid, known, random.randrange(1, head + 1))


KINDS: Final[dict[str, Callable[[Random, Pair, int], Question]]] = {
    "random v": _valid,
    "random k < v": _known_before,
    "random p": _position,
    "all three random": _all_three,
}
"""Makers of questions: v is the valid time, k the known time, p the position; else the latest."""
