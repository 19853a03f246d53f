"""Which service, protocol and operation a request is for, from what AWS's clients send: target, scope, form, path."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from tailrace.wire import s3_address, uri
from tailrace.wire.cbor import Cbor
from tailrace.wire.claim import Claim
from tailrace.wire.codec import Codec
from tailrace.wire.errors import AwsError
from tailrace.wire.json import Json
from tailrace.wire.message import Request
from tailrace.wire.query import Query, form_of
from tailrace.wire.rest_json import RestJson
from tailrace.wire.rest_xml import RestXml

JSON, QUERY, REST_JSON, REST_XML = Json(), Query(), RestJson(), RestXml()
AMZ_CBOR, RPC_CBOR = Cbor(rpc=False), Cbor(rpc=True)

ADMIN = "/_tailrace/"
TARGETS = {
    "DynamoDB_20120810": "dynamodb",
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "Kinesis_20131202": "kinesis",
    "Firehose_20150804": "firehose",
    "AWSGlue": "glue",
    "AmazonAthena": "athena",
    "AmazonSQS": "sqs",
    "GraniteServiceVersion20100801": "cloudwatch",
    "Logs_20140328": "logs",
}
VERSIONS = {
    "2010-05-08": "iam",
    "2011-06-15": "sts",
    "2010-05-15": "cloudformation",
    "2012-11-05": "sqs",
    "2010-08-01": "cloudwatch",
}
_QUERY_SCOPES = {service: service for service in VERSIONS.values()} | {"monitoring": "cloudwatch"}
_REST_SCOPES = frozenset({"lambda", "pipes"})
_JSON_SCOPES = frozenset({"dynamodb", "kinesis", "firehose", "glue", "athena", "logs"})
_REST_PATHS = ((re.compile(r"/20\d\d-\d\d-\d\d/"), "lambda"), (re.compile(r"/v1/pipes(/|$)"), "pipes"))
_RPC_PATH = re.compile(r"/service/([^/]+)/operation/([^/]+)")
_FORM = "application/x-www-form-urlencoded"


class Route(NamedTuple):
    """Where a request goes. Without an operation, ``error`` says why; the protocol is always known.

    Routes are kept, so their error is raised ``anew``.
    """

    service: str | None
    codec: Codec
    operation: str | None
    labels: Mapping[str, str]
    error: AwsError | None = None


def route_of(request: Request, claim: Claim | None) -> Route:
    """Answer where a request goes. It never raises."""
    target = request.headers.get("x-amz-target")
    if target is not None:
        return _targeted(target, request.headers.get("content-type", "").startswith("application/x-amz-cbor"))
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _rpc(request.path)
    scope = claim.service if claim is not None else None
    if scope in _REST_SCOPES:
        return _rest_json(scope, request)
    if scope in _QUERY_SCOPES or (scope is None and _is_form(request)):
        return _query(_QUERY_SCOPES.get(scope) if scope else None, request)
    if scope in _JSON_SCOPES:
        return _unknown(scope, JSON, "a request without the header X-Amz-Target")
    if scope is None:
        for path, service in _REST_PATHS:
            if path.match(request.path):
                return _rest_json(service, request)
    elif scope != "s3":
        return _unknown(None, JSON, f"the service {scope}")
    return _s3(request)


def _unknown(service: str | None, codec: Codec, what: str) -> Route:
    error = AwsError("UnknownOperationException", f"Tailrace does not know {what}.")
    return Route(service, codec, None, {}, error)


def _targeted(target: str, is_cbor: bool) -> Route:
    return (_kept_target if len(target) <= _KEPT_CHARS_MAX else _read_target)(target, is_cbor)


def _read_target(target: str, is_cbor: bool) -> Route:
    prefix, _, operation = target.rpartition(".")
    service = TARGETS.get(prefix)
    codec: Codec = AMZ_CBOR if is_cbor else JSON
    if service is None:
        return _unknown(None, codec, f"the target {target[:200]}")
    return Route(service, codec, operation, {})


_KEPT_CHARS_MAX = 128
_kept_target = lru_cache(maxsize=1024)(_read_target)


def _rpc(path: str) -> Route:
    found = _RPC_PATH.fullmatch(path)
    service = TARGETS.get(found.group(1)) if found else None
    if found is None or service is None:
        return _unknown(None, RPC_CBOR, f"the path {path[:200]}")
    return Route(service, RPC_CBOR, found.group(2), {})


def _rest_json(service: str, request: Request) -> Route:
    found = uri.match(service, request.method, request.path, request.query)
    if found is None:
        return _unknown(service, REST_JSON, f"{request.method} {request.path[:200]} of {service}")
    return Route(service, REST_JSON, found.operation, found.labels)


def _is_form(request: Request) -> bool:
    if request.method == "POST" and request.headers.get("content-type", "").startswith(_FORM):
        return not any(path.match(request.path) for path, _ in _REST_PATHS)
    return request.path == "/" and "Action=" in request.query


def _query(service: str | None, request: Request) -> Route:
    try:
        fields = form_of(request)
    except AwsError as error:
        return Route(service, QUERY, None, {}, error.anew())
    action, version = fields.get("Action"), fields.get("Version", "")
    service = service or VERSIONS.get(version)
    if action is None:
        missing = AwsError("MissingAction", "The request must contain the parameter Action.")
        return Route(service, QUERY, None, {}, missing)
    if service is None:
        return _unknown(None, QUERY, f"the action {action[:200]} of version {version[:20]}")
    return Route(service, QUERY, action, {})


def _s3(request: Request) -> Route:
    try:
        found = s3_address.match(request)
    except AwsError as error:
        return Route("s3", REST_XML, None, {}, error.anew())
    return Route("s3", REST_XML, found.operation, found.labels)
