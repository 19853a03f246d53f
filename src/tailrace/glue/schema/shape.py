"""What was found out about one file, and what several files have in common."""

from collections.abc import Iterable, Sequence

import msgspec

from tailrace.glue.schema.hive_type import Type, merged

UNKNOWN = "UNKNOWN"
OPEN_CSV, LAZY_SIMPLE = "OpenCSVSerDe", "LazySimpleSerDe"


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A file's format and schema. ``settings`` are parameters of the format that must agree within a table.

    ``columns`` are by lower-case name; ``names`` are the names as they stand in the file; ``records`` is told of one
    file, and estimated when that is large.
    """

    classification: str
    compression: str = "none"
    columns: dict[str, Type] = {}
    names: tuple[str, ...] = ()
    records: int = 0
    settings: dict[str, str] = {}

    @property
    def kind(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """What must be equal for two files to lie in one table."""
        return self.classification, self.compression, tuple(sorted(self.settings.items()))


def united(shapes: Sequence[Shape]) -> Shape:
    """Answer the shape of files of one kind taken together: columns in the order in which they were seen."""
    if len(shapes) == 1:
        return shapes[0]
    shapes = list({id(shape): shape for shape in shapes}.values())
    columns: dict[str, Type] = {}
    names: dict[str, None] = {}
    for shape in shapes:
        add_columns(columns, shape.columns.items())
        names.update(dict.fromkeys(shape.names))
    return msgspec.structs.replace(shapes[0], columns=columns, names=tuple(names))


def add_columns(columns: dict[str, Type], more: Iterable[tuple[str, Type]]) -> None:
    """Add columns by lower-case name, merging the types of those with one name."""
    for name, found in more:
        lower = name.lower()
        known = columns.get(lower)
        columns[lower] = found if known is None else merged(known, found)
