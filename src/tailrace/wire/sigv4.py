"""Signature Version 4: verify a request's signature, in its header or in a presigned URL, against its key's secret.

Pure: the secret comes from a look-up, the time from the caller. Whether the body has the hash that was signed is for
whoever reads the body (S3 signs before it sends); ``Signed.payload_hash`` says what was signed.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from tailrace.wire.canonical import EMPTY_SHA256, canonical_request
from tailrace.wire.claim import Claim, claim_of
from tailrace.wire.distrust import Distrust
from tailrace.wire.message import Request

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW_S = 900
PRESIGNED_S_MAX = 604_800
_INSTANT = "%Y%m%dT%H%M%SZ"

Lookup = Callable[[str], tuple[str, str | None] | None]  # access key id -> (secret, session token)


class Signed(NamedTuple):
    """A signature that was verified: by whom, over which body hash, and what chunks' signatures go on from."""

    claim: Claim
    payload_hash: str
    instant: str
    signature: str
    key: bytes

    @property
    def scope(self) -> str:
        """The scope as strings to sign have it."""
        return f"{self.claim.date}/{self.claim.region}/{self.claim.service}/aws4_request"


class _Parts(NamedTuple):
    """A signature's parts, wherever they were found."""

    claim: Claim
    instant: str
    signed_headers: str
    signature: str
    token: str | None
    expires_s: int | None


@lru_cache(maxsize=256)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Answer the key that a secret gives for a day, a region and a service."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sign(key: bytes, text: str) -> str:
    """Answer the signature of a string to sign."""
    return hmac.digest(key, text.encode(), "sha256").hex()


def string_to_sign(instant: str, scope: str, canonical: str) -> str:
    """Answer the string to sign for a canonical request."""
    return f"{ALGORITHM}\n{instant}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def verify(request: Request, lookup: Lookup, now: float) -> Signed:
    """Verify a request's signature. Raises Distrust, which each protocol words as AWS does."""
    parts = _presigned(request) if "X-Amz-Signature=" in request.query else _in_header(request)
    is_s3 = parts.claim.service == "s3"
    secret, token = lookup(parts.claim.access_key) or (None, None)
    if secret is None:
        raise Distrust("unknown_key", AWSAccessKeyId=parts.claim.access_key)
    if token is not None and not hmac.compare_digest(token.encode(), (parts.token or "").encode()):
        raise Distrust("bad_token")
    _check_time(parts, now)
    _check_headers(request, parts)
    payload_hash = _payload_hash(request, parts, is_s3=is_s3)
    without = "X-Amz-Signature" if parts.expires_s is not None else None
    names = parts.signed_headers.split(";")
    canonical = canonical_request(request, names, payload_hash, is_s3=is_s3, without=without)
    key = signing_key(secret, parts.claim.date, parts.claim.region, parts.claim.service)
    signed = Signed(parts.claim, payload_hash, parts.instant, parts.signature, key)
    text = string_to_sign(parts.instant, signed.scope, canonical)
    if not hmac.compare_digest(sign(key, text).encode(), parts.signature.encode()):
        raise Distrust("mismatch", **_evidence(parts, text, canonical))
    return signed


def _evidence(parts: _Parts, text: str, canonical: str) -> Mapping[str, Any]:
    return {
        "AWSAccessKeyId": parts.claim.access_key,
        "StringToSign": text,
        "SignatureProvided": parts.signature,
        "StringToSignBytes": text.encode().hex(" "),
        "CanonicalRequest": canonical,
        "CanonicalRequestBytes": canonical.encode().hex(" "),
    }


def _in_header(request: Request) -> _Parts:
    authorization = request.headers.get("authorization")
    if authorization is None:
        raise Distrust("missing")
    scheme, _, rest = authorization.partition(" ")
    if scheme != ALGORITHM:
        raise Distrust("unsupported", Authorization=authorization)
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    absent = [name for name in ("Credential", "Signature", "SignedHeaders") if not fields.get(name)]
    instant = request.headers.get("x-amz-date") or _instant_of(request.headers.get("date"))
    claim = claim_of(request)
    if absent or claim is None or instant is None:
        if not absent:
            absent = ["Credential"] if claim is None else ["X-Amz-Date"]
        raise Distrust("incomplete", Absent=absent[0], Authorization=authorization)
    token = request.headers.get("x-amz-security-token")
    return _Parts(claim, instant, fields["SignedHeaders"], fields["Signature"], token, None)


def _presigned(request: Request) -> _Parts:
    fields = dict(parse_qsl(request.query, keep_blank_values=True))
    wanted = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
    absent = [f"X-Amz-{name}" for name in wanted if not fields.get(f"X-Amz-{name}")]
    claim = claim_of(request)
    if absent or claim is None:
        raise Distrust("incomplete_query", Absent=(absent or ["X-Amz-Credential"])[0])
    if fields["X-Amz-Algorithm"] != ALGORITHM:
        raise Distrust("unsupported", Authorization=fields["X-Amz-Algorithm"])
    expires = fields["X-Amz-Expires"]
    if not expires.isascii() or not expires.isdigit() or len(expires) > 9:
        raise Distrust("bad_expires", Text="X-Amz-Expires should be a number")
    if not 1 <= int(expires) <= PRESIGNED_S_MAX:
        raise Distrust("bad_expires", Text="X-Amz-Expires must be less than a week (in seconds) that is 604800")
    return _Parts(
        claim,
        fields["X-Amz-Date"],
        fields["X-Amz-SignedHeaders"],
        fields["X-Amz-Signature"],
        fields.get("X-Amz-Security-Token"),
        int(expires),
    )


def _instant_of(date: str | None) -> str | None:
    try:
        return datetime.strptime(date or "", "%a, %d %b %Y %H:%M:%S GMT").strftime(_INSTANT)
    except ValueError:
        return None


def _check_time(parts: _Parts, now: float) -> None:
    try:
        signed_at = datetime.strptime(parts.instant, _INSTANT).replace(tzinfo=UTC)
    except ValueError:
        raise Distrust("bad_date", Date=parts.instant) from None
    if parts.instant[:8] != parts.claim.date:
        raise Distrust("bad_scope", Date=parts.claim.date, Wanted=parts.instant[:8])
    age_s = now - signed_at.timestamp()
    times = {"RequestTime": parts.instant, "now": now, "skew_s": SKEW_S}
    if parts.expires_s is not None:
        if age_s > parts.expires_s:
            raise Distrust(
                "expired_url", expires_s=parts.expires_s, expires=signed_at.timestamp() + parts.expires_s, now=now
            )
        if age_s < -SKEW_S:
            raise Distrust("not_yet", **times)
    elif age_s > SKEW_S:
        raise Distrust("expired", **times)
    elif age_s < -SKEW_S:
        raise Distrust("not_yet", **times)


def _check_headers(request: Request, parts: _Parts) -> None:
    names = parts.signed_headers.split(";")
    if "host" not in names:
        raise Distrust("unsigned_headers", Headers="host")
    # What isn't signed could have been changed on the way; a presigned URL must not be given more than it was made for.
    unsigned = [name for name in request.headers if name.startswith("x-amz-") and name not in names]
    if parts.expires_s is not None and parts.claim.service == "s3" and unsigned:
        raise Distrust("unsigned_headers", Headers=", ".join(unsigned))


def _payload_hash(request: Request, parts: _Parts, *, is_s3: bool) -> str:
    declared = request.headers.get("x-amz-content-sha256")
    if is_s3:
        if parts.expires_s is not None:
            return declared or UNSIGNED
        if declared is None:
            raise Distrust("no_payload_hash")
        return declared
    actual = hashlib.sha256(request.body).hexdigest() if request.body else EMPTY_SHA256
    if declared is not None and declared not in (actual, UNSIGNED):
        raise Distrust("mismatch", CanonicalRequest="", StringToSign="")
    return declared or actual
