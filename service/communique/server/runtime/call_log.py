"""Log lines: one for each call, with the facts that it noted, and those of other loggers."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from json import JSONEncoder
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from communique.server.runtime.settings import LogFormat, LogLevel, Settings

Logger = FilteringBoundLogger
_facts: Final[ContextVar[dict[str, Any] | None]] = ContextVar("facts", default=None)


def logger_of(settings: Settings, stream: TextIO | None = None) -> Logger:
    """Return a logger that writes to `stream`, the standard error stream where it is None."""
    target = stream or sys.stderr
    logger: Logger = structlog.wrap_logger(
        structlog.WriteLogger(target),
        processors=_processors(settings.log_format, target),
        wrapper_class=structlog.make_filtering_bound_logger(_number(settings.log_level)),
        cache_logger_on_first_use=True,
    )
    return logger


def take_over(settings: Settings) -> None:
    """Configure all other loggers of this process as the settings say, to standard error."""
    logger = logger_of(settings)
    structlog.configure(
        processors=_processors(settings.log_format, sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(_number(settings.log_level)),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.basicConfig(handlers=[_Forwarder(logger)], level=logging.INFO, force=True)


@contextmanager
def noting(facts: dict[str, Any]) -> Iterator[None]:
    """Collect in `facts` what is noted during the block."""
    token = _facts.set(facts)
    try:
        yield
    finally:
        _facts.reset(token)


def note(**facts: object) -> None:
    """Add facts to the log line of the call under way."""
    noted = _facts.get()
    if noted is not None:
        noted.update(facts)


class _Forwarder(logging.Handler):
    """Forwards the records of the standard library's loggers."""

    def __init__(self, logger: Logger) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        facts = {"exc_info": record.exc_info} if record.exc_info else {}
        self._logger.log(record.levelno, record.getMessage(), module=record.name, **facts)


def _number(level: LogLevel) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _processors(log_format: LogFormat, target: TextIO) -> list[Processor]:
    on_terminal = target.isatty()
    common: list[Processor] = [structlog.processors.add_log_level, _common_facts_first]
    if log_format is LogFormat.CONSOLE or (log_format is LogFormat.AUTO and on_terminal):
        console = structlog.dev.ConsoleRenderer(
            colors=on_terminal and not os.environ.get("NO_COLOR"),
            exception_formatter=structlog.dev.plain_traceback,
            timestamp_key="logged_at",
        )
        return [*common, console]
    return [*common, structlog.processors.format_exc_info, _json_line]


def _common_facts_first(_logger: object, _method: str, facts: EventDict) -> EventDict:
    """Add the time, and put the facts of every line before those of some."""
    logged_at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"logged_at": logged_at, "level": facts["level"], "event": facts["event"], **facts}


_encoder: Final = JSONEncoder(ensure_ascii=False, default=str)


def _json_line(_logger: object, _level: str, facts: EventDict) -> str:
    return _encoder.encode(facts)
