"""The events of the benchmark: drawn like ICEWS, the same on every machine, written once to a file.

Half of the claims are about 70 of 10,000 dyads, two thirds are coded rows, and they arrive in the
order in which they became known: over 20 years or, where it is measured how they arrive, as many a
day as ICEWS has rows. A few became known late or foretell, a few are corrected, retracted or
disputed later. Each is in the form in which the log keeps it, so that what is read back can be
compared byte for byte.

A claim is put together out of serialised pieces: fields of a protobuf message that follow each
other in the order of their numbers are the message. `tests/unit/test_bench.py` shows that it is.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import accumulate, combinations
from mmap import ACCESS_READ, mmap
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from bench.contents import PLANNED_SHARE, contents, planned
from communique.domain.parties.data.codes import STATES
from communique.v1 import event_pb2, time_pb2, values_pb2

FIRST_DAY: Final = date(2000, 1, 1)
FIRST_SECOND: Final = 946_684_800
"""The beginning of the first day, in seconds since 1970 UTC."""
DAY_SECONDS: Final = 86_400
DAYS: Final = 7_305
"""How many days a history is spread over, unless it is a shorter one."""
CLAIMS_A_DAY: Final = 250
"""ICEWS has 90,730 rows of 2014. An import keeps 30 events a day of them: with so few, submissions
and imports were as fast as with 250, but not with the 1.4 that 10,000 events over 20 years are."""

_SEED: Final = 20_190_821
DYADS: Final = 10_000
_SHIFT: Final = 1.5
"""The dyad of rank n is drawn 1 / (n + shift) times as often as one of rank 0 would be."""
_QUIET_CLAIMS: Final = 10
_AMENDABLE_AGE: Final = 500
"""An amendment comes at least so many events after its claim: no race lets it overtake."""

_CORRECTED, _RETRACTED, _DISPUTED = 0.02, 0.005, 0.005
_LATE, _FORETOLD = 0.03, 0.005
_LATE_DAYS: Final = (7, 30, 365)

RANDOM_IDS, ORDERED_IDS = 4, 7
"""The versions of UUIDs: of random ones, and of those that begin with when they were made."""
_IDS_MADE_FROM: Final = 1_767_225_600_000
"""The beginning of 2026 in milliseconds since 1970 UTC: ordered ids are made one a millisecond."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class History:
    """Events in a file, one after the other, with the offsets of their ends in a second one.

    `busiest` and `quiet` are the dyad with the most claims and one with about ten. A history can be
    sent to another process: it is opened where it is used.
    """

    path: Path
    count: int
    busiest: Pair
    quiet: Pair

    def __reduce__(self) -> tuple[type["History"], tuple[Path, int, Pair, Pair]]:
        """Have a copy for another process open the files itself."""
        return History, (self.path, self.count, self.busiest, self.quiet)

    def __len__(self) -> int:
        """Return the number of events."""
        return self.count

    def __getitem__(self, index: int) -> bytes:
        """Return the `Event` that will be at position `index` + 1, serialised."""
        return self._states[self._ends[index] : self._ends[index + 1]]

    @property
    def byte_count(self) -> int:
        """The size of all events together."""
        return self._ends[-1]

    def batches(self, size: int, begin: int = 0, end: int | None = None) -> Iterator[list[bytes]]:
        """Yield all events, or those from one index to another, in lists of `size`."""
        end = self.count if end is None else end
        for start in range(begin, end, size):
            yield [self[index] for index in range(start, min(start + size, end))]

    @cached_property
    def _states(self) -> mmap:
        # Not read into memory: what is measured needs it, and ten million events are 2.3 GB.
        with self.path.open("rb") as file:
            return mmap(file.fileno(), 0, access=ACCESS_READ)

    @cached_property
    def _ends(self) -> Sequence[int]:
        ends = array("Q")
        with _ends_of(self.path).open("rb") as file:
            ends.fromfile(file, self.count + 1)
        return ends


def written(
    folder: Path, count: int, dyads: int = DYADS, days: int = DAYS, ids: int = RANDOM_IDS
) -> History:
    """Draw that many events about so many dyads, over so many days; write them into a folder.

    With other ids they are the same events.
    """
    path, drawing = folder / f"history-{count}", _Drawing(count, dyads, days, ids)
    ends = array("Q", [0])
    with path.open("wb") as file:
        for state in drawing.events():
            ends.append(ends[-1] + file.write(state))
    with _ends_of(path).open("wb") as file:
        ends.tofile(file)
    return History(path, count, *drawing.busiest_and_quiet())


def _ends_of(path: Path) -> Path:
    return path.with_suffix(".ends")


class _Drawing:
    """One history while it is drawn."""

    def __init__(self, count: int, dyads: int, days: int, ids: int) -> None:
        self._count, self._days, self._ids = count, days, ids
        self._random = Random(_SEED)
        self._dyads = self._random.sample(list(combinations(sorted(STATES), 2)), dyads)
        self._dyad_weights = list(accumulate(1 / (rank + _SHIFT) for rank in range(dyads)))
        every = list(contents())
        self._contents = [(part.together, part.message.SerializeToString()) for part in every]
        self._content_weights = list(accumulate(part.share for part in every))
        self._claims: list[tuple[str, bytes]] = []
        self._ended: set[int] = set()
        self._claims_of: Counter[Pair] = Counter()
        self._ids_made = 0

    def events(self) -> Iterator[bytes]:
        """Yield the events."""
        for index in range(self._count):
            day, drawn = index * self._days // self._count, self._random.random()
            is_amendment = drawn < _CORRECTED + _RETRACTED + _DISPUTED
            if is_amendment and len(self._claims) > _AMENDABLE_AGE:
                yield self._amendment(day, drawn)
            else:
                yield self._claim(day)

    def busiest_and_quiet(self) -> tuple[Pair, Pair]:
        """Return the dyad with the most claims, and one with as many as a quiet one has."""
        claims = self._claims_of
        quiet = min(claims, key=lambda dyad: (abs(claims[dyad] - _QUIET_CLAIMS), dyad))
        return max(claims, key=lambda dyad: (claims[dyad], dyad)), quiet

    def _claim(self, day: int) -> bytes:
        [dyad] = self._random.choices(self._dyads, cum_weights=self._dyad_weights)
        self._claims_of[dyad] += 1
        body = self._body(dyad, day)
        event_id = self._event_id()
        self._claims.append((event_id, body))
        return _identified(event_id, body)

    def _body(self, dyad: Pair, day: int) -> bytes:
        """Everything of a claim but its id."""
        if self._random.random() < PLANNED_SHARE:
            level = self._random.randrange(5)
            return _times(day, day) + _parties(dyad, "together") + _planned(level, day)
        [(together, content)] = self._random.choices(
            self._contents, cum_weights=self._content_weights
        )
        order = "together" if together else self._random.choice(("forth", "back"))
        return _times(self._happened(day), day) + _parties(dyad, order) + content

    def _happened(self, known: int) -> int:
        """The day on which what became known on a day happened."""
        drawn = self._random.random()
        if drawn < _LATE:
            return known - self._random.choice(_LATE_DAYS)
        return known + 30 if drawn < _LATE + _FORETOLD else known

    def _amendment(self, day: int, drawn: float) -> bytes:
        """Return a correction, retraction or dispute of a claim that can still be amended."""
        index = self._random.randrange(len(self._claims) - _AMENDABLE_AGE)
        if index in self._ended:
            return self._claim(day)
        claim_id, body = self._claims[index]
        message = event_pb2.Event(event_id=self._event_id(), known=_known(day))
        if drawn < _CORRECTED:
            message.event_corrected.amends = claim_id
            message.event_corrected.reason = "The wording was wrong."
            message.event_corrected.content.event_id = claim_id
            message.event_corrected.content.MergeFromString(body)
            message.event_corrected.content.gist = "Corrected for the benchmark."
        elif drawn < _CORRECTED + _RETRACTED:
            self._ended.add(index)
            message.event_retracted.amends = claim_id
            message.event_retracted.reason = "The report was withdrawn."
        else:
            message.event_disputed.amends = claim_id
            message.event_disputed.statement = "It was not like that."
        return message.SerializeToString(deterministic=True)

    def _event_id(self) -> str:
        bits = self._random.getrandbits(128)
        if self._ids == ORDERED_IDS:
            made = _IDS_MADE_FROM + self._ids_made
            bits = made << 80 | bits & (1 << 80) - 1
        self._ids_made += 1
        # As RFC 9562 has it: the variant in two bits, the version in four.
        bits = bits & ~(0x3 << 62 | 0xF << 76) | 0x2 << 62 | self._ids << 76
        return str(UUID(int=bits))


def _identified(event_id: str, body: bytes) -> bytes:
    return b"\x0a\x24" + event_id.encode() + body


def _day(number: int) -> str:
    return (FIRST_DAY + timedelta(number)).isoformat()


def _valid(day: int) -> time_pb2.ValidTime:
    begins = FIRST_SECOND + day * DAY_SECONDS
    return time_pb2.ValidTime(
        edtf=_day(day),
        zone="UTC",
        earliest=Timestamp(seconds=begins),
        latest=Timestamp(seconds=begins + DAY_SECONDS),
        precision=time_pb2.PRECISION_DAY,
    )


def _known(day: int) -> time_pb2.KnownTime:
    return time_pb2.KnownTime(text=_day(day), zone="UTC")


@cache
def _times(happened: int, known: int) -> bytes:
    """The fields `occurred` and `known`."""
    return event_pb2.Event(occurred=_valid(happened), known=_known(known)).SerializeToString()


@cache
def _planned(level: int, day: int) -> bytes:
    """The content of a plan of that day to meet two weeks later."""
    return planned(level, _valid(day + 14)).SerializeToString()


@cache
def _parties(dyad: Pair, order: str) -> bytes:
    """The fields `actors` and `recipients`, or `participants`."""
    one, other = (values_pb2.Party(code=code) for code in dyad)
    match order:
        case "together":
            both = [values_pb2.Participant(party=party) for party in (one, other)]
            return event_pb2.Event(participants=both).SerializeToString()
        case "forth":
            return event_pb2.Event(actors=[one], recipients=[other]).SerializeToString()
        case _:
            return event_pb2.Event(actors=[other], recipients=[one]).SerializeToString()
