"""The query protocol: a form with Action and Version in, XML out (IAM, STS, CloudFormation; older SQS and CloudWatch).

Members are numbered from 1: ``Tags.member.1.Key``; flattened lists leave ``member`` out.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from tailrace.wire import fault, sqs_form, text
from tailrace.wire.conversion import Malformed
from tailrace.wire.definition import Member, Shape
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request, Response
from tailrace.wire.model import Model, Operation
from tailrace.wire.xml import XmlWriters, element

_FIELDS_MAX = 50_000
_DEPTH_MAX = 40
_CODES = {"UnknownOperationException": "InvalidAction", "SerializationException": "MalformedInput"}
_AWS_FAULT = "http://webservices.amazon.com/AWSFault/2005-15-09"


class Field:
    """A node of a form: its own value and what is below it."""

    __slots__ = ("below", "value")

    def __init__(self) -> None:
        self.value: str | None = None
        self.below: dict[str, Field] = {}

    def numbered(self) -> list["Field"]:
        """Answer what is below it by number, in order."""
        numbers = sorted(int(name) for name in self.below if name.isascii() and name.isdigit() and len(name) < 10)
        return [self.below[str(number)] for number in numbers if str(number) in self.below]


def form_of(request: Request) -> dict[str, str]:
    """Answer the fields of a request: those of its body and those of its query string."""
    try:
        body = request.body.decode()
        fields = parse_qsl(request.query, keep_blank_values=True, max_num_fields=_FIELDS_MAX)
        fields += parse_qsl(body, keep_blank_values=True, max_num_fields=_FIELDS_MAX) if body else []
    except ValueError:
        raise Malformed("the form can't be read") from None
    return dict(fields)


def tree_of(fields: dict[str, str]) -> Field:
    """Answer a form as a tree."""
    root = Field()
    for name, value in fields.items():
        steps = name.split(".")
        if len(steps) > _DEPTH_MAX:
            raise Malformed("the form is too deep")
        node = root
        for step in steps:
            node = node.below.setdefault(step, Field())
        node.value = value
    return root


class FormReader:
    """Read a form's tree by shape."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self._shapes = shapes

    def structure(self, node: Field, shape: Shape) -> dict[str, Any]:
        """Answer the members that are in a form. Raises Malformed."""
        params = {}
        for name, member in shape.members.items():
            found = node.below.get(self._name(name, member))
            value = None if found is None else self._value(found, member)
            if value is not None:
                params[name] = value
        return params

    def _name(self, name: str, member: Member) -> str:
        shape = self._shapes[member.shape]
        if (member.flattened or shape.flattened) and shape.member is not None and shape.member.location_name:
            return shape.member.location_name
        return member.location_name or name

    def _value(self, node: Field, member: Member) -> Any:
        shape = self._shapes[member.shape]
        flattened = member.flattened or shape.flattened
        if shape.type == "structure":
            return self.structure(node, shape)
        if shape.type == "list" and shape.member is not None:
            within = node if flattened else node.below.get(shape.member.location_name or "member", Field())
            return [self._value(each, shape.member) for each in within.numbered()]
        if shape.type == "map":
            return self._map(node if flattened else node.below.get("entry", Field()), shape)
        return text.read(shape, node.value) if node.value is not None else None

    def _map(self, node: Field, shape: Shape) -> dict[str, Any]:
        assert shape.key is not None and shape.value is not None
        values = {}
        for entry in node.numbered():
            key = entry.below.get(shape.key.location_name or "key")
            value = entry.below.get(shape.value.location_name or "value")
            if key is not None and key.value is not None and value is not None:
                values[key.value] = self._value(value, shape.value)
        return values


@cache
def _shapes_of(model: Model) -> Mapping[str, Shape]:
    return sqs_form.renamed(model.shapes) if model.service == "sqs" else model.shapes


@cache
def _writers_of(model: Model) -> XmlWriters:
    return XmlWriters(_shapes_of(model), "iso8601")


class Query:
    """The query protocol."""

    def read(self, operation: Operation, request: Request) -> dict[str, Any]:
        """Read the parameters from the form."""
        shapes = _shapes_of(operation.model)
        if operation.input_name is None:
            return {}
        return FormReader(shapes).structure(tree_of(form_of(request)), shapes[operation.input_name])

    def write(self, operation: Operation, result: dict[str, Any], request_id: str) -> Response:
        """Write a result, inside its wrapper."""
        model, name = operation.model, operation.name
        out = [f'<{name}Response xmlns="{_namespace(model)}">']
        if operation.output_name is not None:
            output = operation.definition.output
            wrapper = (output.result_wrapper if output else None) or f"{name}Result"
            out.append(f"<{wrapper}>")
            _writers_of(model).inside(operation.output_name, out, result)
            out.append(f"</{wrapper}>")
        out.append(f"<ResponseMetadata>{element('RequestId', request_id)}</ResponseMetadata></{name}Response>")
        return _response(200, "".join(out), request_id)

    def refuse(self, model: Model | None, error: AwsError, request_id: str) -> Response:
        """Write an error."""
        code = fault.query_code(model, _CODES.get(error.code, error.code))
        status = 400 if error.code in _CODES else fault.status_of(model, error)
        namespace = _namespace(model) if model is not None else _AWS_FAULT
        out = [f'<ErrorResponse xmlns="{namespace}"><Error>{element("Type", error.fault)}{element("Code", code)}']
        out.append(element("Message", error.message))
        out += [element(name, str(value)) for name, value in error.members.items()]
        out.append(f"</Error>{element('RequestId', request_id)}</ErrorResponse>")
        return _response(status, "".join(out), request_id)


def _namespace(model: Model) -> str:
    return sqs_form.NAMESPACE if model.service == "sqs" else model.metadata.xml_namespace


def _response(status: int, document: str, request_id: str) -> Response:
    headers = [("x-amzn-RequestId", request_id), ("Content-Type", "text/xml")]
    return Response(status, headers, document.encode())
