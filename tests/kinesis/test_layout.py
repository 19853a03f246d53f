"""Ranges of hash keys and what splitting, merging and spreading make of them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.kinesis import layout as layouts
from tailrace.kinesis.layout import HASH_KEYS, Layout, created, merge, shard_index, split, spread, uniform
from tailrace.kinesis.routes import hash_key

NOW_MS = 1_767_225_600_000


def ranges(layout: Layout) -> list[tuple[int, int]]:
    return [shard.hash_range for shard in layout.open_shards]


def assert_covers_everything(layout: Layout) -> None:
    covered = ranges(layout)
    assert covered[0][0] == 0
    assert covered[-1][1] == HASH_KEYS - 1
    assert all(lower[1] + 1 == upper[0] for lower, upper in itertools.pairwise(covered))


def test_ranges_are_those_of_aws() -> None:
    # aws-cli examples/kinesis/describe-stream.rst: a real stream of three shards
    assert uniform(3) == [
        (0, 113427455640312821154458202477256070484),
        (113427455640312821154458202477256070485, 226854911280625642308916404954512140969),
        (226854911280625642308916404954512140970, 340282366920938463463374607431768211455),
    ]
    assert uniform(4)[0] == (0, 85070591730234615865843651857942052863)
    assert uniform(1) == [(0, HASH_KEYS - 1)]


@pytest.mark.parametrize(
    ("key", "number", "places"),
    [
        ("1", 261578874264819908609102035485573088411, (1, 2, 3, 3)),
        ("2", 266003691477286198901011725417809479212, (1, 2, 3, 3)),
        ("a", 16955237001963240173058271559858726497, (0, 0, 0, 0)),
        ("user#1", 212518882777258801721592297330067167746, (1, 1, 2, 3)),
        ("partitionKey-0", 283893945402358862714065952676399797471, (1, 2, 3, 4)),
        ("Zürich", 21571439941612705407085021742162426705, (0, 0, 0, 0)),
        (" ", 151645869365465006705965742398472055903, (0, 1, 1, 2)),
    ],
)
def test_partition_keys_fall_where_they_do_on_aws(key: str, number: int, places: tuple[int, ...]) -> None:
    assert int.from_bytes(hash_key(key), "big") == number
    for count, place in zip((2, 3, 4, 5), places, strict=True):
        first, last = uniform(count)[place]
        assert first <= number <= last


def test_a_split_closes_the_parent_and_opens_two() -> None:
    before = created(1, NOW_MS)
    after = split(before, before.shards[0], 1000, NOW_MS + 5000)
    assert ranges(after) == [(0, 999), (1000, HASH_KEYS - 1)]
    assert after.shards[0].closed_ms == NOW_MS + 5000
    assert [child.index for child in layouts.children(after, after.shards[0])] == [1, 2]
    assert all(child.created_s > before.shards[0].created_s for child in after.open_shards)


def test_a_merge_names_both_parents() -> None:
    before = created(3, NOW_MS)
    after = merge(before, before.shards[1], before.shards[2], NOW_MS)
    child = after.shards[-1]
    assert (child.index, child.parent, child.adjacent) == (3, 1, 2)
    assert_covers_everything(after)


@given(start=st.integers(1, 12), targets=st.lists(st.integers(1, 24), max_size=4))
def test_spreading_ends_with_even_shards(start: int, targets: list[int]) -> None:
    layout = created(start, NOW_MS)
    for target in targets:
        layout = spread(layout, target, NOW_MS)
        assert ranges(layout) == uniform(target)
    indexes = [shard.index for shard in layout.shards]
    assert indexes == list(range(layout.next_index))


def test_spreading_goes_the_way_of_aws() -> None:
    # risingwavelabs/risingwave issue 9961: 4 shards to 3 on AWS leave shards 6, 9 and 10 open
    layout = spread(created(4, NOW_MS), 3, NOW_MS)
    assert [shard.index for shard in layout.open_shards] == [6, 9, 10]


def test_nothing_is_done_when_the_shards_are_even_already() -> None:
    layout = created(4, NOW_MS)
    assert spread(layout, 4, NOW_MS) == layout


@pytest.mark.parametrize(
    ("name", "index"),
    [("shardId-000000000007", 7), ("shard-7", 7), ("7", 7), ("shardId-002147483648", None), ("2.14E4", None)],
)
def test_shard_ids_are_read_as_leniently_as_on_aws(name: str, index: int | None) -> None:
    assert shard_index(name) == index
