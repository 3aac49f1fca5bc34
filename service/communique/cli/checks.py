"""What the doctor looks at: this machine, the data folder, and the server."""

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
from communique.export import wording as words
from communique.server.runtime.settings import Settings
from communique.server.sqlite.connection import may_corrupt_wal, sqlite_version

_FSYNCS: Final = 25
_FSYNC_MS_MAX: Final = 50.0
_FREE_BYTES_MIN: Final = 100 * 1024 * 1024
_FREE_BYTES_LOW: Final = 1024 * 1024 * 1024
_SKEW_SECONDS_MAX: Final = 2.0
_BUILT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_OVER_THE_NETWORK: Final = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "fuse.sshfs", "glusterfs")
_IN_MEMORY: Final = ("tmpfs", "ramfs")
_PACKAGES: Final = (
    "communique",
    "apsw",
    "eventsourcing",
    "grpcio",
    "protobuf",
    "pydantic",
    "tzdata",
)


class Health(StrEnum):
    """How a check turned out."""

    WELL = "ok"
    ODD = "note"
    ILL = "wrong"


class Check(NamedTuple):
    """One thing looked at, how it is, and what that means."""

    name: str
    health: Health
    words: str


def of_this_machine() -> Iterator[Check]:
    """Check the packages, SQLite and the clock."""
    yield Check("packages", Health.WELL, ", ".join(f"{one} {_version(one)}" for one in _PACKAGES))
    yield _sqlite(sqlite_version())
    yield _clock(datetime.now(UTC))


def of_the_folder(folder: Path) -> Iterator[Check]:
    """Check where the log is, or would be made: the file system, its speed and its space."""
    there = _nearest(folder)
    made = "" if there == folder.absolute() else f" (not made yet; looked at {there})"
    yield Check("data folder", Health.WELL, f"{folder.absolute()}{made}")
    yield _file_system(there)
    yield _space(shutil.disk_usage(there).free)
    yield from _writing(there)


def of_the_server(remote: Remote) -> Iterator[Check]:
    """Check that the server answers, that it is healthy, and how far its read models are."""
    with remote.connect() as client:
        try:
            head, projections = client.head(), client.projections()
        except CommuniqueError as error:
            yield Check("server", Health.ILL, f"{remote.server} does not answer: {brief(error)}")
            return
        yield Check("server", Health.WELL, f"{remote.server} answers")
        yield _head(head, datetime.now(UTC))
        yield from map(_projection, projections)
        yield _serving(remote)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _sqlite(found: str) -> Check:
    if may_corrupt_wal(found):
        told = "3.7.0 to 3.51.2 can corrupt a WAL file written from two connections at once"
        return Check("SQLite", Health.ILL, f"{found}: {told}; update apsw")
    return Check("SQLite", Health.WELL, f"{found}, outside of the range with the WAL defect")


def _clock(now: datetime) -> Check:
    told = words.moment(now.replace(microsecond=0), "UTC")
    if now < _BUILT:
        return Check("clock", Health.ILL, f"{told} is before this release was made: set the clock")
    return Check("clock", Health.WELL, told)


def _nearest(folder: Path) -> Path:
    """Return the folder itself, or the nearest one above that exists."""
    absolute = folder.absolute()
    return next(one for one in (absolute, *absolute.parents) if one.is_dir())


def _file_system(folder: Path) -> Check:
    kind = _mounted(folder)
    if kind is None:
        return Check("file system", Health.ODD, "unknown: this system does not tell")
    if kind.startswith(_OVER_THE_NETWORK):
        told = "SQLite's WAL needs a local disk, and locks that work"
        return Check("file system", Health.ILL, f"{kind} is a network file system: {told}")
    if kind in _IN_MEMORY:
        return Check("file system", Health.ODD, f"{kind} is in memory: nothing survives a restart")
    return Check("file system", Health.WELL, kind)


def _mounted(folder: Path) -> str | None:
    """Return the type of the file system that the folder is on, as Linux tells it."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    points = {
        Path(point.replace("\\040", " ")): kind for _, point, kind, *_ in map(str.split, mounts)
    }
    real = folder.resolve()
    return next((points[one] for one in (real, *real.parents) if one in points), None)


def _space(free: int) -> Check:
    told = f"{free / 1024**3:,.1f} GiB free"
    if free < _FREE_BYTES_MIN:
        return Check("disk", Health.ILL, f"{told}: the log will soon refuse to be written")
    return Check("disk", Health.ODD if free < _FREE_BYTES_LOW else Health.WELL, told)


def _writing(folder: Path) -> Iterator[Check]:
    """Write a small file there again and again, durably: that is what every receipt waits for."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            spans = [_durable_write_ms(probe.fileno()) for _ in range(_FSYNCS)]
            written = os.fstat(probe.fileno()).st_mtime
    except OSError as error:
        yield Check("writing", Health.ILL, f"{folder} cannot be written: {error.strerror}")
        return
    median = statistics.median(spans)
    health = Health.ODD if median > _FSYNC_MS_MAX else Health.WELL
    told = f"{median:.2f} ms to make a write durable (median of {_FSYNCS}, worst {max(spans):.2f})"
    yield Check("writing", health, told)
    if abs(written - time.time()) > _SKEW_SECONDS_MAX:
        apart = f"{written - time.time():+,.0f} s"
        yield Check("disk clock", Health.ODD, f"the file system's clock is {apart} from this one's")


def _durable_write_ms(descriptor: int) -> float:
    begun = time.perf_counter()
    os.pwrite(descriptor, b"\0" * 4096, 0)
    os.fsync(descriptor)
    return (time.perf_counter() - begun) * 1_000


def _head(head: Head, now: datetime) -> Check:
    if head.record_time is None:
        return Check("log", Health.WELL, "empty")
    told = f"position {head.position:,}, recorded {words.moment(head.record_time, 'UTC')}"
    ahead = (head.record_time - now).total_seconds()
    if ahead > _SKEW_SECONDS_MAX:
        return Check("log", Health.ILL, f"{told}: {ahead:,.0f} s in the future; check both clocks")
    return Check("log", Health.WELL, told)


def _projection(one: Projection) -> Check:
    told = f"{one.state.lower()}, {one.lag:,} behind, at position {one.position:,}"
    if one.state == "STOPPED":
        return Check(one.name, Health.ILL, f"{told}: {one.error}")
    if one.lag > Settings.model_fields["lag_max"].default:
        return Check(one.name, Health.ILL, f"{told}: it does not keep up")
    unknown = f", {one.unknown_type_count:,} of newer types" if one.unknown_type_count else ""
    return Check(one.name, Health.ODD if unknown else Health.WELL, told + unknown)


def _serving(remote: Remote) -> Check:
    """Ask as an orchestrator does."""
    with channel_to(remote.server, remote.credentials()) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]
        try:
            with decoding():
                answer = check(health_pb2.HealthCheckRequest(), timeout=remote.timeout)
        except CommuniqueError as error:
            return Check("health", Health.ILL, f"no answer: {brief(error)}")
    name = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return Check("health", Health.WELL if name == "SERVING" else Health.ILL, name)
