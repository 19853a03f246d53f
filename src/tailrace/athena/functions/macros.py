"""The macros of macros.sql: which of them a piece of SQL needs, in the order in which they can be made."""

import re
from functools import cache
from importlib.resources import files

FAILURE_MARK = "\x01"
_CREATE = re.compile(r"^CREATE MACRO (trino_\w+)\(.*?;$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"trino_\w+(?=\()")  # it begins with a text, which is what makes a search quick


@cache
def _definitions() -> dict[str, str]:
    text = files(__package__).joinpath("macros.sql").read_text(encoding="utf-8")
    return {match[1]: match[0] for match in _CREATE.finditer(text)}


def names_in(sql: str) -> list[str]:
    """Answer the names of Trino's functions that some SQL calls: macros, and those that are Python's."""
    return _NAME.findall(sql)


def macros_for(sql: str) -> dict[str, str]:
    """Answer the definitions of the macros that some SQL uses, those they use first."""
    found: dict[str, str] = {}
    for name in names_in(sql):
        _add(name, found)
    return found


def _add(name: str, found: dict[str, str]) -> None:
    definition = _definitions().get(name)
    if definition is None or name in found:
        return
    for other in names_in(definition):
        if other != name:
            _add(other, found)
    found[name] = definition
