"""The claims made of the log's bytes are those that are parsed and validated."""

from uuid import UUID

import pytest
from hypothesis import given

from communique import codec
from communique.domain.claims.event import Amendment, Claim
from communique.v1 import event_pb2, values_pb2
from tests.support.strategies import amendments, claims


def state_of(message: event_pb2.Event) -> bytes:
    """The bytes that the log keeps of a message."""
    return codec.canonical_bytes(message, codec.submitted(message))


@given(claims())
def test_a_trusted_claim_is_the_validated_one(claim: Claim) -> None:
    """A trusted claim equals the validated one in every field, also when it is read again."""
    state = state_of(codec.message_of(claim))
    usual = not (claim.links or claim.labels)
    for _ in range(2):
        trusted = codec.trusted_claim(state)
        assert trusted == (claim if usual else None)
        assert trusted is None or codec.message_of(trusted) == codec.message_of(claim)


@given(claims())
def test_white_space_around_words_is_taken_away(claim: Claim) -> None:
    """A trusted claim has no white space around its texts, though the stored bytes keep it."""
    message = codec.message_of(claim.model_copy(update={"links": (), "labels": {}}))
    message.gist = f"\u2003{message.gist} "
    message.correlation_id = f" {message.correlation_id}\u2003"
    message.source.outlet = f" {message.source.outlet}\t"
    state = state_of(message)
    assert codec.trusted_claim(state) == codec.stored_bytes(state)


@given(amendments())
def test_amendments_are_left_to_validation(amendment: Amendment) -> None:
    """An amendment is not trusted."""
    assert codec.trusted_claim(state_of(codec.message_of(amendment))) is None


@pytest.mark.parametrize("field", ["event_id", "occurred", "certainty", "source", "meeting_held"])
def test_what_lacks_a_field_is_left_to_validation(field: str) -> None:
    """Bytes that lack a required field are not trusted, so that validation names the field."""
    message = event_pb2.Event(event_id=str(UUID(int=1)), certainty=values_pb2.CERTAINTY_CERTAIN)
    message.occurred.edtf = "2019-08-21"
    message.source.outlet = "Yonhap"
    message.meeting_held.SetInParent()
    whole = message.SerializeToString()
    message.ClearField(field)  # type: ignore[arg-type]  # any field's name
    assert codec.trusted_claim(whole) is not None
    assert codec.trusted_claim(message.SerializeToString()) is None


@given(claims())
def test_what_is_newer_is_left_to_validation(claim: Claim) -> None:
    """Neither a word of a newer release nor bytes that end too early are trusted."""
    state = state_of(codec.message_of(claim))
    assert codec.trusted_claim(state + b"\x50\x63") is None  # certainty 99
    assert codec.trusted_claim(state[:-1]) is None
