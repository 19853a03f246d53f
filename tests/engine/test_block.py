"""Blocks: what is packed comes out, whole or from any place on, and only a single record is larger than the bound."""

from hypothesis import given
from hypothesis import strategies as st

from tailrace.engine.block import BYTES_MAX, blocks_of, entries_of, first_of, time_of

sizes = st.one_of(st.integers(0, 200), st.integers(BYTES_MAX // 2 - 1, BYTES_MAX + 1))


@given(st.integers(1, 2**40), st.integers(0, 2**45), st.lists(sizes, min_size=1, max_size=12))
def test_what_is_packed_comes_out(first: int, time_ms: int, lengths: list[int]) -> None:
    records = [bytes([at]) * length for at, length in enumerate(lengths)]
    expected = first
    found = []
    for last, value in blocks_of(first, time_ms, records):
        assert first_of(last, value) == expected
        assert time_of(value) == time_ms
        entries = entries_of(last, value, 0)
        assert len(entries) == 1 or sum(len(entry.data) for entry in entries) <= BYTES_MAX
        found += entries
        expected = last + 1
    assert [entry.data for entry in found] == records
    assert [entry.sequence for entry in found] == list(range(first, first + len(records)))
    assert {entry.time_ms for entry in found} == {time_ms}


@given(st.integers(1, 30), st.integers(0, 40))
def test_a_block_is_read_from_any_place(count: int, after: int) -> None:
    records = [b"%d" % number for number in range(count)]
    [(last, value)] = blocks_of(1, 7, records)
    assert [entry.sequence for entry in entries_of(last, value, after)] == list(range(max(after, 1), count + 1))
