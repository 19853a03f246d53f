"""A service's model, compiled when it is first used: what its operations take, what they require, what they answer."""

from collections.abc import Callable, Mapping
from functools import cache, cached_property
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from tailrace.wire import definition, violation
from tailrace.wire.constraint import Checks, Rule, rules_of
from tailrace.wire.conversion import Reader, Readers
from tailrace.wire.definition import Definition, OperationDefinition, Shape
from tailrace.wire.errors import AwsError

# Shapes that pass through as raw JSON: their service reads and refuses them itself.
OPAQUE = {"dynamodb": frozenset({"AttributeValue"}), "dynamodbstreams": frozenset({"AttributeValue"})}
# Enumerations that the services themselves refuse, in words of their own.
_UNRULED = {
    ("lambda", "Runtime"),
    ("s3", "BucketLocationConstraint"),
    ("sqs", "MessageSystemAttributeName"),
    ("sqs", "QueueAttributeName"),
    ("s3", "ChecksumAlgorithm"),
    ("s3", "FilterRuleName"),
}
# Members without which no service takes a structure, though its definition doesn't say so.
_REQUIRED: dict[str, dict[str, tuple[str, ...]]] = {
    "athena": {"Tag": ("Key",)},
    "glue": {"CrawlsFilter": ("FieldName", "FilterOperator", "FieldValue")},
}
# Enumerations in the order in which AWS names them, where that isn't the definition's.
_ENUM_ORDER = {("dynamodb", "ScalarAttributeType"): ("B", "N", "S")}

# Some megabytes may break millions of rules: a refusal counts so many, in so many entries of each list unless there
# is nothing wrong with those.
_VIOLATIONS_MAX, _ENTRIES_MAX = 1000, 1000

_EMPTY = Shape(type="structure")


class Member(NamedTuple):
    """A member of an input or output: its name to services, on the wire, where it travels, and its shape."""

    name: str
    wire_name: str
    location: str | None
    shape: Shape
    shape_name: str
    timestamp_format: str | None
    streaming: bool


class Operation:
    """An operation: its HTTP form, the shapes it takes and answers, and the check of its parameters."""

    def __init__(self, model: "Model", found: OperationDefinition) -> None:
        self.model = model
        self.service = model.service
        self.name = found.name
        self.http = found.http
        self.definition = found
        self.input_name = found.input.shape if found.input else None
        self.output_name = found.output.shape if found.output else None
        self.input = model.shapes[self.input_name] if self.input_name else _EMPTY
        self.output = model.shapes[self.output_name] if self.output_name else _EMPTY
        self._check = model.checks.of(self.input_name) if self.input_name else None

    @property
    def read_json(self) -> Reader:
        """The reader of its input from a JSON value."""
        return self.model.readers.of(self.input_name) if self.input_name else _nothing

    def validate(self, params: dict[str, Any]) -> None:
        """Raise the service's validation error when parameters break the constraints of the model."""
        if self._check is None:
            return
        try:
            valid = self._check(params)
        except (TypeError, AttributeError):
            valid = False
        if not valid and self.input_name is not None:
            self.model.refuse(self.name, self.input_name, params)

    def members_of(self, shape: Shape) -> list[Member]:
        """Answer the members of its input or output with what the wire needs to know of them."""
        shapes = self.model.shapes
        return [
            Member(
                name,
                each.location_name or name,
                each.location,
                shapes[each.shape],
                each.shape,
                each.timestamp_format or shapes[each.shape].timestamp_format,
                each.streaming,
            )
            for name, each in shape.members.items()
        ]


class Model:
    """A service: its operations by name, its shapes, its errors."""

    def __init__(self, service: str, found: Definition) -> None:
        self.service = service
        self.metadata = found.metadata
        self.shapes = {**found.shapes, **_completed(service, found.shapes)}
        self.definitions = found.operations
        opaque = OPAQUE.get(service, frozenset())
        self._rules: Callable[[str], list[Rule]] = cache(self._rules_named)
        self.checks = Checks(self.shapes, opaque, self._rules)
        self.readers = Readers(self.shapes, opaque)
        self._opaque = opaque
        self._compiled: dict[str, Operation] = {}

    @property
    def operations(self) -> frozenset[str]:
        """The names of all its operations."""
        return frozenset(self.definitions)

    def operation(self, name: str) -> Operation:
        """Answer an operation. Raises UnknownOperationException when the model has none of that name."""
        compiled = self._compiled.get(name)
        if compiled is None:
            if name not in self.definitions:
                raise AwsError("UnknownOperationException", f"{self.service} has no operation {name}.")
            compiled = self._compiled[name] = Operation(self, self.definitions[name])
        return compiled

    def input(self, operation: str) -> Shape:
        """Answer the shape of what an operation takes."""
        return self.operation(operation).input

    def validate(self, operation: str, params: dict[str, Any]) -> None:
        """Raise the service's validation error when parameters break the constraints of the model."""
        self.operation(operation).validate(params)

    def refuse(self, operation: str, shape_name: str, params: dict[str, Any]) -> None:
        """Raise the validation error that names every violation of parameters."""
        for entries_max in (_ENTRIES_MAX, None):
            walk = violation.Walk(self.shapes, self._opaque, self._rules, entries_max)
            try:
                found = list(islice(walk.of(shape_name, params), _VIOLATIONS_MAX))
            except (TypeError, AttributeError) as error:
                text = f"a parameter of {operation} has another type: {error}"
                raise AwsError("SerializationException", text) from error
            if found:
                raise violation.refusal(self.service, operation, found)

    @cached_property
    def errors(self) -> dict[str, tuple[str, Shape]]:
        """Its errors by name and, where that differs, by code: (name of the shape, shape)."""
        named = {name: (name, shape) for name, shape in self.shapes.items() if shape.exception}
        coded = {
            found[1].error.code: found for found in named.values() if found[1].error is not None and found[1].error.code
        }
        return {**coded, **named}

    def status(self, error: AwsError) -> int:
        """Answer the HTTP status of an error: its own, or that of its shape when it has only the usual one."""
        found = self.errors.get(error.code)
        if found is None or error.status != 400:
            return error.status
        trait = found[1].error
        if trait is not None and trait.http_status_code is not None:
            return trait.http_status_code
        return 500 if found[1].fault else 400

    def _rules_named(self, name: str) -> list[Rule]:
        rules = rules_of(self.shapes[name])
        if (self.service, name) in _UNRULED:
            return [rule for rule in rules if rule.kind != "enum"]
        order = _ENUM_ORDER.get((self.service, name))
        return [rule._replace(limit=order) if order and rule.kind == "enum" else rule for rule in rules]


def _completed(service: str, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    required = _REQUIRED.get(service, {})
    return {name: msgspec.structs.replace(shapes[name], required=members) for name, members in required.items()}


def _nothing(value: Any) -> dict[str, Any]:
    return {}


@cache
def model_of(service: str) -> Model:
    """Answer the model of a service by botocore's name for it; read at its first use. KeyError when there is none."""
    return Model(service, definition.read(service))
