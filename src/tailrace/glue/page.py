"""Pages of lists: a token is the row key of the last item of the page before, wrapped."""

import base64
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from tailrace.glue.entry import invalid

ItemT = TypeVar("ItemT")


def opened(token: str | None) -> str:
    """Answer the row key in a token; '' for none. Raises InvalidInputException."""
    try:
        return base64.b64decode(token or "", altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise invalid("Invalid next token") from error


def wrapped(key: str) -> str:
    """Answer a token that goes on after a row key."""
    return base64.urlsafe_b64encode(key.encode()).decode()


def paged(
    member: str, items: Iterable[tuple[str, ItemT]], limit: int, describe: Callable[[ItemT], Any]
) -> dict[str, Any]:
    """Answer a page under a member name, with NextToken when there is more; items come after the token's key."""
    page: list[tuple[str, ItemT]] = []
    for key, item in items:
        if len(page) == limit:
            return {member: [describe(each) for _, each in page], "NextToken": wrapped(page[-1][0])}
        page.append((key, item))
    return {member: [describe(each) for _, each in page]}
