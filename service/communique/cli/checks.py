"""The checks of `communique doctor`: this machine, the data folder, and the server."""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, NamedTuple

from grpc_health.v1 import health_pb2, health_pb2_grpc

from communique.cli.exits import brief
from communique.cli.options import Remote
from communique.client import CommuniqueError, Head, Projection
from communique.client.transport import channel_to, decoding
from communique.export import wording
from communique.server.runtime.settings import Settings
from communique.server.sqlite.database_file import may_corrupt_wal, sqlite_version

_FSYNCS: Final = 25
_FSYNC_MS_MAX: Final = 50.0
_FREE_BYTES_MIN: Final = 100 * 1024 * 1024
_FREE_BYTES_LOW: Final = 1024 * 1024 * 1024
_SKEW_SECONDS_MAX: Final = 2.0
_RELEASED: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NETWORK_FILE_SYSTEMS: Final = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "afs",
    "ceph",
    "fuse.sshfs",
    "glusterfs",
)
_MEMORY_FILE_SYSTEMS: Final = ("tmpfs", "ramfs")
_PACKAGES: Final = (
    "communique",
    "apsw",
    "eventsourcing",
    "grpcio",
    "protobuf",
    "pydantic",
    "tzdata",
)


class CheckHealth(StrEnum):
    """How a check turned out."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


class Check(NamedTuple):
    """The result of one check."""

    name: str
    health: CheckHealth
    words: str


def of_this_machine() -> Iterator[Check]:
    """Check the packages, SQLite and the clock."""
    yield Check("packages", CheckHealth.OK, ", ".join(map(_version, _PACKAGES)))
    yield _sqlite(sqlite_version())
    yield _clock(datetime.now(UTC))


def of_the_folder(folder: Path) -> Iterator[Check]:
    """Check the folder of the log, or the nearest that exists: file system, space and speed."""
    absolute = folder.absolute()
    nearest = next(parent for parent in (absolute, *absolute.parents) if parent.is_dir())
    remark = "" if nearest == absolute else f" (not made yet; looked at {nearest})"
    yield Check("data folder", CheckHealth.OK, f"{absolute}{remark}")
    yield _file_system(nearest)
    yield _space(shutil.disk_usage(nearest).free)
    yield from _writing(nearest)


def of_the_server(remote: Remote) -> Iterator[Check]:
    """Check that the server answers, that it is healthy, and how far its read models are."""
    with remote.connect() as client:
        try:
            head, projections = client.head(), client.projections()
        except CommuniqueError as error:
            yield Check(
                "server", CheckHealth.WRONG, f"{remote.server} does not answer: {brief(error)}"
            )
            return
        yield Check("server", CheckHealth.OK, f"{remote.server} answers")
        yield _head(head, datetime.now(UTC))
        yield from map(_projection, projections)
        yield _serving(remote)


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} (not installed)"


def _sqlite(release: str) -> Check:
    if may_corrupt_wal(release):
        text = "3.7.0 to 3.51.2 can corrupt a WAL file written from two connections at once"
        return Check("SQLite", CheckHealth.WRONG, f"{release}: {text}; update apsw")
    return Check("SQLite", CheckHealth.OK, f"{release}, outside of the range with the WAL defect")


def _clock(now: datetime) -> Check:
    text = wording.moment(now.replace(microsecond=0), "UTC")
    if now < _RELEASED:
        return Check(
            "clock", CheckHealth.WRONG, f"{text} is before this release was made: set the clock"
        )
    return Check("clock", CheckHealth.OK, text)


def _file_system(folder: Path) -> Check:
    kind = _mounted(folder)
    if kind is None:
        return Check("file system", CheckHealth.NOTE, "unknown: this system does not tell")
    if kind.startswith(_NETWORK_FILE_SYSTEMS):
        text = "SQLite's WAL needs a local disk, and locks that work"
        return Check("file system", CheckHealth.WRONG, f"{kind} is a network file system: {text}")
    if kind in _MEMORY_FILE_SYSTEMS:
        return Check(
            "file system", CheckHealth.NOTE, f"{kind} is in memory: nothing survives a restart"
        )
    return Check("file system", CheckHealth.OK, kind)


def _mounted(folder: Path) -> str | None:
    """Return the type of the folder's file system, or None where the system does not say it."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    points = {
        Path(point.replace("\\040", " ")): kind for _, point, kind, *_ in map(str.split, mounts)
    }
    real = folder.resolve()
    return next((points[path] for path in (real, *real.parents) if path in points), None)


def _space(free: int) -> Check:
    text = f"{free / 1024**3:,.1f} GiB free"
    if free < _FREE_BYTES_MIN:
        return Check("disk", CheckHealth.WRONG, f"{text}: the log will soon refuse to be written")
    return Check("disk", CheckHealth.NOTE if free < _FREE_BYTES_LOW else CheckHealth.OK, text)


def _writing(folder: Path) -> Iterator[Check]:
    """Measure durable writes, because every receipt waits for one."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            spans = [_durable_write_ms(probe.fileno()) for _ in range(_FSYNCS)]
            written = os.fstat(probe.fileno()).st_mtime
    except OSError as error:
        yield Check("writing", CheckHealth.WRONG, f"{folder} cannot be written: {error.strerror}")
        return
    median = statistics.median(spans)
    health = CheckHealth.NOTE if median > _FSYNC_MS_MAX else CheckHealth.OK
    text = f"{median:.2f} ms to make a write durable (median of {_FSYNCS}, worst {max(spans):.2f})"
    yield Check("writing", health, text)
    if abs(written - time.time()) > _SKEW_SECONDS_MAX:
        apart = f"{written - time.time():+,.0f} s"
        yield Check(
            "disk clock", CheckHealth.NOTE, f"the file system's clock is {apart} from this one's"
        )


def _durable_write_ms(descriptor: int) -> float:
    begun = time.perf_counter()
    os.pwrite(descriptor, b"\0" * 4096, 0)
    os.fsync(descriptor)
    return (time.perf_counter() - begun) * 1_000


def _head(head: Head, now: datetime) -> Check:
    if head.record_time is None:
        return Check("log", CheckHealth.OK, "empty")
    text = f"position {head.position:,}, recorded {wording.moment(head.record_time, 'UTC')}"
    ahead = (head.record_time - now).total_seconds()
    if ahead > _SKEW_SECONDS_MAX:
        return Check(
            "log", CheckHealth.WRONG, f"{text}: {ahead:,.0f} s in the future; check both clocks"
        )
    return Check("log", CheckHealth.OK, text)


def _projection(model: Projection) -> Check:
    text = f"{model.state.lower()}, {model.lag:,} behind, at position {model.position:,}"
    if model.state == "STOPPED":
        return Check(model.name, CheckHealth.WRONG, f"{text}: {model.error}")
    if model.lag > Settings.model_fields["lag_max"].default:
        return Check(model.name, CheckHealth.WRONG, f"{text}: it does not keep up")
    unknown = f", {model.unknown_type_count:,} of newer types" if model.unknown_type_count else ""
    return Check(model.name, CheckHealth.NOTE if unknown else CheckHealth.OK, text + unknown)


def _serving(remote: Remote) -> Check:
    """Ask for the health of the server as an orchestrator does."""
    with channel_to(remote.server, remote.credentials()) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]
        try:
            with decoding():
                answer = check(health_pb2.HealthCheckRequest(), timeout=remote.timeout)
        except CommuniqueError as error:
            return Check("health", CheckHealth.WRONG, f"no answer: {brief(error)}")
    name = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return Check("health", CheckHealth.OK if name == "SERVING" else CheckHealth.WRONG, name)
