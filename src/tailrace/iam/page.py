"""Pages of lists: a marker is the key of the last item of the page before, wrapped."""

import base64
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from tailrace.wire.errors import AwsError

ItemT = TypeVar("ItemT")
_ITEMS = 100


def paged(
    member: str,
    items: Iterable[tuple[str, ItemT]],
    params: dict[str, Any],
    describe: Callable[[ItemT], Any],
) -> dict[str, Any]:
    """Answer a page of (key, item), keys in order, under a member name. Raises ValidationError for a bad marker."""
    after, limit = _opened(params.get("Marker")), params.get("MaxItems", _ITEMS)
    page: list[tuple[str, ItemT]] = []
    more = False
    for key, item in items:
        if key <= after:
            continue
        if len(page) == limit:
            more = True
            break
        page.append((key, item))
    answer: dict[str, Any] = {member: [describe(item) for _, item in page], "IsTruncated": more}
    if more:
        answer["Marker"] = base64.urlsafe_b64encode(page[-1][0].encode()).decode()
    return answer


def _opened(marker: str | None) -> str:
    try:
        return base64.b64decode(marker or "", altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise AwsError("ValidationError", "Invalid Marker.") from error
