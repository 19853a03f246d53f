"""A request's head as it arrives: its size is watched, its names are lowered, and it becomes a request."""

from urllib.parse import quote

from tailrace.runtime import http_limits as limits
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request

_NAMES: dict[bytes, str] = {}
_NAMES_MAX = 2000
_ONCE = frozenset({"authorization", "content-length", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-target"})
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class Refused(Exception):
    """A head that isn't taken: what follows it on the connection can't be either."""

    def __init__(self, error: AwsError) -> None:
        super().__init__(error.code)
        self.error = error


def too_large() -> AwsError:
    """The error for a head that is too large."""
    text = "Your request header section exceeds the maximum allowed request header section size."
    return AwsError("RequestHeaderSectionTooLarge", text)


def malformed(text: str) -> AwsError:
    """The error for what isn't HTTP/1.1."""
    return AwsError("BadRequest", text)


class Head:
    """One head."""

    __slots__ = ("headers", "method", "size", "url")

    def __init__(self) -> None:
        self.url = b""
        self.headers: dict[str, str] = {}
        self.size = 0
        self.method = ""

    def add_url(self, part: bytes) -> None:
        """Add a part of the target. Raises Refused."""
        self.url += part
        if len(self.url) > limits.LINE_BYTES_MAX:
            raise Refused(too_large())

    def add(self, name: bytes, value: bytes) -> None:
        """Add a header; one that comes twice is joined by a comma. Raises Refused."""
        self.size += len(name) + len(value) + 4
        if self.size > limits.LINE_BYTES_MAX or len(self.headers) >= limits.HEADERS_MAX:
            raise Refused(too_large())
        known = _NAMES.get(name) or _learnt(name)
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        if known not in self.headers:
            self.headers[known] = text
        elif known in _ONCE:
            raise Refused(malformed(f"The header {known} is there twice."))
        else:
            self.headers[known] = f"{self.headers[known]},{text}"

    def request(self, method: str) -> Request:
        """Answer the request, still without its body. Raises Refused."""
        self.method = method
        url = self.url.decode() if self.url.isascii() else quote(self.url, safe=_PRINTABLE)
        if not url.startswith("/"):
            url = _origin_form(url)
        path, _, query = url.partition("?")
        return Request(method, path, query, self.headers)

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for a word before it sends the body."""
        return self.headers.get("expect", "").lower() == "100-continue"

    @property
    def announced(self) -> int:
        """How many bytes the body has, as far as that is said."""
        text = self.headers.get("content-length", "0")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _learnt(name: bytes) -> str:
    known = name.lower().decode("latin-1")
    if len(_NAMES) < _NAMES_MAX:
        _NAMES[name] = known
    return known


def _origin_form(url: str) -> str:
    """Answer the path and query of a target that names a host too, as proxies are asked."""
    for scheme in ("http://", "https://"):
        if url.lower().startswith(scheme):
            _, slash, rest = url[len(scheme) :].partition("/")
            return slash + rest or "/"
    raise Refused(malformed("The request's target is no path."))
