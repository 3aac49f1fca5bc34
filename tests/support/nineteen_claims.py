"""Nineteen claims about Japan and South Korea to ask about, apart from the sample that ships."""

from pathlib import Path
from typing import Final

from communique.cli import sample
from communique.domain.claims.event import Amendment, Claim
from communique.importers import Report, jsonl

DYAD: Final = sample.DYAD
ZONE: Final = sample.ZONE
FILE: Final = Path(__file__).with_suffix(".yaml")


def claims() -> list[Claim]:
    """Return the claims, in the order in which they happened."""
    return [event for event in jsonl.events(FILE, Report()) if isinstance(event, Claim)]


def amendments() -> list[Amendment]:
    """Return a correction, a dispute and a retraction of claims among them."""
    return sample.amendments()
