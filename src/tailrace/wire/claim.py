"""Who a request says it is from, and for which region and service it was signed; nothing is verified here."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from tailrace.wire.message import Request


class Claim(NamedTuple):
    """What the scope of a signature says. Signatures of version 2 name no date and no region."""

    access_key: str
    date: str
    region: str
    service: str


def claim_of(request: Request) -> Claim | None:
    """Answer the claim of a request's header or of its presigned URL; None when it has none that can be read."""
    authorization = request.headers.get("authorization")
    if authorization is not None:
        start = authorization.find("Credential=")
        if start < 0:
            return _second_version(authorization)
        end = authorization.find(",", start)
        return _scope(authorization[start + 11 : end if end >= 0 else None])
    if "X-Amz-Credential=" in request.query or "AWSAccessKeyId=" in request.query:
        fields = dict(parse_qsl(request.query, keep_blank_values=True))
        if "X-Amz-Credential" in fields:
            return _scope(fields["X-Amz-Credential"])
        if "AWSAccessKeyId" in fields and "Signature" in fields:
            return Claim(fields["AWSAccessKeyId"], "", "", "s3")
    return None


def _scope(credential: str) -> Claim | None:
    return _kept(credential) if len(credential) <= _KEPT_CHARS_MAX else _read(credential)


def _read(credential: str) -> Claim | None:
    parts = credential.strip().rsplit("/", 4)
    return Claim(*parts[:4]) if len(parts) == 5 else None


_KEPT_CHARS_MAX = 256
_kept = lru_cache(maxsize=256)(_read)


def _second_version(authorization: str) -> Claim | None:
    scheme, _, rest = authorization.partition(" ")
    key = rest.partition(":")[0].strip()
    return Claim(key, "", "", "s3") if scheme == "AWS" and key else None
