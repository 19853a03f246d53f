"""Pages of a list: a marker is the key of the last thing that was shown, made opaque."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from tailrace.lambda_.errors import invalid
from tailrace.service.call import Call

_ITEMS = 50


def page(call: Call, member: str, listed: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Answer the part of (key, item) pairs, in their order, that a call asks for by Marker and MaxItems."""
    limit = min(call.params.get("MaxItems", _ITEMS), _ITEMS)
    after = _read(call.params["Marker"]) if call.params.get("Marker") else None
    start = 0
    if after is not None:
        start = next((number for number, (key, _) in enumerate(listed, 1) if key == after), len(listed))
    shown = listed[start : start + limit]
    answer: dict[str, Any] = {member: [item for _, item in shown]}
    if start + limit < len(listed):
        answer["NextMarker"] = base64.urlsafe_b64encode(shown[-1][0].encode()).decode()
    return answer


def _read(marker: str) -> str:
    try:
        return base64.urlsafe_b64decode(marker.encode()).decode()
    except (binascii.Error, ValueError):
        raise invalid("The provided marker is invalid") from None
