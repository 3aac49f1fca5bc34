"""Shared parts of messages change no answer."""

from collections.abc import Iterator
from random import Random

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from communique import codec
from communique.codec.fields import Reader
from communique.domain.claims.event import Event, event_from
from communique.v1 import event_pb2, values_pb2
from tests.support.strategies import events

SEVERAL = st.lists(events, min_size=2, max_size=6)
TEXTS = ("", "XXX", "KOR", "kor", "2019-08-21", "2019-13", "Asia/Seoul", "\x07", "x" * 3_000)
NUMBERS = {
    FieldDescriptor.CPPTYPE_ENUM: (0, 1, 2, 99),
    FieldDescriptor.CPPTYPE_DOUBLE: (0.0, -7.5, 1e6, float("nan")),
    FieldDescriptor.CPPTYPE_BOOL: (True, False),
}
WHOLE = (0, 1, -1, 10**6)


def parts_of(message: Message) -> Iterator[Message]:
    """Yield a message and all those in it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for part in value if field.is_repeated else [value]:
                yield from parts_of(part)


def altered(event: Event, random: Random) -> event_pb2.Event:
    """The message of an event with one value in it changed, which is most often a fault."""
    message = codec.message_of(event)
    part = random.choice(list(parts_of(message)))
    fields = [field for field in part.DESCRIPTOR.fields if not field.is_repeated]
    field = random.choice(fields)
    if field.message_type is not None:
        getattr(part, field.name).SetInParent()
    elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        setattr(part, field.name, random.choice(TEXTS))
    else:
        setattr(part, field.name, random.choice(NUMBERS.get(field.cpp_type, WHOLE)))
    return message


def outcome(reader: Reader, message: event_pb2.Event) -> object:
    """The event of a message, or what is wrong with it."""
    try:
        return event_from(reader.plain(message))
    except ValidationError as error:
        return codec.violations(error)
    except (ValueError, KeyError, OverflowError) as error:
        return repr(error)


@given(several=SEVERAL, from_log=st.booleans(), random=st.randoms(use_true_random=False))
def test_what_was_read_before_changes_no_answer(
    *, several: list[Event], from_log: bool, random: Random
) -> None:
    """Each message, valid or not, is read as when it is the first one that a reader reads."""
    messages = [codec.message_of(event) for event in several]
    messages += [altered(event, random) for event in several for _ in range(2)]
    first = [outcome(Reader(from_log=from_log), message) for message in messages]
    reader = Reader(from_log=from_log)

    assert [outcome(reader, message) for message in messages] == first
    assert [outcome(reader, message) for message in reversed(messages)] == first[::-1]


@given(events)
def test_what_clients_say_is_not_taken_for_the_log(event: Event) -> None:
    """Derived parts of a time are trusted from the log, and never from a client."""
    message = codec.message_of(event)
    for part in parts_of(message):
        if part.DESCRIPTOR.name == "ValidTime":
            part.earliest.seconds -= 60  # type: ignore[attr-defined]
    of_log = codec.stored(message)

    assert codec.submitted(message) == event
    assert codec.stored(message) == of_log


def test_many_parts_are_forgotten_and_read_again() -> None:
    """A part that others pushed out of the cache is read again as an equal model."""
    reader = Reader(from_log=False)
    message = event_pb2.Event(actors=[values_pb2.Party(code="KOR", person="Kang Kyung-wha")])
    [first] = reader.plain(message)["actors"]
    for number in range(10_000):
        reader.plain(event_pb2.Event(source=values_pb2.Source(outlet=f"Outlet {number}")))
    [again] = reader.plain(message)["actors"]

    assert again == first
    assert again is not first
