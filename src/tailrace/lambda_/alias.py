"""Aliases as rows: a name for a version, or for two of them by weight."""

import msgspec

from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.lambda_.function import Function


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """An alias. ``weights`` are the shares of further versions, between 0 and 1."""

    name: str
    version: str
    description: str
    revision_id: str
    weights: dict[str, float] = {}

    @property
    def versions(self) -> set[str]:
        """The versions that it stands for."""
        return {self.version, *self.weights}

    def pick(self, dice: float) -> str:
        """Answer a version for a number below one."""
        for version, weight in self.weights.items():
            if dice < weight:
                return version
            dice -= weight
        return self.version


ALIASES = Rows("lambda/aliases", Alias)


def alias_of(transaction: Transaction, function: Function, name: str) -> Alias | None:
    """Answer an alias of a function, or None."""
    return ALIASES.get(transaction, f"{function.key}/{name}")


def aliases_of(transaction: Transaction, function: Function) -> list[Alias]:
    """Answer all aliases of a function."""
    return [alias for _, alias in ALIASES.scan(transaction, f"{function.key}/")]


def drop_aliases(transaction: Transaction, function: Function) -> None:
    """Stage the removal of all aliases of a function."""
    for alias in aliases_of(transaction, function):
        ALIASES.delete(transaction, f"{function.key}/{alias.name}")
