"""The contents and disputes of one event, computed once and shared by all projections.

Times are microseconds, ids are bytes, and `FOREVER` stands for no end.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.history import Content, contents, disputes
from communique.domain.state.assertions import Assertion, affirmations, assertions
from communique.domain.time.clocks import Window, micros, window_of

FOREVER: Final = 2**62
"""Stands for no end, of positions and of microseconds."""


class RegionBounds(NamedTuple):
    """The bounds of a `Region`, `from` inclusive, `to` exclusive; known times in microseconds."""

    position_from: int
    position_to: int
    known_from: int
    known_to: int


class ContentVersion(NamedTuple):
    """One content in one region.

    Attributes:
        claim: the content.
        event_id: of the claim.
        known: when the content could be known.
        window: when what it says must have begun.
        region: where it decides.
        position: the version that gives it.
        corrected_by: the id of the correction that gives it.
        affirms: what it would assert if it affirmed.
        asserts: what it asserts, nothing for a denial.
    """

    claim: Claim
    event_id: bytes
    known: int
    window: Window
    region: RegionBounds
    position: int
    corrected_by: bytes | None
    affirms: Sequence[Assertion]
    asserts: Sequence[Assertion]


class DisputeVersion(NamedTuple):
    """A dispute of the claim `event_id`."""

    event_id: bytes
    position: int
    known: int
    dispute_id: bytes


class EventContents(NamedTuple):
    """The contents and disputes of a claim and its amendments; `position` is the claim's."""

    position: int
    versions: Sequence[ContentVersion]
    disputes: Sequence[DisputeVersion]


def contents_of(history: Sequence[Recorded]) -> EventContents:
    """Return what a claim and its amendments, in the order of their positions, say."""
    first = history[0]
    versions = [_version(content) for content in contents(history)]
    if len(history) == 1 or first.event is None:
        return EventContents(first.position, versions, ())
    claim_id = first.event.event_id.bytes
    disputed = [
        DisputeVersion(claim_id, dispute.position, micros(dispute.known), dispute.event_id.bytes)
        for dispute in disputes(history)
    ]
    return EventContents(first.position, versions, disputed)


def _version(content: Content) -> ContentVersion:
    claim, known, region, position, corrected_by = content
    position_from, position_to, known_from, known_to = region
    affirms = affirmations(claim)
    return ContentVersion(
        claim,
        claim.event_id.bytes,
        micros(known),
        window_of(claim.occurred, claim.known, known),
        RegionBounds(
            position_from,
            FOREVER if position_to is None else position_to,
            micros(known_from),
            FOREVER if known_to is None else micros(known_to),
        ),
        position,
        corrected_by.bytes if corrected_by else None,
        affirms,
        assertions(claim, affirms),
    )
