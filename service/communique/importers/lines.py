"""Text files line by line, plain or gzip, whatever bytes are in them."""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from communique.importers.report import ImportFault, Report

LINE_BYTES_MAX: Final = 65_536
_BUFFER_BYTES: Final = 65_536
_HEAD_BYTES: Final = 8
_GZIP: Final = b"\x1f\x8b"
_FOREIGN: Final = {
    b"PK\x03\x04": "is a zip archive: unpack it first",
    b"BZh": "is compressed with bzip2: give it plain or as gzip",
    b"\xfd7zXZ": "is compressed with xz: give it plain or as gzip",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd: give it plain or as gzip",
    b"\xff\xfe": "is UTF-16: convert it to UTF-8",
    b"\xfe\xff": "is UTF-16: convert it to UTF-8",
}


class TextLine(NamedTuple):
    """One line that is not blank.

    Attributes:
        file: the path.
        number: from 1.
        text: without its end of line.
        ended: whether the line has an end of line; the last one of a truncated file has none.
    """

    file: str
    number: int
    text: str
    ended: bool


class _Counted(io.RawIOBase):
    """A file whose bytes are counted as they are read."""

    def __init__(self, raw: io.FileIO, report: Report) -> None:
        self._raw, self._report = raw, report

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # type: ignore[override]
        count = self._raw.readinto(buffer) or 0
        self._report.bytes_done += count
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def expect(paths: Iterable[Path], report: Report) -> None:
    """Add the sizes of the files to be read to the report; `lines` fails for a missing file."""
    report.bytes_total += sum(path.stat().st_size for path in paths if path.is_file())


def lines(
    path: Path, report: Report, bytes_max: int = LINE_BYTES_MAX, fallback: str | None = None
) -> Iterator[TextLine]:
    """Yield the lines of a file of UTF-8 text, plain or gzip, and count them as read.

    Lines that are too long or not UTF-8 are rejected; blank lines are passed over. A line that is
    not UTF-8 is read in the encoding `fallback` if there is one.

    Raises:
        ImportFault: the file cannot be opened, is of another format, or its gzip data is damaged.
    """
    with opened(path, report) as stream:
        for number, raw in _split(stream, path, report, bytes_max):
            if not raw.strip():
                continue
            report.rows_read += 1
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                if fallback is None:
                    byte = f"byte {error.start + 1} of the row is 0x{raw[error.start]:02X}"
                    report.reject(str(path), number, f"is not UTF-8: {byte}")
                    continue
                text = raw.decode(fallback)
            yield TextLine(str(path), number, text.rstrip("\r\n"), raw.endswith(b"\n"))


@contextmanager
def opened(path: Path, report: Report) -> Iterator[BinaryIO]:
    """Give the bytes of a file, unpacked if it is gzip; the report counts the bytes on disk.

    Raises:
        ImportFault: the file cannot be opened, or is of a format that importers do not read.
    """
    try:
        buffered = io.BufferedReader(_Counted(path.open("rb", buffering=0), report), _BUFFER_BYTES)
    except OSError as error:
        raise ImportFault(str(path), f"cannot be read: {error.strerror or error}") from error
    with buffered:
        packed = _head(buffered, path).startswith(_GZIP)
        yield cast("BinaryIO", gzip.GzipFile(fileobj=buffered) if packed else buffered)


def _head(buffered: "io.BufferedReader[_Counted]", path: Path) -> bytes:
    try:
        head = buffered.peek(_HEAD_BYTES)
    except OSError as error:
        raise ImportFault(str(path), f"cannot be read: {error.strerror or error}") from error
    for magic, fault in _FOREIGN.items():
        if head.startswith(magic):
            raise ImportFault(str(path), fault)
    return head


def _split(
    stream: BinaryIO, path: Path, report: Report, bytes_max: int
) -> Iterator[tuple[int, bytes]]:
    number = 0
    while raw := _read_line(stream, path, report, number, bytes_max):
        number += 1
        if len(raw) <= bytes_max:
            yield number, raw
            continue
        report.rows_read += 1
        report.reject(str(path), number, f"is longer than {bytes_max:,} bytes")
        while raw and not raw.endswith(b"\n"):
            raw = _read_line(stream, path, report, number, bytes_max)


def _read_line(stream: BinaryIO, path: Path, report: Report, number: int, bytes_max: int) -> bytes:
    try:
        return stream.readline(bytes_max + 1)
    except EOFError:
        raise ImportFault(str(path), _how_far("is truncated", number, report), number) from None
    except (OSError, zlib.error) as error:
        fault = f"is damaged ({error})"
        raise ImportFault(str(path), _how_far(fault, number, report), number) from error


def _how_far(fault: str, number: int, report: Report) -> str:
    return f"{fault}: row {number} is the last one read whole, {report.bytes_done:,} bytes in"
