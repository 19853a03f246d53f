"""Patterns of policies: ``*`` and ``?`` in actions, ARNs and texts, and policy variables like ``${aws:username}``.

An ARN is compared one colon-separated segment at a time; only its last segment lets ``*`` cross colons (IAM, elements).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

Context = Mapping[str, Sequence[str]]  # condition keys in lower case, and their values
Test = Callable[[Context], bool]

ARN_SEGMENTS = 6
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERALS = {"*": "*", "?": "?", "$": "$"}


@dataclass(frozen=True, slots=True)
class Variable:
    """A policy variable and the text it stands for when the key is missing."""

    key: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``*`` or ``?``."""

    many: bool


Piece = str | Variable | Wildcard
Pieces = tuple[Piece, ...]

_MANY, _ONE = Wildcard(True), Wildcard(False)


def pieces_of(text: str, *, variables: bool, wildcards: bool = True) -> Pieces:
    """Split a pattern into what stands for itself, wildcards and variables."""
    pieces: list[Piece] = []
    at = 0
    for found in _VARIABLE.finditer(text) if variables else ():
        pieces += _plain(text[at : found.start()], wildcards)
        pieces.append(_variable(found[1]))
        at = found.end()
    pieces += _plain(text[at:], wildcards)
    return tuple(pieces)


def is_dynamic(pieces: Pieces) -> bool:
    """Answer whether what the pattern matches depends on the request's context."""
    return any(isinstance(piece, Variable) for piece in pieces)


def resolved(pieces: Pieces, context: Context) -> Pieces | None:
    """Put the context's values in the place of variables; None when one has no single value."""
    result: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Variable):
            values = context.get(piece.key, ())
            value = values[0] if len(values) == 1 else piece.default
            if value is None:
                return None
            result.append(value)
        else:
            result.append(piece)
    return tuple(result)


def text_of(pieces: Pieces) -> str:
    """Answer the text of resolved pieces."""
    return "".join(piece if isinstance(piece, str) else "*" if piece == _MANY else "?" for piece in pieces)


@lru_cache(maxsize=1024)
def text_matcher(pieces: Pieces, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """Answer a test of whole texts against resolved pieces."""
    return _matcher(_expression(pieces, "."), ignore_case)


@lru_cache(maxsize=1024)
def arn_matcher(pieces: Pieces) -> Callable[[str], bool]:
    """Answer a test of ARNs against resolved pieces; ``*`` alone matches everything."""
    if pieces == (_MANY,):
        return _anything
    segments = _segments(pieces)
    # IAM takes parts that are left out at the end for stars.
    segments += [(_MANY,)] * (ARN_SEGMENTS - len(segments))
    parts = [_expression(segment, "[^:]") for segment in segments[: ARN_SEGMENTS - 1]]
    parts.append(_expression(segments[-1], "."))
    return _matcher(":".join(parts), ignore_case=False)


def _anything(_: str) -> bool:
    return True


def _matcher(expression: str, ignore_case: bool) -> Callable[[str], bool]:
    compiled = re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
    return lambda text: compiled.fullmatch(text) is not None


def _plain(text: str, wildcards: bool) -> list[Piece]:
    if not wildcards:
        return [text] if text else []
    parts: list[Piece] = []
    for part in re.split(r"([*?])", text):
        if part == "*":
            if not parts or parts[-1] != _MANY:
                parts.append(_MANY)
        elif part == "?":
            parts.append(_ONE)
        elif part:
            parts.append(part)
    return parts


def _variable(inside: str) -> Piece:
    if inside in _LITERALS:
        return _LITERALS[inside]
    key, comma, default = inside.partition(",")
    return Variable(key.strip().lower(), default.strip().strip("'") if comma else None)


def _segments(pieces: Pieces) -> list[Pieces]:
    segments: list[list[Piece]] = [[]]
    for piece in pieces:
        if not isinstance(piece, str):
            segments[-1].append(piece)
            continue
        first, *rest = piece.split(":", ARN_SEGMENTS - len(segments))
        segments[-1] += [first] if first else []
        segments += [[part] if part else [] for part in rest]
    return [tuple(segment) for segment in segments]


def _expression(pieces: Pieces, any_one: str) -> str:
    # Each middle part is taken at its first occurrence and never tried again (an atomic group), so that many stars
    # cost no more than one.
    runs: list[str] = [""]
    for piece in pieces:
        if piece == _MANY:
            runs.append("")
        else:
            runs[-1] += re.escape(piece) if isinstance(piece, str) else any_one
    first, *rest = runs
    if not rest:
        return first
    middle = "".join(f"(?>{any_one}*?{run})" for run in rest[:-1])
    return f"{first}{middle}{any_one}*{rest[-1]}"
