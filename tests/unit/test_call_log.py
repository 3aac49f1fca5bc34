"""Log lines."""

import json
from io import StringIO

from communique.server.runtime.call_log import logger_of, note, noting
from communique.server.runtime.settings import LogFormat, LogLevel, Settings


class Terminal(StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def written(stream: StringIO, log_format: LogFormat, level: LogLevel = LogLevel.INFO) -> str:
    """Log a call and an error, and return what was written."""
    logger = logger_of(Settings(log_format=log_format, log_level=level), stream)
    logger.info("call", method="RecordService/Submit", code="OK")
    logger.error("call", exc_info=ValueError("wrong"))
    return stream.getvalue()


def test_lines_are_json_where_no_terminal_is() -> None:
    """A log line away from a terminal is one JSON object, with the stack of an error."""
    call, failed = map(json.loads, written(StringIO(), LogFormat.AUTO).splitlines())
    assert list(call) == ["logged_at", "level", "event", "method", "code"]
    assert failed["level"] == "error"
    assert "ValueError: wrong" in failed["exception"]


def test_lines_are_for_people_on_a_terminal() -> None:
    """Log lines have colours on a terminal and none where asked for elsewhere."""
    assert "\x1b[" in written(Terminal(), LogFormat.AUTO)
    plain = written(StringIO(), LogFormat.CONSOLE)
    assert "\x1b[" not in plain
    assert "RecordService/Submit" in plain


def test_less_severe_lines_are_left_out() -> None:
    """A log at level error leaves out calls and keeps errors."""
    (failed,) = map(json.loads, written(StringIO(), LogFormat.JSON, LogLevel.ERROR).splitlines())
    assert failed["level"] == "error"


def test_notes_belong_to_the_call_under_way() -> None:
    """A note inside a call is kept, and a note outside of any call is lost."""
    facts: dict[str, object] = {}
    note(position=1)
    with noting(facts):
        note(position=2)
        note(events=3)
    note(position=4)
    assert facts == {"position": 2, "events": 3}
