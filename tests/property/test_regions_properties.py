"""Regions of an event's contents, compared with the definition point by point."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from communique.domain.time.clocks import AsOf, Version, amendment_visible, regions

DAY_COUNT = 4
DAYS = [datetime(2019, 8, 1, tzinfo=UTC) + timedelta(days=day) for day in range(DAY_COUNT)]


def deciding(claim: Version, amendments: Sequence[Version], as_of: AsOf) -> int | None:
    """Return the content that shows at a point, as the design defines it; None for none."""
    index, content = 0, claim
    for number, amendment in enumerate(amendments, start=1):
        if amendment_visible(amendment.position, amendment.known, as_of):
            index, content = number, amendment
    known = content.content_known
    shows = known is not None and claim.position <= as_of.position and known <= as_of.known
    return index if shows else None


def check(claim: Version, amendments: Sequence[Version]) -> None:
    """Compare the regions with the definition at every point of the grid."""
    covered = regions(claim, amendments)
    last = max(version.position for version in (claim, *amendments))
    for position, known in product(range(last + 2), DAYS):
        as_of = AsOf(valid=known, known=known, position=position)
        deciders = [index for index, region in covered if region.covers(known, position)]
        content = deciding(claim, amendments, as_of)
        assert deciders == ([] if content is None else [content])


def test_every_small_history_is_covered_exactly_as_defined() -> None:
    """Each point of a history of up to two amendments lies in the region that decides."""
    versions = list(product(DAYS, [*DAYS, None]))
    for claim_known, count in product(DAYS, range(3)):
        for chosen in product(versions, repeat=count):
            amendments = [
                Version(2 + 2 * number, known, content)
                for number, (known, content) in enumerate(chosen)
            ]
            check(Version(1, claim_known, claim_known), amendments)


@given(
    st.sampled_from(DAYS),
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(DAYS), st.sampled_from([*DAYS, None]))),
)
def test_long_histories_are_covered_exactly_as_defined(
    claim_known: datetime, steps: list[tuple[int, datetime, datetime | None]]
) -> None:
    """Each point of a long history lies in the region that the definition gives."""
    position, amendments = 1, []
    for gap, known, content_known in steps:
        position += gap
        amendments.append(Version(position, known, content_known))

    check(Version(1, claim_known, claim_known), amendments)


@given(
    st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from([*DAYS, None])), max_size=6),
)
def test_regions_are_never_empty_and_never_split_needlessly(
    steps: list[tuple[datetime, datetime | None]],
) -> None:
    """No region is empty, and neighbours of one content end at different known times."""
    amendments = [Version(2 + number, *step) for number, step in enumerate(steps)]
    covered = regions(Version(1, DAYS[0], DAYS[0]), amendments)

    for index, region in covered:
        assert region.position_to is None or region.position_from < region.position_to
        assert region.known_to is None or region.known_from < region.known_to
        for other_index, other in covered:
            if other_index == index and other.position_from == region.position_to:
                assert other.known_to != region.known_to
