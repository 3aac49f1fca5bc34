"""The sample that ships with the project: Japan and South Korea, 2018-2019."""

from importlib.resources import as_file, files
from typing import Final

from communique.domain.claims.event import Amendment, Claim, Event
from communique.importers import Report, jsonl

DYAD: Final = ("JPN", "KOR")
ZONE: Final = "Asia/Seoul"
NAME: Final = "japan-korea-2019.yaml"
_AMENDMENTS: Final = "amendments.yaml"


def claims() -> list[Claim]:
    """Return the claims of the sample."""
    return [event for event in _events(NAME) if isinstance(event, Claim)]


def amendments() -> list[Amendment]:
    """Return a correction, a dispute and a retraction of sample claims; they are invented."""
    return [event for event in _events(_AMENDMENTS) if isinstance(event, Amendment)]


def _events(name: str) -> list[Event]:
    with as_file(files(__name__) / name) as path:
        return [*jsonl.events(path, Report())]
