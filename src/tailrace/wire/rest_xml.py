"""REST-XML as S3 speaks it: members in path, query string and headers; documents and objects as bodies.

Errors have no namespace and carry further elements; an answer to HEAD has no body.
"""

import base64
import hashlib
from functools import cache
from typing import Any

from tailrace.wire import fault
from tailrace.wire.conversion import Malformed
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request, Response
from tailrace.wire.model import Model, Operation
from tailrace.wire.rest import Places
from tailrace.wire.violation import MALFORMED_XML
from tailrace.wire.xml import DECLARATION, XmlReaders, XmlWriters, element, escaped, parse

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_OBJECT_TYPE = "binary/octet-stream"
_CODES = {"UnknownOperationException": ("NotImplemented", 501)}
_BODILESS = frozenset({204, 304})
# The definition doesn't name the documents that are no payload of their own; these are S3's.
_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListObjectVersions": "ListVersionsResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAcl": "AccessControlPolicy",
    "GetObjectAcl": "AccessControlPolicy",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycle": "LifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
}


@cache
def _places(operation: Operation) -> tuple[Places, Places]:
    return Places(operation, operation.input), Places(operation, operation.output)


@cache
def _writers_of(model: Model) -> XmlWriters:
    return XmlWriters(model.shapes, "iso8601ms")


class RestXml:
    """REST-XML."""

    def read(self, operation: Operation, request: Request) -> dict[str, Any]:
        """Read the parameters from path, query string, headers and body."""
        places, _ = _places(operation)
        try:
            params = places.read(request)
        except Malformed as error:
            raise AwsError("InvalidArgument", error.message) from None
        for name, member in places.headers:
            if name in operation.input.required and name not in params:
                text = f"Missing required header for this request: {member.location_name or name}"
                raise AwsError("InvalidRequest", text)
        if places.payload is None:
            return params
        name = places.payload[0]
        value = self._payload(operation, request)
        if value is not None:
            params[name] = value
        elif name in operation.input.required:
            raise AwsError("MissingRequestBodyError", "Request Body is empty")
        return params

    def _payload(self, operation: Operation, request: Request) -> Any:
        places, _ = _places(operation)
        assert places.payload is not None
        shape = places.shape_of(places.payload[1])
        if shape.type == "blob":
            return request.staged if request.staged is not None else request.body
        if not request.body:
            return None
        if shape.type == "string":
            return request.body.decode(errors="replace")
        try:
            return XmlReaders(operation.model.shapes).structure(parse(request.body), shape)
        except Malformed:
            raise AwsError(*MALFORMED_XML) from None

    def write(self, operation: Operation, result: dict[str, Any], request_id: str) -> Response:
        """Write a result."""
        _, places = _places(operation)
        head = operation.http.method == "HEAD"
        headers = [*_ids(request_id)]
        headers += [each for each in places.write(result) if head or each[0] != "Content-Length"]
        status = 206 if "ContentRange" in result else operation.http.response_code
        if head or status in _BODILESS:
            if head and "ContentLength" in result and "ContentType" not in result:
                headers.append(("Content-Type", _OBJECT_TYPE))
            return Response(status, headers)
        if places.payload is not None and places.shape_of(places.payload[1]).type in ("blob", "string"):
            body = result.get(places.payload[0]) or b""
            if "ContentType" not in result:
                headers.append(("Content-Type", _OBJECT_TYPE if operation.name == "GetObject" else "application/json"))
            return Response(status, headers, body.encode() if isinstance(body, str) else body)
        document = _document(operation, places, result)
        if document:
            headers.append(("Content-Type", "application/xml"))
        return Response(status, headers, document.encode())

    def refuse(self, model: Model | None, error: AwsError, request_id: str) -> Response:
        """Write an error."""
        code, status = _CODES.get(error.code, (error.code, fault.status_of(model, error)))
        headers = [*_ids(request_id)]
        if status in _BODILESS:
            return Response(status, headers)
        out = [f"{DECLARATION}<Error>", element("Code", code), element("Message", error.message)]
        out += [element(name, str(value)) for name, value in error.members.items()]
        out.append(f"{element('RequestId', request_id)}{element('HostId', _host_id(request_id))}</Error>")
        headers.append(("Content-Type", "application/xml"))
        return Response(status, headers, "".join(out).encode())


def _document(operation: Operation, places: Places, result: dict[str, Any]) -> str:
    writers = _writers_of(operation.model)
    if operation.name == "GetBucketLocation":
        place = result.get("LocationConstraint") or ""  # us-east-1 has none
        return f'{DECLARATION}<LocationConstraint xmlns="{_NAMESPACE}">{escaped(place)}</LocationConstraint>'
    if places.payload is not None:
        name, member = places.payload
        inner, value, root = member.shape, result.get(name), member.location_name or member.shape
    else:
        assert operation.output_name is not None or not places.body
        inner, value = operation.output_name or "", result
        root = _ROOTS.get(operation.name) or f"{operation.name}Result"
    if value is None or not places.body:
        return ""
    out = [f'{DECLARATION}<{root} xmlns="{_NAMESPACE}">']
    writers.inside(inner, out, value)
    out.append(f"</{root}>")
    return "".join(out)


def _ids(request_id: str) -> list[tuple[str, str]]:
    return [("x-amz-request-id", request_id), ("x-amz-id-2", _host_id(request_id)), ("Server", "AmazonS3")]


def _host_id(request_id: str) -> str:
    return base64.b64encode(hashlib.blake2b(request_id.encode(), digest_size=56).digest()).decode()
