"""Pages of lists: the token is where the page before ended."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from tailrace.athena.api.problem import invalid

T = TypeVar("T")


def token_of(key: str) -> str:
    """Answer the token of a place."""
    return base64.urlsafe_b64encode(key.encode()).decode()


def place_of(token: str | None) -> str:
    """Answer the place of a token; the beginning when there is none. InvalidRequestException for what is no token."""
    if not token:
        return ""
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise invalid("Invalid NextToken") from error


def page(items: Iterable[tuple[str, T]], limit: int) -> tuple[list[T], str | None]:
    """Answer up to ``limit`` of (key, item), which come after the place asked for, and the token of the next page."""
    found = list(islice(items, limit + 1))
    token = token_of(found[limit - 1][0]) if len(found) > limit else None
    return [item for _, item in found[:limit]], token
