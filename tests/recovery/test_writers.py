"""The judge is judged: which histories explain which rows, and which never do."""

import pytest

from recovery.writers import Wish, ends, explains

DONE, UNKNOWN = True, False


def history(*wishes: tuple[int | None, bool]) -> list[Wish]:
    return [Wish(value, acknowledged) for value, acknowledged in wishes]


@pytest.mark.parametrize(
    ("wishes", "rows", "stored"),
    [
        ([(1, DONE)], [1], 1),
        ([(1, DONE), (None, DONE), (2, DONE)], [1, None, 2], 2),
        ([(None, DONE)], [], None),
        ([(None, DONE), (None, UNKNOWN), (1, DONE)], [1], 1),
        ([(1, UNKNOWN)], [], None),
        ([(1, UNKNOWN)], [1], 1),
        ([(1, DONE), (2, UNKNOWN), (3, DONE)], [1, 3], 3),
        ([(1, DONE), (2, UNKNOWN), (3, DONE)], [1, 2, 3], 3),
        ([(1, DONE), (None, UNKNOWN), (None, DONE), (3, UNKNOWN)], [1, None, 3], 3),
    ],
)
def test_what_can_have_been(wishes: list[tuple[int | None, bool]], rows: list[int | None], stored: int | None) -> None:
    assert explains(history(*wishes), rows, stored)
    assert stored in ends(history(*wishes))


@pytest.mark.parametrize(
    ("wishes", "rows", "stored"),
    [
        ([(1, DONE)], [], None),  # lost
        ([(1, DONE)], [], 1),  # its row is lost
        ([(1, DONE)], [1, 1], 1),  # its row is doubled
        ([(1, DONE)], [1, 2], 2),  # invented
        ([(1, DONE), (2, DONE)], [2], 2),  # the first one's row is lost
        ([(1, DONE), (2, DONE)], [2, 1], 1),  # out of order
        ([(1, DONE), (2, UNKNOWN)], [1], 2),  # done without a row
        ([(1, DONE), (None, DONE)], [1], None),  # removed without a row
        ([(1, DONE), (2, UNKNOWN), (3, DONE)], [1, 3, 2], 2),  # done after its successor
    ],
)
def test_what_can_not(wishes: list[tuple[int | None, bool]], rows: list[int | None], stored: int | None) -> None:
    assert not explains(history(*wishes), rows, stored)
