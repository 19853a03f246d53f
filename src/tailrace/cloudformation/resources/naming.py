"""Physical names: the template's own, or the stack's and the resource's with a random end."""

import random
import string
from dataclasses import dataclass
from typing import Any

_LETTERS = string.ascii_uppercase + string.digits
_RANDOM_CHARS = 12


@dataclass(frozen=True, slots=True)
class Naming:
    """Which property holds a resource's name, and what a name may be."""

    property: str
    chars_max: int
    lower: bool = False
    separator: str = "-"
    suffix: str = ""

    def custom(self, properties: dict[str, Any]) -> str | None:
        """Answer the name that the template gives, if it does."""
        value: Any = properties
        for part in self.property.split("/"):
            value = value.get(part) if isinstance(value, dict) else None
        return None if value is None else str(value)


def generated(
    stack_name: str, logical_id: str, dice: random.Random, naming: Naming | None = None, suffix: str = ""
) -> str:
    """Answer a new name: ``stack-Logical-1A2B3C4D5E6F``, cut to what the type allows; the random end is never cut."""
    rules = naming or Naming("", 255)
    end = rules.separator + "".join(dice.choices(_LETTERS, k=_RANDOM_CHARS)) + suffix
    parts = f"{stack_name}{rules.separator}{logical_id}"
    if rules.separator != "-":
        parts = parts.replace("-", rules.separator)
    room = rules.chars_max - len(end)
    if len(parts) > room:
        # Both parts stay recognisable.
        stack, logical = stack_name, logical_id
        kept = (room - 1) // 2
        parts = f"{stack[: room - 1 - min(len(logical), kept)]}{rules.separator}{logical[:kept]}"[:room]
    name = parts + end
    return name.lower() if rules.lower else name
