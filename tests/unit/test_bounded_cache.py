"""The codec's cache: values that recur stay, and it never grows beyond its bound."""

from communique.codec.bounded_cache import BoundedCache


def test_a_value_that_recurs_stays() -> None:
    """A value that is looked up in each generation outlives a thousand others."""
    cache = BoundedCache[int, str](10)
    cache.keep(-1, "asked for again and again")
    for key in range(1_000):
        cache.keep(key, "once")
        assert cache.get(-1) == "asked for again and again"


def test_values_that_do_not_recur_are_dropped() -> None:
    """Of many values that are kept once, no more than two generations are cached."""
    cache = BoundedCache[int, int](10)
    for key in range(1_000):
        cache.keep(key, key)

    assert cache.get(999) == 999
    assert all(cache.get(key) is None for key in range(1_000 - 20))


def test_nothing_is_found_before_it_is_kept() -> None:
    """A key that was never kept gives None."""
    assert BoundedCache[int, int](10).get(1) is None
