"""Entries of the log for tests that do not look into what the log holds."""

from uuid import UUID, uuid4

from communique.server.log.entries import ClaimEntry


def claim_entry(
    size: int = 1, topic: str = "MeetingHeld", event_id: UUID | None = None
) -> ClaimEntry:
    """Return the entry of a claim of that many bytes, a new one unless an id is given."""
    return ClaimEntry(event_id or uuid4(), topic, b"x" * size)
