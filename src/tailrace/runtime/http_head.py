"""A request's head: what has arrived of it becomes a request, its names in lower case, when its size is right."""

from urllib.parse import quote

from tailrace.runtime import http_limits as limits
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request

_NAMES: dict[bytes, str] = {}
_NAMES_MAX = 2000
_NAME_BYTES_MAX = 64  # of those that are remembered
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

    __slots__ = ("fields", "headers", "method", "url")

    def __init__(self) -> None:
        self.url = b""
        self.fields: list[tuple[bytes, bytes]] = []  # as they arrive
        self.headers: dict[str, str] = {}
        self.method = ""

    def request(self, method: str, received: int) -> Request:
        """Answer the request, still without its body; at most ``received`` bytes have arrived of it. Raises Refused."""
        self.method = method
        if received > limits.LINE_BYTES_MAX:
            self._check_size()
        url = self.url.decode() if self.url.isascii() else quote(self.url, safe=_PRINTABLE)
        if not url.startswith("/"):
            url = _origin_form(url)
        path, _, query = url.partition("?")
        try:
            headers = {_NAMES.get(name) or _learnt(name): value.decode() for name, value in self.fields}
        except UnicodeDecodeError:
            headers = {_learnt(name): _text(value) for name, value in self.fields}
        self.headers = headers if len(headers) == len(self.fields) else self._joined()
        return Request(method, path, query, self.headers)

    def _check_size(self) -> None:
        size = sum(len(name) + len(value) + 4 for name, value in self.fields)
        if len(self.url) > limits.LINE_BYTES_MAX or size > limits.LINE_BYTES_MAX:
            raise Refused(too_large())

    def _joined(self) -> dict[str, str]:
        """The headers when some come twice: such a one is a list, unless it must be there once."""
        headers: dict[str, str] = {}
        for name, value in self.fields:
            known = _learnt(name)
            if known not in headers:
                headers[known] = _text(value)
            elif known in _ONCE:
                raise Refused(malformed(f"The header {known} is there twice."))
            else:
                headers[known] = f"{headers[known]},{_text(value)}"
        return headers

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for a word before it sends the body."""
        return "expect" in self.headers and self.headers["expect"].lower() == "100-continue"

    @property
    def announced(self) -> int:
        """How many bytes the body has, as far as that is said."""
        text = self.headers.get("content-length")
        if text is None:
            return 0
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _learnt(name: bytes) -> str:
    known = name.lower().decode("latin-1")
    if len(_NAMES) < _NAMES_MAX and len(name) <= _NAME_BYTES_MAX:
        _NAMES[name] = known
    return known


def _origin_form(url: str) -> str:
    """Answer the path and query of a target that names a host too, as proxies are asked."""
    for scheme in ("http://", "https://"):
        if url.lower().startswith(scheme):
            _, slash, rest = url[len(scheme) :].partition("/")
            return slash + rest or "/"
    raise Refused(malformed("The request's target is no path."))
