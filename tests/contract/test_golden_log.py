"""The logs of all released versions: this one stores, understands and answers them as they did."""

from typing import get_args

import pytest

from communique import codec
from communique.domain.claims.event import Amendment, AmendmentPayload, Claim
from communique.domain.claims.payloads import ClaimPayload
from communique.v1 import event_pb2
from tests.support import golden_log
from tests.support.golden_log import Json, Stored

NAMES = golden_log.names()
KNOWN_TYPES = {kind.__name__ for kind in (*get_args(ClaimPayload), *get_args(AmendmentPayload))}
golden = pytest.mark.parametrize("name", NAMES)


def decoded(line: Stored) -> Claim | Amendment | None:
    """The event that the bytes of a line say."""
    return codec.stored_bytes(line.state)


def within(expected: Json, actual: Json) -> bool:
    """Whether all that was answered is still answered; a later release may say more."""
    match expected, actual:
        case dict(), dict():
            return all(key in actual and within(expected[key], actual[key]) for key in expected)
        case list(), list():
            return len(expected) == len(actual) and all(map(within, expected, actual))
        case _:
            return bool(expected == actual)


def test_the_newest_golden_log_has_every_payload_type() -> None:
    """The newest golden log, as made by `tools/make_golden_log.py`, has an event of every type."""
    stored = {line.topic for line in golden_log.log_of(NAMES[-1])}
    assert not KNOWN_TYPES - stored


@golden
def test_no_type_that_was_ever_stored_is_unknown(name: str) -> None:
    """Each event of a golden log is understood under the type word that it was stored with."""
    for line in golden_log.log_of(name):
        event = decoded(line)
        if line.topic in KNOWN_TYPES:
            assert event is not None, line.topic
            assert event.payload.type == line.topic
            assert isinstance(event, Amendment) == (line.target is not None)
        else:
            assert event is None, line.topic


@golden
def test_what_was_stored_is_what_would_be_stored(name: str) -> None:
    """Each event of a golden log has the bytes that this release would store of that event."""
    for line in golden_log.log_of(name):
        event = decoded(line)
        if event is not None:
            message = event_pb2.Event.FromString(line.state)
            assert codec.canonical_bytes(codec.message_of(event), event) == line.state
            assert codec.canonical_bytes(message, event) == line.state


@golden
def test_a_golden_log_replays_with_the_bytes_places_and_times_that_it_had(name: str) -> None:
    """A golden log that is replayed keeps bytes, places and times, and knows each event again."""
    stored = golden_log.log_of(name)
    with golden_log.replayed(stored) as kept:
        rows = kept.log.read(0, len(stored) + 1)
        assert [(row.position, row.record_micros, row.submitter) for row in rows] == [
            (line.position, line.record_micros, line.submitter) for line in stored
        ]
        assert [(row.topic, row.state) for row in rows] == [
            (line.topic, line.state) for line in stored
        ]
        receipts = kept.log.append([line.entry for line in stored]).result()
        assert [receipt.position for receipt in receipts if receipt.duplicate] == [
            line.position for line in stored
        ]


@golden
def test_a_golden_log_is_answered_as_it_was(name: str) -> None:
    """Statuses and timelines of a golden log still have the answers and evidence that they had."""
    stored = golden_log.log_of(name)
    unknown = sum(line.topic not in KNOWN_TYPES for line in stored)
    with golden_log.replayed(stored) as kept:
        for asked in golden_log.answers_of(name):
            answer = golden_log.answer(kept.read_models, asked["question"])
            assert within(asked["answer"], answer), asked["question"]
        for progress in kept.read_models.progress():
            assert (progress.error, progress.unknown_type_count) == ("", unknown)
