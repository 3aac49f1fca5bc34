"""Subjects: one of them whole as of a point, and lists of them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import apsw

from communique import codec
from communique.domain.clocks import AsOf, known_at
from communique.domain.disagreement import disagreements
from communique.domain.event import Claim
from communique.domain.subject import SubjectEntry, life_cycle
from communique.service.frames import recorded_message
from communique.service.limits import PAGE_BYTES_MAX
from communique.service.log import LogReader, Recorded
from communique.service.mapper import recorded_of
from communique.service.read_models.errors import SubjectNotFound
from communique.service.read_models.follower import Follower
from communique.service.read_models.listing import Entry, disputes_of, is_visible
from communique.service.read_models.messages import content_of, event_as_of
from communique.service.read_models.questions import Page, Question
from communique.service.read_models.tallies import (
    Tallies,
    latest_first,
    list_tallies,
    nearest,
)
from communique.v1 import issue_pb2, subject_pb2, time_pb2

if TYPE_CHECKING:
    from communique.service.filters import Filter

CLAIMS_MAX: Final = 1_000
CLAIM_BYTES_MAX: Final = PAGE_BYTES_MAX
"""Of the claims of one subject with their amendments; those beyond, the earliest, are left out."""

_ENTRIES_MAX: Final = 100_000
"""Entries, visible or not, that are looked at for claims."""
_READ_AT_ONCE: Final = 50
_KIND: Final = "subject:"

_Found = tuple[Entry, list[bytes]]
"""An entry with the ids of its disputes."""


class SubjectAnswer(NamedTuple):
    """A subject but for its point, and the point."""

    subject: subject_pb2.Subject
    as_of: AsOf


class SummaryPage(NamedTuple):
    """Summaries in the order of their names, and the key to go on after; None at the end."""

    summaries: Sequence[subject_pb2.SubjectSummary] | Sequence[issue_pb2.IssueSummary]
    next_key: bytes | None
    as_of: AsOf


class Subjects:
    """Answers about subjects. Blocking; safe to use from any thread."""

    def __init__(self, reader: LogReader, timeline: Follower) -> None:
        """Find claims in the timeline and read them from the log."""
        self._reader, self._timeline = reader, timeline

    def subject(self, key: str, question: Question) -> SubjectAnswer:
        """Return one subject.

        Raises:
            SubjectNotFound: no claim about it is visible and asserted.
            ReadModelBehind: the position lies ahead.
        """
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, question)
            found, is_cut = _entries(snapshot.connection, key, as_of)
            if not found:
                near = nearest(snapshot.connection, _KIND, key, as_of)
                raise SubjectNotFound(key, tuple(near))
        claims, is_longer = self._within_bytes(found, as_of)
        subject = subject_pb2.Subject(
            subject=key, claims=reversed(claims), earlier_claims_omitted=is_cut or is_longer
        )
        entries = [_subject_entry(one) for one in subject.claims]
        subject.life_cycle.extend(map(codec.life_cycle_step_message, life_cycle(entries)))
        subject.disagreements.extend(map(codec.disagreement_message, disagreements(entries)))
        return SubjectAnswer(subject, as_of)

    def subjects(
        self, prefix: str, selection: "Filter", question: Question, page: Page
    ) -> SummaryPage:
        """Return a page of the subjects whose keys begin with `prefix`, and have a claim selected.

        Raises `ReadModelBehind` for a position ahead.
        """
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, question)
            found = list_tallies(snapshot.connection, f"{_KIND}{prefix}", selection, as_of, page)
        latest = latest_times(self._reader, found)
        summaries = [
            subject_pb2.SubjectSummary(
                subject=one.name, claim_count=one.claim_count, latest=occurred
            )
            for one, occurred in zip(found.tallies, latest, strict=True)
        ]
        return SummaryPage(summaries, found.next_key, as_of)

    def _within_bytes(
        self, found: Sequence[_Found], as_of: AsOf
    ) -> tuple[list[subject_pb2.SubjectClaim], bool]:
        """Return the claims of the entries, the latest first, and whether some had no room."""
        claims: list[subject_pb2.SubjectClaim] = []
        size = 0
        for claim in self._claims(found, as_of):
            size += claim.ByteSize()
            if size > CLAIM_BYTES_MAX and claims:
                return claims, True
            claims.append(claim)
        return claims, False

    def _claims(self, found: Sequence[_Found], as_of: AsOf) -> Iterator[subject_pb2.SubjectClaim]:
        for start in range(0, len(found), _READ_AT_ONCE):
            some = found[start : start + _READ_AT_ONCE]
            wanted = {at for one, _ in some for at in (one.position, one.content_position)}
            rows = {row.position: row for row in self._reader.by_positions(sorted(wanted))}
            for entry, disputes in some:
                _, *amendments = self._reader.stream(UUID(bytes=entry.event_id))
                yield subject_pb2.SubjectClaim(
                    event=event_as_of(entry, disputes, rows),
                    amendments=map(recorded_message, _visible(amendments, as_of)),
                )


def _entries(connection: apsw.Connection, key: str, as_of: AsOf) -> tuple[list[_Found], bool]:
    """Return the visible entries of a subject, the latest first, and whether there may be more."""
    found: list[_Found] = []
    entries = latest_first(connection, f"{_KIND}{key}", as_of)
    for entry in islice(entries, _ENTRIES_MAX):
        if is_visible(entry, as_of):
            if len(found) == CLAIMS_MAX:
                return found, True
            found.append((entry, disputes_of(connection, entry, as_of)))
    return found, next(entries, None) is not None


def _visible(amendments: Iterable[Recorded], as_of: AsOf) -> Iterator[Recorded]:
    """Yield those that are visible; of a newer type, nobody here can say when it was known."""
    for row in amendments:
        one = recorded_of(row)
        if (
            one.event is not None
            and one.position <= as_of.position
            and known_at(one.event.known, one.record_time) <= as_of.known
        ):
            yield row


def _subject_entry(one: subject_pb2.SubjectClaim) -> SubjectEntry:
    claim = codec.stored(one.event.event)
    if not isinstance(claim, Claim):
        raise TypeError(f"position {one.event.position} has no content: {claim!r}")
    return SubjectEntry(claim, codec.instant(one.event.known))


def latest_times(reader: LogReader, found: Tallies) -> list[time_pb2.ValidTime]:
    """Return the time of each tally's latest claim, from the log's own bytes."""
    positions = sorted({one.latest_position for one in found.tallies})
    times = {
        row.position: content_of(row, row.event_id).occurred
        for start in range(0, len(positions), _READ_AT_ONCE)
        for row in reader.by_positions(positions[start : start + _READ_AT_ONCE])
    }
    return [times[one.latest_position] for one in found.tallies]
