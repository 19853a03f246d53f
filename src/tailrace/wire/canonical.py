"""The canonical request of Signature Version 4: the text that both sides hash, built from what was sent.

S3 signs the path as it was sent; the others sign it normalised and encoded once more.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote_plus

from tailrace.wire.message import Request

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_UNRESERVED = "-._~"
_BLANKS = re.compile(r"\s+")


def canonical_request(
    request: Request, signed_headers: Iterable[str], payload_hash: str, *, is_s3: bool, without: str | None = None
) -> str:
    """Answer the canonical request; ``without`` is the member of the query string that holds the signature itself."""
    names = list(signed_headers)
    return "\n".join(
        (
            request.method,
            path_of(request.path, is_s3=is_s3),
            query_of(request.query, without),
            *headers_of(request.headers, names),
            "",
            ";".join(names),
            payload_hash,
        )
    )


def path_of(path: str, *, is_s3: bool) -> str:
    """Answer the canonical path."""
    if is_s3:
        return quote(path, safe="/~%") or "/"  # what the client had encoded stays as it is
    normal = posixpath.normpath(path) if path else "/"
    normal = normal[1:] if normal.startswith("//") else normal
    if path.endswith("/") and normal != "/":
        normal += "/"
    return quote(normal, safe="/~")


def query_of(query: str, without: str | None = None) -> str:
    """Answer the canonical query string: decoded, encoded again, sorted by name and value."""
    pairs = []
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        name = unquote_plus(name)
        if part and name != without:
            pairs.append((quote(name, safe=_UNRESERVED), quote(unquote_plus(value), safe=_UNRESERVED)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def headers_of(headers: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """Answer the canonical lines of some headers; one that is missing counts as empty."""
    return [f"{name}:{_BLANKS.sub(' ', headers.get(name, '')).strip()}" for name in names]
