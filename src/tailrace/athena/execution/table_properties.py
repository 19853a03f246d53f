"""The properties of CTAS and UNLOAD: WITH (format = 'PARQUET', partitioned_by = ARRAY['dt'], …)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.syntax.tree import ArrayOf, Constant, Expression, Unary

_FORMATS = ("PARQUET", "ORC", "AVRO", "JSON", "TEXTFILE")
_DEFAULT_CODECS = {"PARQUET": "GZIP", "ORC": "ZLIB", "JSON": "GZIP", "TEXTFILE": "GZIP", "AVRO": "GZIP"}
_CODECS = {
    "PARQUET": ("GZIP", "SNAPPY", "ZSTD", "LZ4", "NONE", "UNCOMPRESSED"),
    "ORC": ("ZLIB", "SNAPPY", "ZSTD", "LZ4", "NONE"),
    "JSON": ("GZIP", "ZSTD", "NONE"),
    "TEXTFILE": ("GZIP", "ZSTD", "NONE"),
}
_KNOWN = {
    "format", "write_compression", "parquet_compression", "orc_compression", "compression", "compression_level",
    "external_location", "partitioned_by", "bucketed_by", "bucket_count", "field_delimiter", "table_type",
    "is_external", "location", "vacuum_max_snapshot_age_seconds",
}  # fmt: skip


class Writing(msgspec.Struct, frozen=True):
    """How rows are written."""

    format: str
    compression: str
    external_location: str | None
    partitioned_by: tuple[str, ...]
    bucketed_by: tuple[str, ...]
    bucket_count: int
    field_delimiter: str | None


def writing_of(properties: Mapping[str, Expression]) -> Writing:
    """Answer what the properties say. AnalysisProblem INVALID_TABLE_PROPERTY for those that mean nothing."""
    for name, value in properties.items():
        if name not in _KNOWN:
            text = f"Catalog 'awsdatacatalog' table property '{name}' does not exist"
            raise AnalysisProblem("INVALID_TABLE_PROPERTY", value.at, text)
    if _text(properties, "table_type", "HIVE").upper() == "ICEBERG":
        raise AnalysisProblem("NOT_SUPPORTED", None, "Iceberg tables are not implemented in Tailrace yet")
    format_ = _text(properties, "format", "PARQUET").upper()
    if format_ not in _FORMATS:
        text = f"Unable to set table property 'format' to [{format_}]: Invalid value [{format_}]. Valid values: "
        raise AnalysisProblem("INVALID_TABLE_PROPERTY", properties["format"].at, f"{text}[{', '.join(_FORMATS)}]")
    if format_ == "AVRO":
        raise AnalysisProblem("NOT_SUPPORTED", None, "Writing AVRO is not implemented in Tailrace yet")
    return Writing(
        format_,
        _codec(properties, format_),
        _text(properties, "external_location", "") or None,
        _texts(properties, "partitioned_by"),
        _texts(properties, "bucketed_by"),
        int(_text(properties, "bucket_count", "0")),
        _text(properties, "field_delimiter", "") or None,
    )


def _codec(properties: Mapping[str, Expression], format_: str) -> str:
    names = ("write_compression", "compression", f"{format_.lower()}_compression")
    given = next((_text(properties, name, "") for name in names if name in properties), _DEFAULT_CODECS[format_])
    if given.upper() not in _CODECS[format_]:
        text = f"Compression {given.upper()} of {format_} is not implemented in Tailrace yet"
        raise AnalysisProblem("NOT_SUPPORTED", None, text)
    return given.upper()


def _text(properties: Mapping[str, Expression], name: str, default: str) -> str:
    value = properties.get(name)
    if value is None:
        return default
    if isinstance(value, Constant) and value.kind in ("string", "integer", "boolean"):
        return value.text
    raise AnalysisProblem("INVALID_TABLE_PROPERTY", value.at, f"Unable to set table property '{name}'")


def _texts(properties: Mapping[str, Expression], name: str) -> tuple[str, ...]:
    value = properties.get(name)
    if value is None:
        return ()
    items = value.items if isinstance(value, ArrayOf) else None
    if items is None or isinstance(value, Unary) or not all(isinstance(item, Constant) for item in items):
        raise AnalysisProblem("INVALID_TABLE_PROPERTY", value.at, f"Unable to set table property '{name}'")
    return tuple(item.text.lower() for item in items if isinstance(item, Constant))
