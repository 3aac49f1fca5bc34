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


def decoded(one: Stored) -> Claim | Amendment | None:
    """The event that the bytes of a line say."""
    return codec.stored_bytes(one.state)


def within(expected: Json, found: Json) -> bool:
    """Whether all that was answered is still answered; a later release may say more."""
    match expected, found:
        case dict(), dict():
            return all(key in found and within(expected[key], found[key]) for key in expected)
        case list(), list():
            return len(expected) == len(found) and all(map(within, expected, found))
        case _:
            return bool(expected == found)


def test_the_newest_golden_log_has_every_payload_type() -> None:
    """A type that is missing was added since: `tools/make_golden_log.py` makes the next log."""
    stored = {one.topic for one in golden_log.log_of(NAMES[-1])}
    assert not KNOWN_TYPES - stored


@golden
def test_no_type_that_was_ever_stored_is_unknown(name: str) -> None:
    """Each event is still understood, under the type word that it was stored with."""
    for one in golden_log.log_of(name):
        event = decoded(one)
        if one.topic in KNOWN_TYPES:
            assert event is not None, one.topic
            assert event.payload.type == one.topic
            assert isinstance(event, Amendment) == (one.target is not None)
        else:
            assert event is None, one.topic


@golden
def test_what_was_stored_is_what_would_be_stored(name: str) -> None:
    """The same event has the same bytes, so that submitting it again is still a duplicate."""
    for one in golden_log.log_of(name):
        event = decoded(one)
        if event is not None:
            message = event_pb2.Event.FromString(one.state)
            assert codec.canonical_bytes(codec.message_of(event), event) == one.state
            assert codec.canonical_bytes(message, event) == one.state


@golden
def test_a_golden_log_replays_with_the_bytes_places_and_times_that_it_had(name: str) -> None:
    """What comes out of the log is what went in, and each event again is a duplicate."""
    stored = golden_log.log_of(name)
    with golden_log.replayed(stored) as kept:
        rows = kept.log.read(0, len(stored) + 1)
        assert [(row.position, row.record_micros, row.submitter) for row in rows] == [
            (one.position, one.record_micros, one.submitter) for one in stored
        ]
        assert [(row.topic, row.state) for row in rows] == [
            (one.topic, one.state) for one in stored
        ]
        receipts = kept.log.append([one.entry for one in stored]).result()
        assert [one.position for one in receipts if one.duplicate] == [
            one.position for one in stored
        ]


@golden
def test_a_golden_log_is_answered_as_it_was(name: str) -> None:
    """Status and timeline as of several points, evidence and all."""
    stored = golden_log.log_of(name)
    unknown = sum(one.topic not in KNOWN_TYPES for one in stored)
    with golden_log.replayed(stored) as kept:
        for asked in golden_log.answers_of(name):
            found = golden_log.answer(kept.read_models, asked["question"])
            assert within(asked["answer"], found), asked["question"]
        for progress in kept.read_models.progress():
            assert (progress.error, progress.unknown_type_count) == ("", unknown)
