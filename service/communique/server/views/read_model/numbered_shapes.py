"""Shapes with numbers in place of their names, which are written where they are new."""

from collections.abc import Iterable, Mapping
from itertools import chain, product
from typing import Any, NamedTuple

import apsw

from communique.codec import BoundedCache
from communique.domain.state.event_filter import ISSUE, PARTY, SUBJECT
from communique.server.projections.key_table import KeyTable
from communique.server.runtime import limits
from communique.server.views.read_model.content_shape import (
    ContentNames,
    ContentShape,
    ContentTraits,
    codes_in,
    facet_of,
    is_dyad,
    tag_of_issue_in,
)


class NumberedShape(NamedTuple):
    """A shape with numbers.

    Attributes:
        constants: the last columns of `content_regions`.
        dyad_ids: of the tags of its dyads.
        tag_ids: of its other tags.
        facets: the numbers of the tags of each facet's dyad, and of the facet.
    """

    constants: tuple[Any, ...]
    dyad_ids: tuple[int, ...]
    tag_ids: tuple[int, ...]
    facets: tuple[tuple[int, int], ...]


class NumberedShapes:
    """Numbers shapes, and remembers the numbers. Of one thread."""

    def __init__(self) -> None:
        self._tags = KeyTable("tags", "tag", "tag_id")
        self._remembered = BoundedCache[ContentShape, NumberedShape](limits.SHAPES_MAX)

    def forget(self) -> None:
        """Forget all numbers: after a rollback they may be wrong."""
        self._tags.forget()
        self._remembered = BoundedCache(limits.SHAPES_MAX)

    def numbered(
        self, connection: apsw.Connection, shapes: Iterable[ContentShape]
    ) -> dict[ContentShape, NumberedShape]:
        """Return shapes with their numbers; write the names that are new."""
        numbered, new = dict[ContentShape, NumberedShape](), list[ContentShape]()
        for shape in shapes:
            if known := self._remembered.get(shape):
                numbered[shape] = known
            else:
                new.append(shape)
        tags, new_tags = self._tags.numbers(
            connection, chain.from_iterable([_texts_of(shape.names) for shape in new])
        )
        to_list = list[ContentShape]()
        for shape in new:
            known = numbered[shape] = _with_numbers(shape, tags)
            self._remembered.keep(shape, known)
            if not (_is_derived(shape.traits) and new_tags.isdisjoint(shape.names.tags)):
                to_list.append(shape)
        _write_lists(connection, new_tags, to_list, tags)
        return numbered


def _texts_of(names: ContentNames) -> list[str]:
    return [*names.tags, *[facet for _, facet in names.facets]]


def _is_derived(traits: ContentTraits) -> bool:
    """Whether all tags derive from one dyad: then no list lacks it that has all of them."""
    is_of_one = len(traits.sides) == 1 and traits.subject is None
    return is_of_one and bool(traits.facets) and not any(it.issues for it in traits.facets)


def _with_numbers(shape: ContentShape, tags: Mapping[str, int]) -> NumberedShape:
    traits, names = shape.traits, shape.names
    type_id, outlet_id, *tag_ids = [tags[tag] for tag in names.tags]
    _, certainty, surety, state, stage, _, subject, *_ = traits
    dyad_count = len(traits.sides)
    return NumberedShape(
        (type_id, outlet_id, certainty, surety, state, stage, subject is not None, names.codes),
        tuple(tag_ids[:dyad_count]),
        tuple(tag_ids[dyad_count:]),
        tuple([(tags[dyad], tags[facet]) for dyad, facet in names.facets]),
    )


def _write_lists(
    connection: apsw.Connection,
    new_tags: Iterable[str],
    shapes: Iterable[ContentShape],
    tags: Mapping[str, int],
) -> None:
    """Write the tags of parties, and of shapes the topics of dyads and the facets of issues."""
    parties, topics, boards = list[Any](), set[Any](), set[Any]()
    for tag in new_tags:
        if tag.startswith(PARTY):
            parties.append((tag.removeprefix(PARTY), tag))
        elif is_dyad(tag):
            parties += [(code, tag) for code in codes_in(tag)]
    for shape in shapes:
        first_topic = 2 + len(shape.traits.sides)
        dyads, others = shape.names.tags[2:first_topic], shape.names.tags[first_topic:]
        for dyad, tag in product(dyads, others):
            if tag.startswith(SUBJECT):
                topics.add((dyad, tag, tags[tag]))
            elif tag.startswith(ISSUE):
                topics.add((dyad, tag, tags[tag_of_issue_in(dyad, tag.removeprefix(ISSUE))]))
        for (dyad, facet), it in zip(shape.names.facets, shape.traits.facets, strict=True):
            boards.update([(issue, dyad, facet_of(facet)) for issue in it.issues])
    connection.executemany("INSERT INTO parties VALUES (?, ?)", sorted(parties))
    connection.executemany("INSERT OR IGNORE INTO topics VALUES (?, ?, ?)", sorted(topics))
    connection.executemany("INSERT OR IGNORE INTO issue_facets VALUES (?, ?, ?)", sorted(boards))
