"""ALTER, DROP, MSCK, SHOW and DESCRIBE, in Hive's grammar."""

from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.hive_create import column_definitions
from tailrace.athena.syntax.hive_type import hive_name, hive_properties, hive_qualified, hive_string
from tailrace.athena.syntax.problem import Unsupported
from tailrace.athena.syntax.query_tree import QualifiedName
from tailrace.athena.syntax.statement_tree import (
    AddColumns,
    AddPartitions,
    AlterDatabase,
    Describe,
    DropDatabase,
    DropPartitions,
    DropTable,
    DropView,
    PartitionSpec,
    RenamePartition,
    RepairTable,
    ReplaceColumns,
    SetLocation,
    SetProperties,
    ShowColumns,
    ShowCreate,
    ShowDatabases,
    ShowPartitions,
    ShowProperties,
    ShowTables,
    Statement,
)
from tailrace.athena.syntax.token import unquoted

_COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
_REFUSED = "Queries of this type are not supported"


def alter(cursor: Cursor) -> Statement:
    """Read an ALTER statement."""
    cursor.need("ALTER")
    if cursor.takes("DATABASE") or cursor.takes("SCHEMA"):
        database = hive_name(cursor).lower
        cursor.need("SET", "DBPROPERTIES")
        return AlterDatabase(database, hive_properties(cursor))
    cursor.need("TABLE")
    name = hive_qualified(cursor)
    if cursor.takes("ADD"):
        return _add(cursor, name)
    if cursor.takes("DROP"):
        if cursor.sees("COLUMN", "COLUMNS"):
            raise Unsupported(_REFUSED)
        return _drop_partitions(cursor, name)
    if cursor.takes("REPLACE", "COLUMNS"):
        return ReplaceColumns(name, column_definitions(cursor))
    if cursor.takes("SET"):
        return _set(cursor, name, None)
    if cursor.sees("RENAME", "CHANGE"):
        raise Unsupported(_REFUSED)
    partition = _partition(cursor)
    if cursor.takes("RENAME", "TO"):
        return RenamePartition(name, partition, _partition(cursor))
    cursor.need("SET")
    return _set(cursor, name, partition)


def _add(cursor: Cursor, name: QualifiedName) -> Statement:
    if cursor.takes("COLUMNS"):
        return AddColumns(name, column_definitions(cursor))
    if_not_exists = cursor.takes("IF", "NOT", "EXISTS")
    partitions: list[tuple[PartitionSpec, str | None]] = []
    while not partitions or cursor.sees("PARTITION"):
        partition = _partition(cursor)
        partitions.append((partition, hive_string(cursor) if cursor.takes("LOCATION") else None))
        cursor.takes(",")
    return AddPartitions(name, if_not_exists, tuple(partitions))


def _drop_partitions(cursor: Cursor, name: QualifiedName) -> Statement:
    if_exists = cursor.takes("IF", "EXISTS")
    partitions = [_conditions(cursor)]
    while cursor.takes(","):
        partitions.append(_conditions(cursor))
    cursor.takes("PURGE")
    return DropPartitions(name, if_exists, tuple(partitions))


def _set(cursor: Cursor, name: QualifiedName, partition: PartitionSpec | None) -> Statement:
    if cursor.takes("LOCATION"):
        return SetLocation(name, partition, hive_string(cursor))
    cursor.need("TBLPROPERTIES")
    return SetProperties(name, hive_properties(cursor))


def _partition(cursor: Cursor) -> PartitionSpec:
    return {key: value for key, _, value in _conditions(cursor)}


def _conditions(cursor: Cursor) -> tuple[tuple[str, str, str], ...]:
    cursor.need("PARTITION", "(")
    found = []
    while True:
        key = hive_name(cursor).lower
        if not cursor.sees(*_COMPARISONS):
            raise cursor.mismatch()
        operator = cursor.next().text
        cursor.takes("DATE") or cursor.takes("TIMESTAMP")
        sign = "-" if cursor.takes("-") else ""
        value = cursor.need_kind("string", "quoted", "integer", "decimal", "double", label="constant")
        found.append((key, "<>" if operator == "!=" else operator, sign + unquoted(value)))
        if not cursor.takes(","):
            break
    cursor.need(")")
    return tuple(found)


def drop(cursor: Cursor) -> Statement:
    """Read a DROP statement."""
    cursor.need("DROP")
    if cursor.takes("DATABASE") or cursor.takes("SCHEMA"):
        if_exists = cursor.takes("IF", "EXISTS")
        database = hive_name(cursor).lower
        cascade = cursor.takes("CASCADE")
        if not cascade:
            cursor.takes("RESTRICT")
        return DropDatabase(database, if_exists, cascade)
    if cursor.takes("VIEW"):
        if_exists = cursor.takes("IF", "EXISTS")
        return DropView(hive_qualified(cursor), if_exists)
    cursor.need("TABLE")
    if_exists = cursor.takes("IF", "EXISTS")
    name = hive_qualified(cursor)
    cursor.takes("PURGE")
    return DropTable(name, if_exists)


def repair(cursor: Cursor) -> Statement:
    """Read MSCK [REPAIR] TABLE."""
    cursor.need("MSCK")
    cursor.need("REPAIR")
    cursor.need("TABLE")
    return RepairTable(hive_qualified(cursor))


def show(cursor: Cursor) -> Statement:
    """Read a SHOW statement."""
    cursor.need("SHOW")
    if cursor.takes("DATABASES") or cursor.takes("SCHEMAS"):
        return ShowDatabases(_pattern(cursor))
    if cursor.sees("TABLES", "VIEWS"):
        views = cursor.next().upper == "VIEWS"
        database = hive_name(cursor).lower if cursor.takes("IN") or cursor.takes("FROM") else None
        return ShowTables(views, database, _pattern(cursor))
    if cursor.takes("COLUMNS"):
        return _show_columns(cursor)
    if cursor.takes("PARTITIONS"):
        return ShowPartitions(hive_qualified(cursor))
    if cursor.takes("CREATE"):
        if not cursor.sees("TABLE", "VIEW"):
            raise cursor.mismatch()
        return ShowCreate(cursor.next().upper == "VIEW", hive_qualified(cursor))
    if cursor.takes("TBLPROPERTIES"):
        name = hive_qualified(cursor)
        key = None
        if cursor.takes("("):
            key = hive_string(cursor)
            cursor.need(")")
        return ShowProperties(name, key)
    if cursor.token.kind == "word":
        raise Unsupported(_REFUSED)
    raise cursor.mismatch()


def _show_columns(cursor: Cursor) -> Statement:
    if not cursor.takes("IN"):
        cursor.need("FROM")
    name = hive_qualified(cursor)
    if cursor.takes("IN") or cursor.takes("FROM"):
        name = QualifiedName(name.at, (hive_name(cursor), *name.parts))
    return ShowColumns(name)


def _pattern(cursor: Cursor) -> str | None:
    liked = cursor.takes("LIKE")
    if liked or cursor.token.kind in ("string", "quoted"):
        return hive_string(cursor)
    return None


def describe(cursor: Cursor) -> Statement:
    """Read DESCRIBE [EXTENDED | FORMATTED] table [PARTITION (…)] [column]."""
    if not cursor.takes("DESC"):
        cursor.need("DESCRIBE")
    mode = cursor.next().upper if cursor.sees("EXTENDED", "FORMATTED") else None
    if cursor.sees("DATABASE", "SCHEMA", "INPUT", "OUTPUT") and cursor.ahead().kind in ("word", "backquoted"):
        raise Unsupported(_REFUSED)
    name = hive_qualified(cursor)
    partition = _partition(cursor) if cursor.sees("PARTITION") else None
    column = hive_name(cursor).lower if cursor.token.kind in ("word", "backquoted") else None
    return Describe(name, mode, partition, column)
