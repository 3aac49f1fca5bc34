"""The commands of the operator: running the server, exporting the log, rebuilding read models."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer
from pydantic import ValidationError

from communique.cli.exits import CommandFailure
from communique.cli.options import Filters, OutputFile, Remote, limit_option, option
from communique.cli.screen import console, note, progress_bar
from communique.codec import violations
from communique.export import json_lines, wording
from communique.export.whole_file import whole_file
from communique.server.runtime.settings import LogFormat, LogLevel, Settings

_REPORTED_EVERY: Final = 1_000
_DEFAULTS: Final = Settings()


@dataclass(frozen=True)
class ServeOptions:
    """The server's settings as options; the names are those of `Settings`."""

    data_dir: Annotated[
        Path, option("--data-dir", "The folder of the log and the read models; made if missing.")
    ] = _DEFAULTS.data_dir
    listen: Annotated[
        str, option("--listen", "HOST:PORT to listen at; port 0 is any free one.")
    ] = _DEFAULTS.listen
    tls_certificate: Annotated[
        Path | None, option("--tls-certificate", "The certificate chain (PEM); turns TLS on.")
    ] = None
    tls_key: Annotated[
        Path | None, option("--tls-key", "The private key of the certificate (PEM).")
    ] = None
    tls_client_ca: Annotated[
        Path | None,
        option("--tls-client-ca", "Let in only clients of these authorities (PEM)."),
    ] = None
    grace_seconds: Annotated[
        float, option("--grace-seconds", "How long calls may go on when asked to stop.")
    ] = _DEFAULTS.grace_seconds
    wait_seconds_max: Annotated[
        float,
        option("--wait-seconds-max", "How long a question waits for a read model at most."),
    ] = _DEFAULTS.wait_seconds_max
    lag_max: Annotated[
        int, option("--lag-max", "How far behind a read model may be before health fails.")
    ] = _DEFAULTS.lag_max
    health_seconds: Annotated[
        float, option("--health-seconds", "How often health is looked at.")
    ] = _DEFAULTS.health_seconds
    heartbeat_seconds: Annotated[
        float, option("--heartbeat-seconds", "How often quiet subscriptions say they are alive.")
    ] = _DEFAULTS.heartbeat_seconds
    concurrent_calls_max: Annotated[
        int, option("--concurrent-calls-max", "How many calls may be under way at once.")
    ] = _DEFAULTS.concurrent_calls_max
    log_format: Annotated[
        LogFormat, option("--log-format", "How log lines look; auto is JSON but on a terminal.")
    ] = _DEFAULTS.log_format
    log_level: Annotated[
        LogLevel, option("--log-level", "The least severe log line that is written.")
    ] = _DEFAULTS.log_level

    def settings(self) -> Settings:
        """Return the settings; raise `typer.BadParameter` that names the option at fault."""
        try:
            return Settings(**asdict(self))
        except ValidationError as error:
            first = violations(error)[0]
            name = f"--{first.field.replace('_', '-')}" if first.field else None
            raise typer.BadParameter(first.description, param_hint=name) from None


def serve(options: ServeOptions) -> None:
    """Run the server until it is told to stop (SIGTERM or Ctrl-C)."""
    settings = options.settings()
    # The other commands start in half the time without the server.
    from communique.server import app as server  # noqa: PLC0415

    try:
        server.run(settings)
    except server.START_ERRORS as error:
        raise CommandFailure(str(error)) from None


def replay(
    remote: Remote,
    filters: Filters,
    after: Annotated[int, option("--after", "Start behind this position.", min=0)] = 0,
    limit: Annotated[int, limit_option("How many at most; 0 is all.", "REPLAY")] = 0,
    file: OutputFile = None,
) -> None:
    """Export the log as JSON lines, amendments included, in the order of positions."""
    wanted = filters.event_filter(None, "UTC")
    with remote.connect() as client, _target(file) as target, progress_bar("replaying") as bar:
        head, count = client.head().position, 0
        for recorded in client.read(after, filter=wanted, limit=limit or None):
            target.write(json_lines.recorded_line(recorded) + "\n")
            count += 1
            if count % _REPORTED_EVERY == 0:
                bar.show(recorded.position - after, max(head - after, 1), f"{count:,} events")
    if file:
        note(f"{wording.counted(count, 'event')} written to {file}")


@contextmanager
def _target(file: Path | None) -> Iterator[TextIO]:
    """Give standard output, or a new file that becomes `file` when all is written."""
    if file is None:
        yield sys.stdout
        return
    with whole_file(file) as target:
        text = TextIOWrapper(target, "utf-8", newline="\n")
        yield text
        text.detach()


def rebuild(
    remote: Remote,
    name: Annotated[
        str, typer.Argument(help="See `communique projections`; need not be given.")
    ] = "",
) -> None:
    """Build the read models anew from the log, while the old ones serve."""
    rebuilt: dict[str, int] = {}
    with remote.connect() as client, progress_bar(f"rebuilding {name}".rstrip()) as bar:
        for progress in client.rebuild(name):
            rate = f"{progress.events_per_second:,.0f} events a second"
            bar.show(progress.position, progress.head or None, rate)
            rebuilt[progress.name] = progress.position
    for model, position in rebuilt.items():
        console().print(f"{model} is rebuilt, up to position {position:,}")


def verify(
    name: Annotated[str, typer.Argument(help="See `communique projections`.")], remote: Remote
) -> None:
    """Compare a read model with the log, which changes nothing; exit code 1 on a difference."""
    with remote.connect() as client, progress_bar(f"verifying {name}") as bar:
        last = None
        for last in client.verify(name):
            rate = f"{last.events_per_second:,.0f} events a second"
            bar.show(last.position, last.head or None, rate)
    if last is None or not last.done:
        raise CommandFailure(f"{name} was not verified: the server broke off")
    if last.first_difference:
        raise CommandFailure(
            f"{name} is not what the log gives",
            last.first_difference,
            f"build it anew: communique rebuild {name}",
        )
    console().print(f"{name} is what the log gives, up to position {last.head:,}")
