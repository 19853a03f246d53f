"""TransactWriteItems and TransactGetItems: all or nothing, which one transaction of the store makes easy.

What is wrong with a request by itself refuses it; what the items do not allow cancels it, with a reason an action.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tailrace.dynamodb.action import Action, Kind, admit_part, prepare
from tailrace.dynamodb.capacity import Units, consumed, is_wanted, read_units, write_units
from tailrace.dynamodb.collection import collection_metrics
from tailrace.dynamodb.errors import NOT_VALID, OLDER, validation
from tailrace.dynamodb.expression.request import BoundProjection, check_mix, read_expressions
from tailrace.dynamodb.items import cut
from tailrace.dynamodb.mutation import Target, aim, carry_out, check_condition, check_scalar_keys
from tailrace.dynamodb.registry import SERVICE
from tailrace.dynamodb.table import Table, check_name, item_table
from tailrace.dynamodb.tokens import find_token, keep_token
from tailrace.dynamodb.write import Writer, read_item
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_KINDS: tuple[Kind, ...] = ("ConditionCheck", "Put", "Delete", "Update")
_REQUEST_BYTES_MAX = 4 * 2**20
_ONE_ITEM = "Transaction request cannot include multiple operations on one item"

Reason = dict[str, Any]


@SERVICE.operation("TransactWriteItems")
def transact_write_items(call: Call) -> dict[str, Any]:
    """Carry out up to 100 writes, or none of them."""
    params = call.params
    actions = [_prepared(at, entry) for at, entry in enumerate(params["TransactItems"], 1)]
    if sum(action.size for action in actions) > _REQUEST_BYTES_MAX:
        raise validation("The total size of the items in the transaction exceeds the limit of 4 MB")
    token = params.get("ClientRequestToken")
    digest = _digest(params) if token is not None else ""
    if token is not None:
        known = find_token(call, token, digest)
        if known is not None:
            return _replayed(known, params)
    tables = [item_table(call.transaction, call.region, action.table_name) for action in actions]
    targets = _aim_all(call, actions, tables)
    _check_all(targets)
    writers = _carry_out_all(call, targets)
    if token is not None:
        keep_token(call, token, digest, _read_units(targets))
    return _answer(call, targets, writers)


@SERVICE.operation("TransactGetItems")
def transact_get_items(call: Call) -> dict[str, Any]:
    """Answer up to 100 items as they are at one moment."""
    params = call.params
    gets = [_prepared_get(at, entry["Get"]) for at, entry in enumerate(params["TransactItems"], 1)]
    tables = [item_table(call.transaction, call.region, get["TableName"]) for get, _, _ in gets]
    reasons: list[Reason] = [{"Code": "None"} for _ in gets]
    places: list[tuple[bytes, bytes]] = []
    for at, ((_, key, projection), table) in enumerate(zip(gets, tables, strict=True)):
        try:
            table.key.require_key(key)
            places.append((table.uuid, table.key.locate(key)[0]))
            if projection is not None:
                check_scalar_keys(table, projection.paths)
        except AwsError as refused:
            raise _cancelled_by(refused, reasons, at) from None
    if len(set(places)) < len(places):
        raise validation(_ONE_ITEM)
    responses = []
    units: dict[str, Units] = {}
    for (get, _, projection), table, (_, place) in zip(gets, tables, places, strict=True):
        found = read_item(call.transaction, table, place)
        responses.append({} if found.stored is None else {"Item": cut(found.stored.json, projection)})
        units.setdefault(get["TableName"], Units()).table += read_units(found.size, consistent=True)
    answer: dict[str, Any] = {"Responses": responses}
    _add_capacity(answer, params, units, "ReadCapacityUnits")
    return answer


def _prepared(at: int, entry: Mapping[str, Any]) -> Action:
    given = [kind for kind in _KINDS if entry.get(kind) is not None]
    if len(given) != 1:
        raise validation("TransactItems can only contain one of Check, Put, Update or Delete")
    kind = given[0]
    check_name(entry[kind]["TableName"], f"transactItems.{at}.member.{kind[0].lower()}{kind[1:]}.tableName")
    return prepare(kind, entry[kind], OLDER)


def _prepared_get(at: int, get: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, Any], BoundProjection | None]:
    check_name(get["TableName"], f"transactItems.{at}.member.get.tableName")
    check_mix(get, OLDER, ("ProjectionExpression",), ())
    key, _ = admit_part(get["Key"], OLDER)
    return get, key, read_expressions(get, OLDER).projection


def _aim_all(call: Call, actions: Sequence[Action], tables: Sequence[Table]) -> list[Target]:
    """Find the places of all writes. Raises AwsError: the first wrong key cancels the transaction."""
    reasons: list[Reason] = [{"Code": "None"} for _ in actions]
    targets: list[Target] = []
    for at, (action, table) in enumerate(zip(actions, tables, strict=True)):
        try:
            targets.append(aim(call.transaction, table, action))
        except AwsError as refused:
            raise _cancelled_by(refused, reasons, at) from None
    if len({(target.table.uuid, target.place) for target in targets}) < len(targets):
        raise validation(_ONE_ITEM)
    return targets


def _check_all(targets: Sequence[Target]) -> None:
    """Check all conditions. Raises TransactionCanceledException with a reason for each that fails."""
    reasons: list[Reason] = []
    for target in targets:
        try:
            check_condition(target)
            reasons.append({"Code": "None"})
        except AwsError as failed:
            reasons.append({"Code": "ConditionalCheckFailed", "Message": failed.message, **failed.members})
    if any(reason["Code"] != "None" for reason in reasons):
        raise _cancelled(reasons)


def _carry_out_all(call: Call, targets: Sequence[Target]) -> dict[str, Writer]:
    """Write everything and answer the writers by table name. Raises TransactionCanceledException."""
    writers: dict[bytes, Writer] = {}
    named: dict[str, Writer] = {}
    for at, target in enumerate(targets):
        writer = writers.get(target.table.uuid)
        if writer is None:
            writer = writers[target.table.uuid] = Writer(call.transaction, target.table, call.now_ms)
        named.setdefault(target.action.table_name, writer)
        if target.action.kind == "ConditionCheck":
            writer.units.table += write_units(target.before.size)
            continue
        try:
            carry_out(target, writer)
        except AwsError as refused:
            raise _cancelled_by(refused, [{"Code": "None"} for _ in targets], at) from None
    for writer in writers.values():
        writer.finish()
    return named


def _answer(call: Call, targets: Sequence[Target], writers: Mapping[str, Writer]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    _add_capacity(answer, call.params, {name: writer.units for name, writer in writers.items()}, "WriteCapacityUnits")
    if call.params.get("ReturnItemCollectionMetrics") == "SIZE":
        for target in targets:
            if target.table.has_local_indexes and target.action.kind != "ConditionCheck":
                metrics = collection_metrics(call.transaction, target.table, target.action.item, target.place)
                answer.setdefault("ItemCollectionMetrics", {}).setdefault(target.action.table_name, []).append(metrics)
    return answer


def _replayed(known: Mapping[str, float], params: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a transaction that was carried out already: nothing is written, reads are consumed."""
    answer: dict[str, Any] = {}
    _add_capacity(answer, params, {name: Units(units) for name, units in known.items()}, "ReadCapacityUnits")
    return answer


def _add_capacity(answer: dict[str, Any], params: Mapping[str, Any], units: Mapping[str, Units], split: str) -> None:
    detail = params.get("ReturnConsumedCapacity")
    if is_wanted(detail):
        # Every item of a transaction is touched twice: once to prepare, once to commit.
        answer["ConsumedCapacity"] = [
            consumed(name, used, detail, factor=2.0, split=split) for name, used in units.items()
        ]


def _read_units(targets: Sequence[Target]) -> dict[str, float]:
    units: dict[str, float] = {}
    for target in targets:
        name = target.action.table_name
        units[name] = units.get(name, 0.0) + read_units(target.before.size, consistent=True)
    return units


def _digest(params: Mapping[str, Any]) -> str:
    asked = {"TransactItems": params["TransactItems"]}
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _cancelled_by(refused: AwsError, reasons: list[Reason], at: int) -> AwsError:
    """Answer what a refusal of one action does to the transaction: an empty key refuses it, all else cancels it."""
    if refused.code != "ValidationException" or refused.message.startswith(NOT_VALID):
        return refused
    reasons[at] = {"Code": "ValidationError", "Message": refused.message}
    return _cancelled(reasons)


def _cancelled(reasons: Sequence[Reason]) -> AwsError:
    codes = ", ".join(reason["Code"] for reason in reasons)
    return AwsError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        CancellationReasons=list(reasons),
    )
