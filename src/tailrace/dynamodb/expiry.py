"""When an item expires: its TTL attribute is a number of epoch seconds, not more than five years past.

(Developer Guide, howitworks-ttl; other types, strings of digits and older dates never expire.)
"""

from tailrace.dynamodb.value import Item

FIVE_YEARS_S = 5 * 365 * 86_400  # what expired longer ago is never deleted
_SECOND_MAX = 2**63 - 1


def expires_at(item: Item, attribute: str) -> int | None:
    """Answer the second at which an item expires by an attribute, or None."""
    value = item.get(attribute)
    text = None if value is None else value.get("N")
    if text is None or text.startswith("-") or len(text) > 40:
        return None
    second = int(text.partition(".")[0])
    return second if second <= _SECOND_MAX else None
