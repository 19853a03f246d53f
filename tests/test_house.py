"""The house keeps its order: who may import whom, and no room too large."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "tailrace"
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
BANNED = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}

FOUNDATION = {"wire", "engine"}
SHARED = FOUNDATION | {"service"}
STARTERS = {"cli", "console", "testing"}
MODULES = sorted(SOURCE.rglob("*.py"))
ROOMS = {path.name for path in SOURCE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
SERVICES = ROOMS - SHARED - STARTERS - {"runtime"}


def room_of(path: Path) -> str:
    """Answer the room a module stands in; '' for the front door."""
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else ""


def allowed(room: str) -> set[str]:
    """Answer the rooms that a room may import from."""
    if room in FOUNDATION:
        return {room}
    if room == "service":
        return SHARED
    if room in SERVICES:
        return SHARED | {room}
    if room == "runtime":
        return SHARED | SERVICES | {"runtime"}
    return {room, "runtime", "engine", "cli"}


def imported_rooms(path: Path) -> Iterator[str]:
    """Answer the rooms that a module imports from, whatever the form and the place of the import."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "tailrace" and len(parts) > 1 and parts[1] in ROOMS:
                yield parts[1]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_one_way(path: Path) -> None:
    strangers = set(imported_rooms(path)) - allowed(room_of(path))
    assert not strangers, f"{path.relative_to(SOURCE)} must not import from {sorted(strangers)}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_rooms_are_small_and_say_what_they_are(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert path.stem not in BANNED, f"{path.stem} is no noun"
    assert len(text.splitlines()) < FILE_LINES_MAX
    assert not text.strip() or ast.get_docstring(tree), "a module opens with its promise"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= FUNCTION_LINES_MAX, f"{node.name} has {length} lines"
