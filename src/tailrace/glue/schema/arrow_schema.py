"""Parquet and ORC: the schema stands in the file; Arrow's types become Hive's (Glue guide, built-in classifiers)."""

from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.orc
import pyarrow.parquet

from tailrace.glue.schema.hive_type import Array, Map, Record, Scalar, Type
from tailrace.glue.schema.shape import Shape, add_columns

_NAMES = {
    pyarrow.types.is_boolean: "boolean",
    pyarrow.types.is_int8: "tinyint",
    pyarrow.types.is_int16: "smallint",
    pyarrow.types.is_int32: "int",
    pyarrow.types.is_uint8: "smallint",
    pyarrow.types.is_uint16: "int",
    pyarrow.types.is_integer: "bigint",
    pyarrow.types.is_float32: "float",
    pyarrow.types.is_floating: "double",
    pyarrow.types.is_timestamp: "timestamp",
    pyarrow.types.is_date: "date",
    pyarrow.types.is_string: "string",
    pyarrow.types.is_large_string: "string",
    pyarrow.types.is_binary: "binary",
    pyarrow.types.is_large_binary: "binary",
    pyarrow.types.is_fixed_size_binary: "binary",
    pyarrow.types.is_time: "bigint",
}


def parquet_shape(path: Path) -> Shape:
    """Answer the shape of a Parquet file from its footer."""
    with pyarrow.parquet.ParquetFile(path) as file:
        return _shape("parquet", file.schema_arrow, file.metadata.num_rows)


def orc_shape(path: Path) -> Shape:
    """Answer the shape of an ORC file from its footer."""
    file = pyarrow.orc.ORCFile(path)
    return _shape("orc", file.schema, file.nrows)


def _shape(classification: str, schema: Any, rows: int) -> Shape:
    columns: dict[str, Type] = {}
    add_columns(columns, ((column.name, _type(column.type)) for column in schema))
    return Shape(classification=classification, columns=columns, names=tuple(schema.names), records=rows)


def _type(found: Any) -> Type:
    types = pyarrow.types
    if types.is_dictionary(found):
        return _type(found.value_type)
    if types.is_decimal(found):
        return Scalar(f"decimal({found.precision},{found.scale})")
    if types.is_list(found) or types.is_large_list(found):
        return Array(_type(found.value_type))
    if types.is_map(found):
        return Map(_type(found.key_type), _type(found.item_type))
    if types.is_struct(found):
        return Record({column.name: _type(column.type) for column in found})
    return Scalar(next((name for is_kind, name in _NAMES.items() if is_kind(found)), "string"))
