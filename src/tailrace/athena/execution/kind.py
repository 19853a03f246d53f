"""What kind of statement a text is: the types that Athena tells, the suffix of its result, whether it can run again."""

from __future__ import annotations

from typing import Any

import msgspec

from tailrace.athena.syntax import statement_tree as tree


class Kind(msgspec.Struct, frozen=True):
    """StatementType and SubstatementType; ``suffix`` of the result's object. What only reads is ``repeatable``."""

    statement: str
    substatement: str
    suffix: str = ".txt"
    repeatable: bool = False


_DDL: dict[type[object], str] = {
    tree.CreateDatabase: "CREATE_DATABASE",
    tree.DropDatabase: "DROP_DATABASE",
    tree.AlterDatabase: "ALTER_DATABASE_SET_DBPROPERTIES",
    tree.CreateTable: "CREATE_TABLE",
    tree.DropTable: "DROP_TABLE",
    tree.CreateView: "CREATE_VIEW",
    tree.DropView: "DROP_VIEW",
    tree.AddPartitions: "ALTER_TABLE_ADD_PARTITION",
    tree.DropPartitions: "ALTER_TABLE_DROP_PARTITION",
    tree.RenamePartition: "ALTER_TABLE_RENAME_PARTITION",
    tree.SetLocation: "ALTER_TABLE_SET_LOCATION",
    tree.SetProperties: "ALTER_TABLE_SET_TBLPROPERTIES",
    tree.AddColumns: "ALTER_TABLE_ADD_COLUMNS",
    tree.ReplaceColumns: "ALTER_TABLE_REPLACE_COLUMNS",
    tree.RepairTable: "MSCK",
}
_UTILITY: dict[type[object], str] = {
    tree.ShowDatabases: "SHOW_DATABASES",
    tree.ShowColumns: "SHOW_COLUMNS",
    tree.ShowPartitions: "SHOW_PARTITIONS",
    tree.ShowProperties: "SHOW_TBLPROPERTIES",
    tree.Describe: "DESCRIBE_TABLE",
    tree.Explain: "EXPLAIN",
    tree.Prepare: "PREPARE",
    tree.Deallocate: "DEALLOCATE",
}
_DML: dict[type[object], Kind] = {
    tree.QueryStatement: Kind("DML", "SELECT", ".csv", True),
    tree.Execute: Kind("DML", "EXECUTE", ".csv"),
    tree.InsertInto: Kind("DML", "INSERT", ""),
    tree.Unload: Kind("DML", "UNLOAD", ""),
    tree.CreateTableAs: Kind("DDL", "CREATE_TABLE_AS_SELECT", ""),
}


def kind_of(statement: Any) -> Kind:
    """Answer the kind of a statement."""
    if type(statement) in _DML:
        return _DML[type(statement)]
    if type(statement) in _DDL:
        return Kind("DDL", _DDL[type(statement)])
    if isinstance(statement, tree.ShowTables):
        return Kind("UTILITY", "SHOW_VIEWS" if statement.views else "SHOW_TABLES", repeatable=True)
    if isinstance(statement, tree.ShowCreate):
        return Kind("UTILITY", "SHOW_CREATE_VIEW" if statement.view else "SHOW_CREATE_TABLE", repeatable=True)
    return Kind("UTILITY", _UTILITY[type(statement)], repeatable=type(statement) not in (tree.Prepare, tree.Deallocate))


HIVE_FAILED = Kind("DDL", "DDL")
