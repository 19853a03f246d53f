"""What CreateTable and UpdateTable may ask for: keys, indexes and throughput checked in DynamoDB's order and words.

Evidence of the texts: dynalite createTable, dynamodb-conformance createTable, ack-api-quirks DDB-TABLE-442.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tailrace.dynamodb.errors import INVALID, validation
from tailrace.dynamodb.table import IndexRow
from tailrace.wire.errors import AwsError

Schema = Sequence[Mapping[str, str]]

_LOCAL_INDEXES_MAX = 5
_GLOBAL_INDEXES_MAX = 20
_KEY_NAME_BYTES_MAX = 255
_INCLUDED_MAX = 100
_PARTS_MAX = 4
_UNITS_MAX = 10**12


def invalid(text: str) -> AwsError:
    """Answer the error of parameters that do not fit."""
    return validation(INVALID + text)


def check_billing(params: Mapping[str, Any]) -> None:
    """Check BillingMode and ProvisionedThroughput of CreateTable. Raises AwsError."""
    throughput = params.get("ProvisionedThroughput")
    if params.get("BillingMode") == "PAY_PER_REQUEST":
        if throughput is not None:
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        return
    if throughput is None:
        raise invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
    check_units(throughput)


def check_units(throughput: Mapping[str, int]) -> None:
    """Check that provisioned units are within bounds. Raises AwsError."""
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if throughput[name] > _UNITS_MAX:
            raise validation(f"Given value {throughput[name]} for {name} is out of bounds")


def check_keys(params: Mapping[str, Any]) -> None:
    """Check the key schema of a table against its attribute definitions. Raises AwsError."""
    defined = [definition["AttributeName"] for definition in params.get("AttributeDefinitions") or ()]
    schema: Schema = params.get("KeySchema") or ()
    names = [element["AttributeName"] for element in schema]
    for at, name in enumerate(defined):
        if name in defined[:at]:
            raise validation(f"Attribute Name is duplicated: {name}")
    if not schema:
        raise invalid("Missing KeySchema")
    if len(names) > len(defined):
        raise validation("Invalid KeySchema: Some index key attribute have no definition")
    _check_defined(names, defined)
    _check_pair(schema)
    if len(schema) > 2:
        shown = ", ".join(
            f"KeySchemaElement(attributeName={element['AttributeName']}, keyType={element['KeyType']})"
            for element in schema
        )
        raise validation(
            f"1 validation error detected: Value '[{shown}]' at 'keySchema' failed to satisfy constraint: "
            "Member must have length less than or equal to 2"
        )
    for name in names:
        if len(name.encode()) > _KEY_NAME_BYTES_MAX:
            raise invalid(f"Attribute name size has exceeded the maximum size limit of {_KEY_NAME_BYTES_MAX} bytes")
    has_indexes = params.get("LocalSecondaryIndexes") is not None or params.get("GlobalSecondaryIndexes") is not None
    if not has_indexes and len(names) != len(defined):
        raise invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions"
        )


def read_indexes(params: Mapping[str, Any]) -> Iterator[IndexRow]:
    """Answer the indexes of CreateTable, local ones first. Raises AwsError."""
    names: list[str] = []
    local, global_ = params.get("LocalSecondaryIndexes"), params.get("GlobalSecondaryIndexes")
    if local is not None:
        _check_count(local, "LocalSecondaryIndexes")
        if len(params["KeySchema"]) != 2:
            raise invalid(
                "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
            )
    if global_ is not None:
        _check_count(global_, "GlobalSecondaryIndexes")
    for index in [*(local or ()), *(global_ or ())]:
        is_global = len(names) >= len(local or ())
        yield read_index(index, params, number=len(names), is_global=is_global)
        if index["IndexName"] in names:
            raise invalid(f"Duplicate index name: {index['IndexName']}")
        names.append(index["IndexName"])
    if len(local or ()) > _LOCAL_INDEXES_MAX:
        raise invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {_LOCAL_INDEXES_MAX}")
    if len(global_ or ()) > _GLOBAL_INDEXES_MAX:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {_GLOBAL_INDEXES_MAX}")
    _check_used(params)


def read_index(index: Mapping[str, Any], params: Mapping[str, Any], *, number: int, is_global: bool) -> IndexRow:
    """Answer one index as declared; ``params`` carry the attribute definitions. Raises AwsError."""
    defined = [definition["AttributeName"] for definition in params.get("AttributeDefinitions") or ()]
    schema: Schema = index["KeySchema"]
    _check_defined([element["AttributeName"] for element in schema], defined)
    hashes = tuple(element["AttributeName"] for element in schema if element["KeyType"] == "HASH")
    ranges = tuple(element["AttributeName"] for element in schema if element["KeyType"] == "RANGE")
    if is_global:
        _check_parts(schema, hashes, ranges)
    else:
        _check_pair(schema)
        _check_local(index["IndexName"], schema, params)
    projection = index.get("Projection") or {}
    included = _included(projection)
    throughput = index.get("ProvisionedThroughput") or {}
    _check_index_throughput(index["IndexName"], params, throughput, is_global=is_global)
    return IndexRow(
        name=index["IndexName"],
        number=number,
        is_global=is_global,
        hashes=hashes,
        ranges=ranges,
        projection=projection["ProjectionType"],
        included=included,
        read_units=throughput.get("ReadCapacityUnits", 0),
        write_units=throughput.get("WriteCapacityUnits", 0),
    )


def _check_defined(names: Sequence[str], defined: Sequence[str]) -> None:
    if any(name not in defined for name in names):
        raise invalid(
            f"Some index key attributes are not defined in AttributeDefinitions. Keys: [{', '.join(names)}], "
            f"AttributeDefinitions: [{', '.join(defined)}]"
        )


def _check_pair(schema: Schema) -> None:
    if len(schema) > 1 and schema[0]["AttributeName"] == schema[1]["AttributeName"]:
        raise validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    if schema[0]["KeyType"] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(schema) > 1 and schema[1]["KeyType"] != "RANGE":
        raise validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")


def _check_parts(schema: Schema, hashes: Sequence[str], ranges: Sequence[str]) -> None:
    """Check the key of a global index: one to four hash attributes, then up to four range attributes."""
    if len(schema) <= 2 and len(hashes) <= 1:
        _check_pair(schema)
        return
    names = [element["AttributeName"] for element in schema]
    if len(set(names)) < len(names):
        raise validation("The KeySchema contains multiple key attributes with the same name")
    if schema[0]["KeyType"] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if names != [*hashes, *ranges]:
        raise invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    for kind, parts in (("HASH", hashes), ("RANGE", ranges)):
        if len(parts) > _PARTS_MAX:
            raise invalid(f"The KeySchema exceeds the maximum allowed number of {kind} key attributes")


def _check_local(name: str, schema: Schema, params: Mapping[str, Any]) -> None:
    if len(schema) != 2:
        raise invalid(f"Index KeySchema does not have a range key for index: {name}")
    table_hash, index_hash = params["KeySchema"][0]["AttributeName"], schema[0]["AttributeName"]
    if table_hash != index_hash:
        raise invalid(
            f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
            f"index hash key: {index_hash}, table hash key: {table_hash}"
        )


def _included(projection: Mapping[str, Any]) -> tuple[str, ...]:
    kind, included = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    if kind is None:
        raise invalid("Unknown ProjectionType: null")
    if included is not None and kind != "INCLUDE":
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    if included is None and kind == "INCLUDE":
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    return tuple(included or ())


def _check_index_throughput(
    name: str, params: Mapping[str, Any], throughput: Mapping[str, int], *, is_global: bool
) -> None:
    if not is_global:
        return
    if params.get("BillingMode") == "PAY_PER_REQUEST":
        if throughput:
            raise invalid(
                f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
            )
    elif not throughput:
        raise invalid(f"ProvisionedThroughput is not specified for index: {name}")
    else:
        check_units(throughput)


def _check_count(indexes: Sequence[Any], parameter: str) -> None:
    if not indexes:
        raise invalid(f"List of {parameter} is empty")


def _check_used(params: Mapping[str, Any]) -> None:
    """Refuse definitions that no key uses, and too many included attributes over all indexes. Raises AwsError."""
    indexes = [*(params.get("LocalSecondaryIndexes") or ()), *(params.get("GlobalSecondaryIndexes") or ())]
    defined = [definition["AttributeName"] for definition in params["AttributeDefinitions"]]
    used = [element["AttributeName"] for schema in _schemas(params, indexes) for element in schema]
    if indexes and set(defined) - set(used):
        keys = ", ".join(dict.fromkeys(used))
        raise invalid(
            f"Some AttributeDefinitions are not used. AttributeDefinitions: [{', '.join(defined)}], keys used: [{keys}]"
        )
    included = sum(len((index.get("Projection") or {}).get("NonKeyAttributes") or ()) for index in indexes)
    if included > _INCLUDED_MAX:
        raise invalid(
            f"Number of NonKeyAttributes exceeds the per-table limit of {_INCLUDED_MAX} over all secondary indexes"
        )


def _schemas(params: Mapping[str, Any], indexes: Sequence[Mapping[str, Any]]) -> list[Schema]:
    return [params["KeySchema"], *(index["KeySchema"] for index in indexes)]
