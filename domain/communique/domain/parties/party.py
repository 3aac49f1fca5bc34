"""Parties, and the dyads between them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict

from communique.domain.parties.data.aliases import ALIASES
from communique.domain.parties.data.alpha2 import ALPHA_2
from communique.domain.parties.data.codes import ORGANISATIONS, STATES
from communique.domain.text import Line, closest, folded

_NAMES: Final = {**STATES, **ORGANISATIONS}
_WORD_LENGTH_MAX: Final = 200
_CODE_LENGTH_MAX: Final = 5
_NAME_LENGTH_MIN: Final = 4


class UnknownParty(ValueError):
    """No state or organisation has this code or name; the message offers the closest."""


def name_of(code: str) -> str:
    """Return the short English name of a party's code, such as `South Korea` of `KOR`.

    Raises:
        UnknownParty: there is no such code.
    """
    return _NAMES[known_code(code)]


def known_code(code: str) -> str:
    """Return `code` when it is a party's, exactly so spelled; raise `UnknownParty` otherwise."""
    if code not in _NAMES:
        raise _unknown(code)
    return code


def resolve(text: str) -> str:
    """Return the code of a party given by its code, alpha-2 code or name, in any case.

    A party's own code goes before an alpha-2 code: `AU` is the African Union, not Australia.

    Raises:
        UnknownParty: nothing has this code or name; the message offers the closest.
    """
    code = _resolved(text)
    if code is None:
        raise _unknown(text)
    return code


PartyCode = Annotated[str, AfterValidator(known_code)]
"""ISO 3166-1 alpha-3 (also formerly used, such as `SUN`) or an organisation's code, `UN`."""

_Detail = Annotated[str, Line(200)]


class Party(BaseModel):
    """A state or organisation and, as far as is known, who in it.

    `code` is the party; the other fields narrow it down and are empty when unknown: an `organ`
    (`Ministry of Foreign Affairs`), a `sector` (`government`, `business`), a `person` and the
    `office` that the person holds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: PartyCode
    organ: _Detail = ""
    sector: _Detail = ""
    person: _Detail = ""
    office: _Detail = ""

    def __str__(self) -> str:
        """Return the code and what narrows it down, such as `KOR (Lee Nak-yon, Prime Minister)`."""
        details = ", ".join(filter(None, (self.person, self.office, self.organ, self.sector)))
        return f"{self.code} ({details})" if details else self.code


@dataclass(frozen=True, order=True, slots=True)
class Dyad:
    """Two parties without an order between them, written sorted: `JPN-KOR`.

    Make one with `of` or `parse`; the constructor takes known codes, the lesser first.
    """

    first: str
    second: str

    def __post_init__(self) -> None:
        """Refuse equal codes and the wrong order, with `ValueError`."""
        if self.first == self.second:
            raise ValueError(f"a dyad needs two different parties, not {self.first} twice")
        if self.first > self.second:
            raise ValueError(f"a dyad is written sorted: {self.second}-{self.first}")

    @classmethod
    def of(cls, first: str, second: str) -> "Dyad":
        """Return the dyad of two codes, in any order.

        Raises:
            ValueError: the codes are equal.
            UnknownParty: a code is not a party's.
        """
        return _dyad(first, second)

    @classmethod
    def parse(cls, text: str) -> "Dyad":
        """Read two codes joined by a hyphen, in any order, such as `JPN-KOR`.

        Raises:
            ValueError: not two different codes.
            UnknownParty: a code is not a party's.
        """
        first, hyphen, second = text.strip().partition("-")
        if not hyphen:
            raise ValueError(f"{text[:40]!r} is not a dyad: give two codes, such as JPN-KOR")
        return cls.of(first, second)

    @classmethod
    def all_of(cls, codes: Iterable[str]) -> "list[Dyad]":
        """Return every dyad between two of these codes, sorted."""
        return list(_dyads(frozenset(codes)))

    def other(self, code: str) -> str:
        """Return the party that is not `code`; `ValueError` when `code` is neither."""
        if code not in self:
            raise ValueError(f"{code} is not a party of {self}")
        return self.second if code == self.first else self.first

    def __contains__(self, code: object) -> bool:
        """Whether `code` is one of the two."""
        return code in {self.first, self.second}

    def __str__(self) -> str:
        """Return `JPN-KOR`."""
        return f"{self.first}-{self.second}"


@lru_cache(maxsize=1 << 14)
def _dyad(first: str, second: str) -> Dyad:
    return Dyad(*sorted((known_code(first), known_code(second))))


@lru_cache(maxsize=1 << 14)
def _dyads(codes: frozenset[str]) -> tuple[Dyad, ...]:
    return tuple(Dyad.of(*pair) for pair in combinations(sorted(codes), 2))


@cache
def _words() -> dict[str, str]:
    """Return the code for every folded name, alias and alpha-2 code."""
    names = {name: code for code, name in _NAMES.items()}
    return {folded(word): code for word, code in (ALPHA_2 | names | ALIASES).items()}


def _resolved(text: str) -> str | None:
    upper = text.strip().upper()
    return upper if upper in _NAMES else _words().get(folded(text[:_WORD_LENGTH_MAX]))


def _unknown(text: str) -> UnknownParty:
    nearest = _nearest(text[:_WORD_LENGTH_MAX])
    offers = " or ".join(f"{code} ({_NAMES[code]})" for code in nearest)
    hint = f"did you mean {offers}?" if nearest else "give an ISO 3166-1 alpha-3 code such as KOR"
    return UnknownParty(f"unknown party {text[:40]!r}: {hint}")


def _nearest(text: str) -> list[str]:
    """Return up to three codes that the text may mean, the best first."""
    if code := _resolved(text):
        return [code]
    word = folded(text)
    if len(word) >= _NAME_LENGTH_MIN:
        named = {code for name, code in _words().items() if f" {word} " in f" {name} "}
        if named:
            return sorted(named)[:3]
    if code := _nearest_code(text.strip().upper()):
        return [code]
    # Comparing with every name takes milliseconds, too long for a flood of wrong names.
    name = closest(word, (name for name in _words() if name[:1] == word[:1]))
    return [_words()[name]] if name else []


def _nearest_code(upper: str) -> str | None:
    """Return the code with two letters swapped, or one letter wrong (the last first), or alike."""
    if len(upper) > _CODE_LENGTH_MAX:
        return None
    swapped = (
        f"{upper[:i]}{upper[i + 1]}{upper[i]}{upper[i + 2 :]}" for i in range(len(upper) - 1)
    )
    if code := next((code for code in swapped if code in _NAMES), None):
        return code
    for wrong in reversed(range(len(upper))):
        pattern = re.compile(f"{re.escape(upper[:wrong])}.{re.escape(upper[wrong + 1 :])}")
        if code := next(filter(pattern.fullmatch, _NAMES), None):
            return code
    return closest(upper, _NAMES)
