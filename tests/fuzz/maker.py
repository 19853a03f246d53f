"""Parameters of requests from botocore's model: made anew, or a good request with something odd in it."""

import copy
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from fuzz import values
from fuzz.names import Names
from fuzz.operations import Subject

DEPTH_MAX = 5
_NAMED = 0.05  # how often what the others need is named where things are removed
_DESTRUCTIVE = re.compile("Delete|Stop|Remove|Detach|Disable|Deregister")
_CARRIER = re.compile("(Name|Url|Ids?|Arn|ARN)$")

Place = tuple[Any, Any, str, Shape]  # what holds it, its key there, the member's name, its shape


class Maker:
    """Makes parameters.

    ``wrong`` mixes in values of other types. How odd the values are is drawn anew for each request: those that are
    all odd end at the first check, those with one odd value get far.
    """

    def __init__(self, dice: random.Random, names: Names, *, wrong: bool = False) -> None:
        self._dice = dice
        self._names = names
        self._wrong = wrong
        self._service = ""
        self._removed: str | None = None
        self._odd = self._optional = 0.0

    def made(self, subject: Subject) -> dict[str, Any]:
        """Answer parameters made from nothing."""
        self._begin(subject)
        shape = subject.model.input_shape
        return self._structure(shape, 0) if shape is not None else {}

    def changed(self, subject: Subject, good: dict[str, Any]) -> dict[str, Any]:
        """Answer good parameters with one to three things about them changed."""
        self._begin(subject)
        params = copy.deepcopy(good)
        shape = subject.model.input_shape
        if shape is None:
            return params
        for holder, key, name, leaf in list(_places(params, shape)):
            if isinstance(leaf, StringShape) and isinstance(holder[key], str) and self._dice.random() < 0.2:
                holder[key] = self._known(name, leaf) or holder[key]
        for _ in range(self._dice.choice((0, 1, 1, 1, 2, 3))):
            self._change(params, shape)
        return params

    def _begin(self, subject: Subject) -> None:
        self._odd = self._dice.choice((0.0, 0.03, 0.15, 0.6))
        self._optional = self._dice.choice((0.05, 0.2, 0.5))
        self._service = subject.service
        destructive = _DESTRUCTIVE.match(subject.name)
        self._removed = subject.name[destructive.end() :] if destructive else None

    def _change(self, params: dict[str, Any], shape: StructureShape) -> None:
        dice = self._dice
        places = [(params, None, "", shape), *_places(params, shape)]
        holder, key, name, found = dice.choice(places)
        value = holder if key is None else holder[key]
        match dice.choice(("odd", "odd", "drop", "more", "more", "wrong", "again")):
            case "more" if isinstance(found, StructureShape) and isinstance(value, dict) and found.members:
                member = dice.choice(list(found.members))
                value[member] = self._value(member, found.members[member], 3)
            case "again" if isinstance(found, ListShape) and isinstance(value, list) and value:
                value.extend(copy.deepcopy(value[:1]) * dice.choice((1, 1, 30)))
            case _ if key is None:
                return
            case "drop":
                del holder[key]
            case "wrong" if self._wrong:
                holder[key] = self._one_of(values.WRONG)
            case _:
                self._odd = 1.0
                holder[key] = self._value(name, found, 3)
                self._odd = 0.0

    def _value(self, name: str, shape: Shape, depth: int) -> Any:
        dice = self._dice
        if self._wrong and dice.random() < 0.1:
            return self._one_of(values.WRONG)
        if shape.name == "AttributeValue":
            return self._one_of(values.ATTRIBUTES)
        if isinstance(shape, StructureShape):
            return self._structure(shape, depth + 1)
        if isinstance(shape, ListShape):
            return [self._value(name, shape.member, depth + 1) for _ in range(self._length(shape, depth))]
        if isinstance(shape, MapShape):
            return self._map(name, shape, depth)
        if isinstance(shape, StringShape) or shape.type_name in ("string", "character"):
            return self._text(name, shape)
        return self._scalar(shape)

    def _one_of(self, choices: Sequence[Any]) -> Any:
        """Answer one that is nobody else's: what is made is changed later."""
        return copy.deepcopy(self._dice.choice(choices))

    def _map(self, name: str, shape: MapShape, depth: int) -> Any:
        dice = self._dice
        if name in values.MAPS and dice.random() > self._odd:
            return dict(values.MAPS[name])
        if shape.value.name == "AttributeValue" and dice.random() > self._odd:
            return {
                "id": {"S": dice.choice("abc")},
                **({} if "Key" in name else {"v": self._one_of(values.ATTRIBUTES)}),
            }
        entries = range(self._length(shape, depth))
        return {self._text("", shape.key): self._value(name, shape.value, depth + 1) for _ in entries}

    def _scalar(self, shape: Shape) -> Any:
        dice, odd = self._dice, self._dice.random() < self._odd
        match shape.type_name:
            case "boolean":
                return dice.random() < 0.5
            case "integer" | "long" | "short" | "byte":
                least, most = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 1000))
                known = (*values.ODD_NUMBERS, least - 1, most + 1)
                return dice.choice(known) if odd else dice.randint(least, max(least, most))
            case "timestamp":
                return dice.choice(values.ODD_INSTANTS if odd else values.INSTANTS)
            case "blob":
                return dice.choice(values.ODD_BLOBS) if odd else b"{}"
            case _:
                return dice.choice(values.ODD_FLOATS) if odd else 1.5

    def _text(self, name: str, shape: Shape) -> str:
        dice, odd = self._dice, self._dice.random() < self._odd
        enum = getattr(shape, "enum", None)
        least, most = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 2000))
        if odd:
            size = dice.choice((least, max(least - 1, 0), min(most, 70_000), min(most + 1, 70_000)))
            return "x" * size if dice.random() < 0.2 else dice.choice(values.ODD_TEXTS)
        if dice.random() < 0.9 and (known := self._known(name, shape)) is not None:
            return known
        if enum:
            return str(dice.choice(enum))
        if "Expression" in name:
            return dice.choice(values.EXPRESSIONS)
        fitting = _fitting(str(shape.metadata.get("pattern", "")), least, most)
        return dice.choice(fitting) if fitting else "x" * max(least, 1)

    def _known(self, name: str, shape: Shape) -> str | None:
        is_removed = self._removed is not None and _CARRIER.sub("", name) in ("", self._removed)
        if is_removed and self._dice.random() > _NAMED:
            return None
        return self._names.choose(self._dice, self._service, name, shape)

    def _length(self, shape: Shape, depth: int) -> int:
        least, most = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 1000))
        if depth >= DEPTH_MAX:
            return least
        if self._dice.random() < self._odd:
            return self._dice.choice((0, max(least - 1, 0), min(most + 1, 150) if depth < 2 else 2))
        return min(max(self._dice.choice((0, 1, 1, 1, 2, 3)), least), max(most, least), 30)

    def _structure(self, shape: StructureShape, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        chosen = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            chosen = [self._dice.choice(chosen)]
        optional = self._optional if depth < DEPTH_MAX else 0.0
        for name in chosen:
            needed = name in shape.required_members or len(chosen) == 1
            if self._dice.random() < (1.0 - self._odd / 4 if needed else optional):
                made[name] = self._value(name, shape.members[name], depth)
        if "WaitTimeSeconds" in made:
            made["WaitTimeSeconds"] = self._dice.choice((0, -1, 10**6))  # waiting is what it is for
        return made


def _places(value: Any, shape: Shape, name: str = "") -> Iterator[Place]:
    """Answer all places below a value that its shape knows."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for member in list(value):
            if member in shape.members:
                yield value, member, member, shape.members[member]
                yield from _places(value[member], shape.members[member], member)
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key in list(value):
            yield value, key, name, shape.value
            yield from _places(value[key], shape.value, name)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for at, each in enumerate(list(value)):
            yield value, at, name, shape.member
            yield from _places(each, shape.member, name)


@cache
def _fitting(pattern: str, least: int, most: int) -> tuple[str, ...]:
    """Answer texts that a string's constraints allow."""
    try:
        fits = re.compile(pattern).fullmatch if pattern else re.compile(r"[\s\S]*").fullmatch
    except re.error:
        return ()
    return tuple(text for text in values.PLAUSIBLE if least <= len(text) <= most and fits(text))
