"""Seeded faults: places that fail when they are asked to, by name and rate, the same way for the same seed.

It doesn't know what can fail: whoever makes it brings a table of names, and of what happens when each strikes.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tailrace.engine.errors import EngineError


class UnknownFault(EngineError):
    """There is no fault of that name; the text lists those that there are."""


@dataclass(slots=True)
class _Switched:
    rate: float
    seed: int
    dice: random.Random
    hits: int = 0


class FaultReport(NamedTuple):
    """A fault as it stands: what it does, its rate (0 is off) and seed, and how often it has struck since."""

    name: str
    does: str
    rate: float
    seed: int
    hits: int


class Faults:
    """Switch faults on and off by name; a place asks ``strikes(name)`` and fails when the answer is yes."""

    def __init__(self, known: Mapping[str, str]) -> None:
        """Take the table of what can fail: name -> what happens then."""
        self.any = False  # whether any fault is on: a hot path asks no further when none is
        self._known = dict(known)
        self._on: dict[str, _Switched] = {}

    def enable(self, name: str, *, rate: float = 1.0, seed: int = 0) -> None:
        """Let a fault strike with a probability from 0 to 1. Raises UnknownFault, and ValueError for another rate."""
        self._check(name)
        if not 0.0 <= rate <= 1.0:
            raise ValueError(f"a rate lies between 0 and 1, not {rate}")
        self._on[name] = _Switched(rate, seed, random.Random(f"{name}/{seed}"))
        self.any = True

    def disable(self, name: str | None = None) -> None:
        """Switch one fault off, or all. Raises UnknownFault."""
        if name is None:
            self._on.clear()
        else:
            self._check(name)
            self._on.pop(name, None)
        self.any = bool(self._on)

    def strikes(self, name: str) -> bool:
        """Answer whether the fault strikes at this moment."""
        fault = self._on.get(name)
        if fault is None or fault.dice.random() >= fault.rate:
            return False
        fault.hits += 1
        return True

    def hits(self) -> dict[str, int]:
        """Answer how often each fault that is on has struck."""
        return {name: fault.hits for name, fault in self._on.items()}

    def report(self) -> list[FaultReport]:
        """Answer every fault that there is, on or off."""
        off = _Switched(0.0, 0, random.Random(0))
        found = ((name, does, self._on.get(name, off)) for name, does in self._known.items())
        return [FaultReport(name, does, each.rate, each.seed, each.hits) for name, does, each in found]

    def _check(self, name: str) -> None:
        if name not in self._known:
            raise UnknownFault(f"there is no fault {name}; there are {', '.join(self._known)}")
