"""The paths of JSON classifiers."""

from typing import Any

import pytest

from tailrace.glue.schema.json_path import parsed, select

VALUE = {"a": [{"b": 1}, {"b": 2}], "c d": {"e.f": 3}, "g": {"h": 4, "i": 5}}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", [VALUE]),
        ("$.a", [VALUE["a"]]),
        ("$.a[1].b", [2]),
        ("$.a[*].b", [1, 2]),
        ("$.a.*.b", [1, 2]),
        ("$['c d'][\"e.f\"]", [3]),
        ("$.g.*", [4, 5]),
        ("$.a[7]", []),
        ("$.none.b", []),
    ],
)
def test_paths_lead_to_values(path: str, expected: list[Any]) -> None:
    assert list(select(parsed(path), VALUE)) == expected


@pytest.mark.parametrize("path", ["", "a.b", "$..a", "$[0:2]", "$[?(@.a)]", "$.", "$[a]"])
def test_no_paths(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        parsed(path)
