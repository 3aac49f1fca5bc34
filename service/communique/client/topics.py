"""Questions about subjects and issues: a single one, and lists."""

from communique import codec
from communique.client import answers
from communique.client.connection import Connection
from communique.client.questions import EventFilter, Moment, as_of_message, filter_message
from communique.client.results import Page, Subject, SubjectClaim
from communique.client.tables import IssueListing, SubjectClaimListing, SubjectListing
from communique.domain.state.issue_board import IssueBoard, IssueSummary, joined
from communique.domain.state.preferences import Disagreement
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.state.subject import LifeCycleStep, SubjectSummary
from communique.v1 import subject_pb2, time_pb2, timeline_service_pb2


class TopicQuestions(Connection):
    """Asks about subjects and issues, across all dyads."""

    def subject(  # noqa: PLR0913  a point has three clocks and a zone
        self,
        key: str,
        *,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
        page_size: int = 0,
    ) -> Subject:
        """Return one subject as of a point: its life cycle, its claims, and where they disagree.

        Its claims are the latest 100, or `page_size`; `subject_claims` gives all. Claims that name
        no subject are about derived ones, such as `stance/JPN-KOR/KOR/gsomia`.

            >>> materials = "measure/JPN/export-rules-for-three-materials"
            >>> [step.state.value for step in record.subject(materials).life_cycle]
            ['ANNOUNCED', 'IN_FORCE']
            >>> july = record.subject(materials, valid_at="2019-07-01")
            >>> [step.state.value for step in july.life_cycle]
            ['ANNOUNCED']

        Raises:
            NotFound: no claim about it is visible; the message names the closest subjects.
        """
        point = as_of_message(valid_at, known_at, position, zone, as_of)
        request = _subject_request(key, point, min_position, page_size)
        return _subject(self._call(self._timelines.GetSubject, request).subject)

    def subject_claims(  # noqa: PLR0913  a point has three clocks and a zone
        self,
        key: str,
        *,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
        page_size: int = 0,
    ) -> SubjectClaimListing:
        """Return all claims about a subject as of a point, the latest first.

        >>> claims = record.subject_claims("meeting/JPN-KOR/2019-08-21")
        >>> [claim.event.known.day for claim in claims]
        [21]

        Raises:
            NotFound: as `subject`, once the listing is read.
        """
        point = as_of_message(valid_at, known_at, position, zone, as_of)
        request = _subject_request(key, point, min_position, page_size)

        def fetch(token: str) -> Page[SubjectClaim]:
            request.page_token = token
            answer = self._call(self._timelines.GetSubject, request)
            claims = [*map(_claim, reversed(answer.subject.claims))]
            return Page(claims, answer.next_page_token, answers.resolved(answer.subject.as_of))

        return SubjectClaimListing(fetch)

    def subjects(  # noqa: PLR0913  a point has three clocks and a zone
        self,
        prefix: str = "",
        filter: EventFilter | None = None,  # noqa: A002  the contract's word
        *,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
        page_size: int = 0,
    ) -> SubjectListing:
        """Return the subjects with a claim that matches, as of a point, in the order of their keys.

        `prefix` keeps the subjects whose keys begin with it.

            >>> [summary.subject for summary in record.subjects("measure/")]
            ['measure/JPN/export-rules-for-three-materials', 'measure/JPN/removal-from-whitelist']
        """
        request = timeline_service_pb2.ListSubjectsRequest(
            prefix=prefix,
            filter=filter_message(filter),
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
            page_size=page_size,
        )

        def fetch(token: str) -> Page[SubjectSummary]:
            request.page_token = token
            answer = self._call(self._timelines.ListSubjects, request)
            subjects = [codec.model_of(SubjectSummary, subject) for subject in answer.subjects]
            return Page(subjects, answer.next_page_token, answers.resolved(answer.as_of))

        return SubjectListing(fetch)

    def issue(  # noqa: PLR0913  a point has three clocks and a zone
        self,
        slug: str,
        *,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
        page_size: int = 0,
    ) -> IssueBoard:
        """Return the board of one issue as of a point: who stands where, across all dyads.

        The board is joined of pages of at most 5,000, or `page_size`, elements.

        >>> board = record.issue("export-controls", valid_at="2019-08-21")
        >>> [standing.party for standing in board.parties]
        ['JPN', 'KOR']

        Raises:
            NotFound: no claim about it is visible; the message names the closest issues.
        """
        request = timeline_service_pb2.GetIssueRequest(
            issue=slug,
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
            page_size=page_size,
        )
        pages: list[IssueBoard] = []
        while not pages or request.page_token:
            answer = self._call(self._timelines.GetIssue, request)
            pages.append(codec.model_of(IssueBoard, answer.board))
            request.page_token = answer.next_page_token
        return joined(pages)

    def issues(  # noqa: PLR0913  a point has three clocks and a zone
        self,
        filter: EventFilter | None = None,  # noqa: A002  the contract's word
        *,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
        page_size: int = 0,
    ) -> IssueListing:
        """Return the issues with a claim that matches, as of a point, in the order of their slugs.

        >>> issues = record.issues(EventFilter(parties=["CHN"]))
        >>> [(issue.issue, issue.claim_count) for issue in issues]
        [('export-controls', 2), ('free-trade', 1), ('trilateral', 2)]
        """
        request = timeline_service_pb2.ListIssuesRequest(
            filter=filter_message(filter),
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
            page_size=page_size,
        )

        def fetch(token: str) -> Page[IssueSummary]:
            request.page_token = token
            answer = self._call(self._timelines.ListIssues, request)
            issues = [codec.model_of(IssueSummary, issue) for issue in answer.issues]
            return Page(issues, answer.next_page_token, answers.resolved(answer.as_of))

        return IssueListing(fetch)


def _subject_request(
    key: str, as_of: time_pb2.AsOf, min_position: int, page_size: int
) -> timeline_service_pb2.GetSubjectRequest:
    return timeline_service_pb2.GetSubjectRequest(
        subject=key, as_of=as_of, min_position=min_position, page_size=page_size
    )


def _subject(message: subject_pb2.Subject) -> Subject:
    return Subject(
        message.subject,
        answers.resolved(message.as_of),
        tuple(codec.model_of(LifeCycleStep, step) for step in message.life_cycle),
        tuple(map(_claim, message.claims)),
        tuple(codec.model_of(Disagreement, message) for message in message.disagreements),
        message.earlier_claims_omitted,
        message.claim_count,
        message.earlier_claims_uncounted,
    )


def _claim(message: subject_pb2.SubjectClaim) -> SubjectClaim:
    amendments = tuple(map(codec.recorded, message.amendments))
    return SubjectClaim(answers.event_as_of(message.event), amendments)
