"""The tree of a statement other than a bare query. Type texts are Hive's, as the catalog keeps them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tailrace.athena.syntax.query_tree import QualifiedName, Query
from tailrace.athena.syntax.token import Position
from tailrace.athena.syntax.tree import Expression, Name

PartitionSpec = Mapping[str, str]


class QueryStatement(msgspec.Struct, frozen=True):
    """SELECT and its like."""

    query: Query


class CreateTableAs(msgspec.Struct, frozen=True):
    """CREATE TABLE … [WITH (…)] AS query."""

    name: QualifiedName
    if_not_exists: bool
    properties: Mapping[str, Expression]
    query: Query
    with_data: bool


class CreateView(msgspec.Struct, frozen=True):
    """CREATE [OR REPLACE] VIEW name AS query; ``text`` is the query as written."""

    name: QualifiedName
    replace: bool
    query: Query
    text: str


class DropView(msgspec.Struct, frozen=True):
    """DROP VIEW [IF EXISTS] name."""

    name: QualifiedName
    if_exists: bool


class InsertInto(msgspec.Struct, frozen=True):
    """INSERT INTO name [(a, b)] query."""

    name: QualifiedName
    columns: tuple[Name, ...]
    query: Query


class Unload(msgspec.Struct, frozen=True):
    """UNLOAD (query) TO 's3://…' WITH (…)."""

    query: Query
    location: str
    properties: Mapping[str, Expression]


class Explain(msgspec.Struct, frozen=True):
    """EXPLAIN [ANALYZE] [(…)] query."""

    query: Query
    analyze: bool
    options: Mapping[str, str]


class Prepare(msgspec.Struct, frozen=True):
    """PREPARE name FROM statement."""

    name: str
    text: str


class Execute(msgspec.Struct, frozen=True):
    """EXECUTE name [USING a, b]; ``texts`` are the parameters as written."""

    name: str
    texts: tuple[str, ...]


class Deallocate(msgspec.Struct, frozen=True):
    """DEALLOCATE PREPARE name."""

    name: str


class ColumnDefinition(msgspec.Struct, frozen=True):
    """One column of a Hive table."""

    name: str
    type: str
    comment: str | None


class RowFormat(msgspec.Struct, frozen=True):
    """ROW FORMAT SERDE: the class and its properties; DELIMITED is LazySimpleSerDe's."""

    serde: str
    properties: Mapping[str, str]


class CreateTable(msgspec.Struct, frozen=True):
    """CREATE EXTERNAL TABLE."""

    name: QualifiedName
    external: bool
    if_not_exists: bool
    columns: tuple[ColumnDefinition, ...]
    partition_keys: tuple[ColumnDefinition, ...]
    comment: str | None = None
    bucket_columns: tuple[str, ...] = ()
    bucket_count: int = -1
    row_format: RowFormat | None = None
    input_format: str | None = None
    output_format: str | None = None
    default_serde: str | None = None
    location: str | None = None
    properties: Mapping[str, str] = msgspec.field(default_factory=dict)


class CreateDatabase(msgspec.Struct, frozen=True):
    """CREATE DATABASE | SCHEMA."""

    name: str
    if_not_exists: bool
    comment: str | None
    location: str | None
    properties: Mapping[str, str]


class DropDatabase(msgspec.Struct, frozen=True):
    """DROP DATABASE | SCHEMA."""

    name: str
    if_exists: bool
    cascade: bool


class AlterDatabase(msgspec.Struct, frozen=True):
    """ALTER DATABASE … SET DBPROPERTIES."""

    name: str
    properties: Mapping[str, str]


class DropTable(msgspec.Struct, frozen=True):
    """DROP TABLE."""

    name: QualifiedName
    if_exists: bool


class AddPartitions(msgspec.Struct, frozen=True):
    """ALTER TABLE … ADD PARTITION … [LOCATION …]."""

    name: QualifiedName
    if_not_exists: bool
    partitions: tuple[tuple[PartitionSpec, str | None], ...]


class DropPartitions(msgspec.Struct, frozen=True):
    """ALTER TABLE … DROP PARTITION …; each condition is (key, operator, value)."""

    name: QualifiedName
    if_exists: bool
    partitions: tuple[tuple[tuple[str, str, str], ...], ...]


class RenamePartition(msgspec.Struct, frozen=True):
    """ALTER TABLE … PARTITION … RENAME TO PARTITION …"""

    name: QualifiedName
    partition: PartitionSpec
    target: PartitionSpec


class SetLocation(msgspec.Struct, frozen=True):
    """ALTER TABLE … [PARTITION …] SET LOCATION …"""

    name: QualifiedName
    partition: PartitionSpec | None
    location: str


class SetProperties(msgspec.Struct, frozen=True):
    """ALTER TABLE … SET TBLPROPERTIES …"""

    name: QualifiedName
    properties: Mapping[str, str]


class AddColumns(msgspec.Struct, frozen=True):
    """ALTER TABLE … ADD COLUMNS …"""

    name: QualifiedName
    columns: tuple[ColumnDefinition, ...]


class ReplaceColumns(msgspec.Struct, frozen=True):
    """ALTER TABLE … REPLACE COLUMNS …"""

    name: QualifiedName
    columns: tuple[ColumnDefinition, ...]


class RepairTable(msgspec.Struct, frozen=True):
    """MSCK REPAIR TABLE."""

    name: QualifiedName


class ShowDatabases(msgspec.Struct, frozen=True):
    """SHOW DATABASES | SCHEMAS [LIKE 'regex']."""

    pattern: str | None


class ShowTables(msgspec.Struct, frozen=True):
    """SHOW TABLES | VIEWS [IN database] ['regex']."""

    views: bool
    database: str | None
    pattern: str | None


class ShowColumns(msgspec.Struct, frozen=True):
    """SHOW COLUMNS IN table."""

    name: QualifiedName


class ShowPartitions(msgspec.Struct, frozen=True):
    """SHOW PARTITIONS table."""

    name: QualifiedName


class ShowCreate(msgspec.Struct, frozen=True):
    """SHOW CREATE TABLE | VIEW."""

    view: bool
    name: QualifiedName


class ShowProperties(msgspec.Struct, frozen=True):
    """SHOW TBLPROPERTIES table [('key')]."""

    name: QualifiedName
    key: str | None


class Describe(msgspec.Struct, frozen=True):
    """DESCRIBE [EXTENDED | FORMATTED] table [column]; ``partition`` when one is named."""

    name: QualifiedName
    mode: str | None
    partition: PartitionSpec | None
    column: str | None


Statement = (
    QueryStatement
    | CreateTableAs
    | CreateView
    | DropView
    | InsertInto
    | Unload
    | Explain
    | Prepare
    | Execute
    | Deallocate
    | CreateTable
    | CreateDatabase
    | DropDatabase
    | AlterDatabase
    | DropTable
    | AddPartitions
    | DropPartitions
    | RenamePartition
    | SetLocation
    | SetProperties
    | AddColumns
    | ReplaceColumns
    | RepairTable
    | ShowDatabases
    | ShowTables
    | ShowColumns
    | ShowPartitions
    | ShowCreate
    | ShowProperties
    | Describe
)


class Parsed(msgspec.Struct, frozen=True):
    """A statement and how many question marks it has."""

    statement: Statement
    parameters: int
    parameter_at: Position
