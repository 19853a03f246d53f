"""Signature Version 2 of S3, as boto3 still makes it for presigned URLs of older regions.

Verified: ``?AWSAccessKeyId&Signature&Expires`` over method, a few headers, expiry and the resource (S3 REST
authentication, "Query string request authentication alternative").
"""

import base64
import hmac
from urllib.parse import parse_qsl, unquote

from tailrace.wire.claim import Claim
from tailrace.wire.distrust import Distrust
from tailrace.wire.message import Request
from tailrace.wire.s3_address import bucket_of
from tailrace.wire.sigv4 import UNSIGNED, Lookup, Signed

# The members of a query string that are part of the resource.
_SUBRESOURCES = frozenset(
    {"accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location"}
    | {"logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment"}
    | {"response-cache-control", "response-content-disposition", "response-content-encoding", "restore", "select"}
    | {"response-content-language", "response-content-type", "response-expires", "select-type", "storageClass"}
    | {"tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website"}
)


def is_second_version(request: Request) -> bool:
    """Answer whether a request carries a presigned signature of version 2."""
    return "AWSAccessKeyId=" in request.query and "X-Amz-Signature=" not in request.query


def verify(request: Request, lookup: Lookup, now: float) -> Signed:
    """Verify a presigned URL. Raises Distrust."""
    fields = dict(parse_qsl(request.query, keep_blank_values=True))
    if not all(fields.get(name) for name in ("AWSAccessKeyId", "Signature", "Expires")):
        raise Distrust("incomplete_query_2")
    access_key, expires = fields["AWSAccessKeyId"], fields["Expires"]
    if not expires.isascii() or not expires.isdigit() or len(expires) > 12:
        raise Distrust("bad_expires_2", Expires=expires)
    secret, token = lookup(access_key) or (None, None)
    if secret is None:
        raise Distrust("unknown_key", AWSAccessKeyId=access_key)
    if token is not None and not hmac.compare_digest(token.encode(), fields.get("x-amz-security-token", "").encode()):
        raise Distrust("bad_token")
    if now > int(expires):
        raise Distrust("expired_url", expires_s=None, expires=int(expires), now=now)
    text = string_to_sign(request, fields)
    expected = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()
    if not hmac.compare_digest(expected.encode(), fields["Signature"].encode()):
        evidence = {"StringToSign": text, "SignatureProvided": fields["Signature"], "AWSAccessKeyId": access_key}
        raise Distrust("mismatch", **evidence, StringToSignBytes=text.encode().hex(" "))
    return Signed(Claim(access_key, "", "", "s3"), UNSIGNED, "", fields["Signature"], b"")


def string_to_sign(request: Request, fields: dict[str, str]) -> str:
    """Answer the string to sign."""
    headers = request.headers
    amazon = {name: value.strip() for name, value in headers.items() if name.startswith("x-amz-")}
    amazon |= {name: value for name, value in fields.items() if name.startswith("x-amz-")}
    lines = [request.method, headers.get("content-md5", ""), headers.get("content-type", ""), fields["Expires"]]
    lines += [f"{name}:{amazon[name]}" for name in sorted(amazon)]
    return "\n".join((*lines, _resource(request, fields)))


def _resource(request: Request, fields: dict[str, str]) -> str:
    bucket = bucket_of(request.headers.get("host", ""))
    path = f"/{bucket}{request.path}" if bucket else request.path
    parts = []
    for part in request.query.split("&"):
        name, equals, value = part.partition("=")
        if unquote(name) in _SUBRESOURCES:
            parts.append((unquote(name), f"{unquote(name)}={unquote(value)}" if equals and value else unquote(name)))
    return f"{path}?{'&'.join(text for _, text in sorted(parts))}" if parts else path
