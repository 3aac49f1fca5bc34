"""Strings with a shape: slugs, keys, lines and prose."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from communique.domain.text import IssueSlug, Line, Prose, SubjectKey, folded

ISSUE: TypeAdapter[str] = TypeAdapter(IssueSlug)
SUBJECT: TypeAdapter[str] = TypeAdapter(SubjectKey)
LINE: TypeAdapter[str] = TypeAdapter(Annotated[str, Line(10, length_min=1)])
PROSE: TypeAdapter[str] = TypeAdapter(Annotated[str, Prose(10)])


@pytest.mark.parametrize("slug", ["export-controls", "gsomia", "5g", "a" * 64])
def test_an_issue_is_lower_case_words_joined_by_hyphens(slug: str) -> None:
    """An issue of lower-case words joined by hyphens is taken as it is."""
    assert ISSUE.validate_python(slug) == slug


@pytest.mark.parametrize("slug", ["", "Export", "a--b", "-a", "a-", "a b", "a_b", "a\n", "a" * 65])
def test_what_is_not_a_slug_is_refused(slug: str) -> None:
    """A slug with capitals, blanks, empty words or over 64 characters is refused."""
    with pytest.raises(ValidationError):
        ISSUE.validate_python(slug)


@pytest.mark.parametrize(
    "key", ["meeting/CHN-JPN-KOR/2019-08-21", "talks/JPN>KOR/export-controls", "a.b_c~d:e+f"]
)
def test_a_subject_is_segments_joined_by_slashes(key: str) -> None:
    """A subject key of segments joined by slashes is taken as it is."""
    assert SUBJECT.validate_python(key) == key


@pytest.mark.parametrize("key", ["", "/", "a/", "/a", "a//b", "a b", "é", "a\n", "a" * 201])
def test_what_is_not_a_subject_is_refused(key: str) -> None:
    """A subject with empty segments, blanks, other letters or over 200 characters is refused."""
    with pytest.raises(ValidationError):
        SUBJECT.validate_python(key)


def test_text_is_stripped_before_it_is_measured() -> None:
    """A text is stripped of white space before its length is measured."""
    assert LINE.validate_python("  ten chars ") == "ten chars"
    assert PROSE.validate_python("a\n\tb\n") == "a\n\tb"
    with pytest.raises(ValidationError, match="at least 1 character"):
        LINE.validate_python("   ")


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\x00b", "a\x7fb", "a\x85b", "x" * 11])
def test_a_line_has_no_control_characters_and_a_limit(text: str) -> None:
    """A line with a control character, even a tab, or beyond the limit is refused."""
    with pytest.raises(ValidationError):
        LINE.validate_python(text)


@pytest.mark.parametrize("text", ["a\rb", "a\x00b", "a\x1bb", "a\x9fb", "x" * 11])
def test_prose_has_no_control_characters_but_line_feeds_and_tabs(text: str) -> None:
    """Prose with a control character other than line feed or tab is refused."""
    with pytest.raises(ValidationError):
        PROSE.validate_python(text)


def test_a_refused_character_is_named_with_its_place() -> None:
    """A refused character is named with its place in the text."""
    with pytest.raises(ValidationError, match=r"character 2 is U\+0007"):
        LINE.validate_python("a\ab")


def test_text_in_any_script_is_taken() -> None:
    """Letters, marks and unusual spaces are no control characters."""
    for text in ("한국", "日本　国", "Türkiye", "👍🏽", "a\u00a0b"):
        assert LINE.validate_python(text) == text


def test_folding_makes_names_comparable() -> None:
    """Folded names do not differ in case, accents or punctuation."""
    assert folded("Côte d’Ivoire") == folded("COTE D'IVOIRE") == "cote d ivoire"
    assert folded("Trinidad & Tobago") == "trinidad and tobago"
