"""What the doctor says of the folder."""

from pathlib import Path

import pytest

from communique.cli.checks import of_the_folder


def test_a_folder_that_is_there_is_said_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor names the data folder by its absolute path, and says if it is not made yet."""
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    for path in (Path("data"), tmp_path / "data"):
        assert next(iter(of_the_folder(path))).words == str(tmp_path / "data")
    missing = next(iter(of_the_folder(Path("none"))))
    assert missing.words == f"{tmp_path / 'none'} (not made yet; looked at {tmp_path})"
