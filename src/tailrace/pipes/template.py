"""Input templates: text with ``<$.path>`` and ``<aws.pipes...>`` in it, compiled once and rendered for each event.

In a JSON template a value is inserted as JSON outside of quotes and as text within them; in any other template as text.
A missing value is null, or nothing where text is inserted. What comes out is not checked, as on AWS.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from tailrace.pipes.path import MISSING, PathError, find

_PLACEHOLDER = re.compile(r"<(\$[^<>]*|aws\.pipes\.[A-Za-z.-]*)>")
_EVENT = ("aws.pipes.event", "aws.pipes.event.json")
_RESERVED = {
    "aws.pipes.pipe-arn": "pipe_arn",
    "aws.pipes.pipe-name": "pipe_name",
    "aws.pipes.source-arn": "source_arn",
    "aws.pipes.target-arn": "target_arn",
    "aws.pipes.enrichment-arn": "enrichment_arn",
    "aws.pipes.event.ingestion-time": "ingestion_time",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the reserved variables stand for. The ingestion time is ISO 8601."""

    pipe_arn: str
    pipe_name: str
    source_arn: str
    target_arn: str
    ingestion_time: str
    enrichment_arn: str = ""


class TemplateError(ValueError):
    """A template names what can't be found in any event, or an event can't be rendered."""


_Insert = Callable[[Any, Surroundings], bytes]


class Template:
    """One compiled template."""

    def __init__(self, text: str) -> None:
        """Compile a template. Raises TemplateError."""
        is_json = text.lstrip()[:1] in ("{", "[", '"')
        self._pieces: list[bytes | _Insert] = []
        at, quoted = 0, False
        for found in _PLACEHOLDER.finditer(text):
            literal = text[at : found.start()]
            quoted ^= is_json and _quotes(literal) % 2 == 1
            self._pieces.append(literal.encode())
            self._pieces.append(_insert(found[1], as_text=quoted or not is_json, escaped=quoted))
            at = found.end()
        self._pieces.append(text[at:].encode())

    def render(self, event: Any, surroundings: Surroundings) -> bytes:
        """Answer what becomes of an event. Raises TemplateError for a value that is nested too deeply for JSON."""
        try:
            return b"".join([each if isinstance(each, bytes) else each(event, surroundings) for each in self._pieces])
        except TypeError as error:
            raise TemplateError(str(error)) from None


def _quotes(literal: str) -> int:
    return literal.replace("\\\\", "").replace('\\"', "").count('"')


def _insert(name: str, *, as_text: bool, escaped: bool) -> _Insert:
    look = _look(name)

    def insert(event: Any, surroundings: Surroundings) -> bytes:
        value = look(event, surroundings)
        if value is MISSING:
            return b"" if as_text else b"null"
        if not as_text:
            return orjson.dumps(value)
        raw = value.encode() if isinstance(value, str) else orjson.dumps(value)
        return orjson.dumps(raw.decode())[1:-1] if escaped else raw

    return insert


def _look(name: str) -> Callable[[Any, Surroundings], Any]:
    if name in _EVENT:
        return lambda event, _: event
    if name in _RESERVED:
        attribute = _RESERVED[name]
        return lambda _, surroundings: getattr(surroundings, attribute)
    if not name.startswith("$"):
        raise TemplateError(f"{name} is not a variable of pipes")
    try:
        found = find(name)
    except PathError as error:
        raise TemplateError(str(error)) from None
    return lambda event, _: found(event)
