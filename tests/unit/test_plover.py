"""What PLOVER types, modes and contexts mean here."""

import pytest

from communique.importers import cameo, plover

TYPES = (
    *("AGREE", "CONSULT", "SUPPORT", "COOPERATE", "AID", "CONCEDE", "RETREAT", "REQUEST"),
    *("ACCUSE", "REJECT", "THREATEN", "PROTEST", "SANCTION", "MOBILIZE", "COERCE", "ASSAULT"),
)


@pytest.mark.parametrize("event_type", TYPES)
def test_every_type_makes_an_event_of_its_family(event_type: str) -> None:
    """Each of the 16 PLOVER types alone is a CAMEO code of the family that CAMEO has for it."""
    code = plover.code_of(plover.known_type(event_type), (), ())
    assert cameo.known_code(code) == code
    family = cameo.plover_of(code)
    # CAMEO's appeals have no PLOVER type, and its yielding is PLOVER's conceding or retreating.
    assert family == {"REQUEST": "", "RETREAT": "CONCEDE"}.get(event_type, event_type)


@pytest.mark.parametrize(
    ("event_type", "modes", "contexts", "code"),
    [
        ("CONSULT", ["visit"], ["economic"], "042"),
        ("CONSULT", ["CONSULT-phone"], [], "041"),
        ("COOPERATE", [], ["diplomatic", "military"], "062"),
        ("AID", [], ["humanitarian", "economic"], "073"),
        ("REJECT", ["meet"], [], "125"),
        ("SANCTION", ["cancel"], ["diplomatic"], "164"),
        ("THREATEN", ["violence"], ["military"], "138"),
        ("ASSAULT", ["heavy-weapons"], ["military"], "194"),
        ("ASSAULT", [], ["Military"], "190"),
        ("ASSAULT", [], ["crime"], "180"),
        ("PROTEST", ["dance"], [], "140"),
    ],
)
def test_the_mode_decides_then_the_context_then_the_type(
    event_type: str, modes: list[str], contexts: list[str], code: str
) -> None:
    """A PLOVER mode decides the code, else a context, else the type alone."""
    assert plover.code_of(event_type, modes, contexts) == code


def test_every_code_of_the_table_is_one_of_cameo() -> None:
    """No PLOVER type, mode or context leads to a code that CAMEO does not have."""
    for event_type in (*TYPES, "DEMAND"):
        for word in ("", *plover.words_of(event_type)):
            code = plover.code_of(event_type, [word], [])
            assert cameo.known_code(code) == code


def test_another_word_is_no_type() -> None:
    """Old names of PLOVER types are known, other words are refused."""
    assert plover.known_type(" yield ") == "CONCEDE"
    with pytest.raises(plover.UnknownType, match="'DANCE' is no PLOVER event type"):
        plover.known_type("DANCE")
