"""What a comparison does to elements, and how a change looks the other way round."""

from hypothesis import strategies as st

from communique.domain.state.comparison import BilateralComparison, ChangeKind, ElementChange
from communique.domain.state.element import StatusElement
from tests.support.strategies import DYADS

dyads = st.sampled_from([*DYADS[-1:], *[dyad for dyad in DYADS if str(dyad) == "JPN-KOR"] * 3])
MIRRORED = {
    ChangeKind.APPEARED: ChangeKind.ENDED,
    ChangeKind.CHANGED: ChangeKind.CHANGED,
    ChangeKind.ENDED: ChangeKind.APPEARED,
}
State = dict[str, StatusElement]


def apply(state: State, comparison: BilateralComparison) -> State:
    """Return the elements after a comparison's changes; each finds what it says was before."""
    changed = dict(state)
    for change in comparison.changes:
        assert changed.pop(change.facet, None) == change.before
        if change.after:
            changed[change.facet] = change.after
    return changed


def mirrored(change: ElementChange) -> ElementChange:
    """Return the change in the mirror."""
    sides = {"before": change.after, "after": change.before, "kind": MIRRORED[change.kind]}
    return change.model_copy(update=sides)
