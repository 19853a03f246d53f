"""The tree of a statement other than a bare query. Type texts are Hive's, as the catalog keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tailrace.athena.syntax.query_tree import QualifiedName, Query
from tailrace.athena.syntax.token import Position
from tailrace.athena.syntax.tree import Expression, Name

PartitionSpec = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class QueryStatement:
    """SELECT and its like."""

    query: Query


@dataclass(frozen=True, slots=True)
class CreateTableAs:
    """CREATE TABLE … [WITH (…)] AS query."""

    name: QualifiedName
    if_not_exists: bool
    properties: Mapping[str, Expression]
    query: Query
    with_data: bool


@dataclass(frozen=True, slots=True)
class CreateView:
    """CREATE [OR REPLACE] VIEW name AS query; ``text`` is the query as written."""

    name: QualifiedName
    replace: bool
    query: Query
    text: str


@dataclass(frozen=True, slots=True)
class DropView:
    """DROP VIEW [IF EXISTS] name."""

    name: QualifiedName
    if_exists: bool


@dataclass(frozen=True, slots=True)
class InsertInto:
    """INSERT INTO name [(a, b)] query."""

    name: QualifiedName
    columns: tuple[Name, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Unload:
    """UNLOAD (query) TO 's3://…' WITH (…)."""

    query: Query
    location: str
    properties: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Explain:
    """EXPLAIN [ANALYZE] [(…)] query."""

    query: Query
    analyze: bool
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Prepare:
    """PREPARE name FROM statement."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Execute:
    """EXECUTE name [USING a, b]; ``texts`` are the parameters as written."""

    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deallocate:
    """DEALLOCATE PREPARE name."""

    name: str


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """One column of a Hive table."""

    name: str
    type: str
    comment: str | None


@dataclass(frozen=True, slots=True)
class RowFormat:
    """ROW FORMAT SERDE: the class and its properties; DELIMITED is LazySimpleSerDe's."""

    serde: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CreateTable:
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
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreateDatabase:
    """CREATE DATABASE | SCHEMA."""

    name: str
    if_not_exists: bool
    comment: str | None
    location: str | None
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DropDatabase:
    """DROP DATABASE | SCHEMA."""

    name: str
    if_exists: bool
    cascade: bool


@dataclass(frozen=True, slots=True)
class AlterDatabase:
    """ALTER DATABASE … SET DBPROPERTIES."""

    name: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DropTable:
    """DROP TABLE."""

    name: QualifiedName
    if_exists: bool


@dataclass(frozen=True, slots=True)
class AddPartitions:
    """ALTER TABLE … ADD PARTITION … [LOCATION …]."""

    name: QualifiedName
    if_not_exists: bool
    partitions: tuple[tuple[PartitionSpec, str | None], ...]


@dataclass(frozen=True, slots=True)
class DropPartitions:
    """ALTER TABLE … DROP PARTITION …; each condition is (key, operator, value)."""

    name: QualifiedName
    if_exists: bool
    partitions: tuple[tuple[tuple[str, str, str], ...], ...]


@dataclass(frozen=True, slots=True)
class RenamePartition:
    """ALTER TABLE … PARTITION … RENAME TO PARTITION …"""

    name: QualifiedName
    partition: PartitionSpec
    target: PartitionSpec


@dataclass(frozen=True, slots=True)
class SetLocation:
    """ALTER TABLE … [PARTITION …] SET LOCATION …"""

    name: QualifiedName
    partition: PartitionSpec | None
    location: str


@dataclass(frozen=True, slots=True)
class SetProperties:
    """ALTER TABLE … SET TBLPROPERTIES …"""

    name: QualifiedName
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AddColumns:
    """ALTER TABLE … ADD COLUMNS …"""

    name: QualifiedName
    columns: tuple[ColumnDefinition, ...]


@dataclass(frozen=True, slots=True)
class ReplaceColumns:
    """ALTER TABLE … REPLACE COLUMNS …"""

    name: QualifiedName
    columns: tuple[ColumnDefinition, ...]


@dataclass(frozen=True, slots=True)
class RepairTable:
    """MSCK REPAIR TABLE."""

    name: QualifiedName


@dataclass(frozen=True, slots=True)
class ShowDatabases:
    """SHOW DATABASES | SCHEMAS [LIKE 'regex']."""

    pattern: str | None


@dataclass(frozen=True, slots=True)
class ShowTables:
    """SHOW TABLES | VIEWS [IN database] ['regex']."""

    views: bool
    database: str | None
    pattern: str | None


@dataclass(frozen=True, slots=True)
class ShowColumns:
    """SHOW COLUMNS IN table."""

    name: QualifiedName


@dataclass(frozen=True, slots=True)
class ShowPartitions:
    """SHOW PARTITIONS table."""

    name: QualifiedName


@dataclass(frozen=True, slots=True)
class ShowCreate:
    """SHOW CREATE TABLE | VIEW."""

    view: bool
    name: QualifiedName


@dataclass(frozen=True, slots=True)
class ShowProperties:
    """SHOW TBLPROPERTIES table [('key')]."""

    name: QualifiedName
    key: str | None


@dataclass(frozen=True, slots=True)
class Describe:
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


@dataclass(frozen=True, slots=True)
class Parsed:
    """A statement and how many question marks it has."""

    statement: Statement
    parameters: int
    parameter_at: Position
