"""The options that commands share; a bundle of options is a dataclass."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer
from typer.models import OptionInfo

from communique.cli.exits import usage_errors
from communique.cli.screen import OutputFormat
from communique.client import Client, EventFilter, Retry
from communique.client.transport import Credentials, tls_credentials
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad, resolve
from communique.domain.time.clocks import parse_point
from communique.domain.time.zones import zone_named

LIMIT: Final = 100
SHORT_RETRY: Final = Retry(attempts_max=3)
"""For a person who waits: an absent server is reported within a second."""
LONG_RETRY: Final = Retry(attempts_max=12)
"""For a long command, which outlives a restart of the server."""

_SPACED: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:.*)")


def option(
    name: str,
    help_text: str,
    *aliases: str,
    env: str = "",
    **settings: Any,  # noqa: ANN401  whatever typer knows
) -> OptionInfo:
    """Return an option `--known-at` that is also an environment variable: `COMMUNIQUE_KNOWN_AT`."""
    variable = env or f"COMMUNIQUE_{name.removeprefix('--').replace('-', '_').upper()}"
    info: OptionInfo = typer.Option(name, *aliases, envvar=variable, help=help_text, **settings)
    return info


def when(name: str, help_text: str) -> OptionInfo:
    """Return an option that takes a day or a date-time."""
    return option(name, help_text, metavar="WHEN")


def limit_option(help_text: str, command: str) -> OptionInfo:
    """Return the option `--limit` of a command that has its own environment variable for it."""
    return option("--limit", help_text, "-n", env=f"COMMUNIQUE_{command}_LIMIT", min=0)


def party(text: str) -> str:
    """Return the code of a party that is given by code or name."""
    with usage_errors():
        return resolve(text)


Output = Annotated[
    OutputFormat, option("--format", "How the answer is written.", "-o", env="COMMUNIQUE_OUTPUT")
]
Explain = Annotated[
    bool, option("--explain", "Show which claim stands behind each line, and where it is from.")
]
Limit = Annotated[int, option("--limit", "How many at most; 0 shows all.", "-n", min=0)]
OutputFile = Annotated[
    Path | None,
    option(
        "--output",
        "Write to this file, which appears only when it is whole. Default: standard output.",
        env="COMMUNIQUE_OUTPUT_FILE",
        metavar="FILE",
        dir_okay=False,
    ),
]
InputZone = Annotated[str, option("--zone", "The time zone to read and show days and hours in.")]
MinPosition = Annotated[
    int, option("--min-position", "Wait until the answer is as fresh as this receipt.", min=0)
]
Strings = list[str] | None
PartyCode = Annotated[
    str,
    typer.Argument(metavar="PARTY", parser=party, help="A code or a name: KOR, kr, 'South Korea'."),
]
OtherCode = Annotated[
    str, typer.Argument(metavar="OTHER", parser=party, help="The other party, likewise.")
]


@dataclass(frozen=True)
class Remote:
    """The options of a connection to a server."""

    server: Annotated[str, option("--server", "The server's address.", "-s")] = "127.0.0.1:50551"
    timeout: Annotated[
        float, option("--timeout", "How many seconds an answer may take.", min=0.001, max=86_400)
    ] = 30.0
    tls_ca: Annotated[
        Path | None,
        option("--tls-ca", "Speak TLS, and trust these authorities (PEM).", dir_okay=False),
    ] = None
    tls_cert: Annotated[
        Path | None,
        option("--tls-cert", "The certificate to show to the server (PEM).", dir_okay=False),
    ] = None
    tls_cert_key: Annotated[
        Path | None,
        option("--tls-cert-key", "The private key of --tls-cert (PEM).", dir_okay=False),
    ] = None

    def connect(self, retry: Retry = SHORT_RETRY) -> Client:
        """Return a client of the server."""
        return Client(
            self.server,
            timeout_seconds=self.timeout,
            credentials=self.credentials(),
            retry=retry,
        )

    def credentials(self) -> Credentials | None:
        """Return the TLS credentials, or None without TLS; raise `OSError` of a file."""
        if (self.tls_cert is None) != (self.tls_cert_key is None):
            raise typer.BadParameter("give both --tls-cert and --tls-cert-key, or neither")
        if self.tls_ca is None and self.tls_cert is None:
            return None
        files = (self.tls_ca, self.tls_cert_key, self.tls_cert)
        return tls_credentials(*(file.read_bytes() if file else None for file in files))


@dataclass(frozen=True)
class AsOfOptions:
    """The options of the point that a question is asked from."""

    valid_at: Annotated[
        str | None,
        when(
            "--valid-at",
            "As of when in the world: a day, which means its end, or a date-time. Default: now.",
        ),
    ] = None
    known_at: Annotated[str | None, when("--known-at", "By what was known when. Default: now.")] = (
        None
    )
    position: Annotated[
        int | None, option("--position", "By what the log held then. Default: all.", min=0)
    ] = None
    zone: InputZone = "UTC"
    min_position: MinPosition = 0

    def arguments(self) -> dict[str, Any]:
        """Return the client's arguments; raise `typer.BadParameter` of an unreadable one."""
        check_zone(self.zone)
        return {
            "valid_at": moment("--valid-at", self.valid_at, self.zone),
            "known_at": moment("--known-at", self.known_at, self.zone),
            "position": self.position,
            "zone": self.zone,
            "min_position": self.min_position,
        }


@dataclass(frozen=True)
class Filters:
    """The options that choose events; a repeated option means any of its values."""

    party: Annotated[Strings, option("--party", "Who takes part, by code or name. Repeatable.")] = (
        None
    )
    issue: Annotated[
        Strings, option("--issue", "What it is about: export-controls. Repeatable.")
    ] = None
    subject: Annotated[Strings, option("--subject", "The key of a subject. Repeatable.")] = None
    type: Annotated[Strings, option("--type", "A type: MeetingHeld. Repeatable.")] = None
    certainty: Annotated[
        list[Certainty] | None,
        option("--certainty", "How firmly its source says so. Repeatable.", case_sensitive=False),
    ] = None
    outlet: Annotated[
        Strings, option("--outlet", "Who published it, by exact name. Repeatable.")
    ] = None
    occurred_from: Annotated[str | None, when("--from", "What reaches this day or date-time.")] = (
        None
    )
    occurred_to: Annotated[str | None, when("--to", "What begins by this day or date-time.")] = None

    def event_filter(self, dyad: Dyad | None, zone: str) -> EventFilter:
        """Return the filter; raise `typer.BadParameter` of an unreadable value."""
        check_zone(zone)
        return EventFilter(
            dyad=dyad,
            parties=[party(text) for text in self.party or ()],
            issues=self.issue or (),
            subjects=self.subject or (),
            types=self.type or (),
            certainties=self.certainty or (),
            outlets=self.outlet or (),
            occurred_from=moment("--from", self.occurred_from, zone),
            occurred_to=moment("--to", self.occurred_to, zone),
        )


def moment(name: str, text: str | None, zone: str) -> str | None:
    """Return a day or date-time as the server reads it, also one written with a space."""
    if text is None:
        return None
    joined = _SPACED.sub(r"\1T\2", text.strip())
    with usage_errors(name):
        parse_point(joined, zone)
    return joined


def check_zone(zone: str) -> None:
    """Raise `typer.BadParameter` of a zone that does not exist."""
    with usage_errors("--zone"):
        zone_named(zone)


def dyad_of(first: str, second: str) -> Dyad:
    """Return the dyad of two codes; raise `typer.BadParameter` where they are the same."""
    with usage_errors():
        return Dyad.of(first, second)


def unfolded(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the options of each bundle instead of the bundle."""
    hints = get_type_hints(command, include_extras=True)
    bundles: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    parameters = [
        parameter.replace(annotation=hints[name])
        for name, parameter in signature(command).parameters.items()
        if name not in bundles
    ]
    for bundle in bundles.values():
        hints = get_type_hints(bundle, include_extras=True)
        parameters += [
            Parameter(
                part.name, Parameter.KEYWORD_ONLY, default=part.default, annotation=hints[part.name]
            )
            for part in fields(bundle)
        ]

    @wraps(command)
    def flat(**values: Any) -> None:  # noqa: ANN401  what typer has read
        for name, bundle in bundles.items():
            parts = {part.name: values.pop(part.name) for part in fields(bundle)}
            values[name] = bundle(**parts)
        command(**values)

    flat.__dict__["__signature__"] = Signature(parameters)
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return flat
