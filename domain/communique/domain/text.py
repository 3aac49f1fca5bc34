"""Strings with a shape: slugs, keys and free text, as `Annotated` types for pydantic models."""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

SUBJECT_LENGTH_MAX: Final = 200

# Surrogates are refused with the controls: no UTF-8 text can carry them.
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_FORBIDDEN_IN_PROSE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

IssueSlug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
"""An issue, such as `export-controls`: lower-case words joined by hyphens, 1 to 64 characters."""

SubjectKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9._~:+>-]+(/[A-Za-z0-9._~:+>-]+)*$", max_length=SUBJECT_LENGTH_MAX
    ),
]
"""A subject, such as `meeting/CHN-JPN-KOR/2019-08-21`, of 1 to 200 characters."""


def _fault(match: re.Match[str], rule: str) -> str:
    return f"character {match.start() + 1} is U+{ord(match.group()):04X}: {rule}"


@dataclass(frozen=True, slots=True)
class Line:
    """Marks a string as one line of text: `Annotated[str, Line(200)]`.

    Validation strips white space around the text, and raises `ValueError` unless the text has
    `length_min..length_max` characters and no control character.
    """

    length_max: int
    length_min: int = 0

    @staticmethod
    def _checked(text: str) -> str:
        if not text.isprintable() and (match := _FORBIDDEN.search(text)):
            raise ValueError(_fault(match, "no control characters are allowed"))
        return text

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        text = core_schema.str_schema(
            strip_whitespace=True, min_length=self.length_min, max_length=self.length_max
        )
        return core_schema.no_info_after_validator_function(self._checked, text)


class Prose(Line):
    """Marks a string as text of several lines: as `Line`, with line feeds and tabs allowed."""

    @staticmethod
    def _checked(text: str) -> str:
        if not text.isprintable() and (match := _FORBIDDEN_IN_PROSE.search(text)):
            raise ValueError(_fault(match, "only line feeds and tabs are allowed"))
        return text


def folded(text: str) -> str:
    """Return `text` for comparing names: without case, accents and punctuation, single-spaced."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(letters.split())


def closest(word: str, candidates: Iterable[str], likeness_min: float = 0.6) -> str | None:
    """Return the candidate most like `word` (likeness 0 to 1), or None when none is near."""
    return next(iter(likest(word, candidates, 1, likeness_min)), None)


def likest(
    word: str, candidates: Iterable[str], count_max: int, likeness_min: float = 0.6
) -> list[str]:
    """Return the candidates most like `word` (likeness 0 to 1), the likest first."""
    return difflib.get_close_matches(word, [*candidates], count_max, likeness_min)
