"""CREATE EXTERNAL TABLE and CREATE DATABASE, in Hive's grammar, with the formats' classes that Athena writes."""

from typing import Any

import msgspec

from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.hive_type import hive_name, hive_properties, hive_qualified, hive_string, hive_type
from tailrace.athena.syntax.statement_tree import ColumnDefinition, CreateDatabase, CreateTable, RowFormat

LAZY_SIMPLE_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"


class StoredFormat(msgspec.Struct, frozen=True):
    """What STORED AS names: its input and output classes and its SerDe."""

    input: str
    output: str
    serde: str


_IO = "org.apache.hadoop.hive.ql.io"
STORED_FORMATS = {
    "TEXTFILE": StoredFormat(TEXT_INPUT, TEXT_OUTPUT, LAZY_SIMPLE_SERDE),
    "JSONFILE": StoredFormat(TEXT_INPUT, TEXT_OUTPUT, "org.apache.hive.hcatalog.data.JsonSerDe"),
    "SEQUENCEFILE": StoredFormat(
        "org.apache.hadoop.mapred.SequenceFileInputFormat", f"{_IO}.HiveSequenceFileOutputFormat", LAZY_SIMPLE_SERDE
    ),
    "RCFILE": StoredFormat(
        f"{_IO}.RCFileInputFormat",
        f"{_IO}.RCFileOutputFormat",
        "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
    ),
    "ORC": StoredFormat(f"{_IO}.orc.OrcInputFormat", f"{_IO}.orc.OrcOutputFormat", f"{_IO}.orc.OrcSerde"),
    "PARQUET": StoredFormat(
        f"{_IO}.parquet.MapredParquetInputFormat",
        f"{_IO}.parquet.MapredParquetOutputFormat",
        f"{_IO}.parquet.serde.ParquetHiveSerDe",
    ),
    "AVRO": StoredFormat(
        f"{_IO}.avro.AvroContainerInputFormat",
        f"{_IO}.avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
    "ION": StoredFormat(
        "com.amazon.ionhiveserde.formats.IonInputFormat",
        "com.amazon.ionhiveserde.formats.IonOutputFormat",
        "com.amazon.ionhiveserde.IonHiveSerDe",
    ),
}
_DELIMITERS = {
    "FIELDS": "field.delim",
    "COLLECTION": "collection.delim",
    "MAP": "mapkey.delim",
    "LINES": "line.delim",
}


def create_table(cursor: Cursor) -> CreateTable:
    """Read CREATE [EXTERNAL] TABLE to its end; clauses may come in any order, each once."""
    cursor.need("CREATE")
    external = cursor.takes("EXTERNAL")
    cursor.need("TABLE")
    if_not_exists = cursor.takes("IF", "NOT", "EXISTS")
    name = hive_qualified(cursor)
    columns = column_definitions(cursor) if cursor.sees("(") else ()
    clauses: dict[str, Any] = {}
    while (found := _clause(cursor)) is not None:
        if set(found) & set(clauses):
            raise cursor.mismatch()
        clauses.update(found)
    keys = clauses.pop("partition_keys", ())
    return CreateTable(name, external, if_not_exists, columns, keys, **clauses)


def _clause(cursor: Cursor) -> dict[str, Any] | None:
    if cursor.takes("COMMENT"):
        return {"comment": hive_string(cursor)}
    if cursor.takes("PARTITIONED", "BY"):
        return {"partition_keys": column_definitions(cursor)}
    if cursor.takes("CLUSTERED", "BY"):
        return _clustered(cursor)
    if cursor.takes("ROW", "FORMAT"):
        return {"row_format": _row_format(cursor)}
    if cursor.takes("WITH", "SERDEPROPERTIES"):
        return {"row_format": RowFormat("", hive_properties(cursor))}
    if cursor.takes("STORED", "AS"):
        return _stored(cursor)
    if cursor.takes("LOCATION"):
        return {"location": hive_string(cursor)}
    if cursor.takes("TBLPROPERTIES"):
        return {"properties": hive_properties(cursor)}
    return None


def column_definitions(cursor: Cursor) -> tuple[ColumnDefinition, ...]:
    """Read (name type [COMMENT 'x'], …)."""
    cursor.need("(")
    found = []
    while True:
        name = hive_name(cursor).lower
        text = hive_type(cursor)
        comment = hive_string(cursor) if cursor.takes("COMMENT") else None
        found.append(ColumnDefinition(name, text, comment))
        if not cursor.takes(","):
            break
    cursor.need(")")
    return tuple(found)


def _clustered(cursor: Cursor) -> dict[str, Any]:
    cursor.need("(")
    names = [hive_name(cursor).lower]
    while cursor.takes(","):
        names.append(hive_name(cursor).lower)
    cursor.need(")", "INTO")
    count = int(cursor.need_kind("integer", label="Number").text)
    cursor.need("BUCKETS")
    return {"bucket_columns": tuple(names), "bucket_count": count}


def _row_format(cursor: Cursor) -> RowFormat:
    if cursor.takes("SERDE"):
        serde = hive_string(cursor)
        return RowFormat(serde, hive_properties(cursor) if cursor.takes("WITH", "SERDEPROPERTIES") else {})
    cursor.need("DELIMITED")
    found: dict[str, str] = {}
    while True:
        if cursor.takes("NULL", "DEFINED", "AS"):
            found["serialization.null.format"] = hive_string(cursor)
        elif cursor.sees(*_DELIMITERS):
            word = cursor.next().upper
            cursor.takes("ITEMS")
            cursor.takes("KEYS")
            cursor.need("TERMINATED", "BY")
            found[_DELIMITERS[word]] = hive_string(cursor)
            if word == "FIELDS" and cursor.takes("ESCAPED", "BY"):
                found["escape.delim"] = hive_string(cursor)
        else:
            break
    if "field.delim" in found:
        found["serialization.format"] = found["field.delim"]
    return RowFormat(LAZY_SIMPLE_SERDE, found)


def _stored(cursor: Cursor) -> dict[str, Any]:
    if cursor.takes("INPUTFORMAT"):
        read = hive_string(cursor)
        cursor.need("OUTPUTFORMAT")
        return {"input_format": read, "output_format": hive_string(cursor)}
    if not cursor.sees(*STORED_FORMATS):
        raise cursor.mismatch()
    stored = STORED_FORMATS[cursor.next().upper]
    return {"input_format": stored.input, "output_format": stored.output, "default_serde": stored.serde}


def create_database(cursor: Cursor) -> CreateDatabase:
    """Read CREATE DATABASE | SCHEMA to its end."""
    cursor.need("CREATE")
    if not cursor.takes("DATABASE"):
        cursor.need("SCHEMA")
    if_not_exists = cursor.takes("IF", "NOT", "EXISTS")
    name = hive_name(cursor).lower
    comment = hive_string(cursor) if cursor.takes("COMMENT") else None
    location = hive_string(cursor) if cursor.takes("LOCATION") else None
    properties = hive_properties(cursor) if cursor.takes("WITH", "DBPROPERTIES") else {}
    return CreateDatabase(name, if_not_exists, comment, location, properties)
