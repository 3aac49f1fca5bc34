"""The `communique` command: all commands under one name."""

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from communique.cli import asking, operating, sending
from communique.cli.demo import demo
from communique.cli.doctor import doctor
from communique.cli.exits import EXIT_CODES, Commands
from communique.cli.options import unfolded

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Every option is an environment variable, too: COMMUNIQUE_... {EXIT_CODES}",
)

_GROUPS = {
    "Ask": (asking.status, asking.timeline, asking.events, asking.event, asking.head),
    "Record": (sending.submit,),
    "Operate": (
        operating.serve,
        operating.replay,
        operating.rebuild,
        asking.projections,
        doctor,
        demo,
    ),
}

for panel, commands in _GROUPS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(unfolded(command))
app.add_typer(sending.imports, name="import", rich_help_panel="Record")


def _show_version(asked: bool) -> None:
    if not asked:
        return
    try:
        typer.echo(f"communique {version('communique')}")
    except PackageNotFoundError:
        typer.echo("communique, run from its sources without being installed")
    raise typer.Exit


@app.callback()
def _communique(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """The record of diplomacy: what was true as of any point, and what was known then."""
