"""What the client does when the connection breaks, at a server that fails where a test says."""

from collections.abc import Iterator
from itertools import count
from uuid import UUID

import pytest

from communique.client import Client, ImportReport, Unavailable
from communique.domain.claims.event import Claim, Recorded
from tests.support.fragile_server import CLAIMS, POSITIONS, QUICK, Fragile, claim, client_of


@pytest.fixture
def fragile() -> Fragile:
    """A server that breaks nothing until a test says so."""
    return Fragile(set())


@pytest.fixture
def client(fragile: Fragile) -> Iterator[Client]:
    """A client of that server."""
    with client_of(fragile) as client:
        yield client


def test_a_submission_whose_answer_was_lost_is_recorded_once(
    fragile: Fragile, client: Client
) -> None:
    """A submission whose answer was lost gets its receipt, and appends nothing twice."""
    fragile.breaks = {0, 1}
    [receipt] = client.submit(CLAIMS[:1])
    assert (receipt.event_id, receipt.duplicate, len(fragile.recorded)) == (UUID(int=1), True, 1)


def test_a_submission_is_given_up_after_some_attempts(fragile: Fragile, client: Client) -> None:
    """A submission to a server that stays away fails after some attempts."""
    fragile.breaks = set(range(100))
    with pytest.raises(Unavailable, match="the connection broke"):
        client.submit(CLAIMS[:1])
    assert next(fragile.frames) == QUICK.attempts_max


@pytest.mark.parametrize("broken", range(6))
def test_a_broken_import_is_complete(fragile: Fragile, client: Client, broken: int) -> None:
    """An import that breaks anywhere records everything once, and its report adds up."""
    fragile.breaks = {broken, broken + 1}
    report = client.import_events(iter(CLAIMS), batch_size=2)
    assert [recorded.event.event_id for recorded in fragile.recorded.values()] == [
        str(claim.event_id) for claim in CLAIMS
    ]
    assert report.received == report.appended + report.duplicates == 11


def test_an_import_reports_each_batch(fragile: Fragile, client: Client) -> None:
    """An import reports after each batch in order, and ends with the report."""
    reports: list[ImportReport] = []
    report = client.import_events(CLAIMS, batch_size=4, on_progress=reports.append)
    assert [progress.received for progress in reports] == [4, 8, 11]
    assert reports[-1] == report
    assert report.position == len(fragile.recorded)


def test_rejections_are_numbered_over_the_whole_import(fragile: Fragile, client: Client) -> None:
    """A rejection's index counts from the first event, also after a broken connection."""
    fragile.breaks = {2}
    claims = [claim(number, "refused" if number in {2, 9} else "") for number in range(1, 12)]
    report = client.import_events(claims, batch_size=2)
    assert [(rejection.index, rejection.reason) for rejection in report.rejections] == [
        (1, "INVALID_FIELD"),
        (8, "INVALID_FIELD"),
    ]
    assert (report.rejected, report.rejected_by_reason["INVALID_FIELD"]) == (2, 2)


def test_a_source_that_fails_ends_the_import(fragile: Fragile, client: Client) -> None:
    """An import raises its source's exception unchanged and keeps what was sent before."""

    def failing() -> Iterator[Claim]:
        yield from CLAIMS
        raise OSError("the file ends here")

    with pytest.raises(OSError, match="the file ends here"):
        client.import_events(failing(), batch_size=1)
    assert len(fragile.recorded) >= 7


@pytest.mark.parametrize("broken", range(7))
def test_a_broken_read_is_complete(fragile: Fragile, client: Client, broken: int) -> None:
    """A read that breaks anywhere gives every event once, in order, in either direction."""
    client.submit(CLAIMS)
    fragile.breaks = {broken, broken + 1}
    fragile.frames = count()
    assert [recorded.position for recorded in client.read()] == POSITIONS
    fragile.frames = count()
    assert [recorded.position for recorded in client.read(backwards=True)] == POSITIONS[::-1]


def test_a_limited_read_that_breaks_keeps_its_limit(fragile: Fragile, client: Client) -> None:
    """A limited read that breaks counts the events that came before."""
    client.submit(CLAIMS)
    fragile.breaks, fragile.frames = {1, 3}, count()
    assert [recorded.position for recorded in client.read(after=3, limit=4)] == [4, 5, 6, 7]


def test_replay_returns_where_to_go_on(fragile: Fragile, client: Client) -> None:
    """A replay goes on from the position that the last one returned, and sees nothing twice."""

    def gathered(seen: list[int], recorded: Recorded) -> list[int]:
        return [*seen, recorded.position]

    client.submit(CLAIMS[:5])
    nothing: list[int] = []
    state, position = client.replay(gathered, nothing)
    client.submit(CLAIMS[5:])
    fragile.breaks, fragile.frames = {1}, count()
    assert client.replay(gathered, state, after=position) == (POSITIONS, 11)
