"""Exclusions as the Glue guide describes them."""

import pytest

from tailrace.glue.crawl.exclusion import excluding


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.csv", "a.csv", True),
        ("*.csv", "folder/a.csv", False),
        ("*.*", "a.b", True),
        ("*.*", "ab", False),
        ("*.{csv,avro}", "a.avro", True),
        ("*.{csv,avro}", "a.orc", False),
        ("foo.?", "foo.a", True),
        ("foo.?", "foo.ab", False),
        ("myfolder/*", "myfolder/a", True),
        ("myfolder/*", "myfolder/b/a", False),
        ("myfolder/*/*", "myfolder/b/a", True),
        ("myfolder/**", "myfolder/b/c/a", True),
        ("myfolder/**", "other/myfolder/a", False),
        ("myfolder**", "myfolder2/a", True),
        ("**.metadata", "a/b/c.csv.metadata", True),
        ("**.metadata", "a/b/c.csv", False),
        ("**/errors/**", "x/errors/y/z", True),
        ("data[0-9].json", "data7.json", True),
        ("data[!0-9].json", "data7.json", False),
        ("data[!0-9].json", "dataX.json", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        (".*", ".hidden", True),
        ("/lead/**", "lead/x", True),
        ("a(b).json", "a(b).json", True),
    ],
)
def test_globs(pattern: str, path: str, expected: bool) -> None:
    assert excluding([pattern])(path) is expected


def test_any_pattern_excludes_and_none_excludes_nothing() -> None:
    assert excluding(["a", "b"])("b")
    assert not excluding([])("a")
