"""How a table and its partitions are written down: formats, SerDes and the parameters that AWS's crawlers write.

Recorded from tables that crawlers made; ``kind_of`` reads the same back from a table that is there already.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tailrace.glue.crawl.grouping import Group, Leaf
from tailrace.glue.schema.hive_type import text
from tailrace.glue.schema.shape import OPEN_CSV, Shape

_TEXT_IN = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_ORC = "org.apache.hadoop.hive.ql.io.orc"
OPEN_CSV_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"


@dataclass(frozen=True, slots=True)
class Format:
    """The classes that read and write a format."""

    reader: str
    writer: str
    serde: str


FORMATS = {
    "json": Format(_TEXT_IN, _TEXT_OUT, "org.openx.data.jsonserde.JsonSerDe"),
    "csv": Format(_TEXT_IN, _TEXT_OUT, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
    "parquet": Format(
        f"{_PARQUET}.MapredParquetInputFormat",
        f"{_PARQUET}.MapredParquetOutputFormat",
        f"{_PARQUET}.serde.ParquetHiveSerDe",
    ),
    "orc": Format(f"{_ORC}.OrcInputFormat", f"{_ORC}.OrcOutputFormat", f"{_ORC}.OrcSerde"),
}
_NONE = Format("", "", "")
_INHERITED = ("Columns", "SerdeInfo", "InputFormat", "OutputFormat")


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: the crawler, its run, and what it leaves out."""

    crawler: str
    run: str
    exclusions: tuple[str, ...]
    bucket: str


def columns_of(shape: Shape) -> list[dict[str, str]]:
    """Answer a shape's columns as the catalog has them."""
    if shape.settings.get("customSerde") == OPEN_CSV:
        # OpenCSVSerde reads texts only, whatever they look like; a custom type is believed.
        return [{"Name": name, "Type": "string"} for name in shape.columns]
    return [{"Name": name, "Type": text(found)} for name, found in shape.columns.items()]


def table_storage(group: Group, author: Author) -> dict[str, Any]:
    """Answer a table's storage descriptor."""
    return {
        **_storage(group.shape),
        "Location": f"s3://{author.bucket}/{group.path}",
        "Parameters": _counted(group.leaves, author) | _facts(group.shape, author),
    }


class Storages:
    """The storage descriptors of a table's partitions: their own, or their table's when one is given to inherit from.

    What follows from the shape alone is made once a shape: lakes have many partitions and few shapes.
    """

    def __init__(self, author: Author, inherited: Mapping[str, Any] | None) -> None:
        self._author = author
        self._inherited = {member: inherited[member] for member in _INHERITED} if inherited is not None else {}
        self._of_shape: dict[int, tuple[Shape, dict[str, Any], dict[str, str]]] = {}

    def of_partition(self, leaf: Leaf) -> dict[str, Any]:
        """Answer a partition's storage descriptor."""
        known = self._of_shape.get(id(leaf.shape))
        if known is None:
            # The shape is kept as well: its id is its own only while it lives.
            known = leaf.shape, _storage(leaf.shape) | self._inherited, _facts(leaf.shape, self._author)
            self._of_shape[id(leaf.shape)] = known
        _, storage, facts = known
        return {
            **storage,
            "Location": f"s3://{self._author.bucket}/{leaf.path}",
            "Parameters": _counted((leaf,), self._author) | facts,
        }


def kind_of(storage: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, str | None]:
    """Answer what a table and what was crawled must have in common to be one table."""
    return {
        "classification": parameters.get("classification"),
        "compressionType": parameters.get("compressionType"),
        "serializationLib": storage.get("SerdeInfo", {}).get("SerializationLibrary"),
    }


def _storage(shape: Shape) -> dict[str, Any]:
    used = FORMATS.get(shape.classification, _NONE)
    serde, serde_parameters = _serde(shape, used)
    return {
        "Columns": columns_of(shape),
        "InputFormat": used.reader,
        "OutputFormat": used.writer,
        "Compressed": shape.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_parameters} if serde else {},
        "BucketColumns": [],
        "SortColumns": [],
        "StoredAsSubDirectories": False,
    }


def _serde(shape: Shape, used: Format) -> tuple[str, dict[str, str]]:
    settings = shape.settings
    if shape.classification == "json":
        return used.serde, {"paths": ",".join(sorted(shape.names))}
    if shape.classification != "csv":
        return used.serde, {"serialization.format": "1"}
    if settings.get("customSerde") == OPEN_CSV:
        return OPEN_CSV_SERDE, {"separatorChar": settings["delimiter"], "quoteChar": settings["quoteChar"]}
    return used.serde, {"field.delim": settings["delimiter"]}


def _counted(leaves: tuple[Leaf, ...], author: Author) -> dict[str, str]:
    size = sum(leaf.size for leaf in leaves)
    records = sum(leaf.records for leaf in leaves)
    return {
        "CRAWL_RUN_ID": author.run,
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": author.crawler,
        "averageRecordSize": str(size // records if records else 0),
        "objectCount": str(sum(len(leaf.files) for leaf in leaves)),
        "recordCount": str(records),
        "sizeKey": str(size),
        "typeOfData": "file",
    }


def _facts(shape: Shape, author: Author) -> dict[str, str]:
    facts = {"classification": shape.classification, "compressionType": shape.compression}
    facts.update({name: value for name, value in shape.settings.items() if name != "quoteChar"})
    if author.exclusions:
        facts["exclusions"] = orjson.dumps(author.exclusions).decode()
    return facts
