"""Strings with a shape: slugs, keys and free text, as `Annotated` types for pydantic models."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

SLUG_LENGTH_MAX: Final = 64
SUBJECT_LENGTH_MAX: Final = 200

# Surrogates are refused with the controls: no UTF-8 text can carry them.
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_FORBIDDEN_IN_PROSE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

IssueSlug = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=SLUG_LENGTH_MAX)
]
"""What a claim is about, such as `export-controls`: lower-case words joined by hyphens, 1-64."""

SubjectKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9._~:+>-]+(/[A-Za-z0-9._~:+>-]+)*$", max_length=SUBJECT_LENGTH_MAX
    ),
]
"""The thing in the world that claims share, such as `meeting/CHN-JPN-KOR/2019-08-21`, 1-200."""


@dataclass(frozen=True, slots=True)
class Line:
    """Marks one line of text: `Annotated[str, Line(200)]`.

    Surrounding white space is stripped, then `length_min..length_max` characters are allowed and no
    control characters. Fails validation with `ValueError` otherwise.
    """

    length_max: int
    length_min: int = 0

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        return _stripped(one_line, self.length_min, self.length_max)


@dataclass(frozen=True, slots=True)
class Prose:
    """Marks text of several lines: `Annotated[str, Prose(2000)]`.

    As `Line`, but line feeds and tabs are allowed inside.
    """

    length_max: int
    length_min: int = 0

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        return _stripped(prose, self.length_min, self.length_max)


def one_line(text: str) -> str:
    """Return `text`, or raise `ValueError` when it holds a control character."""
    if not text.isprintable() and (found := _FORBIDDEN.search(text)):
        raise ValueError(_says_where(found, "no control characters are allowed"))
    return text


def prose(text: str) -> str:
    """Return `text`, or raise `ValueError` for a control character but line feed and tab."""
    if not text.isprintable() and (found := _FORBIDDEN_IN_PROSE.search(text)):
        raise ValueError(_says_where(found, "only line feeds and tabs are allowed"))
    return text


def folded(text: str) -> str:
    """Return `text` for comparing names: no case, no accents, single spaces, no punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(letters.split())


def closest(word: str, candidates: Iterable[str], likeness_min: float = 0.6) -> str | None:
    """Return the candidate most like `word` (likeness 0 to 1), or None when nothing is near."""
    return next(iter(likest(word, candidates, 1, likeness_min)), None)


def likest(
    word: str, candidates: Iterable[str], count_max: int, likeness_min: float = 0.6
) -> list[str]:
    """Return the candidates most like `word` (likeness 0 to 1), the likest first."""
    return difflib.get_close_matches(word, [*candidates], count_max, likeness_min)


def _stripped(check: Callable[[str], str], length_min: int, length_max: int) -> CoreSchema:
    text = core_schema.str_schema(
        strip_whitespace=True, min_length=length_min, max_length=length_max
    )
    return core_schema.no_info_after_validator_function(check, text)


def _says_where(found: re.Match[str], rule: str) -> str:
    return f"character {found.start() + 1} is U+{ord(found.group()):04X}: {rule}"
