"""The one place that converts between the contract and the domain.

Both sides have the same names: a message field is a model field, a message of the `payload` oneof
is a payload class, an enum value without its prefix is a word. So there is one rule for all of
them, read off the descriptors, and a new event type needs nothing here. What is not the same is
listed: the payload oneof (the model has a `type` word), and times, whose derived parts are trusted
when they come from the log and made anew when they come from a client.
"""

from communique.codec.canonical import canonical_bytes
from communique.codec.faults import Violation, violations
from communique.codec.names import TYPE_WORDS
from communique.codec.reading import (
    element,
    instant,
    recorded,
    status,
    stored,
    stored_bytes,
    submitted,
)
from communique.codec.writing import element_message, message_of, status_message, timestamp

__all__ = [
    "TYPE_WORDS",
    "Violation",
    "canonical_bytes",
    "element",
    "element_message",
    "instant",
    "message_of",
    "recorded",
    "status",
    "status_message",
    "stored",
    "stored_bytes",
    "submitted",
    "timestamp",
    "violations",
]
