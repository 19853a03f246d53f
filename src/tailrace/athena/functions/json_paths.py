"""JSON paths of json_extract: $.a.b[0]["c d"], written as DuckDB has them."""

import re

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z_@$][\w@$:-]*|\d[\w-]*)
      | \.?\[\s*(?P<index>\d+)\s*\]
      | \.?\[\s*(?P<any>\*)\s*\]
      | \.(?P<star>\*)
      | \.?\[\s*"(?P<quoted>(?:[^"\\]|\\.)*)"\s*\]
      | \.?\[\s*'(?P<single>(?:[^'\\]|\\.)*)'\s*\]
      | \."(?P<dotted>(?:[^"\\]|\\.)*)"
    """,
    re.VERBOSE,
)


class PathProblem(ValueError):
    """The path has no meaning; the text is Trino's."""


def duckdb_path(path: str) -> str:
    """Answer DuckDB's form of a path. PathProblem when it is none, or one with wildcards."""
    text = path.strip()
    if not text.startswith("$"):
        text = "$" + (text if text.startswith("[") else f".{text}")
    made = ["$"]
    index = 1
    while index < len(text):
        match = _STEP.match(text, index)
        if match is None:
            raise PathProblem(f"Invalid JSON path: '{path}'")
        if match["any"] or match["star"]:
            made.append("[*]" if match["any"] else ".*")
        elif match["index"] is not None:
            made.append(f"[{match['index']}]")
        else:
            made.append(f".{_quoted(match)}")
        index = match.end()
    return "".join(made)


def _quoted(match: re.Match[str]) -> str:
    name = next(match[group] for group in ("name", "quoted", "single", "dotted") if match[group] is not None)
    return '"' + re.sub(r"\\(.)", r"\1", name).replace('"', '\\"') + '"'
