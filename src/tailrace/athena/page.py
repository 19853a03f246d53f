"""Pages of Athena's lists: a token is the row key of the last item of the page before, wrapped."""

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from tailrace.athena.errors import invalid

ItemT = TypeVar("ItemT")


def opened(token: str | None) -> str:
    """Answer the row key in a token; '' for none. Raises InvalidRequestException."""
    try:
        return base64.urlsafe_b64decode(token or "").decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid("The NextToken is invalid.") from error


def paged(
    member: str, items: Iterable[tuple[str, ItemT]], limit: int, describe: Callable[[ItemT], Any]
) -> dict[str, Any]:
    """Answer a page under a member name, with NextToken when there is more; items come after the token's key."""
    page: list[tuple[str, ItemT]] = []
    for key, item in items:
        if len(page) == limit:
            token = base64.urlsafe_b64encode(page[-1][0].encode()).decode()
            return {member: [describe(each) for _, each in page], "NextToken": token}
        page.append((key, item))
    return {member: [describe(each) for _, each in page]}
