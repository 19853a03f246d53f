"""Hive types as a crawler infers them: made of values, merged across records, compared, written out.

Scalars that don't agree become strings; int widens to bigint and to double; structs are united field by field.
"""

from collections.abc import Iterable, Mapping

import msgspec


class Scalar(msgspec.Struct, frozen=True, tag="scalar"):
    """A type without parts, by its Hive name."""

    name: str


class Array(msgspec.Struct, frozen=True, tag="array"):
    """A list."""

    element: "Type"


class Record(msgspec.Struct, frozen=True, tag="struct"):
    """A struct; names keep their case and the order in which they were seen."""

    fields: dict[str, "Type"]


class Map(msgspec.Struct, frozen=True, tag="map"):
    """A map."""

    key: "Type"
    value: "Type"


Type = Scalar | Array | Record | Map

NOTHING = Scalar("null")  # only nulls were seen
STRING, BOOLEAN = Scalar("string"), Scalar("boolean")
INT, BIGINT, DOUBLE = Scalar("int"), Scalar("bigint"), Scalar("double")

_INT_MAX = 2**31
_BIGINT_MAX = 2**63
_WIDER: dict[frozenset[Scalar], Scalar] = {
    frozenset((INT, BIGINT)): BIGINT,
    frozenset((INT, DOUBLE)): DOUBLE,
    frozenset((BIGINT, DOUBLE)): DOUBLE,
}
_OF_CLASS: dict[type, Type] = {str: STRING, float: DOUBLE, bool: BOOLEAN, type(None): NOTHING}


def type_of(value: object) -> Type:
    """Answer the type of a JSON value."""
    known = _OF_CLASS.get(type(value))
    if known is not None:
        return known
    if isinstance(value, int):
        return INT if -_INT_MAX <= value < _INT_MAX else BIGINT if -_BIGINT_MAX <= value < _BIGINT_MAX else DOUBLE
    if isinstance(value, dict):
        return Record({name: type_of(each) for name, each in value.items()})
    if isinstance(value, list):
        element: Type = NOTHING
        for each in value:
            element = merged(element, type_of(each))
        return Array(element)
    raise TypeError(f"JSON has no {type(value).__name__}")


def merged(first: Type, second: Type) -> Type:
    """Answer the type that holds the values of both."""
    if first == second or second == NOTHING:
        return first
    if first == NOTHING:
        return second
    if isinstance(first, Array) and isinstance(second, Array):
        return Array(merged(first.element, second.element))
    if isinstance(first, Record) and isinstance(second, Record):
        return Record(merged_fields(first.fields, second.fields))
    if isinstance(first, Map) and isinstance(second, Map):
        return Map(merged(first.key, second.key), merged(first.value, second.value))
    if isinstance(first, Scalar) and isinstance(second, Scalar):
        return _WIDER.get(frozenset((first, second)), STRING)
    return STRING


def merged_fields(first: Mapping[str, Type], second: Mapping[str, Type]) -> dict[str, Type]:
    """Answer the fields of both, those of the first first."""
    fields = dict(first)
    for name, each in second.items():
        known = fields.get(name)
        if known is not each:
            fields[name] = each if known is None else merged(known, each)
    return fields


def agree(first: Type, second: Type) -> bool:
    """Answer whether two types are the same or widen to one another, so that nothing becomes a string."""
    if NOTHING in (first, second) or first == second:
        return True
    if isinstance(first, Scalar) and isinstance(second, Scalar):
        return frozenset((first, second)) in _WIDER
    return type(first) is type(second)


def text(found: Type) -> str:
    """Answer a type as Hive writes it."""
    if isinstance(found, Scalar):
        return "string" if found == NOTHING else found.name
    if isinstance(found, Array):
        return f"array<{text(found.element)}>"
    if isinstance(found, Map):
        return f"map<{text(found.key)},{text(found.value)}>"
    if not found.fields:
        return "string"  # Hive has no struct without fields
    return f"struct<{','.join(f'{name}:{text(each)}' for name, each in found.fields.items())}>"


def similarity(schemas: Iterable[Mapping[str, Type]]) -> float:
    """Answer the least share of the columns of all schemas together that one of them has, from 0 to 1.

    AWS doesn't publish its measure; it asks for more than 0.7.
    """
    known = list(schemas)
    union: dict[str, Type] = {}
    for schema in known:
        for name, each in schema.items():
            if union.get(name, NOTHING) == NOTHING:
                union[name] = each
    if not union:
        return 1.0
    shared = (sum(agree(each, union[name]) for name, each in schema.items()) for schema in known)
    return min(shared) / len(union)
