"""A figure: what was measured, what it stands against in the same run, and the mark that it should meet."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    """A bound, of the figure's own value or of its ratio to its limit."""

    bound: float
    of_ratio: bool = False
    at_least: bool = False

    @classmethod
    def value_max(cls, bound: float) -> "Mark":
        """The value may be this much."""
        return cls(bound)

    @classmethod
    def ratio_max(cls, bound: float) -> "Mark":
        """The value may be this many times its limit."""
        return cls(bound, of_ratio=True)

    @classmethod
    def ratio_min(cls, bound: float) -> "Mark":
        """The value must be this many times its limit."""
        return cls(bound, of_ratio=True, at_least=True)

    def met(self, number: float) -> bool:
        """Answer whether a value, or a ratio, keeps to it."""
        return number >= self.bound if self.at_least else number <= self.bound

    def told(self, unit: str) -> str:
        """Answer it in words: 'ratio >= 0.30', '<= 25 ms'."""
        sign = ">=" if self.at_least else "<="
        return f"ratio {sign} {self.bound:.2f}" if self.of_ratio else f"{sign} {self.bound:,g} {unit}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing; its limit is in the same unit and of the same run.

    The ratio of the two travels from machine to machine, the value doesn't.
    """

    name: str
    value: float
    unit: str
    against: str = ""
    limit: float | None = None
    mark: Mark | None = None

    @property
    def ratio(self) -> float | None:
        """Answer the value as a multiple of its limit."""
        return self.value / self.limit if self.limit else None

    @property
    def met(self) -> bool | None:
        """Answer whether the mark is met; None of a figure that has none."""
        if self.mark is None:
            return None
        number = self.ratio if self.mark.of_ratio else self.value
        return number is not None and self.mark.met(number)

    def cells(self) -> tuple[str, str, str, str, str, str]:
        """Answer (name, value, limit in its unit, ratio, mark, whether met) as text; empty where there is none."""
        return (
            self.name,
            f"{number(self.value)} {self.unit}",
            "" if self.limit is None else f"{self.against} {number(self.limit)}",
            "" if self.ratio is None else number(self.ratio),
            "" if self.mark is None else self.mark.told(self.unit),
            {None: "", True: "met", False: "MISSED"}[self.met],
        )

    def line(self) -> str:
        """Answer it as a line of text."""
        name, value, limit, ratio, mark, met = self.cells()
        parts = (value, limit and f"{limit}, ratio {ratio}", mark and f"mark {mark}: {met}")
        return f"{name}: " + "; ".join(part for part in parts if part)

    def record(self) -> dict[str, Any]:
        """Answer it as an object of JSON, with what follows from it."""
        mark = self.mark and {"bound": self.mark.bound, "of_ratio": self.mark.of_ratio, "at_least": self.mark.at_least}
        found = {"name": self.name, "value": self.value, "unit": self.unit, "against": self.against}
        return {**found, "limit": self.limit, "ratio": self.ratio, "mark": mark, "met": self.met}

    @classmethod
    def of(cls, record: dict[str, Any]) -> "Figure":
        """Answer the figure that a record tells of."""
        plain = {name: record[name] for name in ("name", "value", "unit", "against", "limit")}
        return cls(**plain, mark=record["mark"] and Mark(**record["mark"]))


def number(value: float) -> str:
    """Answer a number with three digits that mean something."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
