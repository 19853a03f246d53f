"""Pages of a list: the token is where the next page begins."""

from collections.abc import Sequence
from typing import TypeVar

from tailrace.cloudformation.errors import invalid
from tailrace.service.call import Call

T = TypeVar("T")


def page(call: Call, items: Sequence[T], size: int) -> tuple[Sequence[T], str | None]:
    """Answer the page that a call asks for, and the token of the one after it. Raises ValidationError."""
    token = call.params.get("NextToken")
    if token is not None and not token.isdecimal():
        raise invalid("NextToken is invalid")
    start = int(token or 0)
    following = str(start + size) if start + size < len(items) else None
    return items[start : start + size], following
