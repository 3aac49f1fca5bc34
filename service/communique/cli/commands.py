"""The `communique` command with all its subcommands."""

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from communique.cli import operator_commands, query_commands, submit_commands
from communique.cli.comparison_commands import compare, statuses
from communique.cli.demo import demo
from communique.cli.doctor import doctor
from communique.cli.exits import EXIT_CODES, Commands
from communique.cli.export_commands import exports
from communique.cli.import_commands import imports
from communique.cli.live_commands import follow, watch
from communique.cli.options import unfolded
from communique.cli.series_command import series
from communique.cli.subject_commands import issue, issues, subject, subjects

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Every option is an environment variable, too: COMMUNIQUE_... {EXIT_CODES}",
)

_PANELS = {
    "Ask": (
        query_commands.status,
        statuses,
        compare,
        query_commands.timeline,
        query_commands.events,
        series,
        subject,
        subjects,
        issue,
        issues,
        query_commands.event,
        query_commands.head,
        watch,
        follow,
    ),
    "Record": (submit_commands.submit,),
    "Operate": (
        operator_commands.serve,
        operator_commands.replay,
        operator_commands.rebuild,
        operator_commands.verify,
        query_commands.projections,
        doctor,
        demo,
    ),
}

for panel, commands in _PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(unfolded(command))
app.add_typer(imports, name="import", rich_help_panel="Record")
app.add_typer(exports, name="export", rich_help_panel="Ask")


def _show_version(is_requested: bool) -> None:
    if not is_requested:
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
