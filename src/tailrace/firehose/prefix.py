"""S3 prefixes with ``!{namespace:value}`` expressions: checked when a delivery stream is made, evaluated per object.

Rules: Firehose developer guide, "Custom Prefixes for Amazon S3 Objects", and what was seen on AWS (docs/deviations).
"""

import random
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tailrace.firehose.java_time import BadPattern, compiled
from tailrace.wire.errors import AwsError

EVALUATED_MAX = 512
PROCESSING_FAILED = "processing-failed"
_EXPRESSION = re.compile(r"!\{([^{}:]*):((?:'[^']*'|[^'}])*)\}")
_HOURLY = compiled("yyyy/MM/dd/HH/")
_ALPHANUMERIC = string.ascii_letters + string.digits
_RANDOM_CHARS = 11
_ERROR_TYPE = "error-output-type"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a prefix is evaluated for: the arrival of the oldest record in its zone, dice, and the kind of failure."""

    arrival: datetime
    dice: random.Random
    error_type: str = ""


Part = Callable[[Occasion], str]


@dataclass(frozen=True, slots=True)
class Prefix:
    """A checked prefix."""

    parts: tuple[Part, ...]

    def evaluate(self, occasion: Occasion) -> str:
        """Answer how an object's key begins."""
        return "".join([part(occasion) for part in self.parts])


def has_expressions(text: str) -> bool:
    """Answer whether a prefix has any expression."""
    return "!{" in text


def data_prefix(text: str) -> Prefix:
    """Answer the prefix of delivered objects; the hour is appended to one without expressions."""
    if f"{{firehose:{_ERROR_TYPE}}}" in text:
        raise _refused(f"Prefix cannot contain !{{firehose:{_ERROR_TYPE}}}")
    parts = _parts(text)
    return Prefix(parts if has_expressions(text) else (*parts, _hour))


def error_prefix(text: str, prefix: str) -> Prefix:
    """Answer the prefix of failed records' objects, from what was given for them and for delivered ones."""
    if not text and has_expressions(prefix):
        raise _refused("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
    if not has_expressions(text):
        return Prefix((*_parts(text or prefix), _error_type, _literal("/"), _hour))
    if f"!{{firehose:{_ERROR_TYPE}}}" not in text:
        raise _refused(f"ErrorOutputPrefix should contain !{{firehose:{_ERROR_TYPE}}} when it contains expressions")
    return Prefix(_parts(text))


def checked(prefix: Prefix, now: datetime) -> Prefix:
    """Answer a prefix that isn't too long when evaluated. Raises InvalidArgumentException."""
    if len(prefix.evaluate(Occasion(now, random.Random(0), PROCESSING_FAILED))) > EVALUATED_MAX:
        raise _refused(f"prefixes cannot be longer than {EVALUATED_MAX} characters after they are evaluated")
    return prefix


def _parts(text: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    at = 0
    for found in _EXPRESSION.finditer(text):
        parts += [_plain(text[at : found.start()]), _expression(found[1], found[2])]
        at = found.end()
    return (*parts, _plain(text[at:]))


def _plain(text: str) -> Part:
    if "!{" in text:
        raise _refused("the sequence !{ can only appear in !{namespace:value} expressions")
    return _literal(text)


def _expression(namespace: str, value: str) -> Part:
    if namespace == "timestamp":
        try:
            formatted = compiled(value)
        except BadPattern as error:
            raise _refused(f"!{{timestamp:{value}}} is not a valid DateTimeFormatter pattern: {error}") from error
        return lambda occasion: formatted(occasion.arrival)
    if namespace in ("partitionKeyFromQuery", "partitionKeyFromLambda"):
        raise AwsError(
            "InvalidArgumentException",
            "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is "
            "enabled.",
        )
    part = _FIREHOSE.get(value) if namespace == "firehose" else None
    if part is None:
        raise _refused(f"!{{{namespace}:{value}}} is not an expression")
    return part


def _literal(text: str) -> Part:
    return lambda occasion: text


def _hour(occasion: Occasion) -> str:
    return _HOURLY(occasion.arrival)


def _error_type(occasion: Occasion) -> str:
    return occasion.error_type


def _random_string(occasion: Occasion) -> str:
    return "".join(occasion.dice.choices(_ALPHANUMERIC, k=_RANDOM_CHARS))


_FIREHOSE: dict[str, Part] = {_ERROR_TYPE: _error_type, "random-string": _random_string}


def _refused(rule: str) -> AwsError:
    return AwsError(
        "InvalidArgumentException", f"Ths supplied prefix(es) do not satisfy the following constraint: {rule}"
    )
