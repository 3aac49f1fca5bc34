"""`communique doctor`: checks of this machine, the data folder and the server."""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from communique.cli.exits import ExitCode
from communique.cli.options import Output, Remote, option
from communique.cli.screen import OutputFormat, console, write_list
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
    output: Output = OutputFormat.TABLE,
) -> None:
    """Look whether this machine, the data folder and the server are well; exit code 1 if not."""
    from communique.cli import checks  # noqa: PLC0415  as for `serve`

    rows = []
    for check in chain(
        checks.of_this_machine(), checks.of_the_folder(data_dir), checks.of_the_server(remote)
    ):
        rows.append(check._asdict())
        if output is OutputFormat.TABLE:
            _print(check)
    if output is not OutputFormat.TABLE:
        write_list(output, rows, rows)
    if any(row["health"] == "wrong" for row in rows):
        raise typer.Exit(ExitCode.FAILED)


def _print(check: "Check") -> None:
    line = Text(f"{check.health.value:<6}", _STYLES[check.health])
    line.append(f"{check.name:<18}", "bold").append(check.words, "default")
    console().print(line, soft_wrap=True)
