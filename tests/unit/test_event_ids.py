"""Event ids that the server gives."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import RFC_4122

from communique.server.runtime.event_ids import EventIds

NOW_MS = 1_566_368_400_000


def test_ids_are_version_7_and_begin_with_the_millisecond() -> None:
    """An id is a UUID of RFC 9562, version 7, that shows when it was made."""
    event_id = EventIds(lambda: NOW_MS).next()
    assert (event_id.version, event_id.variant) == (7, RFC_4122)
    assert event_id.int >> 80 == NOW_MS


def test_ids_grow_whatever_the_clock_does() -> None:
    """Each event id is greater than the one before, even when the clock goes back."""
    clock = iter(
        [NOW_MS, NOW_MS, NOW_MS + 1, NOW_MS - 5_000, NOW_MS, NOW_MS + 2] + [NOW_MS] * 5_000
    )
    ids = EventIds(clock.__next__)
    made = [ids.next() for _ in range(5_000)]
    assert all(earlier < later for earlier, later in pairwise(made))
    assert {event_id.version for event_id in made} == {7}


def test_ids_made_in_one_millisecond_are_hard_to_guess() -> None:
    """Two makers at the same moment agree on nothing but the moment."""
    first, second = EventIds(lambda: NOW_MS).next(), EventIds(lambda: NOW_MS).next()
    assert first.int & (2**62 - 1) != second.int & (2**62 - 1)


def test_no_two_threads_get_the_same_id() -> None:
    """Ids made by eight threads at once are all different."""
    ids = EventIds()
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: ids.next(), range(4_000)))
    assert len({*made}) == 4_000
