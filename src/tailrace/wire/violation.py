"""What is said when a request breaks its model's constraints, in each service's own words.

Most services speak alike (Coral's "1 validation error detected: Value '' at 'x' failed to satisfy constraint: ...").
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeVar

import orjson

from tailrace.wire.constraint import Rule
from tailrace.wire.definition import Shape
from tailrace.wire.errors import AwsError

Scope = Literal["member", "element", "key", "value"]
T = TypeVar("T")
Step = tuple[str, str]  # ("member" | "element" | "entry", its name)

_LISTED_MAX = 10
_ECHO_CHARS_MAX = 10_000
_BRACKET_ORDER = ("length_max", "value_max", "length_min", "value_min", "pattern", "enum")

_CORAL_TEXTS = {
    "required": "Member must not be null",
    "pattern": "Member must satisfy regular expression pattern: {}",
    "enum": "Member must satisfy enum value set: {}",
    "length_min": "Member must have length greater than or equal to {}",
    "length_max": "Member must have length less than or equal to {}",
    "value_min": "Member must have value greater than or equal to {}",
    "value_max": "Member must have value less than or equal to {}",
}
_CORAL_SCOPES: dict[Scope, str] = {
    "element": "Member must satisfy constraint: {}",
    "key": "Map keys must satisfy constraint: {}",
    "value": "Map value must satisfy constraint: {}",
}


class Violation(NamedTuple):
    """One broken rule: where, by what value; ``rules`` are all of the shape's, which some texts list."""

    path: tuple[Step, ...]
    rule: Rule
    rules: Sequence[Rule]
    value: Any
    scope: Scope
    shape: Shape


class Walk:
    """Find every broken rule of a value. Slow and thorough: it runs after a fast check has said no."""

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        opaque: frozenset[str],
        rules: Callable[[str], Sequence[Rule]],
        entries_max: int | None = None,
    ) -> None:
        """Look at so many entries of each list and map, or at all."""
        self._shapes = shapes
        self._opaque = opaque
        self._rules = rules
        self._entries_max = entries_max

    def of(self, name: str, value: Any, path: tuple[Step, ...] = ()) -> Iterator[Violation]:
        """Answer the violations within a value of a shape."""
        shape = self._shapes[name]
        if name in self._opaque or shape.document:
            return
        rules = self._rules(name)
        yield from (Violation(path, rule, rules, value, "member", shape) for rule in rules if not _holds(rule, value))
        yield from self._inside(shape, value, path)

    def _inside(self, shape: Shape, value: Any, path: tuple[Step, ...]) -> Iterator[Violation]:
        if shape.type == "structure":
            for name in shape.required:
                if value.get(name) is None:
                    rule = Rule("required", name, bool)
                    yield Violation((*path, ("member", name)), rule, (), None, "member", shape)
            for name, member in shape.members.items():
                if value.get(name) is not None:
                    yield from self.of(member.shape, value[name], (*path, ("member", name)))
        elif shape.type == "list" and shape.member is not None:
            entries = [(("element", str(number)), each) for number, each in enumerate(self._some(value), 1)]
            yield from self._contained(shape, shape.member.shape, entries, value, path, "element")
        elif shape.type == "map" and shape.key is not None and shape.value is not None:
            if shape.value.shape in self._opaque:
                return
            keys = [(("entry", key), key) for key in self._some(value)]
            yield from self._contained(shape, shape.key.shape, keys, value, path, "key")
            items = [(("entry", key), each) for key, each in self._some(value.items())]
            yield from self._contained(shape, shape.value.shape, items, value, path, "value")

    def _some(self, entries: Iterable[T]) -> Iterator[T]:
        return islice(entries, self._entries_max)

    def _contained(
        self,
        shape: Shape,
        inner: str,
        entries: Sequence[tuple[Step, Any]],
        whole: Any,
        path: tuple[Step, ...],
        scope: Scope,
    ) -> Iterator[Violation]:
        """What is wrong with an entry itself is said of the whole list or map, once; what lies deeper, of its place."""
        if inner in self._opaque:
            return
        rules = self._rules(inner)
        broken = [rule for rule in rules if not all(_holds(rule, each) for _, each in entries)]
        if broken:
            yield Violation(path, broken[0], rules, whole, scope, shape)
        if scope != "key":
            for step, each in entries:
                yield from self._inside(self._shapes[inner], each, (*path, step))


def _holds(rule: Rule, value: Any) -> bool:
    try:
        return rule.holds(value)
    except TypeError:  # a caller inside the cloud that gave a value of another type
        return False


class Style(NamedTuple):
    """How a service refuses: its code and how it words all violations together."""

    code: str
    words: Callable[[str, Sequence[Violation]], str]
    status: int = 400


def coral(operation: str, violations: Sequence[Violation]) -> str:
    """Word violations as most services do."""
    return _listed([_coral_part(each) for each in violations])


def _listed(parts: Sequence[str]) -> str:
    return f"{len(parts)} validation error{'s' if len(parts) > 1 else ''} detected: {'; '.join(parts[:_LISTED_MAX])}"


def _coral_part(found: Violation) -> str:
    where = ".".join(_coral_step(step) for step in found.path)
    value = _echo(found)
    said = "null" if found.value is None else "" if value is None else f"'{value}'"
    return f"Value {said}{' ' if said else ''}at '{where}' failed to satisfy constraint: {_coral_constraint(found)}"


def _coral_step(step: Step) -> str:
    kind, name = step
    return name[:1].lower() + name[1:] if kind == "member" else f"{name}.member"


def _coral_constraint(found: Violation) -> str:
    if found.scope == "member":
        return _coral_text(found.rule)
    ordered = sorted(found.rules, key=lambda rule: _BRACKET_ORDER.index(rule.kind))
    return _CORAL_SCOPES[found.scope].format(f"[{', '.join(_coral_text(rule) for rule in ordered)}]")


def _coral_text(rule: Rule) -> str:
    limit = f"[{', '.join(rule.limit)}]" if rule.kind == "enum" else rule.limit
    return _CORAL_TEXTS[rule.kind].format(limit)


def _echo(found: Violation) -> str | None:
    if found.shape.sensitive or found.shape.type == "blob":
        return None
    text = java_text(found.value)
    return text if len(text) <= _ECHO_CHARS_MAX else None


def java_text(value: Any) -> str:
    """Answer a value as Java prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(java_text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={java_text(each)}' for key, each in value.items())}}}"
    if isinstance(value, bytes | bytearray | memoryview):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return "null" if value is None else str(value)


# DynamoDB moved these operations to another layer in 2026: too small a value isn't echoed, and members are capitalised.
_DYNAMODB_NEW = frozenset({"PutItem", "UpdateItem", "DeleteItem", "GetItem", "BatchGetItem", "Query"})
_DYNAMODB_REQUIRED = {("CreateTable", "TableName")}
_DYNAMODB_RETURN_VALUES = (  # without the member's name, and UPDATE_NEW is AWS's own spelling
    "Failed to satisfy constraint: Member must satisfy enum value set: "
    "[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
)


def dynamodb(operation: str, violations: Sequence[Violation]) -> str:
    """Word violations as DynamoDB's two layers do."""
    first = violations[0]
    if first.rule.kind == "required" and (operation, first.rule.limit) in _DYNAMODB_REQUIRED:
        return f"The parameter '{first.rule.limit}' is required but was not present in the request"
    if operation not in _DYNAMODB_NEW:
        return coral(operation, violations)
    return _listed([_dynamodb_part(each) for each in violations])


def _dynamodb_part(found: Violation) -> str:
    if found.rule.kind == "enum" and found.path[-1][1] == "ReturnValues":
        return _DYNAMODB_RETURN_VALUES
    too_large_list = found.rule.kind == "length_max" and found.shape.type in ("list", "map")
    if found.scope != "member" or not (found.rule.kind in ("length_min", "value_min") or too_large_list):
        return _coral_part(found)
    where = ".".join(name if kind == "member" else f"{name}.member" for kind, name in found.path)
    return f"Value at '{where}' failed to satisfy constraint: {_coral_text(found.rule)}"


def _sized(value: Any) -> Any:
    """Answer a value that has a length: a caller inside the cloud may have given one of another type."""
    return value if isinstance(value, str | list | dict) else str(value)


def _too_short(limit: int, value: Any) -> str:
    if isinstance(value, str):
        return f'string "{value}" is too short (length: {len(value)}, required minimum: {limit})'
    return f"array is too short: must have at least {limit} elements but instance has {len(value)} elements"


def _too_long(limit: int, value: Any) -> str:
    if isinstance(value, str):
        return f'string "{value}" is too long (length: {len(value)}, maximum allowed: {limit})'
    return f"array is too long: must have at most {limit} elements but instance has {len(value)} elements"


_SCHEMA_TEXTS: dict[str, Callable[[Any, Any], str]] = {
    "pattern": lambda limit, value: f'ECMA 262 regex "{limit}" does not match input string "{value}"',
    "enum": lambda limit, value: (
        f'instance value ("{value}") not found in enum (possible values: {orjson.dumps(sorted(limit)).decode()})'
    ),
    "value_min": lambda limit, value: (
        f"numeric instance is lower than the required minimum (minimum: {limit}, found: {value})"
    ),
    "value_max": lambda limit, value: (
        f"numeric instance is greater than the required maximum (maximum: {limit}, found: {value})"
    ),
    "length_min": lambda limit, value: _too_short(limit, _sized(value)),
    "length_max": lambda limit, value: _too_long(limit, _sized(value)),
}


def schema(operation: str, violations: Sequence[Violation]) -> str:
    """Word violations as the JSON schema validator does that stands before EventBridge Pipes."""
    texts = []
    missing = sorted(str(each.rule.limit) for each in violations if each.rule.kind == "required")
    if missing:
        texts.append(f"object has missing required properties ({orjson.dumps(missing).decode()})")
    for each in violations:
        if each.rule.kind != "required":
            texts += [_SCHEMA_TEXTS[each.rule.kind](each.rule.limit, value) for value in _culprits(each)]
    return f"[{', '.join(texts)}]"


def _culprits(found: Violation) -> list[Any]:
    if found.scope == "member":
        return [found.value]
    inside = found.value.values() if found.scope == "value" else found.value
    return [each for each in inside if not _holds(found.rule, each)]


def cloudwatch(operation: str, violations: Sequence[Violation]) -> str:
    """Word violations as CloudWatch does: a missing member is named by its path in the query protocol."""
    first = violations[0]
    if first.rule.kind != "required":
        return coral(operation, violations)
    where = ".".join(name if kind == "member" else f"member.{name}" for kind, name in first.path)
    return f"The parameter {where} is required."


def sqs(operation: str, violations: Sequence[Violation]) -> str:
    """Word violations as SQS does."""
    first = violations[0]
    if first.rule.kind != "required":
        return coral(operation, violations)
    return f"The request must contain the parameter {first.rule.limit}."


_S3_CODES = {
    "StorageClass": ("InvalidStorageClass", "The storage class you specified is not valid"),
    "EncodingType": ("InvalidArgument", "Invalid Encoding Method specified in Request"),
}
MALFORMED_XML = (
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
)


def s3(violations: Sequence[Violation]) -> AwsError:
    """Answer S3's error: for a document, that it is malformed; for a header or a query member, which one."""
    first = violations[0]
    name = first.path[-1][1]
    if len(first.path) > 1 or first.shape.type == "structure":
        return AwsError(*MALFORMED_XML)
    code, text = _S3_CODES.get(name, ("InvalidArgument", "Invalid Argument"))
    return AwsError(code, text, ArgumentName=name, ArgumentValue=java_text(first.value))


_STYLES = {
    "dynamodb": Style("ValidationException", dynamodb),
    "dynamodbstreams": Style("ValidationException", coral),
    "pipes": Style("ValidationException", schema),
    "athena": Style("InvalidRequestException", coral),
    "logs": Style("InvalidParameterException", coral),
    "iam": Style("ValidationError", coral),
    "sts": Style("ValidationError", coral),
    "cloudformation": Style("ValidationError", coral),
    "cloudwatch": Style("ValidationError", cloudwatch),
    "sqs": Style("InvalidParameterValue", sqs),
}
_USUAL = Style("ValidationException", coral)
_MISSING = {"cloudwatch": "MissingParameter", "sqs": "MissingParameter"}


def refusal(service: str, operation: str, violations: Sequence[Violation]) -> AwsError:
    """Answer the error for some violations of a request."""
    if service == "s3":
        return s3(violations)
    style = _STYLES.get(service, _USUAL)
    code = style.code
    if violations[0].rule.kind == "required":
        code = _MISSING.get(service, code)
    return AwsError(code, style.words(operation, violations), style.status)
