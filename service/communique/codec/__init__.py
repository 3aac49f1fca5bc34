"""The one place that converts between the contract and the domain.

Both sides have the same names: a message field is a model field, a message of the `payload` oneof
is a payload class, an enum value without its prefix is a word. So there is one rule for all of
them, read off the descriptors, and a new event type needs nothing here. What is not the same is
listed: the payload oneof (the model has a `type` word), and times, whose derived parts are trusted
when they come from the log and made anew when they come from a client.
"""

from communique.codec.canonical import canonical_bytes
from communique.codec.elements import element_bytes
from communique.codec.faults import Violation, violations
from communique.codec.fields import instant
from communique.codec.from_contract import (
    comparison,
    content_message,
    disagreement,
    element,
    has_payload,
    issue_board,
    issue_summary,
    life_cycle_step,
    recorded,
    series,
    status,
    stored,
    stored_bytes,
    stored_content,
    stored_occurred,
    subject_summary,
    submitted,
)
from communique.codec.names import TYPE_WORDS
from communique.codec.stored import StoredElement
from communique.codec.to_contract import (
    comparison_message,
    disagreement_message,
    element_message,
    issue_board_message,
    issue_summary_message,
    life_cycle_step_message,
    message_of,
    series_message,
    status_message,
    subject_summary_message,
    timestamp,
)
from communique.codec.trusted import trusted_claim

__all__ = [
    "TYPE_WORDS",
    "StoredElement",
    "Violation",
    "canonical_bytes",
    "comparison",
    "comparison_message",
    "content_message",
    "disagreement",
    "disagreement_message",
    "element",
    "element_bytes",
    "element_message",
    "has_payload",
    "instant",
    "issue_board",
    "issue_board_message",
    "issue_summary",
    "issue_summary_message",
    "life_cycle_step",
    "life_cycle_step_message",
    "message_of",
    "recorded",
    "series",
    "series_message",
    "status",
    "status_message",
    "stored",
    "stored_bytes",
    "stored_content",
    "stored_occurred",
    "subject_summary",
    "subject_summary_message",
    "submitted",
    "timestamp",
    "trusted_claim",
    "violations",
]
