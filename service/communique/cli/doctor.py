"""`communique doctor`: is everything well here, and with the server?"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from communique.cli.exits import ExitCode
from communique.cli.options import Output, Remote, option
from communique.cli.screen import Format, console, write_list
from communique.server.runtime.settings import Settings

if TYPE_CHECKING:
    from communique.cli.checks import Check

_STYLES: Final = {"ok": "green", "note": "yellow", "wrong": "bold red"}
_DATA_DIR: Final = Settings().data_dir


def doctor(
    remote: Remote,
    data_dir: Annotated[
        Path, option("--data-dir", "The server's data folder, where it is on this machine.")
    ] = _DATA_DIR,
    output: Output = Format.TABLE,
) -> None:
    """Look whether this machine, the data folder and the server are well; exit code 1 if not."""
    found: list[Check] = []
    shown = _each(remote, data_dir, found)
    if output is Format.TABLE:
        for check in shown:
            _print(check)
    else:
        rows = [check._asdict() for check in shown]
        write_list(output, rows, rows)
    if any(check.health == "wrong" for check in found):
        raise typer.Exit(ExitCode.FAILED)


def _each(remote: Remote, data_dir: Path, found: list["Check"]) -> Iterator["Check"]:
    """Yield each check as soon as it is made, and keep it."""
    from communique.cli import checks  # noqa: PLC0415  as for `serve`

    for check in chain(
        checks.of_this_machine(), checks.of_the_folder(data_dir), checks.of_the_server(remote)
    ):
        found.append(check)
        yield check


def _print(check: "Check") -> None:
    line = Text(f"{check.health.value:<6}", _STYLES[check.health])
    line.append(f"{check.name:<18}", "bold").append(check.words, "default")
    console().print(line, soft_wrap=True)
