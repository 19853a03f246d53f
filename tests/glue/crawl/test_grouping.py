"""Which objects make a table, and what its partitions are."""

from typing import Any

import pytest

from tailrace.glue.crawl.grouping import Group, Rules, Seen, grouped
from tailrace.glue.crawl.naming import table_name, told_apart
from tailrace.glue.schema.hive_type import type_of
from tailrace.glue.schema.shape import Shape

ROW = {"a": 1, "b": "x", "c": True}


def seen(key: str, row: dict[str, Any] | None = None, **more: Any) -> Seen:
    columns = {name: type_of(value) for name, value in (ROW if row is None else row).items()}
    return Seen(key, 10, Shape(classification="json", columns=columns, names=tuple(columns), records=1, **more))


def unknown(key: str) -> Seen:
    return Seen(key, 10, Shape(classification="UNKNOWN"))


def tables(root: str, *objects: Seen, **rules: Any) -> dict[str, tuple[tuple[str, ...], list[list[str]]]]:
    found: list[Group] = grouped(root, objects, Rules(**rules))
    return {group.path: (group.keys, [group.values(leaf) for leaf in group.leaves]) for group in found}


def test_files_in_a_folder() -> None:
    assert tables("t/", seen("t/a.json"), seen("t/b.json")) == {"t/": ((), [[]])}


def test_folders_named_by_value_are_numbered_keys() -> None:
    found = tables("t/", seen("t/2026/01/02/a.json"), seen("t/2026/01/03/a.json"))
    assert found == {
        "t/": (("partition_0", "partition_1", "partition_2"), [["2026", "01", "02"], ["2026", "01", "03"]])
    }


def test_folders_named_by_key_and_value() -> None:
    found = tables("t/", seen("t/Year=2026/month=01/a.json"), seen("t/year=2026/month=02/b.json"))
    assert found == {"t/": (("year", "month"), [["2026", "01"], ["2026", "02"]])}


def test_one_folder_alone_is_a_partition() -> None:
    assert tables("t/", seen("t/year=2026/a.json")) == {"t/": (("year",), [["2026"]])}


def test_keys_that_differ_or_repeat_are_numbered() -> None:
    found = tables("t/", seen("t/a=1/x=1/f"), seen("t/b=2/x=2/f"))
    assert found == {"t/": (("partition_0", "x"), [["a=1", "1"], ["b=2", "2"]])}
    assert tables("t/", seen("t/a=1/a=2/f")) == {"t/": (("a", "partition_1"), [["1", "a=2"]])}


def test_the_bucket_is_the_highest_folder() -> None:
    assert tables("", seen("x/a"), seen("y/a")) == {"": (("partition_0",), [["x"], ["y"]])}


OTHER = {"C": 3, "D": 4}


def test_schemas_that_differ_make_tables_of_their_own() -> None:
    objects = [seen("t/year=2017/a", {"a": 1, "b": 2}), seen("t/year=2018/a", OTHER)]
    assert tables("t/", *objects) == {"t/year=2017/": ((), [[]]), "t/year=2018/": ((), [[]])}
    assert tables("t/", *objects, combine=True) == {"t/": (("year",), [["2017"], ["2018"]])}
    (found,) = grouped("t/", objects, Rules(combine=True))
    assert list(found.shape.columns) == ["a", "b", "c", "d"]


def test_more_than_seven_of_ten_columns_must_be_shared() -> None:
    ten = {f"c{place}": 1 for place in range(10)}
    eight = {f"c{place}": 1 for place in range(8)}
    seven = {f"c{place}": 1 for place in range(7)}
    assert list(tables("t/", seen("t/x=1/a", ten), seen("t/x=2/a", eight))) == ["t/"]
    assert list(tables("t/", seen("t/x=1/a", ten), seen("t/x=2/a", seven))) == ["t/x=1/", "t/x=2/"]


def test_at_most_five_schemas() -> None:
    def schemas(count: int) -> list[Seen]:
        common = {f"c{place}": 1 for place in range(20)}
        return [seen(f"t/x={number}/a", {**common, f"own{number}": 1}) for number in range(count)]

    assert list(tables("t/", *schemas(5))) == ["t/"]
    assert len(tables("t/", *schemas(6))) == 6
    assert list(tables("t/", *schemas(6), combine=True)) == ["t/"]


@pytest.mark.parametrize("more", [{"compression": "gzip"}, {"settings": {"delimiter": ","}}])
def test_formats_are_never_combined(more: dict[str, Any]) -> None:
    objects = [seen("t/x=1/a"), seen("t/x=2/a", **more)]
    assert list(tables("t/", *objects, combine=True)) == ["t/x=1/", "t/x=2/"]


def test_folders_of_mixed_depth_are_tables_of_their_own() -> None:
    found = tables("t/", seen("t/a.json"), seen("t/x/b.json"), seen("t/x/c.json"))
    assert found == {"t/x/": ((), [[]]), "t/a.json": ((), [[]])}


def test_files_that_differ_within_a_folder_are_tables_of_their_own() -> None:
    assert sorted(tables("t/", seen("t/a.json"), seen("t/b.json", OTHER))) == ["t/a.json", "t/b.json"]


def test_a_few_unknown_files_are_passed_over() -> None:
    objects = [seen(f"t/x={number}/a") for number in range(4)]
    assert tables("t/", *objects, unknown("t/x=9/_mark"))["t/"][1] == [["0"], ["1"], ["2"], ["3"]]
    assert len(tables("t/", *objects, unknown("t/x=8/a"), unknown("t/x=9/a"))) == 6
    assert list(tables("t/", unknown("t/a"), unknown("t/b"))) == ["t/"]


def test_table_levels_count_from_the_bucket() -> None:
    objects = [seen("my/a/b/2026/f"), seen("my/a/c/2026/f"), seen("my/d/e/2026/f")]
    assert list(tables("my/", *objects, level=2)) == ["my/"]
    assert list(tables("my/", *objects, level=3)) == ["my/a/", "my/d/"]
    assert list(tables("my/", *objects, level=4)) == ["my/a/b/", "my/a/c/", "my/d/e/"]


def test_a_single_object() -> None:
    assert tables("t/data.json/", seen("t/data.json")) == {"t/data.json": ((), [[]])}


@pytest.mark.parametrize(
    ("prefix", "path", "expected"),
    [
        ("", "orders/", "orders"),
        ("", "a/year=2017/", "year_2017"),
        ("raw_", "my-Data/", "raw_my_data"),
        ("", "t/data.json", "data_json"),
        ("", "", "lake_1"),
        ("", "x" * 200 + "/", "x" * 128),
        ("", "a/größe/", "gr__e"),
    ],
)
def test_names(prefix: str, path: str, expected: str) -> None:
    assert table_name(prefix, "lake-1", path) == expected


def test_names_are_told_apart_by_place() -> None:
    found = told_apart("orders", "s3://b/orders/")
    assert found.startswith("orders_")
    assert len(found) == len("orders_") + 32
    assert len(told_apart("x" * 128, "s3://b/x/")) == 128
