"""How a command ends: an exit code, and lines on standard error instead of a traceback."""

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

from communique.cli.screen import console
from communique.client import CommuniqueError, InvalidRequest, TimedOut, Unavailable, Violation
from communique.codec import violations
from communique.export.whole_file import ExportError

_VIOLATIONS_SHOWN_MAX: Final = 20
_PADDING: Final = re.compile(r"(UNKNOWN|UNAVAILABLE): |ipv[46]:|Failed to connect to remote host: ")


class ExitCode(IntEnum):
    """The exit codes, which `--help` explains."""

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


class CommandFailure(Exception):
    """A command cannot go on: what is wrong, hints that help, and its exit code."""

    def __init__(self, message: str, *hints: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.hints = hints
        self.code = code


class Commands(TyperGroup):
    """The commands, each of which ends with an `ExitCode`."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:  # noqa: ANN401  as typer has it
        """Run a command and exit."""
        extra["standalone_mode"] = False
        sys.exit(_exit_code(lambda: super(Commands, self).main(*args, **extra)))

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  as typer has it
        """Run a command; it ends with `ExitCode.OK` when nobody reads its output any more."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.OK) from None
        return result


def _exit_code(run: Callable[[], object]) -> int:  # noqa: PLR0911  one for each way to end
    """Run a command, report its error if there is one, and return its exit code."""
    try:
        code = run()
    except CommandFailure as failure:
        return _reported(failure.code, str(failure), *failure.hints)
    except ExportError as error:
        return _reported(ExitCode.FAILED, str(error))
    except CommuniqueError as error:
        return _reported(*_reported_of(error))
    except typer.TyperException as error:
        return _reported(ExitCode(error.exit_code), *_usage_lines(error))
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except OSError as error:
        reason = error.strerror or str(error)
        return _reported(
            ExitCode.FAILED, f"{error.filename}: {reason}" if error.filename else reason
        )
    except Exception as error:  # the last resort: a line for the user instead of a traceback
        if os.environ.get("COMMUNIQUE_DEBUG"):
            raise
        hint = "this is a fault of the command itself: COMMUNIQUE_DEBUG=1 shows where"
        return _reported(ExitCode.FAILED, f"{type(error).__name__}: {error}", hint)
    return code if isinstance(code, int) else ExitCode.OK


def _reported(code: ExitCode, message: str, *hints: str) -> ExitCode:
    """Print what is wrong, and below it what helps, and return the code."""
    err = console(stderr=True)
    err.print(Text("error: ", "bold red") + Text(message, "default"), soft_wrap=True)
    for hint in hints:
        err.print(Text(f"  {hint}"), soft_wrap=True)
    return code


def _reported_of(error: CommuniqueError) -> tuple[Any, ...]:
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
            return (
                ExitCode.USAGE,
                "the server refused the request",
                *violation_lines(error.violations),
            )
        case InvalidRequest():
            return ExitCode.USAGE, str(error)
        case _:
            return ExitCode.FAILED, str(error)


def brief(error: CommuniqueError) -> str:
    """Return the last error that gRPC reports of a failed connection."""
    return _PADDING.sub("", str(error).rpartition("; last error: ")[2].rstrip("; "))


def violation_lines(violations: Sequence[Violation]) -> list[str]:
    """Return a line for each of the first twenty violations, and one with how many are left."""
    shown = violations[:_VIOLATIONS_SHOWN_MAX]
    lines = [f"{violation.field}: {violation.description}" for violation in shown]
    left = len(violations) - len(shown)
    return [*lines, f"... and {left} more"] if left else lines


def _usage_lines(error: typer.TyperException) -> Iterator[str]:
    yield error.format_message().replace("Value error, ", "") or "name a command"
    context = getattr(error, "ctx", None)
    if context is not None:
        yield f"see {context.command_path} --help"


@contextmanager
def usage_errors(param_hint: str | None = None) -> Iterator[None]:
    """Turn the errors of the domain inside into `typer.BadParameter`."""
    try:
        yield
    except ValidationError as error:
        first = violations(error)[0]
        message = f"{first.field}: {first.description}"
        raise typer.BadParameter(message, param_hint=param_hint) from None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=param_hint) from None
