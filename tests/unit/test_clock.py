"""The server's clock."""

from datetime import UTC, datetime

from communique.server.runtime.clock import Clock


def test_the_clock_never_goes_backwards() -> None:
    """The server's clock stands still while the system's is behind."""
    clock = Clock(iter([5, 3, 6, 6, 2]).__next__)
    assert [clock.micros() for _ in range(5)] == [5, 5, 6, 6, 6]


def test_the_clock_goes_on_from_where_the_log_ended() -> None:
    """The server's clock after a restart is not before the last record."""
    clock = Clock(lambda: 10)
    clock.reach(1_000_000)
    assert clock.now() == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_the_clock_is_the_systems() -> None:
    """The server's clock without a source of its own is the system's."""
    before = datetime.now(UTC)
    assert before <= Clock().now() <= datetime.now(UTC)
