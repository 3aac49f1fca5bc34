"""The server of `MariaDb`: `python -m bench.servers.mariadb FOLDER PORT`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.servers.unprivileged import become_nobody_instead_of_root

_SETTINGS: Final = (
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-buffer-pool-size=512M",
    "--innodb-log-file-size=512M",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_bin",
    "--default-time-zone=+00:00",
    "--local-infile=1",
    "--bind-address=127.0.0.1",
    "--skip-grant-tables",
)
_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin"
"""Debian keeps servers where only root looks for commands."""


def server_path() -> str | None:
    """Return where the server is, None where there is none."""
    return shutil.which("mariadbd", path=_PATH)


def main(folder: Path, port: str) -> None:
    """Make a data directory in the folder if it has none, and become its server."""
    folder.mkdir(exist_ok=True)
    server = server_path()
    if server is None:
        raise SystemExit("there is no mariadbd")
    become_nobody_instead_of_root(folder)
    data = f"--datadir={folder}"
    if not (folder / "mysql").exists():
        command = ["mariadb-install-db", "--no-defaults", data, "--skip-test-db"]
        subprocess.run(command, check=True, cwd=folder)
    own = [f"--socket={folder}/socket", f"--pid-file={folder}/pid", f"--port={port}"]
    os.execv(server, [server, "--no-defaults", data, *own, *_SETTINGS])  # noqa: S606  no shell


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
