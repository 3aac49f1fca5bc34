"""What a view prints on a screen, and the claims of the sample to print."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from communique.domain.claims.event import Claim
from communique.domain.parties.party import Dyad
from tests.support import nineteen_claims

CLAIMS = nineteen_claims.claims()
DYAD = Dyad.of(*nineteen_claims.DYAD)
RECORDED = datetime(2026, 1, 1, tzinfo=UTC)
WIDTHS = (60, 80, 120, 200)


def shown(print_view: Callable[[Console], object], width: int = 120) -> list[str]:
    """Return the lines that a view prints on a screen of that width."""
    file = StringIO()
    print_view(Console(file=file, width=width, highlight=False, markup=False, emoji=False))
    return file.getvalue().splitlines()


def fact(number: int, **changes: object) -> Claim:
    """A claim of the sample by its number, with changes."""
    return CLAIMS[number - 1].model_copy(update=changes)
