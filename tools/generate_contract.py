"""Generates the contract's Python code and its type stubs: `make proto`."""

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "proto"


def generate(target: Path) -> None:
    """Write the code of every `.proto` under `proto/` to `target`, in the same folders.

    Raises:
        subprocess.CalledProcessError: protoc refused the contract; it has said why on stderr.

    """
    scripts = Path(sysconfig.get_path("scripts"))
    sources = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.proto"))
    options = [
        f"--proto_path={ROOT}",
        f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
        f"--python_out={target}",
        f"--grpc_python_out={target}",
        f"--mypy_out=quiet:{target}",
        f"--mypy_grpc_out=quiet:{target}",
    ]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *options, *sources], check=True)


if __name__ == "__main__":
    generate(ROOT)
