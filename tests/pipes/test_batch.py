"""The bookkeeping of batches: positions move only over records with a known end, and every end is counted once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tailrace.pipes.batch import DELIVERED, FAILED, FILTERED, Group, Item, Tally


def items(*sequences: int) -> list[Item]:
    return [Item(sequence, 0, b"{}") for sequence in sequences]


@given(st.permutations(list(range(1, 12))), st.data())
def test_every_end_is_counted_once_in_whatever_order_they_come(order: list[int], data: st.DataObject) -> None:
    tally, ends, counted = Tally(0), {}, Counter[str]()
    for sequence in order:
        ends[sequence] = data.draw(st.sampled_from([DELIVERED, FILTERED, FAILED]))
        tally.finish([sequence], ends[sequence])
        counted += tally.advance()
        assert all(place in ends for place in range(1, tally.position + 1))
        assert tally.position + 1 not in ends
        assert sum(counted.values()) == tally.position
    assert counted == Counter(ends.values())
    assert not tally.ends


def test_halves_keep_the_order_and_the_attempts() -> None:
    first, second = Group(items(1, 2, 3, 4, 5), attempts=2).halves()
    assert [item.sequence for item in first.items] == [1, 2]
    assert [item.sequence for item in second.items] == [3, 4, 5]
    assert first.attempts == second.attempts == 2


def test_runs_are_split_at_gaps() -> None:
    runs = [[item.sequence for item in run] for run in Group(items(1, 2, 5, 6, 7, 9)).runs()]
    assert runs == [[1, 2], [5, 6, 7], [9]]
