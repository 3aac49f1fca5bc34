"""What an operator can set."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from communique.server.runtime.settings import LogFormat, Settings


def test_settings_come_from_the_environment() -> None:
    """A setting comes from its variable, and an unset or empty one leaves the default."""
    environment = {
        "COMMUNIQUE_DATA_DIR": "/var/lib/communique",
        "COMMUNIQUE_LISTEN": "0.0.0.0:50551",
        "COMMUNIQUE_GRACE_SECONDS": "2.5",
        "COMMUNIQUE_LOG_FORMAT": "json",
        "COMMUNIQUE_TLS_KEY": "",
        "COMMUNIQUE_SERVER": "elsewhere:50551",
    }
    assert Settings.from_environment(environment) == Settings(
        data_dir=Path("/var/lib/communique"),
        listen="0.0.0.0:50551",
        grace_seconds=2.5,
        log_format=LogFormat.JSON,
    )


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("listen", "localhost"),
        ("listen", "localhost:http"),
        ("grace_seconds", -1),
        ("log_format", "xml"),
        ("concurrent_calls_max", 0),
        ("port", 50551),
    ],
)
def test_what_does_not_fit_is_named(field: str, given: object) -> None:
    """A setting that is wrong or unknown is refused by name."""
    with pytest.raises(ValidationError, match=field):
        Settings.model_validate({field: given})


@pytest.mark.parametrize(
    "given", [{"tls_key": "a"}, {"tls_certificate": "a"}, {"tls_client_ca": "a"}], ids=str
)
def test_tls_needs_its_parts(given: dict[str, str]) -> None:
    """A setting of half of what TLS needs is refused."""
    with pytest.raises(ValidationError, match="need"):
        Settings.model_validate(given)


def test_every_setting_is_explained() -> None:
    """Each setting says what it is for."""
    assert all(field.description for field in Settings.model_fields.values())
