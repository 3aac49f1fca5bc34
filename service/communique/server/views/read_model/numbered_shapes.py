"""Shapes with numbers in place of their names, which are written where they are new."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, product
from typing import Any, NamedTuple

import apsw

from communique.codec import BoundedCache
from communique.domain.state.event_filter import ISSUE, PARTY, SUBJECT
from communique.server.projections.key_table import Key, KeyTable
from communique.server.runtime import limits
from communique.server.views.read_model.content_shape import (
    ContentShape,
    FacetTraits,
    codes_in,
    is_dyad,
    tag_of_issue_in,
)


class NumberedShape(NamedTuple):
    """A shape with numbers.

    Attributes:
        constants: the last columns of `content_regions`.
        dyad_ids: of the tags of its dyads.
        tag_ids: of its other tags.
        facets: the number of each facet, that of its dyad's tag, and its traits.
    """

    constants: tuple[Any, ...]
    dyad_ids: tuple[int, ...]
    tag_ids: tuple[int, ...]
    facets: tuple[tuple[int, int, FacetTraits], ...]


class NumberedShapes:
    """Numbers shapes, and remembers the numbers. Of one thread."""

    def __init__(self) -> None:
        self._tags = KeyTable("tags", "tag_id", ("tag",))
        self._facets = KeyTable("facets", "facet_id", ("tag_id", "is_listed", "facet"))
        self._remembered = BoundedCache[ContentShape, NumberedShape](limits.SHAPES_MAX)

    def forget(self) -> None:
        """Forget all numbers: after a rollback they may be wrong."""
        self._tags.forget()
        self._facets.forget()
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
        names = [shape.names for shape in new]
        tags, new_tags = self._tags.numbers(connection, chain.from_iterable(n.tags for n in names))
        keys_of = [_facet_keys_of(shape, tags) for shape in new]
        facets, new_facets = self._facets.numbers(connection, chain.from_iterable(keys_of))
        to_list = list[ContentShape]()
        for shape, keys in zip(new, keys_of, strict=True):
            known = numbered[shape] = _with_numbers(shape, tags, keys, facets)
            self._remembered.keep(shape, known)
            # What is derived from one dyad alone is in no list unless one of its names is new.
            is_derived = keys and not shape.traits.subject and len(shape.traits.sides) == 1
            if not (
                is_derived and new_tags.isdisjoint(shape.names.tags) and new_facets.isdisjoint(keys)
            ):
                to_list.append(shape)
        _write_lists(connection, new_tags, to_list, tags)
        return numbered


def _facet_keys_of(shape: ContentShape, tags: Mapping[Key, int]) -> list[Key]:
    """Return the key of each facet; its dyad is one of the shape's."""
    return [
        (tags[dyad], of_facet.is_listed, facet)
        for (dyad, facet), of_facet in zip(shape.names.facets, shape.traits.facets, strict=True)
    ]


def _with_numbers(
    shape: ContentShape, tags: Mapping[Key, int], keys: Sequence[Key], facets: Mapping[Key, int]
) -> NumberedShape:
    traits, names = shape.traits, shape.names
    type_id, outlet_id, *tag_ids = [tags[tag] for tag in names.tags]
    _, certainty, surety, state, stage, _, subject, *_ = traits
    dyad_count = len(traits.sides)
    return NumberedShape(
        (type_id, outlet_id, certainty, surety, state, stage, subject is not None, names.codes),
        tuple(tag_ids[:dyad_count]),
        tuple(tag_ids[dyad_count:]),
        tuple(
            [(facets[key], int(key[0]), it) for key, it in zip(keys, traits.facets, strict=True)]
        ),
    )


def _write_lists(
    connection: apsw.Connection,
    new_tags: Iterable[Key],
    shapes: Iterable[ContentShape],
    tags: Mapping[Key, int],
) -> None:
    """Write the tags of parties, and of shapes the topics of dyads and the facets of issues."""
    parties, topics, boards = list[Key](), set[Key](), set[Key]()
    for tag in map(str, new_tags):
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
            boards.update([(issue, dyad, facet) for issue in it.issues])
    connection.executemany("INSERT INTO parties VALUES (?, ?)", sorted(parties))
    connection.executemany("INSERT OR IGNORE INTO topics VALUES (?, ?, ?)", sorted(topics))
    connection.executemany("INSERT OR IGNORE INTO issue_facets VALUES (?, ?, ?)", sorted(boards))
