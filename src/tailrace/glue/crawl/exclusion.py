"""Exclusions: Unix globs relative to the include path (Glue guide, include and exclude patterns).

``*`` stays within a folder, ``**`` crosses folders, ``?`` is one character, ``[..]`` a set, ``{a,b}`` alternatives.
"""

import re
from collections.abc import Callable, Sequence

_TOKEN = re.compile(r"\*\*|\*|\?|\[!?\]?[^\]]*\]|[{},]|\\.|.", re.DOTALL)
_FIXED = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}


def excluding(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Answer a test that says whether a path, relative to the include path, is left out."""
    compiled = [re.compile(_expression(pattern), re.DOTALL) for pattern in patterns]
    return lambda path: any(pattern.fullmatch(path) for pattern in compiled)


def _expression(pattern: str) -> str:
    parts: list[str] = []
    depth = 0
    for found in _TOKEN.finditer(pattern.lstrip("/")):
        token = found.group()
        depth += (token == "{") - (token == "}")
        if token in _FIXED:
            parts.append(_FIXED[token])
        elif token == "," and depth:
            parts.append("|")
        elif token.startswith("[") and len(token) > 2:
            parts.append(_set(token))
        else:
            parts.append(re.escape(token[1:] if token.startswith("\\") and len(token) == 2 else token))
    return "".join(parts) if depth == 0 else re.escape(pattern)


def _set(token: str) -> str:
    inside = token[1:-1]
    negated = inside.startswith("!")
    inside = inside[1:] if negated else inside
    escaped = inside.replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
    return f"[^/{escaped}]" if negated else f"[{escaped}]"
