"""The sample that ships with the project: Japan and South Korea, 2018-2019."""

from importlib.resources import as_file, files
from typing import Final

from communique.domain.event import Claim
from communique.importers import Report, jsonl

DYAD: Final = ("JPN", "KOR")
ZONE: Final = "Asia/Seoul"
NAME: Final = "japan-korea-2019.yaml"


def claims() -> list[Claim]:
    """Return the claims of the sample, in the order in which they happened."""
    with as_file(files(__name__) / NAME) as path:
        events = [*jsonl.events(path, Report())]
    return [event for event in events if isinstance(event, Claim)]
