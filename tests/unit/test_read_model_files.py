"""The files of a projection: which one serves, and which are cleared away."""

from pathlib import Path

from communique.service.read_models.files import Generations


def left(folder: Path, *names: str, version: int = 3) -> set[str]:
    """What is left of files of these names once a version is live."""
    for name in names:
        (folder / name).touch()
    Generations(folder, "timeline", version).discard_outdated()
    return {path.name for path in folder.iterdir()}


def test_the_highest_generation_serves_and_lower_ones_go(tmp_path: Path) -> None:
    """Superseded generations and half-built files are cleared away."""
    for name in ("timeline.v3.g9.db", "timeline.v3.g10.db", "timeline.v3.building.db"):
        (tmp_path / name).touch()
    files = Generations(tmp_path, "timeline", 3)
    assert files.current() == tmp_path / "timeline.v3.g10.db"
    assert list(tmp_path.iterdir()) == [files.current()]


def test_the_previous_version_is_kept_for_going_back(tmp_path: Path) -> None:
    """Files of older versions than that are removed, with what SQLite keeps beside them."""
    old = "timeline.v1.g4.db", "timeline.v1.g4.db-wal", "timeline.v1.g4.db-shm"
    kept = {"timeline.v2.g1.db", "timeline.v3.g1.db", "timeline.v4.g1.db"}
    assert left(tmp_path, *old, *kept) == kept


def test_other_projections_are_left_alone(tmp_path: Path) -> None:
    """A projection clears away files of its own name alone."""
    others = {"timeline-of-issues.v1.g1.db", "score-series.v1.g1.db", "lock"}
    assert left(tmp_path, *others) == others
