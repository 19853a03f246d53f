"""Which format a file has: custom classifiers in their order, then the built-in ones in AWS's order.

The first that recognises a file decides; none makes it UNKNOWN (Glue guide, adding classifiers).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tailrace.glue.schema import json_path, json_schema
from tailrace.glue.schema.csv_schema import NotCsv, Rules, found_in
from tailrace.glue.schema.sample import SAMPLE_BYTES_MAX, STEP_BYTES, Broken, Sample, compression_of, read
from tailrace.glue.schema.shape import LAZY_SIMPLE, OPEN_CSV, UNKNOWN, Shape

_PARQUET_MAGIC = b"PAR1"
_ORC_MAGIC = b"ORC"

Recognise = Callable[["File"], Shape | None]


class File:
    """One file being looked at: its compression, and samples of growing size."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.compression = compression_of(path)
        self._samples: dict[int, Sample] = {}

    def sample(self, size: int = STEP_BYTES) -> Sample:
        """Answer so many decompressed bytes from the beginning. Raises Broken."""
        known = self._samples.get(size)
        if known is None:
            known = self._samples[size] = read(self.path, self.compression, size)
        return known


def classified(path: Path, custom: Sequence[dict[str, Any]]) -> Shape:
    """Answer a file's shape. ``custom`` are classifiers as GetClassifier answers them."""
    file = File(path)
    recognisers = [_custom(classifier) for classifier in custom]
    for recognise in (*recognisers, *_BUILT_IN):
        try:
            found = recognise(file)
        except Broken:
            break
        if found is not None:
            return found
    return Shape(classification=UNKNOWN, compression=file.compression)


def _custom(classifier: dict[str, Any]) -> Recognise:
    ((kind, rules),) = classifier.items()
    if kind == "JsonClassifier":
        path = rules["JsonPath"]
        steps = json_path.parsed(path)
        return lambda file: _json(file, steps, {"jsonPath": path})
    return lambda file: _csv(file, _csv_rules(rules), rules.get("Serde"), custom=True)


def _csv_rules(rules: dict[str, Any]) -> Rules:
    return Rules(
        delimiter=rules.get("Delimiter"),
        quote=rules.get("QuoteSymbol"),
        header=rules.get("ContainsHeader", "UNKNOWN"),
        names=rules.get("Header", ()),
        trim=not rules.get("DisableValueTrimming", False),
        single_column=rules.get("AllowSingleColumn", False),
        types=rules.get("CustomDatatypes", ()) if rules.get("CustomDatatypeConfigured") else (),
    )


def _json(file: File, steps: tuple[json_path.Step, ...] = (), settings: dict[str, str] | None = None) -> Shape | None:
    size = STEP_BYTES
    while True:
        sample = file.sample(size)
        try:
            records, consumed = json_schema.records_of(sample.data, complete=sample.complete)
        except (json_schema.NotJson, UnicodeDecodeError):
            return None
        if records or sample.complete or size >= SAMPLE_BYTES_MAX:
            break
        size += STEP_BYTES
    columns, names = json_schema.columns_of(records, steps)
    if not columns:
        return None
    share = sample.share * max(consumed, 1) / max(len(sample.data), 1)
    count = len(records) if sample.complete else round(len(records) / share)
    return Shape(
        classification="json",
        compression=file.compression,
        columns=columns,
        names=names,
        records=count,
        settings=settings or {},
    )


def _csv(file: File, rules: Rules, serde: str | None = None, *, custom: bool = False) -> Shape | None:
    sample = file.sample()
    if b"\x00" in sample.data:
        return None
    try:
        text = sample.data.decode("utf-8", "strict" if sample.complete else "ignore")
        found = found_in(text, rules, complete=sample.complete)
    except (UnicodeDecodeError, NotCsv):
        return None
    chosen = OPEN_CSV if serde == OPEN_CSV or (serde is None and rules.quote is not None) else LAZY_SIMPLE
    settings = {
        "areColumnsQuoted": str(found.quoted).lower(),
        "columnsOrdered": "true",
        "delimiter": found.delimiter,
    }
    if found.has_header:
        settings["skip.header.line.count"] = "1"
    if custom and chosen == OPEN_CSV:
        settings |= {"customSerde": OPEN_CSV, "quoteChar": rules.quote or '"'}
    lines = sample.data.count(b"\n") - found.has_header
    rows = found.rows if sample.complete and lines <= found.rows else round(lines / sample.share)
    return Shape(
        classification="csv",
        compression=file.compression,
        columns=found.columns,
        names=found.names,
        records=rows,
        settings=settings,
    )


def _parquet(file: File) -> Shape | None:
    if not file.sample().data.startswith(_PARQUET_MAGIC):
        return None
    from tailrace.glue.schema.arrow_schema import parquet_shape  # loads pyarrow, which most crawls never need

    return _or_nothing(parquet_shape, file.path)


def _orc(file: File) -> Shape | None:
    if not file.sample().data.startswith(_ORC_MAGIC):
        return None
    from tailrace.glue.schema.arrow_schema import orc_shape

    return _or_nothing(orc_shape, file.path)


def _or_nothing(shape: Callable[[Path], Shape], path: Path) -> Shape | None:
    try:
        return shape(path)
    except (OSError, ValueError):
        return None


_BUILT_IN: tuple[Recognise, ...] = (_orc, _parquet, _json, lambda file: _csv(file, Rules()))
