"""The command line. `main` is where the `communique` command begins."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command that the process was started with, and exit with its code."""
    try:
        from communique.cli.commands import app  # noqa: PLC0415  the packages may not be there
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("communique"):
            raise
        sys.exit(
            f"communique: the package {missing.name!r} is missing: "
            "install the command line and the server with pip install 'communique[server]'"
        )
    except KeyboardInterrupt:
        sys.exit(130)
    app(prog_name="communique")
    sys.exit(0)
