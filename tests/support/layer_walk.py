"""Runs one submission and one question without a face, and prints which modules they enter."""

import asyncio
import json
import sys
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Final

from communique.codec import with_part_bytes
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.use_cases import UseCases, use_cases
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.projections.thread_follower import ThreadFollower
from communique.server.runtime.call import Call
from communique.server.runtime.call_log import logger_of
from communique.server.runtime.clock import Clock
from communique.server.runtime.settings import LogLevel, Settings
from communique.server.views.read_model.read_model_projection import ReadModelProjection
from communique.v1 import event_pb2, payloads_pb2, time_pb2, values_pb2
from communique.v1.record_service_pb2 import SubmitRequest, SubmitResponse
from communique.v1.timeline_service_pb2 import (
    GetBilateralStatusRequest,
    GetBilateralStatusResponse,
)

PROJECTED_SECONDS_MAX: Final = 10.0
_entered: Final = dict[str, None]()
"""The modules of the project that were entered, in the order of their first functions."""


def enter(frame: FrameType, event: str, _argument: object) -> None:
    """Note a call of a function of the project, in any thread."""
    module = str(frame.f_globals.get("__name__"))
    if event == "call" and module.startswith("communique."):
        _entered.setdefault(module.removeprefix("communique."))


def left_behind() -> list[str]:
    """Return the modules that were entered since the last time."""
    modules = [*_entered]
    _entered.clear()
    return modules


def meeting() -> event_pb2.Event:
    """Return an event to submit."""
    return event_pb2.Event(
        occurred=time_pb2.ValidTime(edtf="2019-08-21"),
        participants=[
            values_pb2.Participant(party=values_pb2.Party(code=code)) for code in ("JPN", "KOR")
        ],
        certainty=values_pb2.CERTAINTY_CERTAIN,
        source=values_pb2.Source(outlet="Arirang"),
        meeting_held=payloads_pb2.MeetingHeld(),
    )


async def walk(cases: UseCases, read_models: ReadModels) -> dict[str, list[str]]:
    """Return the modules that a submission and a question enter."""
    call = Call("desk")
    left_behind()
    submit = with_part_bytes(SubmitRequest.DESCRIPTOR)(events=[meeting().SerializeToString()])
    receipts: SubmitResponse = await cases.runner.run(
        call, {}, str, lambda: cases.record.Submit(submit, call)
    )
    position = receipts.receipts[0].position
    await asyncio.to_thread(read_models.wait_for, position, PROJECTED_SECONDS_MAX)
    submission = left_behind()
    ask = GetBilateralStatusRequest(parties=["JPN", "KOR"], min_position=position)
    answer: GetBilateralStatusResponse = await cases.runner.run(
        call, {}, str, lambda: cases.timeline.GetBilateralStatus(ask, call)
    )
    if not answer.status.last_meetings:
        raise SystemExit("the status lacks the meeting that was submitted")
    return {"submission": submission, "question": left_behind()}


async def main(folder: Path) -> None:
    """Print both walks, and every module of the server that is loaded, as JSON."""
    settings, clock = Settings(data_dir=folder, log_level=LogLevel.ERROR), Clock()
    with ExitStack() as stack:
        log = stack.enter_context(closing(SQLiteEventLog.open(folder / "log.db", clock.micros)))
        follower = ThreadFollower(folder, ReadModelProjection, log)
        read_models = stack.enter_context(closing(ReadModels(log, follower)))
        read_models.start()
        cases = stack.enter_context(
            use_cases(settings, logger_of(settings), clock, log, read_models)
        )
        walks = await walk(cases, read_models)
    loaded = sorted(name for name in sys.modules if name.startswith("communique.server."))
    sys.stdout.write(json.dumps({**walks, "loaded": loaded}))


if __name__ == "__main__":
    threading.setprofile(enter)
    sys.setprofile(enter)
    with TemporaryDirectory() as name:
        asyncio.run(main(Path(name)))
