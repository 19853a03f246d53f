"""Pages of a list: a token is the name of the last thing that was shown, made opaque."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from tailrace.logs.group import invalid
from tailrace.service.call import Call

_ITEMS = 50


def page(call: Call, member: str, listed: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Answer the part of (name, item) pairs, in their order, that a call asks for by nextToken and limit."""
    limit = call.params.get("limit", _ITEMS)
    start = 0
    if "nextToken" in call.params:
        after = _read(call.params["nextToken"])
        start = next((number for number, (name, _) in enumerate(listed, 1) if name == after), len(listed))
    shown = listed[start : start + limit]
    answer: dict[str, Any] = {member: [item for _, item in shown]}
    if start + limit < len(listed):
        answer["nextToken"] = base64.urlsafe_b64encode(shown[-1][0].encode()).decode()
    return answer


def _read(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        raise invalid("The specified nextToken is invalid.") from None
