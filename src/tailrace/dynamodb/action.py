"""One write, as PutItem, UpdateItem, DeleteItem and the actions of TransactWriteItems have it in common.

Everything that is wrong with it by itself is found here, before any table is looked up, in DynamoDB's order.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from tailrace.dynamodb.errors import Layer, Malformed
from tailrace.dynamodb.expression.request import Expressions, check_mix, read_expressions
from tailrace.dynamodb.legacy import LEGACY_WRITES, read_legacy_write
from tailrace.dynamodb.value import ITEM_BYTES_MAX, Item, admit

Kind = Literal["Put", "Update", "Delete", "ConditionCheck"]

_MODERN: dict[Kind, tuple[str, ...]] = {
    "Put": ("ConditionExpression",),
    "Update": ("UpdateExpression", "ConditionExpression"),
    "Delete": ("ConditionExpression",),
    "ConditionCheck": ("ConditionExpression",),
}
_EXPRESSIVE = frozenset(
    ("ExpressionAttributeNames", "ExpressionAttributeValues", *_MODERN["Update"], *LEGACY_WRITES["Update"])
)


class Action(msgspec.Struct):
    """A write that is right by itself: the item of a Put with its size, the key of the others, and its expressions."""

    kind: Kind
    params: Mapping[str, Any]
    item: Item  # of a Put: the item; of the others: the key
    size: int
    expressions: Expressions

    @property
    def table_name(self) -> str:
        """The table's name, or ARN, as given."""
        name: str = self.params["TableName"]
        return name

    @property
    def tells_failed_item(self) -> bool:
        """Whether a failed condition answers the item."""
        return self.params.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"


def prepare(kind: Kind, params: Mapping[str, Any], layer: Layer) -> Action:
    """Check a write by itself. Raises AwsError in the words of the operation's layer."""
    bare = params.keys().isdisjoint(_EXPRESSIVE)
    if not bare:
        check_mix(params, layer, _MODERN[kind], LEGACY_WRITES[kind])
    item, size = admit_part(params["Item" if kind == "Put" else "Key"], layer)
    if kind in ("Put", "Delete") and params.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise layer.error(Malformed("ReturnValues can only be ALL_OLD or NONE"))
    if kind == "Put":
        check_size(size, layer)
    if bare:
        expressions = Expressions()
    elif any(params.get(name) is not None for name in LEGACY_WRITES[kind]):
        expressions = read_legacy_write(params, layer)
    else:
        expressions = read_expressions(params, layer)
    return Action(kind, params, item, size, expressions)


def admit_part(item: Item, layer: Layer) -> tuple[Item, int]:
    """Answer an item or a key normalised, and its size. Raises AwsError in the words of a layer."""
    try:
        return admit(item)
    except Malformed as fault:
        raise layer.error(fault) from None


def check_size(size: int, layer: Layer) -> None:
    """Refuse an item to put that is too large. Raises AwsError."""
    if size > ITEM_BYTES_MAX:
        raise layer.error(Malformed("Item size has exceeded the maximum allowed size"))
