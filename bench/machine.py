"""What the figures were taken on: without it they say nothing."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

import apsw
import psutil

_SYNCS: Final = 50
_PAGE: Final = bytes(4_096)


def described(folder: Path) -> dict[str, str]:
    """Describe the machine, with the disk that `folder` is on."""
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "file system": f"{_file_system(folder)}, {_sync_ms(folder):.2f} ms to make 4 KiB durable",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": apsw.sqlite_lib_version(),
        "grpc": version("grpcio"),
        "protobuf": version("protobuf"),
        "communique": version("communique"),
        "load before": f"{busy} processes over 1, 5, 15 minutes",
    }


def _cpu_model() -> str:
    """The name that Linux gives; elsewhere the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _file_system(folder: Path) -> str:
    """The type of the file system that holds the folder."""
    above = {str(folder.resolve()), *map(str, folder.resolve().parents)}
    mounts = [mount for mount in psutil.disk_partitions(all=True) if mount.mountpoint in above]
    return max(mounts, key=lambda mount: len(mount.mountpoint)).fstype if mounts else "unknown"


def _sync_ms(folder: Path) -> float:
    """The median time that a page takes to the disk, which no durable commit can be faster than."""
    taken: list[float] = []
    with (folder / "sync").open("wb") as file:
        for _ in range(_SYNCS):
            file.write(_PAGE)
            file.flush()
            began = perf_counter()
            os.fsync(file.fileno())
            taken.append(perf_counter() - began)
    return 1e3 * median(taken)
