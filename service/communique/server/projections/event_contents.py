"""What an event's history tells, found once for all projections, in the form of their rows.

Times are microseconds, ids are bytes, and `FOREVER` stands for no end.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.history import Content, contents, disputes
from communique.domain.state.assertions import Assertion, affirmations, denies
from communique.domain.time.clocks import micros

FOREVER: Final = 2**62
"""Stands for no end, of positions and of microseconds."""


class Region(NamedTuple):
    """Where a content decides: `from` inclusive, `to` exclusive."""

    position_from: int
    position_to: int
    known_from: int
    known_to: int


class Telling(NamedTuple):
    """One content in one region.

    Attributes:
        claim: the content.
        event_id: of the claim.
        known: when the content could be known.
        earliest: the beginning of its valid time.
        region: where it decides.
        position: the version that gives it.
        corrected_by: the id of the correction that gives it.
        about: what it would assert if it affirmed.
        asserts: what it asserts, nothing for a denial.
    """

    claim: Claim
    event_id: bytes
    known: int
    earliest: int
    region: Region
    position: int
    corrected_by: bytes | None
    about: Sequence[Assertion]
    asserts: Sequence[Assertion]


class Disputed(NamedTuple):
    """A dispute of the claim `event_id`."""

    event_id: bytes
    position: int
    known: int
    dispute_id: bytes


class Told(NamedTuple):
    """What a claim and its amendments so far tell; `position` is the first one's."""

    position: int
    tellings: Sequence[Telling]
    disputes: Sequence[Disputed]


def told(history: Sequence[Recorded]) -> Told:
    """Return what a claim and its amendments, in the order of their positions, tell."""
    first = history[0]
    tellings = [_telling(content) for content in contents(history)]
    if len(history) == 1 or first.event is None:
        return Told(first.position, tellings, ())
    event_id = first.event.event_id.bytes
    found = [
        Disputed(event_id, one.position, micros(one.known), one.event_id.bytes)
        for one in disputes(history)
    ]
    return Told(first.position, tellings, found)


def _telling(content: Content) -> Telling:
    claim, known, (position_from, position_to, known_from, known_to), position, by = content
    about = affirmations(claim)
    return Telling(
        claim,
        claim.event_id.bytes,
        micros(known),
        micros(claim.occurred.earliest),
        Region(
            position_from,
            FOREVER if position_to is None else position_to,
            micros(known_from),
            FOREVER if known_to is None else micros(known_to),
        ),
        position,
        by.bytes if by else None,
        about,
        () if denies(claim) else about,
    )
