"""Keeps out what reviewers should not have to look for: the sources are small, finished and used.

Each test collects the places that break its rule and wants none.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [ROOT / "domain", ROOT / "service"]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 45
# One case for each event type: cut in pieces, the type checker could not prove it complete.
TABLES = {"assertions.py:_effect"}
LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bbreakpoint\(|\bpdb\b")
CLOCKLESS_NAMES = {"date", "time", "timestamp"}
CLOCKLESS_PROTO_FIELD = re.compile(r"^\s*[\w.<>, ]+ (date|time|timestamp) = \d", re.MULTILINE)
# Started by name, or offered to those who build on the eventsourcing library.
FROM_OUTSIDE = re.compile(
    r"communique\.cli$|\.__main__$|\.process\.child$|\.log\.eventsourcing(\.\w+)?$"
)

pytestmark = pytest.mark.skipif(
    not all(root.is_dir() for root in SOURCES), reason="the sources are not here"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def source_files() -> list[Path]:
    """Every Python file of the domain and the service."""
    return sorted(path for root in SOURCES for path in root.rglob("*.py"))


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a file, nested ones too."""
    return (node for node in ast.walk(parse(path)) if isinstance(node, Function))


def place(path: Path, line: int) -> str:
    """A place as editors and terminals link it."""
    return f"{path.relative_to(ROOT)}:{line}"


def module_name(path: Path) -> str:
    """What a source file is imported as: a package's `__init__.py` is the package."""
    root = next(root for root in SOURCES if path.is_relative_to(root))
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def imported_names(path: Path) -> Iterator[str]:
    """The full names that a file imports: modules, and modules or objects out of modules."""
    for node in ast.walk(parse(path)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)


def declared_names(path: Path) -> Iterator[tuple[str, int]]:
    """The parameters of all functions and the fields of all classes of a file, with their lines."""
    for node in ast.walk(parse(path)):
        match node:
            case ast.arg(arg=name, lineno=line):
                yield name, line
            case ast.ClassDef(body=body):
                for statement in body:
                    match statement:
                        case ast.AnnAssign(target=ast.Name(id=name, lineno=line)):
                            yield name, line
                        case ast.Assign(targets=[ast.Name(id=name, lineno=line)]):
                            yield name, line


def test_files_are_short() -> None:
    """No source file is too long to be read in one sitting."""
    lengths = {
        place(path, 1): path.read_text(encoding="utf-8").count("\n") for path in source_files()
    }
    assert {where: lines for where, lines in lengths.items() if lines > FILE_LINES_MAX} == {}


def test_functions_are_short() -> None:
    """No function is longer than a screen."""
    lengths = {
        place(path, function.lineno): (function.end_lineno or 0) - function.lineno + 1
        for path in source_files()
        for function in functions(path)
        if f"{path.name}:{function.name}" not in TABLES
    }
    assert {where: lines for where, lines in lengths.items() if lines > FUNCTION_LINES_MAX} == {}


def test_nothing_is_left_over() -> None:
    """No source carries a note to its author or a debugger."""
    assert [
        f"{place(path, number)} {match[0]}"
        for path in source_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := LEFTOVERS.search(line))
    ] == []


def test_only_the_command_line_prints() -> None:
    """No module outside the command line calls `print`."""
    assert [
        place(path, node.lineno)
        for path in source_files()
        if "cli" not in path.parts
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ] == []


def test_every_clock_is_named() -> None:
    """A parameter or field says which clock it is on: valid, known or record."""
    assert [
        f"{place(path, line)} {name}"
        for path in source_files()
        for name, line in declared_names(path)
        if name in CLOCKLESS_NAMES
    ] == []


def test_every_clock_of_the_contract_is_named() -> None:
    """A time field of a message says which clock it is on: valid, known or record."""
    assert [
        f"{path.relative_to(ROOT)} {match[1]}"
        for path in sorted((ROOT / "proto").rglob("*.proto"))
        for match in CLOCKLESS_PROTO_FIELD.finditer(path.read_text(encoding="utf-8"))
    ] == []


def test_every_module_is_used() -> None:
    """Every module is imported by another one or is where a program starts."""
    used = {
        name
        for path in source_files()
        for name in imported_names(path)
        if name != module_name(path)
    }
    assert [
        module
        for module in map(module_name, source_files())
        if not FROM_OUTSIDE.search(module)
        and not any(name == module or name.startswith(f"{module}.") for name in used)
    ] == []


def test_the_domain_imports_itself_the_standard_library_and_pydantic() -> None:
    """The domain imports itself, the standard library and pydantic, and nothing else."""
    allowed = sys.stdlib_module_names | {"pydantic", "pydantic_core", "annotated_types"}
    assert [
        f"{path.relative_to(ROOT)} {name}"
        for path in sorted((ROOT / "domain").rglob("*.py"))
        for name in imported_names(path)
        if name.split(".")[0] not in allowed and not name.startswith("communique.domain")
    ] == []


def test_every_test_states_its_fact() -> None:
    """Every test has a docstring, so that a report of failures reads as sentences."""
    assert [
        f"{place(path, function.lineno)} {function.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for function in functions(path)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ] == []


def test_links_of_the_documents_lead_somewhere() -> None:
    """Each relative link in a document names a file or folder that a fresh clone has."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("d*/*.md")]
    links = [
        (document, target)
        for document in documents
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
    ]
    broken = [
        f"{document.name}: {target}"
        for document, target in links
        if not (document.parent / target).exists()
    ]
    assert links
    assert broken == []
