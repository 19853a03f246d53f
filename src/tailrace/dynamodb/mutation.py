"""A write meets its table and the item that is there: key checks, the condition, and the item that comes of it."""

from typing import Any

import msgspec
import orjson

from tailrace.dynamodb.action import Action
from tailrace.dynamodb.errors import INVALID, NOT_VALID, Malformed, condition_failed, validation
from tailrace.dynamodb.expression.apply import WRONG_TYPE, apply_update
from tailrace.dynamodb.expression.node import Path, ValueNode
from tailrace.dynamodb.expression.projection import project, tree_of
from tailrace.dynamodb.expression.update import BoundUpdate
from tailrace.dynamodb.key import KeyAttribute
from tailrace.dynamodb.table import Table
from tailrace.dynamodb.value import ITEM_BYTES_MAX, Item, admit, type_of
from tailrace.dynamodb.write import Before, Writer, read_item
from tailrace.engine.transaction import Transaction


class Target(msgspec.Struct):
    """A write at its place: its table, where its item lies, what the key counts, and what was there."""

    action: Action
    table: Table
    place: bytes
    key_size: int
    before: Before
    item: Item | None = None  # what comes of it, None for nothing


def aim(transaction: Transaction, table: Table, action: Action) -> Target:
    """Find the place of a write. Raises AwsError for keys that are not the table's."""
    if action.kind == "Put":
        table.key.require_item(action.item)
        place, key_size = table.key.locate(action.item)
        if table.indexes:
            check_index_keys(table, action.item)
    else:
        table.key.require_key(action.item)
        place, key_size = table.key.locate(action.item)
        if action.expressions.update is not None:
            _check_paths_of_update(table, action)
    condition = action.expressions.condition
    if condition is not None:
        check_scalar_keys(table, condition.paths)
    return Target(action, table, place, key_size, read_item(transaction, table, place))


def check_condition(target: Target) -> None:
    """Refuse a write whose condition does not hold. Raises ConditionalCheckFailedException."""
    action = target.action
    condition = action.expressions.condition
    if condition is None or condition.holds(target.before.item or {}, action.expressions.values):
        return
    raise condition_failed(target.before.item if action.tells_failed_item else None)


def carry_out(target: Target, writer: Writer) -> None:
    """Write what comes of a Put, Update or Delete. Raises AwsError when the item does not allow it."""
    action = target.action
    if action.kind == "Put":
        target.item = action.item
        writer.put(target.place, target.key_size, target.before, action.item, action.size)
    elif action.kind == "Delete":
        writer.delete(target.place, target.key_size, target.before)
    elif action.kind == "Update":
        _update(target, writer)


def returned_attributes(target: Target, wanted: str) -> Any:
    """Answer the Attributes of a reply by ReturnValues; None when there is nothing to return."""
    before, after = target.before, target.item
    if wanted == "ALL_OLD":
        return None if before.stored is None else orjson.Fragment(before.stored.json)
    if wanted == "ALL_NEW":
        return after
    update = target.action.expressions.update
    item = before.item if wanted == "UPDATED_OLD" else after
    if update is None or item is None or wanted not in ("UPDATED_OLD", "UPDATED_NEW"):
        return None
    return project(item, tree_of([path for path, _ in update.actions])) or None


def check_index_keys(table: Table, item: Item) -> None:
    """Refuse an item whose index keys are of a wrong type, empty or too long. Raises AwsError."""
    for name, (attribute, index) in table.index_keys.items():
        value = item.get(name)
        if value is None:
            continue
        if attribute.type not in value:
            raise _index_type(attribute, type_of(value), index)
        raw = attribute.raw(value)
        if not raw:
            raise validation(
                f"{NOT_VALID}A value specified for a secondary index key is not supported. {_empty(attribute)} "
                f"IndexName: {index}, IndexKey: {name}"
            )
        attribute.check_length(raw)


def check_scalar_keys(table: Table, paths: frozenset[Path] | tuple[Path, ...]) -> None:
    """Refuse paths that go into a key attribute. Raises AwsError."""
    for path in paths:
        if len(path) == 1:
            continue
        kind = "Key" if path[0] in table.key.names else "IndexKey" if path[0] in table.index_keys else None
        if kind is not None:
            raise validation(
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
                f"{kind}: {path[0]}"
            )


def _update(target: Target, writer: Writer) -> None:
    action, before = target.action, target.before
    update = action.expressions.update
    if before.stored is None and update is not None and update.actions and not _writes(update):
        writer.delete(target.place, target.key_size, before)  # nothing is there, nothing comes of it
        return
    item = dict(before.item or action.item)
    size = before.size
    try:
        if update is not None:
            item = apply_update(update.actions, action.expressions.names, action.expressions.values, item)
        item, size = admit(item)
    except Malformed as fault:
        if action.expressions.is_legacy and fault.text == WRONG_TYPE:
            raise validation("Type mismatch for attribute to update") from None
        raise validation(fault.text) from None
    if size > ITEM_BYTES_MAX:
        raise validation("Item size to update has exceeded the maximum allowed size")
    if update is not None and target.table.indexes:
        _check_updated_index_keys(target.table, item)
    target.item = item
    writer.put(target.place, target.key_size, before, item, size)


def _writes(update: BoundUpdate) -> bool:
    return any(action.section in ("SET", "ADD") for _, action in update.actions)


def _check_paths_of_update(table: Table, action: Action) -> None:
    update = action.expressions.update
    assert update is not None
    touched = {path[0] for path, _ in update.actions}
    for name in table.key.names:
        if name in touched:
            raise validation(f"{INVALID}Cannot update attribute {name}. This attribute is part of the key")
    for path, node in update.actions:
        indexed = table.index_keys.get(str(path[0])) if len(path) == 1 else None
        if indexed is not None and isinstance(node.operand, ValueNode):
            attribute, index = indexed
            kind = type_of(action.expressions.values[node.operand.name])
            if kind != attribute.type:
                raise _index_type(attribute, kind, index)
    check_scalar_keys(table, tuple(path for path, _ in update.actions))


def _check_updated_index_keys(table: Table, item: Item) -> None:
    for name, (attribute, _) in table.index_keys.items():
        value = item.get(name)
        if value is None:
            continue
        if attribute.type not in value:
            raise validation("The update expression attempted to update the secondary index key to unsupported type")
        raw = attribute.raw(value)
        if not raw:
            raise validation(
                f"{NOT_VALID}The update expression attempted to update a secondary index key to a value that is not "
                f"supported. {_empty(attribute)}"
            )
        attribute.check_length(raw)


def _empty(attribute: KeyAttribute) -> str:
    kind = "string" if attribute.type == "S" else "binary"
    return f"The AttributeValue for a key attribute cannot contain an empty {kind} value."


def _index_type(attribute: KeyAttribute, kind: str, index: str) -> Exception:
    return validation(
        f"{INVALID}Type mismatch for Index Key {attribute.name} Expected: {attribute.type} Actual: {kind} "
        f"IndexName: {index}"
    )
