"""What the command line refuses before it asks any server, and what it promises in its help."""

from collections.abc import Iterator

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from communique.cli.commands import app
from communique.cli.exits import ExitCode
from communique.cli.operator_commands import ServeOptions
from communique.server.runtime.settings import Settings

NOWHERE = "127.0.0.1:1"


def run(*words: str, **environment: str) -> Result:
    """Run a command in this process, wide enough that no line is broken."""
    return CliRunner(env={"COLUMNS": "200", **environment}).invoke(app, words)


def every_command() -> Iterator[tuple[str, object]]:
    """All commands by name, those of groups too."""
    waiting = [("communique", get_command(app))]
    while waiting:
        name, command = waiting.pop()
        yield name, command
        nested = getattr(command, "commands", {})
        waiting += [(f"{name} {word}", command) for word, command in nested.items()]


COMMANDS = dict(every_command())


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("status", "KOR", "Japn"), "unknown party 'Japn': did you mean JPN (Japan)?"),
        (("status", "KOR"), "Missing argument 'OTHER'"),
        (("status", "KOR", "South Korea"), "two different parties, not KOR twice"),
        (("status", "KOR", "JPN", "--valid-at", "2019-8-2"), "--valid-at: '2019-8-2' needs two"),
        (
            ("status", "KOR", "JPN", "--known-at", "2019-02-30"),
            "--known-at: '2019-02-30' is no day",
        ),
        (("status", "KOR", "JPN", "--zone", "Asia/Seol"), "--zone: unknown time zone 'Asia/Seol'"),
        (("status", "KOR", "JPN", "--position", "-1"), "--position"),
        (("status", "KOR", "JPN", "--format", "xml"), "'table', 'json', 'jsonl', 'csv'"),
        (("status", "KOR", "JPN", "--tls-cert", "x"), "both --tls-cert and --tls-cert-key"),
        (("timeline", "KOR"), "give two parties or none, not 1; one alone: --party"),
        (("timeline", "KOR", "JPN", "CHN"), "give two parties or none, not 3"),
        (("timeline", "--party", "Atlantis"), "unknown party 'Atlantis'"),
        (("events", "--certainty", "sure"), "'sure' is not one of 'certain', 'probable'"),
        (("events", "--from", "yesterday"), "--from: 'yesterday' is not an EDTF date"),
        (("event", "12"), "Invalid value for 'ID': Input should be a valid UUID"),
        (("submit", "no-such-file"), "no-such-file is not there"),
        (("import", "icews", "no-such-folder"), "no-such-folder"),
        (
            ("import", "icews", ".", "--first-day", "2018-02-30"),
            "'2018-02-30' is not a day such as",
        ),
        (("import", "icews", ".", "--first-day", "2999-01-01"), "2999-01-01 is still to come"),
        (("import", "icews", ".", "--dataset", "ICEWS 14"), "'ICEWS 14' is not a name such as"),
        (("import", "icews", ".", "--actors", "no-such-file"), "no-such-file"),
        (("import", "gdelt", ".", "--mentions", "no-such-file"), "no-such-file"),
        (("import", "polecat", "no-such-file"), "no-such-file"),
        (("serve", "--listen", "nowhere"), "--listen"),
        (("serve", "--grace-seconds", "-1"), "--grace-seconds"),
        (("serve", "--tls-key", "x"), "both a certificate and its key"),
        (("statsu",), "Did you mean 'status', 'statuses'?"),
        (("status", "--known"), "--known-at"),
    ],
)
def test_what_is_not_understood_is_told_in_a_line(words: tuple[str, ...], fault: str) -> None:
    """A usage error names what is wrong and what is allowed, points to --help, and exits with 2."""
    result = run(*words)
    assert fault in result.stderr
    assert result.exit_code == ExitCode.USAGE
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) <= 3


@pytest.mark.parametrize("words", [("status", "KOR", "JPN"), ("head",), ("replay",)])
def test_a_server_that_is_not_there_is_told_in_two_lines(words: tuple[str, ...]) -> None:
    """Without a server a question says which address it tried and what to do, and exits with 3."""
    result = run(*words, "--server", NOWHERE)
    error, hint = result.stderr.splitlines()
    assert NOWHERE in error
    assert "communique serve" in hint
    assert result.exit_code == ExitCode.UNREACHABLE


def test_a_flag_may_come_from_the_environment() -> None:
    """An environment variable stands for a flag, and a given flag goes before the variable."""
    result = run("head", COMMUNIQUE_SERVER=NOWHERE)
    assert result.exit_code == ExitCode.UNREACHABLE
    result = run("head", "--server", NOWHERE, COMMUNIQUE_SERVER="127.0.0.1:2")
    assert NOWHERE in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_is_an_environment_variable(name: str) -> None:
    """Each option of each command has a variable COMMUNIQUE_..., named in the help."""
    params = [param for param in COMMANDS[name].params if param.param_type_name == "option"]  # type: ignore[attr-defined]
    without = {"help", "_version", "install_completion", "show_completion"}
    names = {param.name: param.envvar for param in params if param.name not in without}
    assert all(variable.startswith("COMMUNIQUE_") for variable in names.values())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    """Each command has a help text, and so has each of its options."""
    result = run(*name.split()[1:], "--help")
    assert result.exit_code == 0
    assert COMMANDS[name].help  # type: ignore[attr-defined]
    assert all(param.help for param in COMMANDS[name].params)  # type: ignore[attr-defined]


def test_the_help_lists_the_exit_codes() -> None:
    """The help shows the whole table of exit codes."""
    text = " ".join(run("--help").stdout.split())
    assert all(f" {code.value} " in text for code in ExitCode)


def test_the_server_s_flags_mirror_its_settings() -> None:
    """The server has an option for each setting, with the same name and default."""
    assert ServeOptions().settings() == Settings()
    assert set(ServeOptions.__annotations__) == set(Settings.model_fields)


def test_the_version_is_told() -> None:
    """--version names the program."""
    result = run("--version")
    assert (result.exit_code, result.stdout.split()[0].rstrip(",")) == (0, "communique")


def test_without_a_command_the_help_is_shown() -> None:
    """The bare name of the program shows the help."""
    result = run()
    assert "timeline" in result.stdout
    assert "Traceback" not in result.output
