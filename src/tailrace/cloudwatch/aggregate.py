"""What is kept of many values: count, sum, extremes, and a histogram from which percentiles are estimated.

The histogram's classes grow by a tenth each, so a percentile is right within five in a hundred.
"""

import math

import msgspec

_LOG_GROWTH = math.log(1.1)
_ZERO_CLASS = -(10**9)  # values too small for a class of their own, zero among them


class Aggregate(msgspec.Struct, array_like=True):
    """The values of one metric in one unit and one minute. ``classes`` is None once a value was negative."""

    count: float = 0.0
    total: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf
    classes: dict[int, float] | None = msgspec.field(default_factory=dict)

    def add(self, value: float, count: float = 1.0) -> None:
        """Take a value that came a number of times."""
        self.count += count
        self.total += value * count
        if value < self.minimum:
            self.minimum = value
        if value > self.maximum:
            self.maximum = value
        if self.classes is not None:
            if value < 0:
                self.classes = None
            else:
                index = math.floor(math.log(value) / _LOG_GROWTH) if value > 1e-9 else _ZERO_CLASS
                self.classes[index] = self.classes.get(index, 0.0) + count

    def add_set(self, count: float, total: float, minimum: float, maximum: float) -> None:
        """Take a statistic set; of a set of different values no percentile can be told any more."""
        self.count += count
        self.total += total
        self.minimum = min(self.minimum, minimum)
        self.maximum = max(self.maximum, maximum)
        self.classes = None

    def merge(self, other: "Aggregate") -> None:
        """Take all that another one has taken."""
        self.count += other.count
        self.total += other.total
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        if self.classes is not None and other.classes is not None:
            for index, count in other.classes.items():
                self.classes[index] = self.classes.get(index, 0.0) + count
        else:
            self.classes = None

    def statistic(self, name: str) -> float:
        """Answer SampleCount, Sum, Average, Minimum or Maximum."""
        match name:
            case "SampleCount":
                return self.count
            case "Sum":
                return self.total
            case "Average":
                return self.total / self.count if self.count else 0.0
            case "Minimum":
                return self.minimum
            case _:
                return self.maximum

    def percentile(self, percent: float) -> float | None:
        """Estimate a percentile; None when it can't be told."""
        if self.minimum == self.maximum:
            return self.minimum
        if self.classes is None or not self.count:
            return None
        wanted = self.count * percent / 100
        passed = 0.0
        for index in sorted(self.classes):
            share = self.classes[index]
            if passed + share >= wanted:
                low = 0.0 if index == _ZERO_CLASS else math.exp(index * _LOG_GROWTH)
                width = 0.0 if index == _ZERO_CLASS else low * 0.1
                estimate = low + width * max(wanted - passed, 0.0) / share
                return min(max(estimate, self.minimum), self.maximum)
            passed += share
        return self.maximum
