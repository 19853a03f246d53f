"""Seeded fault points: named places that fail when asked to, at a rate, the same way for the same seed."""

import random
from dataclasses import dataclass


@dataclass(slots=True)
class _Fault:
    rate: float
    dice: random.Random
    hits: int = 0


class Faults:
    """Switch faults on and off by name; a place asks ``strikes(name)`` and fails when the answer is yes."""

    def __init__(self) -> None:
        self._on: dict[str, _Fault] = {}

    def enable(self, name: str, *, rate: float = 1.0, seed: int = 0) -> None:
        """Let a fault strike with a probability from 0 to 1."""
        if not 0.0 <= rate <= 1.0:
            raise ValueError(f"a rate lies between 0 and 1, not {rate}")
        self._on[name] = _Fault(rate, random.Random(f"{name}/{seed}"))

    def disable(self, name: str | None = None) -> None:
        """Switch one fault off, or all."""
        if name is None:
            self._on.clear()
        else:
            self._on.pop(name, None)

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
