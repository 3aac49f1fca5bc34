"""What an operator can set. The command line and the environment are two ways to fill it."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from communique.server.runtime.limits import CONCURRENT_CALLS_MAX

ENVIRONMENT_PREFIX: Final = "COMMUNIQUE_"


class LogFormat(StrEnum):
    """How log lines look."""

    AUTO = "auto"
    """For people on a terminal, JSON elsewhere."""
    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severe log line that is written."""

    DEBUG = "debug"
    INFO = "info"
    """One line for each call."""
    WARNING = "warning"
    """Calls that failed through no fault of the client."""
    ERROR = "error"


class Settings(BaseModel):
    """Everything about one server. `pydantic.ValidationError` names what does not fit."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    data_dir: Path = Path("communique-data")
    """The folder of the log and the read models; made if it does not exist. One server owns it."""

    listen: Annotated[str, Field(pattern=r"^.+:[0-9]{1,5}$")] = "127.0.0.1:50551"
    """Host and port, such as `0.0.0.0:50551` or `[::1]:50551`; port 0 is any free one."""

    tls_certificate: Path | None = None
    """The server's certificate chain, PEM. With `tls_key` it turns TLS on."""

    tls_key: Path | None = None
    """The private key of `tls_certificate`, PEM."""

    tls_client_ca: Path | None = None
    """The authorities whose clients are let in, PEM; a client's common name is its name here."""

    grace_seconds: Annotated[float, Field(ge=0, le=600)] = 10.0
    """How long calls under way may go on when the server is asked to stop."""

    wait_seconds_max: Annotated[float, Field(ge=0, le=600)] = 5.0
    """How long a question waits at most for a read model to reach the position asked for."""

    lag_max: Annotated[int, Field(ge=0)] = 100_000
    """How many positions a read model may be behind and the server still counts as serving."""

    health_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    """How often the server looks whether it is healthy."""

    heartbeat_seconds: Annotated[float, Field(gt=0, le=3_600)] = 15.0
    """How often a subscription or a watch says that it is alive while nothing happens."""

    concurrent_calls_max: Annotated[int, Field(ge=1)] = CONCURRENT_CALLS_MAX
    """How many calls may be under way at once; more are told to come back."""

    log_format: LogFormat = LogFormat.AUTO
    """How log lines look."""

    log_level: LogLevel = LogLevel.INFO
    """The least severe log line that is written."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read `COMMUNIQUE_DATA_DIR`, `COMMUNIQUE_LISTEN` and so on, one for each field.

        Variables that are unset or empty leave the default.
        """
        variables = os.environ if environment is None else environment
        names = {field: f"{ENVIRONMENT_PREFIX}{field.upper()}" for field in cls.model_fields}
        return cls.model_validate(
            {field: variables[name] for field, name in names.items() if variables.get(name)}
        )

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("TLS needs both a certificate and its key")
        if self.tls_client_ca and not self.tls_certificate:
            raise ValueError("client authorities need a server certificate and its key")
        return self
