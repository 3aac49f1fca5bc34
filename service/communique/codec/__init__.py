"""Conversion between the contract and the domain.

Both sides use the same names: a message field is a model field, a message of the `payload` oneof
is a payload class, an enum value without its prefix is a word. One rule, read off the descriptors,
converts all of them, so a new event type needs no code here. Exceptions are the `type` word of
payload models, and times, whose derived parts are trusted only in the log.
"""

from communique.codec.bounded_cache import BoundedCache
from communique.codec.canonical import canonical_bytes
from communique.codec.claim_parts import (
    parts_of,
    put_together,
    recoded,
    stored_known_time,
    stored_valid_time,
)
from communique.codec.fields import instant
from communique.codec.from_contract import (
    content_message,
    has_payload,
    model_of,
    recorded,
    stored,
    stored_bytes,
    stored_content,
    stored_occurred,
    submitted,
)
from communique.codec.names import TYPE_WORDS
from communique.codec.part_bytes import with_part_bytes
from communique.codec.recurring_claims import RecurringClaims
from communique.codec.stored_claims import trusted_claim
from communique.codec.to_contract import (
    comparison_message,
    disagreement_message,
    issue_board_message,
    issue_summary_message,
    life_cycle_step_message,
    message_of,
    series_message,
    status_message,
    subject_summary_message,
    timestamp,
)
from communique.codec.violations import Violation, violations

__all__ = [
    "TYPE_WORDS",
    "BoundedCache",
    "RecurringClaims",
    "Violation",
    "canonical_bytes",
    "comparison_message",
    "content_message",
    "disagreement_message",
    "has_payload",
    "instant",
    "issue_board_message",
    "issue_summary_message",
    "life_cycle_step_message",
    "message_of",
    "model_of",
    "parts_of",
    "put_together",
    "recoded",
    "recorded",
    "series_message",
    "status_message",
    "stored",
    "stored_bytes",
    "stored_content",
    "stored_known_time",
    "stored_occurred",
    "stored_valid_time",
    "subject_summary_message",
    "submitted",
    "timestamp",
    "trusted_claim",
    "violations",
    "with_part_bytes",
]
