"""Wildcards: a star stands for any characters, also none; a backslash takes a star or a backslash literally."""

from collections import Counter
from collections.abc import Callable

_ALIKE_MAX = 4
_TOO_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard "
    "character"
)


def wildcard(pattern: str) -> Callable[[str], bool]:
    """Answer a test for a pattern. Raises ValueError with AWS's reason."""
    pieces = _pieces(pattern)
    following = Counter(piece[0] for piece in pieces[1:] if piece)
    if following and max(following.values()) > _ALIKE_MAX:
        raise ValueError(_TOO_COMPLEX)
    if len(pieces) == 1:
        return lambda value: value == pieces[0]
    first, *middle, last = pieces

    def matches(value: str) -> bool:
        if len(value) < len(first) + len(last) or not (value.startswith(first) and value.endswith(last)):
            return False
        at, stop = len(first), len(value) - len(last)
        for piece in middle:
            # The first place is the best: it leaves the most to those that follow.
            found = value.find(piece, at, stop)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return matches


def _pieces(pattern: str) -> list[str]:
    """Answer the literal texts between the stars."""
    pieces = [""]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            if pattern[at + 1 : at + 2] not in ("*", "\\"):
                raise ValueError(f"Invalid escape character at pos {at + 1}")
            pieces[-1] += pattern[at + 1]
            at += 1
        elif char == "*":
            if pattern[at + 1 : at + 2] == "*":
                raise ValueError(f"Consecutive wildcard characters at pos {at + 1}")
            pieces.append("")
        else:
            pieces[-1] += char
        at += 1
    return pieces
