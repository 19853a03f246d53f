"""What the clients know: each write they asked for, when, and whether it was acknowledged, refused, or not answered."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from simulation.values import Image

Key = tuple[str, str]  # hash and range; the range is empty when the table has none


def key_of(image: Image) -> Key:
    """Answer the key of an item, or of the image of a key."""
    return image["order_id"]["S"], image.get("line", {"N": ""})["N"]


class Fate(Enum):
    """What a client knows of its write."""

    UNKNOWN = "unknown"  # the process died before it answered
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


@dataclass
class Write:
    """One write of one item. ``apply`` answers what it makes of what was there; None is no item."""

    number: int
    kind: str
    key: Key
    apply: Callable[[Image | None], Image | None]
    invoked: int
    group: int | None = None  # writes of one transaction share it: all of them, or none
    fate: Fate = Fate.UNKNOWN
    answered: int | None = None
    replaced: Image | None = None  # what the answer says was there before
    tells: bool = False  # whether the answer says so
    requires: bool | None = None  # whether there must be an item, or must be none; None when it doesn't matter


@dataclass
class History:
    """All writes of a run, over all its lives."""

    writes: list[Write] = field(default_factory=list)
    _ticks: Any = field(default_factory=itertools.count)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def number(self) -> int:
        """Answer a number that no other write has."""
        return int(next(self._numbers))

    def tick(self) -> int:
        """Answer the next instant."""
        return int(next(self._ticks))

    def add(self, write: Write) -> Write:
        """Take note of a write before it is sent."""
        self.writes.append(write)
        return write

    def answer(self, writes: list[Write], fate: Fate) -> None:
        """Take note of an answer."""
        now = self.tick()
        for write in writes:
            write.fate, write.answered = fate, now
