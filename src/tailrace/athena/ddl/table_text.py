"""The statement that makes a table again: SHOW CREATE TABLE, line by line as Hive writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tailrace.athena.ddl.tables import columns_of, keys_of
from tailrace.athena.syntax.hive_create import LAZY_SIMPLE_SERDE

# Their columns are the deserializer's own, and Hive says so where there is no comment.
_OWN_COLUMNS = (
    "org.openx.data.jsonserde.JsonSerDe",
    "org.apache.hive.hcatalog.data.JsonSerDe",
    "org.apache.hadoop.hive.serde2.OpenCSVSerde",
    "com.amazonaws.glue.serde.GrokSerDe",
)
_DELIMITERS = {
    "field.delim": "FIELDS TERMINATED BY",
    "escape.delim": "ESCAPED BY",
    "collection.delim": "COLLECTION ITEMS TERMINATED BY",
    "mapkey.delim": "MAP KEYS TERMINATED BY",
    "line.delim": "LINES TERMINATED BY",
    "serialization.null.format": "NULL DEFINED AS",
}


def shown_columns(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer the columns of a table's files with the comments that Hive shows."""
    serde = ((table.get("StorageDescriptor") or {}).get("SerdeInfo") or {}).get("SerializationLibrary")
    if serde not in _OWN_COLUMNS:
        return columns_of(table)
    return [{**column, "Comment": column.get("Comment") or "from deserializer"} for column in columns_of(table)]


def create_table_lines(name: str, table: dict[str, Any]) -> list[str]:
    """Answer CREATE EXTERNAL TABLE … for Glue's table."""
    descriptor = table.get("StorageDescriptor") or {}
    parameters = dict(table.get("Parameters") or {})
    parameters.pop("EXTERNAL", None)
    comment = parameters.pop("comment", None)
    lines = [f"CREATE EXTERNAL TABLE `{name}`(", *_column_lines(shown_columns(table))]
    if comment is not None:
        lines.append(f"COMMENT {quoted(comment)}")
    if keys_of(table):
        lines += ["PARTITIONED BY ( ", *_column_lines(keys_of(table))]
    if descriptor.get("BucketColumns"):
        lines += ["CLUSTERED BY ( ", *_names(descriptor["BucketColumns"])]
        lines.append(f"INTO {descriptor['NumberOfBuckets']} BUCKETS")
    lines += _row_format(descriptor.get("SerdeInfo") or {})
    lines += ["STORED AS INPUTFORMAT ", f"  {quoted(descriptor.get('InputFormat', ''))} "]
    lines += ["OUTPUTFORMAT ", f"  {quoted(descriptor.get('OutputFormat', ''))}"]
    lines += ["LOCATION", f"  {quoted(descriptor.get('Location', ''))}"]
    return [*lines, "TBLPROPERTIES (", *_property_lines(parameters)]


def quoted(text: str) -> str:
    """Answer a string as Hive writes it."""
    shown = {"\\": "\\\\", "'": "\\'", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    made = "".join(shown.get(letter, letter if letter >= " " else f"\\u{ord(letter):04x}") for letter in text)
    return f"'{made}'"


def _column_lines(columns: list[dict[str, Any]]) -> list[str]:
    lines = []
    for place, column in enumerate(columns):
        comment = f" COMMENT {quoted(column['Comment'])}" if column.get("Comment") else ""
        end = ")" if place == len(columns) - 1 else ", "
        lines.append(f"  `{column['Name']}` {column.get('Type', 'string')}{comment}{end}")
    return lines or [")"]


def _names(names: list[str]) -> list[str]:
    return [f"  {name}{') ' if place == len(names) - 1 else ', '}" for place, name in enumerate(names)]


def _row_format(serde: Mapping[str, Any]) -> list[str]:
    library = serde.get("SerializationLibrary") or LAZY_SIMPLE_SERDE
    parameters = dict(serde.get("Parameters") or {})
    plain = set(parameters) - {"serialization.format"}
    if library == LAZY_SIMPLE_SERDE and plain and plain <= set(_DELIMITERS):
        clauses = [f"  {text} {quoted(parameters[key])} " for key, text in _DELIMITERS.items() if key in parameters]
        return ["ROW FORMAT DELIMITED ", *clauses]
    lines = ["ROW FORMAT SERDE ", f"  {quoted(library)} "]
    if plain:
        parameters = {key: parameters[key] for key in sorted(plain)}
        lines += ["WITH SERDEPROPERTIES ( ", *(f"{line} " for line in _property_lines(parameters))]
    return lines


def _property_lines(properties: Mapping[str, Any]) -> list[str]:
    items = sorted(properties.items())
    lines = [
        f"  {quoted(key)}={quoted(str(value))}{')' if place == len(items) - 1 else ', '}"
        for place, (key, value) in enumerate(items)
    ]
    return lines or [")"]
