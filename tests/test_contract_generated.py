"""The code committed beside the contract is what the contract generates."""

from pathlib import Path

import pytest

pytest.importorskip("grpc_tools", reason="protoc is not installed: make install")
generator = pytest.importorskip("tools.generate_contract", reason="the sources are not here")


def generated_code(root: Path) -> dict[str, bytes]:
    """Name and content of each generated file below `root`."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*_pb2*")
        if path.suffix in {".py", ".pyi"}
    }


def test_committed_code_is_current(tmp_path: Path) -> None:
    """The code committed beside the contract is byte for byte what the contract generates."""
    generator.generate(tmp_path)
    committed, fresh = generated_code(generator.ROOT), generated_code(tmp_path)
    assert fresh, "the contract generates nothing"
    stale = [name for name in committed | fresh if committed.get(name) != fresh.get(name)]
    assert stale == [], "run `make proto` and commit what it writes"
