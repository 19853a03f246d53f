"""What functions answer is judged, whatever it is: the records end somewhere, and nobody waits for them for ever."""

from typing import Any

import orjson
import pytest

from tailrace.firehose.batch import Batch, Origin, Record
from tailrace.firehose.reply import judged
from tailrace.lambda_.event_source.failure import first_failed
from tailrace.lambda_.queue import _reason
from tailrace.pipes.batch import Item
from tailrace.pipes.path import MISSING, PathError, find
from tailrace.pipes.target import _named_failures

DEEP = 5000
ODD: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"5",
    "NaN": b"NaN",
    "a huge number": b"1e400",
    "a text": b'"a"',
    "half a text": b'"a',
    "invalid UTF-8": b"\xff\xfe",
    "half a surrogate": b'"\\ud800"',
    "a list": b"[1, null]",
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep lists that don't end": b"[" * DEEP,
    "deep objects": b'{"records":' * DEEP,
    "deep members": b'{"records": [], "x": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "names twice": b'{"records": 1, "records": 2}',
    "many": orjson.dumps({"records": [{}] * 20_000, "batchItemFailures": [{}] * 20_000}),
}
MEMBERS = [b"null", b"true", b"5", b'"a"', b"{}", b"[]", b"[null]", b"[5]", b"[[]]", b"[{}]", b'[{"x": 1}]']
VALUES = [b"null", b"true", b"5", b'"a"', b"{}", b"[]", b"[[1]]", b'{"a": []}', b'"\\u0000"']
ODD |= {
    f"{member.decode()} in {name}": b'{"%b": %b}' % (name.encode(), member)
    for name in ("records", "batchItemFailures")
    for member in MEMBERS
}
ODD |= {
    f"{value.decode()} as {part} of {name}": b'{"%b": [{"%b": %b}]}' % (name.encode(), part.encode(), value)
    for name, part in (("records", "recordId"), ("records", "data"), ("batchItemFailures", "itemIdentifier"))
    for value in VALUES
}


@pytest.mark.parametrize("name", ODD)
def test_a_transformation_fails_its_records(name: str) -> None:
    records = [Record("one", 1, b"a"), Record("two", 2, b"b")]
    batch = Batch(Origin("log", "shard", 0, None), records, None, 2, 2, 0)
    outcome = judged(batch, ODD[name], 1, 0)
    assert (outcome.delivered, outcome.dropped, outcome.failed) == (0, 0, 2)


@pytest.mark.parametrize("name", ODD)
def test_a_report_of_single_records_is_understood_or_means_all(name: str) -> None:
    assert first_failed(ODD[name], ["1", "2"]) in (None, 0)


@pytest.mark.parametrize("name", ODD)
def test_a_pipe_s_target_names_records_or_none(name: str) -> None:
    text = ODD[name].decode(errors="replace")
    items: list[Any] = [Item(1, 0, b'{"eventID": "x"}'), Item(2, 0, b'{"eventID": "y"}')]
    assert set(_named_failures(text, items)) in (set(), {0, 1})


@pytest.mark.parametrize("name", ODD)
def test_a_dead_letter_has_a_reason(name: str) -> None:
    assert isinstance(_reason(ODD[name]), str)


@pytest.mark.parametrize("path", ["$.²", "$.1", "$.a.٣", "$.a[99999999]", f"$.{'9' * 5000}", "$.9999999999"])
def test_places_that_are_none(path: str) -> None:
    assert find(path)([{"a": []}]) is MISSING


@pytest.mark.parametrize("path", [f"$[{'9' * 5000}]", f"$.a[{'1' * 10}]", "$[²]", "$[-1]", "$..a", "$["])
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(PathError):
        find(path)
