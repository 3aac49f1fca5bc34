"""Subjects: one of them whole as of a point, and lists of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from communique import codec
from communique.codec.frames import recorded_message
from communique.domain.claims.event import Claim
from communique.domain.claims.values import Certainty
from communique.domain.state.disagreement import disagreements
from communique.domain.state.facets import State
from communique.domain.state.subject import Said, SubjectEntry, life_cycle
from communique.domain.time.clocks import AsOf, from_micros, known_at
from communique.domain.time.edtf import ValidTime
from communique.server.application.queries.event_messages import content_of, event_as_of
from communique.server.log import Recorded
from communique.server.log.eventsourcing.contract_mapper import recorded_of
from communique.server.log.sqlite_store.log_reader import LogReader
from communique.server.projections.follower import Follower
from communique.server.projections.progress import Page, Question
from communique.server.projections.projection_errors import SubjectNotFound
from communique.server.runtime.limits import PAGE_BYTES_MAX
from communique.server.views.timeline.claim_counts import Tallies, list_tallies
from communique.server.views.timeline.event_lists import Entry, Found, key_behind, list_latest
from communique.server.views.timeline.latest_claims import Latest, LatestClaim, latest_of, nearest
from communique.server.views.timeline.timeline_projection import SUBJECT
from communique.v1 import issue_pb2, subject_pb2, time_pb2

if TYPE_CHECKING:
    from communique.server.application.queries.filters import Filter

CLAIMS_COUNTED_MAX: Final = 10_000
"""Claims that a life cycle and disagreements are drawn from, the latest."""
CLAIM_BYTES_MAX: Final = PAGE_BYTES_MAX
"""Of the claims on a page with their amendments; those beyond, the earliest, are on the next."""

_ENTRIES_MAX: Final = 100_000
"""Entries, visible or not, that are looked at for claims."""
_READ_AT_ONCE: Final = 50

_STATES: Final = {state.value: state for state in State}
_RANKS: Final = {certainty.value: certainty.rank for certainty in Certainty}
_Found = tuple[Entry, list[bytes]]
"""An entry with the ids of its disputes."""


class SubjectAnswer(NamedTuple):
    """A subject but for its point, the point, and the key to go on after; None at the end."""

    subject: subject_pb2.Subject
    as_of: AsOf
    next_key: bytes | None


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

    def subject(self, key: str, question: Question, page: Page) -> SubjectAnswer:
        """Return one subject with a page of its claims; the whole of it is told with the first.

        Raises:
            SubjectNotFound: no claim about it is visible and asserted.
            ReadModelBehind: the position lies ahead.
        """
        tag, whole = f"{SUBJECT}{key}", Latest([], is_cut=True)
        with self._timeline.snapshot() as snapshot:
            as_of, connection = snapshot.as_of(self._timeline.name, question), snapshot.connection
            if page.after_key is None:
                whole = latest_of(connection, tag, as_of, CLAIMS_COUNTED_MAX, _ENTRIES_MAX)
                if not whole.claims:
                    raise SubjectNotFound(key, tuple(nearest(connection, SUBJECT, key, as_of)))
            found = list_latest(connection, tag, as_of, page.size, page.after_key)
        subject = self._whole(key, whole)
        next_key = self._add_claims(subject, found, as_of)
        if not whole.is_cut and len(subject.claims) == len(whole.claims):
            next_key = None
        subject.earlier_claims_omitted = next_key is not None
        return SubjectAnswer(subject, as_of, next_key)

    def subjects(
        self, prefix: str, selection: "Filter", question: Question, page: Page
    ) -> SummaryPage:
        """Return a page of the subjects whose keys begin with `prefix`, and have a claim selected.

        Raises `ReadModelBehind` for a position ahead.
        """
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, question)
            found = list_tallies(snapshot.connection, f"{SUBJECT}{prefix}", selection, as_of, page)
        latest = latest_times(self._reader, found)
        summaries = [
            subject_pb2.SubjectSummary(
                subject=one.name, claim_count=one.claim_count, latest=occurred
            )
            for one, occurred in zip(found.tallies, latest, strict=True)
        ]
        return SummaryPage(summaries, found.next_key, as_of)

    def _whole(self, key: str, whole: Latest) -> subject_pb2.Subject:
        """Return what is said of all claims of a subject, or of none on a page after the first."""
        counted = {one.event_id: one for one in whole.claims}

        def occurred(event_id: bytes) -> ValidTime:
            [entry] = self._contents([counted[event_id]])
            return entry.claim.occurred

        steps = life_cycle(_said(whole.claims), occurred)
        named = self._contents([one for one in whole.claims if one.is_named])
        return subject_pb2.Subject(
            subject=key,
            life_cycle=map(codec.life_cycle_step_message, steps),
            disagreements=map(codec.disagreement_message, disagreements(named)),
            claim_count=len(whole.claims),
            earlier_claims_uncounted=bool(whole.claims) and whole.is_cut,
        )

    def _contents(self, claims: Sequence[LatestClaim]) -> Iterator[SubjectEntry]:
        """Yield what claims say, from the log."""
        for start in range(0, len(claims), _READ_AT_ONCE):
            some = claims[start : start + _READ_AT_ONCE]
            positions = sorted({one.content_position for one in some})
            rows = {row.position: row for row in self._reader.by_positions(positions)}
            for one in some:
                claim = codec.stored(content_of(rows[one.content_position], one.event_id))
                if not isinstance(claim, Claim):
                    raise TypeError(f"position {one.content_position} has no content: {claim!r}")
                yield SubjectEntry(claim, from_micros(one.known))

    def _add_claims(self, subject: subject_pb2.Subject, found: Found, as_of: AsOf) -> bytes | None:
        """Add the claims that have room, the latest; return the key of those before them."""
        claims: list[subject_pb2.SubjectClaim] = []
        size, next_key = subject.ByteSize(), found.next_key
        for number, claim in enumerate(self._claims(found.entries, as_of)):
            size += claim.ByteSize()
            if size > CLAIM_BYTES_MAX and claims:
                next_key = key_behind(found.entries[number - 1][0])
                break
            claims.append(claim)
        subject.claims.extend(reversed(claims))
        return next_key

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


def _said(claims: Iterable[LatestClaim]) -> Iterator[Said]:
    """Yield what claims assert of their subject; a denial asserts nothing."""
    for _, event_id, earliest, known, certainty, state, stage, _ in claims:
        if state is not None and stage is not None:
            yield Said(_STATES[state], earliest, stage, _RANKS[certainty], known, event_id)


def latest_times(reader: LogReader, found: Tallies) -> list[time_pb2.ValidTime]:
    """Return the time of each tally's latest claim, from the log's own bytes."""
    positions = sorted({one.latest_position for one in found.tallies})
    times = {
        row.position: content_of(row, row.event_id).occurred
        for start in range(0, len(positions), _READ_AT_ONCE)
        for row in reader.by_positions(positions[start : start + _READ_AT_ONCE])
    }
    return [times[one.latest_position] for one in found.tallies]
