"""How a command ends: its exit code, and a line or a few on standard error, never a traceback."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Final, NoReturn

import typer
from pydantic import ValidationError
from rich.text import Text
from typer.core import TyperGroup

from communique.cli import screen
from communique.client import CommuniqueError, InvalidRequest, TimedOut, Unavailable, Violation
from communique.codec import violations
from communique.export.whole_file import ExportError

VIOLATIONS_SHOWN_MAX: Final = 20
_PADDING: Final = re.compile(r"(UNKNOWN|UNAVAILABLE): |ipv[46]:|Failed to connect to remote host: ")


class ExitCode(IntEnum):
    """What the exit code of a command says. `--help` shows this table."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    REJECTED = 4
    INTERRUPTED = 130


EXIT_CODES: Final = (
    "Exit codes: 0 done; 1 it failed; 2 the command was not understood; 3 the server could not be "
    "reached; 4 some or all of the input was rejected; 130 interrupted."
)


class Failure(Exception):
    """A command cannot go on: what is wrong, what helps, and the exit code that it ends with."""

    def __init__(self, what: str, *more: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(what)
        self.more = more
        self.code = code


class Commands(TyperGroup):
    """The commands, run so that each ends in one of the ways above."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:  # noqa: ANN401  as typer has it
        """Run a command and exit."""
        sys.exit(_ended(lambda: super(Commands, self).main(*args, **{**extra, **_QUIET})))

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  as typer has it
        """Run a command; when nobody reads its output any more, that is its end and no failure."""
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.OK) from None
        return answer


_QUIET: Final = {"standalone_mode": False}


def _ended(run: Callable[[], object]) -> int:  # noqa: PLR0911  one for each way to end
    """Run, tell what went wrong if something did, and return the exit code."""
    try:
        code = run()
    except Failure as failure:
        return told(failure.code, str(failure), *failure.more)
    except ExportError as error:
        return told(ExitCode.FAILED, str(error))
    except CommuniqueError as error:
        return told(*_told_of(error))
    except typer.TyperException as error:
        return told(ExitCode(error.exit_code), *_usage_lines(error))
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except OSError as error:
        return told(ExitCode.FAILED, _of_the_system(error))
    except Exception as error:  # the last resort: a line for the user instead of a traceback
        if os.environ.get("COMMUNIQUE_DEBUG"):
            raise
        hint = "this is a fault of the command itself: COMMUNIQUE_DEBUG=1 shows where"
        return told(ExitCode.FAILED, f"{type(error).__name__}: {error}", hint)
    return code if isinstance(code, int) else ExitCode.OK


def told(code: ExitCode, what: str, *more: str) -> ExitCode:
    """Print what is wrong, and below it what helps, and return the code."""
    err = screen.error_console()
    if code is not ExitCode.INTERRUPTED:
        err.print(Text("error: ", "bold red") + Text(what, "default"), soft_wrap=True)
        for line in more:
            err.print(Text(f"  {line}"), soft_wrap=True)
    return code


def _told_of(error: CommuniqueError) -> tuple[Any, ...]:
    match error:
        case TimedOut():
            hint = "allow more time with --timeout, or see how it is with `communique doctor`"
            return ExitCode.UNREACHABLE, "the server did not answer in time", hint
        case Unavailable(reason=""):
            hint = (
                "start one: `communique serve`; name another: --server; speak TLS to it: --tls-ca"
            )
            return ExitCode.UNREACHABLE, f"the server cannot be reached ({brief(error)})", hint
        case InvalidRequest(violations=(_, *_)):
            return ExitCode.USAGE, "the server refused the request", *lines_of(error.violations)
        case InvalidRequest():
            return ExitCode.USAGE, str(error)
        case _:
            return ExitCode.FAILED, str(error)


def brief(error: CommuniqueError) -> str:
    """Return the heart of what gRPC tells about a failed connection."""
    heart = str(error).rpartition("; last error: ")[2].rstrip("; ")
    return _PADDING.sub("", heart)


def lines_of(found: Sequence[Violation]) -> list[str]:
    """Return a line for each field at fault, the first twenty."""
    lines = [f"{one.field}: {one.description}" for one in found[:VIOLATIONS_SHOWN_MAX]]
    left = len(found) - len(lines)
    return [*lines, f"... and {left} more"] if left else lines


def _usage_lines(error: typer.TyperException) -> Iterator[str]:
    yield error.format_message().replace("Value error, ", "") or "name a command"
    context = getattr(error, "ctx", None)
    if context is not None:
        yield f"see {context.command_path} --help"


def _of_the_system(error: OSError) -> str:
    what = error.strerror or str(error)
    return f"{error.filename}: {what}" if error.filename else what


@contextmanager
def as_usage() -> Iterator[None]:
    """Turn what the domain refuses inside into a usage error."""
    try:
        yield
    except ValidationError as error:
        first = violations(error)[0]
        raise typer.BadParameter(f"{first.field}: {first.description}") from None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
