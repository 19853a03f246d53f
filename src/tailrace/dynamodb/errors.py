"""DynamoDB's errors with AWS's texts, and the two validation layers that word them.

Since 2026 AWS words value and expression errors per operation: in a current layer (enveloped or bare) or an older one.
"""

from dataclasses import dataclass
from typing import Any

from tailrace.wire.errors import AwsError

INVALID = "One or more parameter values were invalid: "
NOT_VALID = "One or more parameter values are not valid. "


class Malformed(Exception):
    """A value or an expression that DynamoDB refuses: its text in the current layer and, if it differs, the older."""

    def __init__(self, text: str, older: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.older = text if older is None else older


@dataclass(frozen=True, slots=True)
class Layer:
    """How an operation words what is malformed."""

    prefix: str
    current: bool

    def error(self, fault: Malformed) -> AwsError:
        """Answer the error of a malformed value or expression."""
        return validation(self.prefix + self.text(fault))

    def value_error(self, fault: Malformed, placeholder: str) -> AwsError:
        """Answer the error of a malformed member of ExpressionAttributeValues."""
        if self.current:
            return self.error(fault)
        return validation(f"ExpressionAttributeValues contains invalid value: {fault.older} for key {placeholder}")

    def text(self, fault: Malformed) -> str:
        """Answer a fault's text in this layer, without the envelope."""
        return fault.text if self.current else fault.older


ENVELOPED = Layer("1 validation error detected: ", True)  # PutItem, UpdateItem, DeleteItem
BARE = Layer("", True)  # GetItem, BatchGetItem, Query
OLDER = Layer("", False)  # Scan, BatchWriteItem, TransactGetItems, TransactWriteItems


def validation(text: str) -> AwsError:
    """Answer a ValidationException."""
    return AwsError("ValidationException", text)


def serialization(text: str) -> AwsError:
    """Answer a SerializationException: the body's types are not those of the model."""
    return AwsError("SerializationException", text)


def item_table_missing() -> AwsError:
    """Answer the error of an item operation on a table that isn't there."""
    return AwsError("ResourceNotFoundException", "Requested resource not found")


def table_missing(name: str) -> AwsError:
    """Answer the error of a control-plane operation on a table that isn't there."""
    return AwsError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")


def condition_failed(item: Any = None) -> AwsError:
    """Answer the error of a condition that does not hold, with the item when it was asked for and exists."""
    text = "The conditional request failed"
    if item is None:
        return AwsError("ConditionalCheckFailedException", text)
    return AwsError("ConditionalCheckFailedException", text, Item=item)
