"""Names that exist: those of the furniture, and those that the server itself has given."""

import random
from collections.abc import Iterator
from typing import Any

from botocore.model import Shape

_LEARNT_MAX = 6
_LENGTH_MAX = 2000


class Names:
    """Names by the member that carries them, of all services ("TableName") or of one ("glue Name")."""

    def __init__(self, fixed: dict[str, tuple[str, ...]]) -> None:
        self._fixed: dict[str, list[str]] = {}
        for name, members in fixed.items():
            for member in members:
                self._fixed.setdefault(member, []).append(name)
        self._learnt: dict[str, list[str]] = {}

    def learn(self, service: str, answer: Any) -> None:
        """Take the names out of an answer: whoever gives a QueryExecutionId also takes it."""
        for member, text in _texts("", answer):
            learnt = self._learnt.setdefault(f"{service} {member}", [])
            if 0 < len(text) < _LENGTH_MAX:
                learnt[:] = [*(each for each in learnt if each != text), text][-_LEARNT_MAX:]

    def last(self, service: str, member: str) -> str:
        """Answer the name that a service gave last. KeyError when it gave none."""
        return self._learnt[f"{service} {member}"][-1]

    def choose(self, dice: random.Random, service: str, member: str, shape: Shape) -> str | None:
        """Answer one that fits a member, None when there is none."""
        of_service = f"{service} {member}"
        fixed = self._fixed.get(of_service) or self._fixed.get(member) or self._fixed.get(shape.name)
        learnt = self._learnt.get(of_service)
        if fixed and learnt:
            return dice.choice(fixed if dice.random() < 0.7 else learnt)
        known = fixed or learnt
        return dice.choice(known) if known else None


def _texts(member: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield member, value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name != "ResponseMetadata":
                yield from _texts(name, each)
    elif isinstance(value, list):
        for each in value[:5]:
            yield from _texts(member.removesuffix("s"), each)
