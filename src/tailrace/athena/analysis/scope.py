"""What names mean in a place of a query: the fields of its relations, those of the queries around it, and the keys and
aggregates that an aggregation leaves to be seen.

Every column is written ``t<n>.c<m>`` in the SQL that is made, so what a piece of it reads can be found in its text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.type import Type
from tailrace.athena.syntax.token import Position

_COLUMN = re.compile(r"\bt\d+\.c\d+\b")


class Value(msgspec.Struct, frozen=True):
    """A piece of DuckDB's SQL and its type; ``constant`` is the text of a literal, ``names`` a lambda's variables."""

    sql: str
    type: Type
    constant: str | None = None
    names: tuple[str, ...] = ()

    def columns(self) -> set[str]:
        """Answer the columns that it reads, as written: ``t3.c1``."""
        return set(_COLUMN.findall(self.sql))


class Origin(msgspec.Struct, frozen=True):
    """The partition key of a scan that a field carries unchanged."""

    scan: int
    key: int


class Field(msgspec.Struct, frozen=True):
    """A column of a relation. ``qualifier`` are the names that may stand before it, outermost first; ``above`` when it
    is seen above an aggregation as it is."""

    name: str | None
    sql: str
    type: Type
    qualifier: tuple[str, ...] = ()
    hidden: bool = False
    origin: Origin | None = None
    above: bool = False

    def answers(self, qualifier: Sequence[str], name: str) -> bool:
        """Tell whether a name as written, in lower case, means this field."""
        if self.name != name:
            return False
        return not qualifier or tuple(qualifier) == self.qualifier[-len(qualifier) :]


class Grouping(msgspec.Struct):
    """An aggregation: its keys by their SQL over the source, and its aggregates by theirs."""

    source: Scope
    alias: str
    keys: dict[str, Value] = msgspec.field(default_factory=dict)
    key_fields: dict[str, Field] = msgspec.field(default_factory=dict)
    aggregates: dict[str, Value] = msgspec.field(default_factory=dict)

    def key(self, source: Value) -> Value | None:
        """Answer a key as it is seen above the aggregation."""
        return self.keys.get(source.sql)

    def aggregate(self, sql: str, type_: Type) -> Value:
        """Answer an aggregate as it is seen above, computing it once however often it is written."""
        if sql not in self.aggregates:
            self.aggregates[sql] = Value(f"{self.alias}.c{1000 + len(self.aggregates)}", type_)
        return self.aggregates[sql]


class Scope(msgspec.Struct, frozen=True):
    """The fields in sight, and the scope of the query around. ``grouping`` is set above an aggregation."""

    fields: tuple[Field, ...]
    parent: Scope | None = None
    grouping: Grouping | None = None

    def resolve(self, parts: Sequence[str], at: Position) -> Field | None:
        """Answer the field that a dotted name means, here or further out; None when there is none."""
        scope: Scope | None = self
        while scope is not None:
            found = [each for each in scope.fields if each.answers(parts[:-1], parts[-1])]
            if len(found) > 1:
                raise AnalysisProblem("AMBIGUOUS_NAME", at, f"Column '{'.'.join(parts)}' is ambiguous")
            if found:
                return scope.above(found[0], parts, at)
            scope = scope.parent
        return None

    def above(self, found: Field, parts: Sequence[str], at: Position) -> Field:
        """Answer a field as it is seen here: through the keys when an aggregation lies between."""
        if self.grouping is None or found.above:
            return found
        key = self.grouping.keys.get(found.sql)
        if key is None:
            text = f"'{'.'.join(parts)}' must be an aggregate expression or appear in GROUP BY clause"
            raise AnalysisProblem("EXPRESSION_NOT_AGGREGATE", at, text)
        return replace(found, sql=key.sql, type=key.type)

    def has_qualifier(self, qualifier: Sequence[str]) -> bool:
        """Tell whether a relation of that name is in sight."""
        return any(tuple(qualifier) == each.qualifier[-len(qualifier) :] for each in self.fields)
