"""What the claims of the benchmark say: kinds of content with their shares, as ICEWS has them."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from communique.v1 import event_pb2, payloads_pb2, time_pb2, values_pb2

ISSUES: Final = (
    "border",
    "export-controls",
    "fisheries",
    "forced-labour",
    "human-rights",
    "nuclear-programme",
    "security-cooperation",
    "visa-rules",
)
PLANNED_SHARE: Final = 0.01
"""The share of plans, whose content depends on their day: see `planned`."""

_CODED_SHARES: Final = {
    "030 Express intent to cooperate": 0.23,
    "051 Praise or endorse": 0.165,
    "010 Make statement": 0.11,
    "020 Make an appeal or request": 0.06,
    "190 Use conventional military force": 0.02,
    "071 Provide economic aid": 0.02,
    "120 Reject": 0.017,
    "061 Cooperate economically": 0.014,
    "150 Demonstrate military power": 0.009,
    "130 Threaten": 0.008,
    "080 Yield": 0.008,
    "173 Arrest or detain": 0.005,
    "160 Reduce relations": 0.005,
}
_OUTLETS: Final = ("Yonhap", "Kyodo News", "Xinhua", "Reuters", "AFP", "ICEWS")


class Content(NamedTuple):
    """A message without id, times and parties; `together` says which kind of parties it needs."""

    share: float
    message: event_pb2.Event
    together: bool = False


def contents() -> Iterator[Content]:
    """Yield every content; the shares and `PLANNED_SHARE` add up to about one."""
    for number, (name, share) in enumerate(_CODED_SHARES.items()):
        code, _, description = name.partition(" ")
        payload = payloads_pb2.CodedEventReported(code=code, description=description)
        classification = values_pb2.Classification(
            cameo_code=code, table_version="bench-1", dataset="bench", goldstein=number - 6
        )
        message = _claim(number, coded_event_reported=payload, classification=classification)
        yield Content(share, message)
    yield from _meetings()
    yield from _by_issue()
    yield from _relations()


def planned(level: int, scheduled: time_pb2.ValidTime) -> event_pb2.Event:
    """Return the content of a plan to meet at a time."""
    payload = payloads_pb2.MeetingPlanned(level=_level(level), scheduled=scheduled, venue="Geneva")
    return _claim(level, meeting_planned=payload)


def _meetings() -> Iterator[Content]:
    for level, share in enumerate((0.11, 0.02, 0.04, 0.01, 0.01)):
        payload = payloads_pb2.MeetingHeld(level=_level(level), outcome="They agreed to talk on.")
        yield Content(share, _claim(level, meeting_held=payload), together=True)


def _by_issue() -> Iterator[Content]:
    stance = payloads_pb2.StanceStated(position="It holds to what it said before.")
    demand = payloads_pb2.DemandMade(demand="Lift the restrictions.")
    refused = payloads_pb2.TalksRefused(grounds="security reasons")
    agreed = payloads_pb2.TalksAgreed(terms="at working level")
    measure = payloads_pb2.MeasureTookEffect(measure="tighter rules for three materials")
    for number, issue in enumerate(ISSUES):
        yield Content(0.0075, _claim(number, [issue], stance_stated=stance))
        yield Content(0.002, _claim(number, [issue], demand_made=demand))
        yield Content(0.0005, _claim(number, [issue], talks_refused=refused))
        yield Content(0.0005, _claim(number, [issue], talks_agreed=agreed))
        yield Content(0.0005, _claim(number, [issue], measure_took_effect=measure))


def _relations() -> Iterator[Content]:
    signed = payloads_pb2.AgreementSigned(title="Memorandum of understanding")
    outlook = payloads_pb2.OutlookAssessed(
        outlook=payloads_pb2.OUTLOOK_NEGATIVE, assessment="No progress."
    )
    changed = payloads_pb2.RelationsChanged(change=payloads_pb2.RELATIONS_CHANGE_UPGRADED)
    yield Content(0.03, _claim(0, agreement_signed=signed), together=True)
    yield Content(0.025, _claim(1, outlook_assessed=outlook))
    yield Content(0.01, _claim(2, relations_changed=changed), together=True)


def _level(number: int) -> payloads_pb2.MeetingLevel.ValueType:
    return payloads_pb2.MeetingLevel.ValueType(number)


def _claim(number: int, issues: list[str] | None = None, **fields: object) -> event_pb2.Event:
    """Return the part of a claim that does not depend on who and when."""
    return event_pb2.Event(
        issues=issues or [],
        certainty=values_pb2.CERTAINTY_PROBABLE if number % 3 else values_pb2.CERTAINTY_CERTAIN,
        source=values_pb2.Source(outlet=_OUTLETS[number % len(_OUTLETS)]),
        gist="What was reported, in the words of a desk that reads it.",
        **fields,  # type: ignore[arg-type]
    )
