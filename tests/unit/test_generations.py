"""The files of a projection: which one serves, and which are cleared away."""

from pathlib import Path

from communique.server.projections.generations import Generations
from communique.server.projections.projection_file import ProjectionFile
from communique.server.views.read_model.read_model_projection import ReadModelProjection


def left(folder: Path, *names: str, version: int = 3) -> set[str]:
    """What is left of files of these names once a version is live."""
    for name in names:
        (folder / name).touch()
    Generations(folder, "timeline", version).discard_outdated()
    return {path.name for path in folder.iterdir()}


def test_the_highest_generation_serves_and_lower_ones_go(tmp_path: Path) -> None:
    """Superseded generations and half-built files of a projection are cleared away."""
    for name in ("timeline.v3.g9.db", "timeline.v3.g10.db", "timeline.v3.building.db"):
        (tmp_path / name).touch()
    files = Generations(tmp_path, "timeline", 3)
    assert files.current() == tmp_path / "timeline.v3.g10.db"
    assert list(tmp_path.iterdir()) == [files.current()]


def test_the_previous_version_is_kept_for_going_back(tmp_path: Path) -> None:
    """The previous version's file is kept, and older ones are removed with their side files."""
    old = "timeline.v1.g4.db", "timeline.v1.g4.db-wal", "timeline.v1.g4.db-shm"
    kept = {"timeline.v2.g1.db", "timeline.v3.g1.db", "timeline.v4.g1.db"}
    assert left(tmp_path, *old, *kept) == kept


def test_files_of_former_projections_go_with_the_second_version(tmp_path: Path) -> None:
    """Files of projections that an earlier release had are kept by the first version alone."""
    others = {"timeline-of-issues.v9.g1.db", "score-series.v3.g1.db", "lock"}
    assert left(tmp_path, *others, version=1) == others
    assert left(tmp_path, version=2) == {"lock"}


def left_unsynced(folder: Path) -> tuple[Path, Path]:
    """A file that was being written without syncs when its process was killed, and its mark."""
    path = Generations(folder, "timeline", 3).current()
    file = ProjectionFile(path, ReadModelProjection())
    file.stop_syncing()
    file.retire()
    return path, folder / f"{path.name}-unsynced"


def test_after_a_power_cut_what_was_not_synced_is_thrown_away(tmp_path: Path) -> None:
    """An unsynced file of another run of the machine is removed."""
    path, mark = left_unsynced(tmp_path)
    mark.write_text("another run of the machine")
    assert Generations(tmp_path, "timeline", 3).current() == path
    assert list(tmp_path.iterdir()) == []


def test_after_a_kill_what_was_not_synced_is_kept(tmp_path: Path) -> None:
    """An unsynced file of the machine's current run is kept and made durable."""
    path, mark = left_unsynced(tmp_path)
    assert Generations(tmp_path, "timeline", 3).current().exists()
    assert mark.exists()
    ProjectionFile(path, ReadModelProjection()).close()
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_not_synced_is_durable_once_it_is_closed(tmp_path: Path) -> None:
    """Closing an unsynced file makes the file durable and leaves no mark."""
    path = Generations(tmp_path, "timeline", 3).current()
    file = ProjectionFile(path, ReadModelProjection())
    file.stop_syncing()
    file.close()
    assert list(tmp_path.iterdir()) == [path]
