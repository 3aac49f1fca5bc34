"""The write-ahead log of a read model, copied back by a thread of its own."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from communique.server.projections.durability import BackgroundCheckpointer
from communique.server.projections.projection_file import format_of
from communique.server.runtime.limits import CHECKPOINT_PAGES
from communique.server.sqlite.database_file import connect, transaction
from communique.server.views.read_model.read_model_projection import ReadModelProjection

_PAGE_BYTES = 4_096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "read-models.db"


@pytest.fixture
def writer(path: Path) -> Iterator[apsw.Connection]:
    """The connection that writes."""
    connection = connect(path, format_of(ReadModelProjection), synchronous="NORMAL")
    yield connection
    connection.close()


def write_pages(connection: apsw.Connection, count: int) -> None:
    """Write at least so many pages."""
    with transaction(connection):
        connection.executemany(
            "INSERT INTO tags VALUES (?, ?)",
            [(f"{number:0{_PAGE_BYTES}}", number) for number in range(count)],
        )


def test_what_there_is_enough_of_is_copied_back(path: Path, writer: apsw.Connection) -> None:
    """A large write-ahead log is copied back, and the next transaction begins a new one."""
    copying = BackgroundCheckpointer(writer)
    write_pages(writer, CHECKPOINT_PAGES)
    size = path.stat().st_size
    copying.begin_if_due()
    copying.wait()
    assert path.stat().st_size > size + CHECKPOINT_PAGES * _PAGE_BYTES
    wal = path.with_name(f"{path.name}-wal")
    size = wal.stat().st_size
    with transaction(writer):
        writer.execute("DELETE FROM tags WHERE tag_id = 1")
    assert wal.stat().st_size == size
    copying.close()


def test_little_is_left_where_it_is(path: Path, writer: apsw.Connection) -> None:
    """A write-ahead log of a few pages is not copied back."""
    copying = BackgroundCheckpointer(writer)
    write_pages(writer, 1)
    size = path.stat().st_size
    copying.begin_if_due()
    copying.wait()
    assert path.stat().st_size == size
    copying.close()


def test_what_cannot_be_copied_is_left_for_the_next_time(
    path: Path, writer: apsw.Connection
) -> None:
    """A write-ahead log that cannot be copied back, as in a transaction, is copied later."""
    copying = BackgroundCheckpointer(writer)
    write_pages(writer, CHECKPOINT_PAGES)
    size = path.stat().st_size
    with transaction(writer):
        copying.begin_if_due()
        copying.wait()
    assert path.stat().st_size == size
    copying.begin_if_due()
    copying.wait()
    assert path.stat().st_size > size
    copying.close()
