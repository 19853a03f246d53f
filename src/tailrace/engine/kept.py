"""Results that are kept by the text they were made from: many of short texts, few of long ones.

What users write may be long and always new; so what is kept of it is bounded in size, not in number alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

MakeT = TypeVar("MakeT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Kept:
    """A decorator of functions of a text: so many results are kept for texts of up to a length, so many for others."""

    short: int
    long: int
    short_chars: int

    def __call__(self, make: MakeT) -> MakeT:
        """Keep what a function makes of its first argument, the text. Its other arguments must be hashable too."""
        of_short, of_long = lru_cache(maxsize=self.short)(make), lru_cache(maxsize=self.long)(make)

        @wraps(make)
        def find(text: str, *more: Any) -> Any:
            return (of_short if len(text) <= self.short_chars else of_long)(text, *more)

        return cast(MakeT, find)
