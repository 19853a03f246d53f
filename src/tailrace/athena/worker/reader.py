"""What a reader of files is given, and how it answers: SELECTs with the columns of the scan in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from tailrace.athena.analysis.type import Type, physical
from tailrace.athena.analysis.type_reading import UnsupportedHiveType, hive_type
from tailrace.athena.functions.times import literal
from tailrace.athena.worker.compression import codec_of, unpack
from tailrace.athena.worker.connection import Connection
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.athena.worker.scan_plan import ColumnToRead, FileToRead, Group, ScanPlan

_HIDDEN = {
    "$path": "{0}",
    "$file_size": "CAST({0} AS BIGINT)",
    "$file_modified_time": "struct_pack(t := make_timestamp(CAST({0} AS BIGINT) * 1000), z := 'UTC')",
    "$partition": "{0}",
}


class LocalFile(msgspec.Struct, frozen=True):
    """A file as DuckDB reads it: perhaps unpacked, or written anew."""

    path: str
    source: FileToRead


class Ways(msgspec.Struct):
    """What has to be read in another way than the quickest, as it turned out: some files anew, with room for more."""

    rewritten: set[str] = msgspec.field(default_factory=set)
    large_objects: bool = False


class Reading(msgspec.Struct, frozen=True):
    """One group of a scan being read. ``keep`` keeps paths for the query and answers the SQL of their list."""

    plan: ScanPlan
    group: Group
    connection: Connection
    folder: Callable[[], Path]
    keep: Callable[[Sequence[str]], str]
    ways: Ways

    @property
    def parameters(self) -> Mapping[str, str]:
        """The SerDe's parameters and the table's."""
        return self.group.parameters

    def wanted(self) -> list[tuple[ColumnToRead, Type]]:
        """Answer the columns that the query reads, with their types."""
        used = set(self.plan.used)
        return [(column, self.type_of(column)) for column in self.group.columns if column.index in used]

    def type_of(self, column: ColumnToRead) -> Type:
        """Answer a column's type. QueryFailure when Athena doesn't know it."""
        try:
            return hive_type(column.type)
        except UnsupportedHiveType as error:
            raise QueryFailure(f"NOT_SUPPORTED: Unsupported Hive type: {column.type}") from error

    def by_codec(self) -> dict[str, list[LocalFile]]:
        """Answer the files by DuckDB's name of their compression; those it does not know are unpacked first."""
        found: dict[str, list[LocalFile]] = {}
        for file in self.group.files:
            codec = codec_of(file.uri)
            path = file.path
            if codec == "other":
                target = self.new_path()
                unpack(file.path, file.uri, target)
                codec, path = "none", str(target)
            found.setdefault(codec, []).append(LocalFile(path, file))
        return found

    def new_path(self) -> Path:
        """Answer a path in the query's folder that nothing uses."""
        folder = self.folder()
        return folder / str(len(list(folder.iterdir())))

    def paths(self, files: Sequence[LocalFile]) -> str:
        """Answer the list of paths that a DuckDB reader takes."""
        return self.keep([file.path for file in files])

    def select(self, reader: str, columns: Mapping[int, str], files: Sequence[LocalFile]) -> str:
        """Answer the rows of a reader, which is named ``r``; ``columns`` are SQL by index in the scan."""
        sources = [file.source for file in files]
        keys, hidden = self._attached()
        if not keys and not hidden:
            return _select(columns, f"{reader} AS r")
        if len(sources) == 1 or (not hidden and len({file.partition for file in sources}) == 1):
            cells = self._cells(sources[0], keys, hidden)
            return _select({**columns, **_from(cells, keys, hidden)}, f"{reader} AS r")
        names = [f"v{place}" for place in range(len(keys) + len(hidden))]
        made = _from([f"f.{name}" for name in names], keys, hidden)
        rows = ", ".join(
            f"({', '.join([str(place), *self._cells(file, keys, hidden)])})" for place, file in enumerate(sources)
        )
        table = f"(VALUES {rows}) AS f(i, {', '.join(names)})"
        return _select({**columns, **made}, f"{reader} AS r JOIN {table} ON r.file_index = f.i")

    def _attached(self) -> tuple[list[tuple[int, ColumnToRead]], list[tuple[str, int]]]:
        used = set(self.plan.used)
        keys = [(place, key) for place, key in enumerate(self.plan.keys) if key.index in used]
        return keys, [(name, index) for name, index in self.plan.hidden.items() if index in used]

    def _cells(
        self, file: FileToRead, keys: list[tuple[int, ColumnToRead]], hidden: list[tuple[str, int]]
    ) -> list[str]:
        values = self.plan.partitions[file.partition] if self.plan.partitions else ()
        pairs = "/".join(f"{key.name}={value}" for key, value in zip(self.plan.keys, values, strict=False))
        facts = {
            "$path": literal(file.uri),
            "$file_size": str(file.size),
            "$file_modified_time": str(file.modified_ms),
            "$partition": literal(pairs),
        }
        return [*(text(values[place]) for place, _ in keys), *(facts[name] for name, _ in hidden)]


def _from(cells: Sequence[str], keys: list[tuple[int, ColumnToRead]], hidden: list[tuple[str, int]]) -> dict[int, str]:
    made = {key.index: key_sql(cell, hive_type(key.type)) for cell, (_, key) in zip(cells, keys, strict=False)}
    for cell, (name, index) in zip(cells[len(keys) :], hidden, strict=True):
        made[index] = _HIDDEN[name].format(cell)
    return made


def _select(columns: Mapping[int, str], source: str) -> str:
    listed = [f"{columns[index]} AS c{index}" for index in sorted(columns)] or ["1 AS nothing"]
    return f"SELECT {', '.join(listed)} FROM {source}"


def text(value: str | None) -> str:
    """Answer a string or NULL as SQL."""
    return "NULL" if value is None else literal(value)


def key_sql(sql: str, type_: Type) -> str:
    """Answer a partition's value, given as SQL of its text, as the key's type."""
    if type_.base in ("varchar", "char"):
        return f"CAST({sql} AS VARCHAR)"
    return f"TRY_CAST({sql} AS {physical(type_)})"


def nothing(plan: ScanPlan) -> str:
    """Answer a scan without rows."""
    used = set(plan.used)
    types = {column.index: _known(column.type) for column in (*plan.columns, *plan.keys)}
    columns = {index: f"CAST(NULL AS {physical(type_)})" for index, type_ in types.items() if index in used}
    for name, index in plan.hidden.items():
        if index in used:
            columns[index] = _HIDDEN[name].format("CAST(NULL AS VARCHAR)")
    return _select(columns, "(SELECT 1) AS r WHERE false")


def _known(name: str) -> Type:
    try:
        return hive_type(name)
    except UnsupportedHiveType:
        return Type("varchar")
