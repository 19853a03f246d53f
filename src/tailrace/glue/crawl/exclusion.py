"""Exclusions: Unix globs relative to the include path (Glue guide, include and exclude patterns).

``*`` stays within a folder, ``**`` crosses folders, ``?`` is one character, ``[..]`` a set, ``{a,b}`` alternatives.
"""

import re
from collections.abc import Callable, Sequence

from tailrace.engine.user_pattern import BadPattern, UserPattern
from tailrace.glue.entry import invalid

_TOKEN = re.compile(r"\*\*|\*|\?|\[!?\]?[^\]]*\]|[{},]|\\.|.", re.DOTALL)
_FIXED = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}


def excluding(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Answer a test that says whether a path, relative to the include path, is left out.

    Both raise InvalidInputException: for what is no pattern, and for one that takes too long.
    """
    try:
        compiled = [UserPattern(_expression(pattern), re.DOTALL) for pattern in patterns]
    except BadPattern as error:
        raise invalid(f"Invalid exclusion pattern: {error}") from error

    def excluded(path: str) -> bool:
        try:
            return any(pattern.fullmatch(path) for pattern in compiled)
        except BadPattern as error:
            raise invalid(f"An exclusion pattern is too complex: {error}") from error

    return excluded


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
