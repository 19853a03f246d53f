"""Files told apart: JSON in its forms, CSV, Parquet, ORC, compressed or not; custom classifiers first."""

import bz2
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import cramjam
import pyarrow
import pyarrow.orc
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailrace.glue.inference import infer
from tailrace.glue.schema.classifying import classified
from tailrace.glue.schema.hive_type import text
from tailrace.glue.schema.shape import Shape


def look(folder: Path, data: bytes | str, *custom: dict[str, Any]) -> Shape:
    path = folder / "file"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return classified(path, custom)


def columns(shape: Shape) -> dict[str, str]:
    return {name: text(found) for name, found in shape.columns.items()}


def json_path(path: str) -> dict[str, Any]:
    return {"JsonClassifier": {"Name": "c", "JsonPath": path}}


def csv(**rules: Any) -> dict[str, Any]:
    return {"CsvClassifier": {"Name": "c", **rules}}


ROWS = '{"Id": 1, "v": 1}\n{"Id": 3000000000, "v": 1.5, "new": null}\n'


def test_lines_of_json(tmp_path: Path) -> None:
    shape = look(tmp_path, ROWS)
    assert (shape.classification, shape.compression, shape.records) == ("json", "none", 2)
    assert columns(shape) == {"id": "bigint", "v": "double", "new": "string"}
    assert shape.names == ("Id", "v", "new")


@pytest.mark.parametrize(
    "data",
    [
        '{"a": 1}{"a": 2}',
        '{"a": 1} {"a": 2}\n',
        '{\n  "a": 1\n}\n{\n  "a": 2\n}\n',
        '\ufeff{"a": 1}\n\n{"a": 2}',
        '{"a": 1}\r\n{"a": 2}\r\n',
    ],
)
def test_objects_one_after_the_other(tmp_path: Path, data: str) -> None:
    shape = look(tmp_path, data)
    assert (shape.classification, columns(shape), shape.records) == ("json", {"a": "int"}, 2)


def test_an_array_of_everything(tmp_path: Path) -> None:
    data = '[{"a": 1}, {"a": 2, "B": "x"}]'
    assert columns(look(tmp_path, data)) == {"array": "array<struct<a:int,B:string>>"}
    shape = look(tmp_path, data, json_path("$[*]"))
    assert columns(shape) == {"a": "int", "b": "string"}
    assert shape.settings == {"jsonPath": "$[*]"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", {"id": "int", "records": "array<struct<x:int>>", "inner": "struct<y:double>"}),
        ("$.records[*]", {"x": "int"}),
        ("$['records'][0]", {"x": "int"}),
        ("$.inner", {"y": "double"}),
        ("$.id", {"record": "int"}),
        ("$.records[*].x", {"record": "int"}),
    ],
)
def test_paths_shape_the_schema(tmp_path: Path, path: str, expected: dict[str, str]) -> None:
    data = '{"id": 1, "records": [{"x": 1}, {"x": 2}], "inner": {"y": 0.5}}\n'
    assert columns(look(tmp_path, data, json_path(path))) == expected


def test_a_path_to_nothing_leaves_the_file_to_the_others(tmp_path: Path) -> None:
    assert columns(look(tmp_path, '{"a": 1}', json_path("$.none"), json_path("$.a"))) == {"record": "int"}
    assert look(tmp_path, '{"a": 1}', json_path("$.none")).settings == {}


@pytest.mark.parametrize("data", ["just words\nand more\n", '{"a": 1}\nnot json\n', "", "1\n2\n", "\x00\x01\x02,\x00"])
def test_unknown(tmp_path: Path, data: str) -> None:
    shape = look(tmp_path, data)
    assert (shape.classification, shape.columns) == ("UNKNOWN", {})


def test_a_large_file_is_judged_by_its_beginning(tmp_path: Path) -> None:
    line = json.dumps({"text": "x" * 980, "n": 1}) + "\n"
    shape = look(tmp_path, line * 3000 + '{"late": true}\n')
    assert columns(shape) == {"text": "string", "n": "int"}
    assert 2900 < shape.records < 3100


def test_a_record_longer_than_a_sample_is_read_further(tmp_path: Path) -> None:
    data = json.dumps({"text": "x" * (3 * 2**20)}) + "\n"
    assert columns(look(tmp_path, data * 2)) == {"text": "string"}


HEADS = (
    b"",
    b"PAR1",
    b"ORC",
    b"{",
    b"[",
    b'{"a": 1}\n',
    b"a,b\n1,2\n",
    b"\x1f\x8b\x08",
    b"BZh9",
    b"PK\x03\x04",
    b"\x04\x22\x4d\x18",
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(HEADS), st.binary(max_size=200) | st.text('{}[]",:\n 1a.', max_size=80).map(str.encode))
def test_no_file_breaks_anything(tmp_path: Path, head: bytes, tail: bytes) -> None:
    assert look(tmp_path, head + tail, json_path("$.a"), csv(Delimiter=";")).classification


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("one.json", data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("gzip", gzip.compress),
        ("gzip", lambda data: b"".join(gzip.compress(line + b"\n") for line in data.splitlines())),
        ("bzip2", bz2.compress),
        ("zip", zipped),
        ("snappy", lambda data: bytes(cramjam.snappy.compress(data))),
        ("lz4", lambda data: bytes(cramjam.lz4.compress(data))),
    ],
)
def test_compressed(tmp_path: Path, name: str, pack: Any) -> None:
    shape = look(tmp_path, pack(ROWS.encode()))
    assert (shape.classification, shape.compression, shape.records) == ("json", name, 2)


def test_a_broken_archive_is_unknown(tmp_path: Path) -> None:
    shape = look(tmp_path, gzip.compress(ROWS.encode())[:20])
    assert (shape.classification, shape.compression) == ("UNKNOWN", "gzip")


def test_csv_with_a_header(tmp_path: Path) -> None:
    shape = look(tmp_path, "Id,Price,Day,Note\n1,2.5,2026-01-02,a\n2,,2026-01-03,\n")
    assert (shape.classification, shape.records) == ("csv", 2)
    assert columns(shape) == {"id": "bigint", "price": "double", "day": "string", "note": "string"}
    assert shape.settings == {
        "areColumnsQuoted": "false",
        "columnsOrdered": "true",
        "delimiter": ",",
        "skip.header.line.count": "1",
    }


def test_csv_without_a_header(tmp_path: Path) -> None:
    shape = look(tmp_path, "a;b\nc;d\n")
    assert columns(shape) == {"col0": "string", "col1": "string"}
    assert (shape.settings["delimiter"], "skip.header.line.count" in shape.settings) == (";", False)
    assert columns(look(tmp_path, "1|2\n3|x\n")) == {"col0": "bigint", "col1": "string"}


@pytest.mark.parametrize("data", ["one\ntwo\n", "a,b\n", "a,b\n1\n2,3,4\n"])
def test_no_csv(tmp_path: Path, data: str) -> None:
    assert look(tmp_path, data).classification == "UNKNOWN"


def test_custom_csv(tmp_path: Path) -> None:
    shape = look(tmp_path, "'a,b',1\n'c',2\n", csv(Delimiter=",", QuoteSymbol="'", Header=["x", "y"]))
    assert columns(shape) == {"x": "string", "y": "bigint"}
    assert (shape.settings["customSerde"], shape.settings["areColumnsQuoted"]) == ("OpenCSVSerDe", "true")
    shape = look(tmp_path, "one\ntwo\n", csv(AllowSingleColumn=True, ContainsHeader="PRESENT"))
    assert columns(shape) == {"one": "string"}
    types = {"CustomDatatypeConfigured": True, "CustomDatatypes": ["DATE", "INT"]}
    shape = look(tmp_path, "2026-01-02,1\n2026-01-03,2\n", csv(ContainsHeader="ABSENT", **types))
    assert columns(shape) == {"col0": "date", "col1": "int"}


def table() -> pyarrow.Table:
    return pyarrow.table(
        {
            "Id": pyarrow.array([1, 2], pyarrow.int32()),
            "big": pyarrow.array([1, 2], pyarrow.int64()),
            "real": pyarrow.array([1, 2], pyarrow.float32()),
            "number": pyarrow.array([1, 2], pyarrow.float64()),
            "name": ["a", "b"],
            "raw": [b"a", b"b"],
            "flag": [True, False],
            "at": pyarrow.array([0, 1], pyarrow.timestamp("ms")),
            "day": pyarrow.array([0, 1], pyarrow.date32()),
            "price": pyarrow.array(["1.50", "2.50"]).cast(pyarrow.decimal128(10, 2)),
            "tags": [["x"], []],
            "inner": [{"a": 1, "B": "x"}, {"a": 2, "B": "y"}],
        }
    )


TYPES = {
    "id": "int",
    "big": "bigint",
    "real": "float",
    "number": "double",
    "name": "string",
    "raw": "binary",
    "flag": "boolean",
    "at": "timestamp",
    "day": "date",
    "price": "decimal(10,2)",
    "tags": "array<string>",
    "inner": "struct<a:bigint,B:string>",
}


def test_parquet(tmp_path: Path) -> None:
    found = table().append_column(
        "map", pyarrow.array([[("k", 1)], []], pyarrow.map_(pyarrow.string(), pyarrow.int64()))
    )
    pyarrow.parquet.write_table(found, tmp_path / "file")
    shape = classified(tmp_path / "file", [])
    assert (shape.classification, shape.compression, shape.records) == ("parquet", "none", 2)
    assert columns(shape) == {**TYPES, "map": "map<string,bigint>"}


def test_orc(tmp_path: Path) -> None:
    pyarrow.orc.write_table(table(), tmp_path / "file")
    shape = classified(tmp_path / "file", [])
    assert (shape.classification, columns(shape), shape.records) == ("orc", TYPES, 2)


def test_a_cut_off_parquet_file_is_unknown(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(table(), tmp_path / "file")
    assert look(tmp_path, (tmp_path / "file").read_bytes()[:-8]).classification == "UNKNOWN"


def test_a_worker_answers_in_order(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(ROWS)
    answer = infer({"paths": [str(tmp_path / "a"), str(tmp_path / "gone")], "classifiers": [json_path("$.Id")]})
    first, second = answer["shapes"]
    assert first["columns"] == {"record": {"type": "scalar", "name": "bigint"}}
    assert second is None
