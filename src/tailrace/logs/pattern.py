"""Filter patterns of unstructured text: all terms, any of the ``?terms``, none of the ``-terms``, quoted phrases.

CloudWatch Logs user guide, "Filter pattern syntax". Patterns of JSON, columns and regular expressions are refused.
"""

import re
from dataclasses import dataclass

from tailrace.logs.group import invalid

_TERM = re.compile(r'\s*(?P<sign>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"]+))')
_ESCAPED = re.compile(r"\\(.)")
_STRUCTURED = ("{", "[", "%")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    every: tuple[str, ...]
    some: tuple[str, ...]
    none: tuple[str, ...]

    def matches(self, message: str) -> bool:
        """Answer whether a message matches; case matters."""
        if self.some and not any(term in message for term in self.some) and not self.every:
            return False
        return all(term in message for term in self.every) and not any(term in message for term in self.none)


def compiled(text: str) -> Pattern:
    """Read a pattern. Raises InvalidParameterException."""
    text = text.strip()
    if text.startswith(_STRUCTURED):
        raise invalid(
            "Tailrace filters log events by terms; it does not read patterns of JSON, columns or %regex% yet."
        )
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if found is None:
            raise invalid("Invalid filter pattern")
        term = found["word"] if found["phrase"] is None else _ESCAPED.sub(r"\1", found["phrase"])
        terms[found["sign"]].append(term)
        position = found.end()
    return Pattern(tuple(terms[""]), tuple(terms["?"]), tuple(terms["-"]))
