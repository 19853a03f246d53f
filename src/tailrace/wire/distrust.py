"""Why a request is not believed, in each protocol's words: one reason, a code and a text for S3, query and JSON."""

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from tailrace.wire import timestamp
from tailrace.wire.errors import AwsError

Reason = Literal[
    "missing",
    "unsupported",
    "incomplete",
    "incomplete_query",
    "incomplete_query_2",
    "unknown_key",
    "bad_token",
    "expired_token",
    "expired",
    "not_yet",
    "expired_url",
    "bad_expires",
    "bad_expires_2",
    "bad_date",
    "bad_scope",
    "unsigned_headers",
    "no_payload_hash",
    "mismatch",
]


class Distrust(Exception):
    """A request that isn't believed, with what is known of it."""

    def __init__(self, reason: Reason, **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


class _Words(NamedTuple):
    code: str
    status: int
    text: str


_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_S3_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
_TOKEN = "The security token included in the request is invalid."
_EXPIRED_TOKEN = "The security token included in the request is expired"
_EXPIRED = "Signature expired: {RequestTime} is now earlier than {earliest} ({now} - 15 min.)"
_NOT_YET = "Signature not yet current: {RequestTime} is still later than {latest} ({now} + 15 min.)"
_MISSING = {
    "json": "Request must contain either a valid (registered) AWS access key ID or X.509 certificate.",
    "rest": "Missing Authentication Token",
}
_INCOMPLETE = "Authorization header requires '{Absent}' parameter. Authorization={Authorization}"
_SKEWED = _Words(
    "RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."
)
_URL_EXPIRED = _Words("AccessDenied", 403, "Request has expired")
_QUERY_AUTH = "AuthorizationQueryParametersError"

_S3: dict[Reason, _Words] = {
    "missing": _Words("AccessDenied", 403, "Access Denied"),
    "unsupported": _Words("InvalidArgument", 400, "Unsupported Authorization Type"),
    "incomplete": _Words(
        "AuthorizationHeaderMalformed",
        400,
        "The authorization header is malformed; the authorization header requires three components: Credential, "
        "SignedHeaders, and Signature.",
    ),
    "incomplete_query": _Words(
        _QUERY_AUTH,
        400,
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    ),
    "incomplete_query_2": _Words(
        "AccessDenied",
        403,
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    ),
    "unknown_key": _Words(
        "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."
    ),
    "bad_token": _Words("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
    "expired_token": _Words("ExpiredToken", 400, "The provided token has expired."),
    "expired": _SKEWED,
    "not_yet": _SKEWED,
    "expired_url": _URL_EXPIRED,
    "bad_expires": _Words(_QUERY_AUTH, 400, "{Text}"),
    "bad_expires_2": _Words("AccessDenied", 403, "Invalid date (should be seconds since epoch): {Expires}"),
    "bad_date": _Words("AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header"),
    "bad_scope": _Words(
        "AuthorizationHeaderMalformed",
        400,
        'The authorization header is malformed; Invalid credential date "{Date}". This date is not the same as '
        'X-Amz-Date: "{Wanted}".',
    ),
    "unsigned_headers": _Words("AccessDenied", 403, "There were headers present in the request which were not signed"),
    "no_payload_hash": _Words("InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256"),
    "mismatch": _Words("SignatureDoesNotMatch", 403, _S3_MISMATCH),
}
_SCOPE = "Credential should be scoped with a valid date: '{Date}' does not equal '{Wanted}'."
_DATE = "Date must be in ISO-8601 'basic format'. Got '{Date}'. See http://en.wikipedia.org/wiki/ISO_8601"
_UNSIGNED = "'{Headers}' must be a 'SignedHeader' in the AWS Authorization."
_QUERY: dict[Reason, _Words] = {
    "missing": _Words("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
    "unsupported": _Words("IncompleteSignature", 400, "Unsupported AWS 'algorithm': '{Authorization}'."),
    "incomplete": _Words("IncompleteSignature", 400, _INCOMPLETE),
    "incomplete_query": _Words("IncompleteSignature", 400, "AWS query-string parameters must include '{Absent}'."),
    "unknown_key": _Words("InvalidClientTokenId", 403, _TOKEN),
    "bad_token": _Words("InvalidClientTokenId", 403, _TOKEN),
    "expired_token": _Words("ExpiredToken", 403, _EXPIRED_TOKEN),
    "expired": _Words("SignatureDoesNotMatch", 403, _EXPIRED),
    "not_yet": _Words("SignatureDoesNotMatch", 403, _NOT_YET),
    "expired_url": _Words("SignatureDoesNotMatch", 403, "Signature expired: the URL was valid until {until}."),
    "bad_expires": _Words("IncompleteSignature", 400, "{Text}"),
    "bad_date": _Words("IncompleteSignature", 400, _DATE),
    "bad_scope": _Words("SignatureDoesNotMatch", 403, _SCOPE),
    "unsigned_headers": _Words("SignatureDoesNotMatch", 403, _UNSIGNED),
    "mismatch": _Words("SignatureDoesNotMatch", 403, _MISMATCH),
}
_JSON_CODES = {
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "ExpiredToken": "ExpiredTokenException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}


def worded(distrust: Distrust, service: str | None) -> AwsError:
    """Answer the error that a service gives for a request that isn't believed."""
    facts = {**distrust.facts, **_times(distrust.facts)}
    style = _style(service)
    words = (_S3 if style == "s3" else _QUERY).get(distrust.reason) or _QUERY["mismatch"]
    text = words.text.format_map(_Known(facts))
    if style == "s3":
        return AwsError(words.code, text, words.status, **_s3_members(distrust, facts))
    if style == "query":
        return AwsError(words.code, text, words.status)
    if distrust.reason == "missing":
        text = _MISSING[style]
    elif distrust.reason == "mismatch" and facts.get("CanonicalRequest"):
        text += _dump(facts)
    return AwsError(_JSON_CODES[words.code], text, 403 if style == "rest" else 400)


_QUERY_SERVICES = frozenset({"iam", "sts", "cloudformation"})
_REST_SERVICES = frozenset({"lambda", "pipes"})


def _style(service: str | None) -> str:
    if service in _QUERY_SERVICES:
        return "query"
    return "rest" if service in _REST_SERVICES else "s3" if service == "s3" else "json"


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _basic(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def _times(facts: dict[str, Any]) -> dict[str, Any]:
    now = facts.get("now")
    if now is None:
        return {}
    skew_s = facts.get("skew_s", 0)
    times = {"now": _basic(now), "earliest": _basic(now - skew_s), "latest": _basic(now + skew_s)}
    if "expires" in facts:
        times["until"] = timestamp.iso(facts["expires"])
    times["ServerTime"] = timestamp.iso(int(now))
    return times


def _s3_members(distrust: Distrust, facts: dict[str, Any]) -> dict[str, Any]:
    if distrust.reason in ("expired", "not_yet"):
        return {
            "RequestTime": facts["RequestTime"],
            "ServerTime": facts["ServerTime"],
            "MaxAllowedSkewMilliseconds": facts["skew_s"] * 1000,
        }
    if distrust.reason == "expired_url":
        seconds = {} if facts["expires_s"] is None else {"X-Amz-Expires": facts["expires_s"]}
        return {**seconds, "Expires": facts["until"], "ServerTime": facts["ServerTime"]}
    if distrust.reason == "unsigned_headers":
        return {"HeadersNotSigned": facts["Headers"]}
    return distrust.facts if distrust.reason in ("mismatch", "unknown_key") else {}


def _dump(facts: dict[str, Any]) -> str:
    return (
        f"\n\nThe Canonical String for this request should have been\n'{facts['CanonicalRequest']}'"
        f"\n\nThe String-to-Sign should have been\n'{facts['StringToSign']}'\n"
    )
