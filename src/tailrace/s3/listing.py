"""One page of keys in UTF-8 order, keys with a common prefix rolled up: the algorithm behind all of S3's listings.

Its cost is that of the page: a common prefix is passed by seeking behind it, however many keys it holds. An item (key
or common prefix) belongs to a page when it is greater than the marker; so a common prefix is never repeated.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Seek = Callable[[bytes], Iterator[tuple[bytes, bytes]]]
_AFTER_ALL = b"\xff"  # UTF-8 never holds it


@dataclass(slots=True)
class Page:
    """Keys with their values, common prefixes, and where the next page begins (None at the end)."""

    contents: list[tuple[bytes, bytes]] = field(default_factory=list)
    prefixes: list[bytes] = field(default_factory=list)
    last: bytes | None = None
    truncated: bool = False

    @property
    def count(self) -> int:
        """The number of items."""
        return len(self.contents) + len(self.prefixes)


def page(seek: Seek, prefix: bytes, delimiter: bytes, after: bytes, limit: int) -> Page:
    """Answer up to ``limit`` items greater than ``after``. ``seek`` answers (key, value) from a key on, in order."""
    answer = Page()
    if limit <= 0:
        return answer
    start = max(prefix, after + b"\x00") if after else prefix
    while True:
        rolled_up = None
        for key, value in seek(start):
            if not key.startswith(prefix):
                break
            rolled_up = _common_prefix(key, prefix, delimiter)
            if rolled_up is not None and rolled_up <= after:
                break
            if answer.count == limit:
                answer.truncated = True
                return answer
            if rolled_up is not None:
                answer.prefixes.append(rolled_up)
                answer.last = rolled_up
                break
            answer.contents.append((key, value))
            answer.last = key
        if rolled_up is None:
            return answer
        start = rolled_up + _AFTER_ALL


def _common_prefix(key: bytes, prefix: bytes, delimiter: bytes) -> bytes | None:
    if not delimiter:
        return None
    at = key.find(delimiter, len(prefix))
    return None if at < 0 else key[: at + len(delimiter)]
