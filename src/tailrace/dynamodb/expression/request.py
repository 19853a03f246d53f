"""The expressions of one request: its names and values checked, each expression parsed (cached), bound and checked.

What is unused is an error. The order: names, values, update, condition, key condition, filter, projection.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from tailrace.dynamodb.errors import Layer, Malformed
from tailrace.dynamodb.expression.check import UnitCheck, Values, bind_check, operands_of
from tailrace.dynamodb.expression.condition import ParsedCondition, parse_condition
from tailrace.dynamodb.expression.evaluate import Holds, compile_condition
from tailrace.dynamodb.expression.node import Condition, Operand, Path, PathNode, Unit
from tailrace.dynamodb.expression.path import Names, first_clash, resolve
from tailrace.dynamodb.expression.projection import ProjectionParser, Tree, tree_of
from tailrace.dynamodb.expression.token import EXPRESSION_BYTES_MAX
from tailrace.dynamodb.expression.update import BoundUpdate, ParsedUpdate, UpdateParser, bind_update
from tailrace.dynamodb.value import admit_value
from tailrace.engine.kept import Kept

BoundT = TypeVar("BoundT")

_NAME_KEY = re.compile(r"#[0-9a-zA-Z_]+", re.ASCII)
_VALUE_KEY = re.compile(r":[0-9a-zA-Z_]+", re.ASCII)
_PLACEHOLDER = re.compile(r"[#:][0-9a-zA-Z_]+", re.ASCII)
_PLACEHOLDER_BYTES_MAX = 255
_CACHED_NAMES_MAX = 16  # names a request may bring for its bound expressions to be kept
# Expressions of each kind that stay parsed and bound: a parsed one takes some forty times its text.
_keep = Kept(short=256, long=16, short_chars=512)


@dataclass(frozen=True, slots=True)
class BoundCondition:
    """A condition bound to names: checks to run against a request's values, then whether it holds for an item."""

    root: Condition | None  # None for a legacy one
    checks: tuple[UnitCheck, ...]
    holds: Holds
    paths: frozenset[Path]

    def check(self, values: Values) -> None:
        """Check it against the values of a request. Raises Malformed."""
        for check in self.checks:
            check.run(values)


@dataclass(frozen=True, slots=True)
class BoundProjection:
    """A projection bound to names."""

    paths: tuple[Path, ...]
    tree: Tree

    def check(self, values: Values) -> None:
        """A projection holds no values: there is nothing to check."""


class Expressions(msgspec.Struct):
    """The expressions of a request, each None when it wasn't given."""

    names: Names = msgspec.field(default_factory=dict)
    values: Values = msgspec.field(default_factory=dict)
    update: BoundUpdate | None = None
    condition: BoundCondition | None = None
    key_condition: BoundCondition | None = None
    filter: BoundCondition | None = None
    projection: BoundProjection | None = None
    is_legacy: bool = False  # read from the parameters that expressions replaced


_PARTS = (  # parameter, attribute of Expressions
    ("UpdateExpression", "update"),
    ("ConditionExpression", "condition"),
    ("KeyConditionExpression", "key_condition"),
    ("FilterExpression", "filter"),
    ("ProjectionExpression", "projection"),
)


def check_mix(params: Mapping[str, Any], layer: Layer, modern: Sequence[str], legacy: Sequence[str]) -> None:
    """Refuse expressions beside legacy parameters, and names or values without an expression. Raises AwsError."""
    given = [name for name in modern if params.get(name) is not None]
    old = [name for name in legacy if params.get(name) is not None]
    if given and old:
        raise layer.error(
            Malformed(
                "Can not use both expression and non-expression parameters in the same request: "
                f"Non-expression parameters: {{{', '.join(old)}}} Expression parameters: {{{', '.join(given)}}}"
            )
        )
    if params.get("ExpressionAttributeNames") is not None and not given:
        raise layer.error(Malformed("ExpressionAttributeNames can only be specified when using expressions"))
    valued = [name for name in modern if name != "ProjectionExpression"]
    if params.get("ExpressionAttributeValues") is not None and not any(name in given for name in valued):
        text = "ExpressionAttributeValues can only be specified when using expressions"
        tail = f": {' and '.join(valued)} {'are' if len(valued) > 1 else 'is'} null" if valued else ""
        raise layer.error(Malformed(text, text + tail))


def read_expressions(params: Mapping[str, Any], layer: Layer) -> Expressions:
    """Answer the expressions of a request, ready to use. Raises AwsError in the words of the operation's layer."""
    found = Expressions()
    names, values = params.get("ExpressionAttributeNames"), params.get("ExpressionAttributeValues")
    try:
        if names is not None:
            found.names = _read_names(names)
        if values is not None:
            found.values = _read_values(values, layer)
        for parameter, attribute in _PARTS:
            text = params.get(parameter)
            if text is not None:
                setattr(found, attribute, _read(parameter, text, found))
        if found.names or found.values:
            _check_used(params, found)
    except Malformed as fault:
        raise layer.error(fault) from None
    return found


def _read_names(names: Mapping[str, Any]) -> Names:
    if not names:
        raise Malformed("ExpressionAttributeNames must not be empty")
    for alias, name in names.items():
        _check_key("ExpressionAttributeNames", _NAME_KEY, alias)
        if not name:
            raise Malformed(f"ExpressionAttributeNames contains invalid value: Empty attribute name for key {alias}")
    return names


def _read_values(values: Mapping[str, Any], layer: Layer) -> Values:
    if not values:
        raise Malformed("ExpressionAttributeValues must not be empty")
    for placeholder in values:
        _check_key("ExpressionAttributeValues", _VALUE_KEY, placeholder)
    admitted = {}
    for placeholder, value in values.items():
        try:
            admitted[placeholder] = admit_value(value)[0]
        except Malformed as fault:
            raise layer.value_error(fault, placeholder) from None
    return admitted


def _check_key(parameter: str, form: re.Pattern[str], key: str) -> None:
    if form.fullmatch(key) is None:
        raise Malformed(f'{parameter} contains invalid key: Syntax error; key: "{key}"')
    if len(key) > _PLACEHOLDER_BYTES_MAX:
        raise Malformed(
            f"{parameter} contains invalid key: The expression attribute map contains a key that is too long; "
            f'key: "{key}"'
        )


def _read(parameter: str, text: str, found: Expressions) -> Any:
    try:
        length = len(text) if text.isascii() else len(text.encode())
        if length > EXPRESSION_BYTES_MAX:
            tail = "" if parameter == "UpdateExpression" else f" expression size: {length}"
            raise Malformed(f"Expression size has exceeded the maximum allowed size;{tail}")
        names = found.names
        if len(names) <= _CACHED_NAMES_MAX and sum(map(len, names.values())) <= EXPRESSION_BYTES_MAX:
            bound = _BINDINGS[parameter](text, tuple(names.items()))
        else:
            bound = _BINDERS[parameter](text, names)
        bound.check(found.values)
        return bound
    except Malformed as fault:
        raise Malformed(f"Invalid {parameter}: {fault.text}") from None


def _check_used(params: Mapping[str, Any], found: Expressions) -> None:
    used: set[str] = set()
    for parameter, _ in _PARTS:
        text = params.get(parameter)
        if text is not None:
            used.update(_placeholders(text))
    for parameter, given in (
        ("ExpressionAttributeNames", found.names),
        ("ExpressionAttributeValues", found.values),
    ):
        unused = [key for key in given if key not in used]
        if unused:
            raise Malformed(f"Value provided in {parameter} unused in expressions: keys: {{{', '.join(unused)}}}")


@_keep
def _placeholders(text: str) -> frozenset[str]:
    # The expression has been parsed: whatever looks like a placeholder in it is one.
    return frozenset(_PLACEHOLDER.findall(text))


@_keep
def _parsed_condition(text: str) -> ParsedCondition:
    return parse_condition(text)


@_keep
def _parsed_update(text: str) -> ParsedUpdate:
    return UpdateParser(text).parse()


def _bind_condition(text: str, names: Names) -> BoundCondition:
    parsed = _parsed_condition(text)
    if parsed.fault is not None:
        raise Malformed(parsed.fault)
    checks = tuple(bind_check(unit, names) for unit in parsed.units)
    if any(check.fault is not None for check in checks):
        return BoundCondition(parsed.root, checks, _never, frozenset())
    paths = frozenset(resolve(path, names) for unit in parsed.units for path in _paths(unit))
    return BoundCondition(parsed.root, checks, compile_condition(parsed.root, names), paths)


def _never(item: Any, values: Values) -> bool:
    raise AssertionError("a condition with a fault is refused when it is checked")


def _paths(node: Unit | Operand) -> list[Path]:
    if isinstance(node, PathNode):
        return [node.parts]
    return [path for operand in operands_of(node) for path in _paths(operand)]


def _bind_update(text: str, names: Names) -> BoundUpdate:
    return bind_update(_parsed_update(text), names)


def _bind_projection(text: str, names: Names) -> BoundProjection:
    parser = ProjectionParser(text)
    nodes = parser.parse()
    if parser.reserved_fault is not None:
        raise Malformed(parser.reserved_fault)
    paths = [resolve(node.parts, names) for node in nodes]
    clash = first_clash(paths)
    if clash is not None:
        raise Malformed(clash[1])
    return BoundProjection(tuple(paths), tree_of(paths))


def _kept(bind: Callable[[str, Names], BoundT]) -> Callable[[str, tuple[tuple[str, str], ...]], BoundT]:
    @_keep
    def bound(text: str, names: tuple[tuple[str, str], ...]) -> BoundT:
        return bind(text, dict(names))

    return bound


_BINDERS: dict[str, Callable[[str, Names], Any]] = {
    "UpdateExpression": _bind_update,
    "ConditionExpression": _bind_condition,
    "KeyConditionExpression": _bind_condition,
    "FilterExpression": _bind_condition,
    "ProjectionExpression": _bind_projection,
}
_kept_condition = _kept(_bind_condition)
_BINDINGS: dict[str, Callable[[str, tuple[tuple[str, str], ...]], Any]] = {
    "UpdateExpression": _kept(_bind_update),
    "ConditionExpression": _kept_condition,
    "KeyConditionExpression": _kept_condition,
    "FilterExpression": _kept_condition,
    "ProjectionExpression": _kept(_bind_projection),
}
