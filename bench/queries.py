"""Every question of the contract, asked about something busy and something quiet.

The calls are made by generated paths with requests that were serialised before, and answers are
decoded after the clock has stopped: what is timed is the server, gRPC, and little of Python here.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from statistics import median
from time import perf_counter
from typing import Final, NamedTuple, TypeAlias

import grpc
from google.protobuf.message import Message

from bench.facts import amended_by
from bench.figures import Sample, latencies
from bench.history import FIRST_DAY, History, Pair
from bench.load import check
from bench.questions import KINDS, asked
from bench.server import cpu_seconds_of
from bench.subject import Question
from bench.subjects.communique import as_of
from communique.codec import submitted
from communique.domain.claims.event import Claim
from communique.domain.state.subject import subjects_of
from communique.v1 import event_pb2, series_pb2, time_pb2
from communique.v1 import record_service_pb2 as records
from communique.v1 import timeline_service_pb2 as timeline

_WARM_UP: Final = 10
_COUNT_MIN, _COUNT_MAX = 10, 100
_SECONDS_ENOUGH: Final = 0.15
"""In a run a case is asked 100 times, or as often as it can be in this time, but 10 times."""
_SECONDS_MAX: Final = 60
_NOW, _RANDOM = "now", tuple(KINDS)[-1]
_SURVEYED: Final = 100_000
_CLAIMS_SURVEYED: Final = 1_000
_BATCH_DYADS: Final = 20
_MESSAGE_BYTES: Final = 64 * 2**20


class Topic(NamedTuple):
    """What is asked about: the ids and keys that the requests name."""

    pair: Pair
    issue: str
    subject: str
    event_id: str
    dyads: Sequence[str]

    @property
    def dyad(self) -> str:
        """The two, as filters name them."""
        return "-".join(self.pair)


Ask: TypeAlias = Callable[[bytes], bytes]
Call: TypeAlias = "grpc.UnaryUnaryMultiCallable[bytes, bytes]"
Request: TypeAlias = Callable[[Topic, Question, Question], Message]


@dataclass(frozen=True)
class Query:
    """One method: where it is, how it is asked from a point (or two), what it answers with."""

    name: str
    request: Request
    answer: type[Message]
    points: Sequence[str] = (_NOW, _RANDOM)

    @property
    def path(self) -> str:
        """The full name of the method."""
        return (
            f"/communique.v1.{'Record' if 'Event' in self.name else 'Timeline'}Service/{self.name}"
        )


def _month_by_month(topic: Topic, point: Question, _other: Question) -> Message:
    """20 years, which has 240 steps."""
    first, last = (time_pb2.PointInTime(text=f"{FIRST_DAY.year + n}-01-01") for n in (0, 20))
    request = timeline.GetScoreSeriesRequest(
        parties=topic.pair, bucket=series_pb2.BUCKET_MONTH, to=last, as_of=as_of(point)
    )
    getattr(request, "from").CopyFrom(first)
    return request


QUERIES: Final = (
    Query(
        "GetBilateralStatus",
        lambda topic, at, _: timeline.GetBilateralStatusRequest(
            parties=topic.pair, as_of=as_of(at)
        ),
        timeline.GetBilateralStatusResponse,
    ),
    Query(
        "BatchGetBilateralStatus",
        lambda topic, at, _: timeline.BatchGetBilateralStatusRequest(
            dyads=topic.dyads, as_of=as_of(at)
        ),
        timeline.BatchGetBilateralStatusResponse,
    ),
    Query(
        "ListBilateralStatuses",
        lambda topic, at, _: timeline.ListBilateralStatusesRequest(
            party=topic.pair[0], as_of=as_of(at)
        ),
        timeline.ListBilateralStatusesResponse,
    ),
    Query(
        "CompareBilateralStatus",
        lambda topic, at, to: timeline.CompareBilateralStatusRequest(
            parties=topic.pair, before=as_of(to), after=as_of(at)
        ),
        timeline.CompareBilateralStatusResponse,
    ),
    Query(
        "ListTimeline",
        lambda topic, at, _: timeline.ListTimelineRequest(filter=_about(topic), as_of=as_of(at)),
        timeline.ListTimelineResponse,
    ),
    Query(
        "ListEvents",
        lambda topic, at, _: records.ListEventsRequest(filter=_about(topic), as_of=as_of(at)),
        records.ListEventsResponse,
    ),
    Query(
        "GetEvent",
        lambda topic, _at, _: records.GetEventRequest(event_id=topic.event_id),
        records.GetEventResponse,
        points=(_NOW,),
    ),
    Query(
        "GetSubject",
        lambda topic, at, _: timeline.GetSubjectRequest(subject=topic.subject, as_of=as_of(at)),
        timeline.GetSubjectResponse,
    ),
    Query(
        "ListSubjects",
        lambda topic, at, _: timeline.ListSubjectsRequest(filter=_about(topic), as_of=as_of(at)),
        timeline.ListSubjectsResponse,
    ),
    Query(
        "GetIssue",
        lambda topic, at, _: timeline.GetIssueRequest(issue=topic.issue, as_of=as_of(at)),
        timeline.GetIssueResponse,
    ),
    Query(
        "ListIssues",
        lambda topic, at, _: timeline.ListIssuesRequest(filter=_about(topic), as_of=as_of(at)),
        timeline.ListIssuesResponse,
    ),
    Query("GetScoreSeries", _month_by_month, timeline.GetScoreSeriesResponse),
)


def _about(topic: Topic) -> records.EventFilter:
    return records.EventFilter(dyad=topic.dyad)


def topics(history: History) -> dict[str, Topic]:
    """Return something busy and something quiet to ask about, by these names.

    Issues and amendments are looked for among the first 100,000 events, subjects among the first
    1,000 claims about the two parties.
    """
    issues, amended, dyads = Counter[str](), Counter[str](), Counter[str]()
    for message in _messages(history, min(len(history), _SURVEYED)):
        issues.update(message.issues)
        amended[amended_by(message) or message.event_id] += 1
        dyads["-".join(sorted(_codes(message)))] += 1
    used = [issue for issue, _ in issues.most_common()]
    pairs = [dyad for dyad, _ in dyads.most_common() if dyad.count("-") == 1]
    subjects = [_subjects(history, pair) for pair in (history.busiest, history.quiet)]
    events = [event_id for event_id, _ in amended.most_common()]
    return {
        "busiest": Topic(history.busiest, used[0], subjects[0][0], events[0], pairs[:_BATCH_DYADS]),
        "quiet": Topic(history.quiet, used[-1], subjects[1][-1], events[-1], pairs[-_BATCH_DYADS:]),
    }


def _subjects(history: History, pair: Pair) -> list[str]:
    """Return the subjects of claims about two parties, those of the most claims first."""
    messages = (
        message for message in _messages(history, len(history), pair) if not amended_by(message)
    )
    claims = map(submitted, islice(messages, _CLAIMS_SURVEYED))
    subjects = (
        subject for claim in claims if isinstance(claim, Claim) for subject in subjects_of(claim)
    )
    return [subject for subject, _ in Counter(subjects).most_common()]


def _messages(history: History, count: int, pair: Pair | None = None) -> Iterator[event_pb2.Event]:
    """Yield the first events, decoded; of a pair only those about both of it."""
    wanted = [code.encode() for code in pair or ()]
    for index in range(count):
        if all(code in history[index] for code in wanted):
            message = event_pb2.Event.FromString(history[index])
            if pair is None or _codes(message) == set(pair):
                yield message


def _codes(message: event_pb2.Event) -> set[str]:
    together = (participant.party for participant in message.participants)
    return {party.code for party in (*message.actors, *message.recipients, *together)}


def answered(
    address: str, server_pid: int, history: History, runs: int, only: str = ""
) -> dict[str, list[Sample]]:
    """Ask everything, in the process that this is called in; return the samples of each case.

    If a method is named, only that is asked.

    Raises `WrongResult` unless a question from a point gets the same bytes when asked again.
    """
    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES)]
    samples_by_case: dict[str, list[Sample]] = {}
    chosen = [query for query in QUERIES if only in {"", query.name}]
    with grpc.insecure_channel(address, options) as channel:
        for query, (which, topic) in product(chosen, topics(history).items()):
            ask = partial(_answer, channel.unary_unary(query.path))
            for point in query.points:
                requests = _requests(query, topic, history, point, _WARM_UP + runs * _COUNT_MAX)
                before = cpu_seconds_of(server_pid)
                samples, calls = _samples(ask, query, requests, point)
                cpu = {"server_cpu_us": (cpu_seconds_of(server_pid) - before) / calls * 1e6}
                samples_by_case[f"{query.name}, {which}, {point}"] = [
                    sample | cpu for sample in samples
                ]
    return samples_by_case


def _answer(call: Call, request: bytes) -> bytes:
    """Return an answer; empty where the server says that there is nothing at that point."""
    try:
        return call(request, timeout=_SECONDS_MAX)
    except grpc.RpcError as error:
        check(error.code() is grpc.StatusCode.NOT_FOUND, str(error))
        return b""


def _samples(
    ask: Ask, query: Query, requests: Sequence[bytes], point: str
) -> tuple[list[Sample], int]:
    """Return the sample of each run, and how many calls all made; the first ones are to warm up."""
    calls = 0

    def counted(request: bytes) -> bytes:
        nonlocal calls
        calls += 1
        return ask(request)

    for request in requests[:_WARM_UP]:
        counted(request)
    starts = range(_WARM_UP, len(requests), _COUNT_MAX)
    samples = [_sample(counted, query, requests[at : at + _COUNT_MAX], point) for at in starts]
    return samples, calls


def _sample(ask: Ask, query: Query, requests: Sequence[bytes], point: str) -> Sample:
    """Return the latencies of requests, and how large the answers are."""
    seconds, answers = list[float](), list[bytes]()
    over = perf_counter() + _SECONDS_ENOUGH
    for request in requests:
        if len(answers) >= _COUNT_MIN and perf_counter() > over:
            break
        began = perf_counter()
        answers.append(ask(request))
        seconds.append(perf_counter() - began)
    if point == _RANDOM:
        again = ask(requests[len(answers) - 1])
        check(again == answers[-1], f"{query.name} got another answer the second time")
    sizes = {
        "answer_bytes": median(map(len, answers)),
        "answer_elements": median(elements(query.answer.FromString(answer)) for answer in answers),
    }
    return latencies(seconds) | sizes


def _requests(query: Query, topic: Topic, history: History, point: str, count: int) -> list[bytes]:
    """Return requests, from two random points each where the method takes two."""
    after, before = (asked(_RANDOM, topic.pair, history, count, seed) for seed in (1, 2))
    if point == _NOW:
        after = [Question(topic.pair)] * count
    pairs = zip(after, before, strict=True)
    return [query.request(topic, *pair).SerializeToString() for pair in pairs]


def elements(answer: Message, levels: int = 2) -> int:
    """Return how many things an answer lists, itself or in the one message that it has."""
    count = 0
    for field, value in answer.ListFields():
        if field.is_repeated:
            count += len(value)
        elif field.message_type is not None and levels > 1:
            count += elements(value, levels - 1)
    return count
