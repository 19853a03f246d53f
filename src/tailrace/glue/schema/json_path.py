"""The JSON paths of a custom classifier: ``$``, ``.name``, ``['name']``, ``[0]``, ``.*`` and ``[*]``.

No filters, slices or descent (Glue guide, writing JSON custom classifiers).
"""

import re
from collections.abc import Iterator
from typing import Any

_STEP = re.compile(
    r"\.(?P<name>[^.\[\]*\s]+)|\[\s*'(?P<single>(?:[^'\\]|\\.)*)'\s*\]|\[\s*\"(?P<double>(?:[^\"\\]|\\.)*)\"\s*\]"
    r"|\[\s*(?P<index>\d+)\s*\]|(?P<each>\.\*|\[\s*\*\s*\])"
)
EACH = None
Step = str | int | None


def parsed(path: str) -> tuple[Step, ...]:
    """Take a path apart: names, indices, and None for a star. Raises ValueError."""
    if not path.startswith("$"):
        raise ValueError(f"a JSON path begins with $: {path}")
    steps: list[Step] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise ValueError(f"not a JSON path: {path[at:]}")
        kind = found.lastgroup
        steps.append(int(found["index"]) if kind == "index" else EACH if kind == "each" else found[kind or "name"])
        at = found.end()
    return tuple(steps)


def select(steps: tuple[Step, ...], value: Any) -> Iterator[Any]:
    """Answer the values that a path leads to."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step is EACH:
        each = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for one in each:
            yield from select(rest, one)
    elif isinstance(step, int):
        if isinstance(value, list) and step < len(value):
            yield from select(rest, value[step])
    elif isinstance(value, dict) and step in value:
        yield from select(rest, value[step])
