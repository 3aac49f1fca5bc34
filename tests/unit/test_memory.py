"""The codec's memory: what repeats stays, and it never grows beyond its bound."""

from communique.codec.memory import Memory


def test_what_repeats_stays_however_much_comes_but_once() -> None:
    """A value that is asked for in each generation outlives a thousand others."""
    memory = Memory[int, str](10)
    memory.keep(-1, "asked for again and again")
    for key in range(1_000):
        memory.keep(key, "once")
        assert memory.get(-1) == "asked for again and again"


def test_what_is_not_asked_for_is_forgotten() -> None:
    """Of many values that come once, no more than two generations are found."""
    memory = Memory[int, int](10)
    for key in range(1_000):
        memory.keep(key, key)

    assert memory.get(999) == 999
    assert all(memory.get(key) is None for key in range(1_000 - 20))


def test_nothing_is_found_before_it_is_kept() -> None:
    """An unknown key gives None."""
    assert Memory[int, int](10).get(1) is None
