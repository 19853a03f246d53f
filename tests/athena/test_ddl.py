"""DDL over the wire: what it leaves in the catalog, what it shows, and Hive's words when it can't be done."""

from __future__ import annotations

from typing import Any

import pytest

from athena.conftest import Lake

OPENX = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
_TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."


def glue_table(lake: Lake, name: str) -> dict[str, Any]:
    return dict(lake.glue.get_table(DatabaseName=lake.database, Name=name)["Table"])


def test_a_table_in_full(lake: Lake) -> None:
    lake.run(f"""
        -- every clause
        CREATE EXTERNAL TABLE IF NOT EXISTS `{lake.database}`.`full`(
          `Id` bigint COMMENT 'the key', name string, tags array<string>, pos struct<x:int,y:double>,
          price decimal(10,2), code varchar(5))
        COMMENT 'all of it'
        PARTITIONED BY (dt string COMMENT 'day', hr int)
        CLUSTERED BY (id) INTO 4 BUCKETS
        ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n'
        STORED AS TEXTFILE
        LOCATION '{lake.root}/full/'
        TBLPROPERTIES ('k'='v', 'skip.header.line.count'='1');
    """)
    table = glue_table(lake, "full")
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert {key: table["Parameters"][key] for key in ("EXTERNAL", "comment", "k")} == {
        "EXTERNAL": "TRUE",
        "comment": "all of it",
        "k": "v",
    }
    assert table["PartitionKeys"] == [
        {"Name": "dt", "Type": "string", "Comment": "day"},
        {"Name": "hr", "Type": "int"},
    ]
    descriptor = table["StorageDescriptor"]
    assert descriptor["Columns"][0] == {"Name": "id", "Type": "bigint", "Comment": "the key"}
    types = [column["Type"] for column in descriptor["Columns"]]
    assert types[2:] == ["array<string>", "struct<x:int,y:double>", "decimal(10,2)", "varchar(5)"]
    assert descriptor["Location"] == f"{lake.root}/full"
    assert (descriptor["NumberOfBuckets"], descriptor["BucketColumns"]) == (4, ["id"])
    assert descriptor["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {
            "serialization.format": "\t",
            "field.delim": "\t",
            "escape.delim": "\\",
            "line.delim": "\n",
        },
    }
    shown = lake.lines("SHOW CREATE TABLE full")
    assert shown[:3] == [
        "CREATE EXTERNAL TABLE `full`(",
        "  `id` bigint COMMENT 'the key', ",
        "  `name` string, ",
    ]
    assert "ROW FORMAT DELIMITED " in shown and "  FIELDS TERMINATED BY '\\t' " in shown
    lake.run("DROP TABLE full")
    lake.run("\n".join(str(line) for line in shown))
    again = glue_table(lake, "full")
    assert again["StorageDescriptor"] == descriptor
    assert again["PartitionKeys"] == table["PartitionKeys"]


def test_a_table_twice(lake: Lake) -> None:
    sql = f"CREATE EXTERNAL TABLE twice (a int) {OPENX} LOCATION '{lake.root}/twice/'"
    lake.run(sql)
    assert lake.failure(sql) == f"{_TASK} AlreadyExistsException(message:Table twice already exists.)"
    lake.run(sql.replace("TABLE twice", "TABLE IF NOT EXISTS twice"))


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("CREATE DATABASE foo-bar", "FAILED: ParseException line 1:19 missing EOF at '-' near 'foo'"),
        ("CREATE EXTERNAL TABLE x (a fint) LOCATION 's3://b/'",
         "FAILED: ParseException line 1:27 mismatched input 'fint' expecting type near 'a'"),
        ("CREATE EXTERNAL TABLE x (a int)", "FAILED: SemanticException No location specified for table"),
        ("CREATE TABLE x (a int) LOCATION 's3://b/x/'",
         "FAILED: SemanticException Only external table creation is supported. Use CREATE EXTERNAL TABLE"),
        ("CREATE EXTERNAL TABLE x (a int, A string) LOCATION 's3://b/x/'",
         "FAILED: SemanticException [Error 10036]: Duplicate column name: a"),
        ("CREATE EXTERNAL TABLE x (a int) PARTITIONED BY (a int) LOCATION 's3://b/x/'",
         "FAILED: SemanticException [Error 10035]: Column repeated in partitioning columns"),
        ("CREATE EXTERNAL TABLE nodb.x (a int) LOCATION 's3://b/x/'",
         "FAILED: SemanticException [Error 10072]: Database does not exist: nodb"),
        ("DESCRIBE nothing", "FAILED: SemanticException [Error 10001]: Table not found nothing"),
        ("SHOW PARTITIONS nothing", "FAILED: SemanticException [Error 10001]: Table not found nothing"),
        ("DROP DATABASE nothing", "FAILED: SemanticException [Error 10072]: Database does not exist: nothing"),
        ("SHOW TABLES IN nothing", "FAILED: SemanticException [Error 10072]: Database does not exist: nothing"),
    ],
)  # fmt: skip
def test_refusals(lake: Lake, sql: str, text: str) -> None:
    assert lake.failure(sql) == text


def test_databases(lake: Lake) -> None:
    lake.run("CREATE DATABASE IF NOT EXISTS ddl_other COMMENT 'x' LOCATION 's3://b/other/' WITH DBPROPERTIES ('a'='b')")
    database = lake.glue.get_database(Name="ddl_other")["Database"]
    assert (database["Description"], database["LocationUri"], database["Parameters"]) == (
        "x",
        "s3://b/other/",
        {"a": "b"},
    )
    assert lake.failure("CREATE SCHEMA ddl_other") == f"{_TASK} Database ddl_other already exists"
    lake.run("ALTER DATABASE ddl_other SET DBPROPERTIES ('c'='d')")
    assert lake.glue.get_database(Name="ddl_other")["Database"]["Parameters"] == {"a": "b", "c": "d"}
    assert lake.lines("SHOW DATABASES LIKE 'ddl_*'") == ["ddl_other"]
    lake.run(f"CREATE EXTERNAL TABLE ddl_other.t (a int) LOCATION '{lake.root}/t/'")
    assert "is not empty" in lake.failure("DROP DATABASE ddl_other")
    lake.run("DROP DATABASE ddl_other CASCADE")
    lake.run("DROP DATABASE IF EXISTS ddl_other")


def test_shown_and_described(lake: Lake) -> None:
    lake.run(f"""CREATE EXTERNAL TABLE shown (a int COMMENT 'one', b string) PARTITIONED BY (dt string)
        LOCATION '{lake.root}/shown/' TBLPROPERTIES ('k'='v')""")
    lake.run("CREATE VIEW shown_view AS SELECT a FROM shown")
    assert lake.lines("SHOW TABLES 'shown*'") == ["shown", "shown_view"]
    assert lake.lines(f"SHOW TABLES IN {lake.database} 'SHOWN|nothing'") == ["shown"]
    assert lake.lines("SHOW VIEWS LIKE 'shown*'") == ["shown_view"]
    assert lake.lines("SHOW COLUMNS IN shown") == [
        "a                   ",
        "b                   ",
        "dt                  ",
    ]
    assert lake.lines("DESCRIBE shown") == [
        "a                   \tint                 \tone                 ",
        "b                   \tstring              \t                    ",
        "dt                  \tstring              \t                    ",
        "\t \t ",
        "# Partition Information\t \t ",
        "# col_name          \tdata_type           \tcomment             ",
        "\t \t ",
        "dt                  \tstring              \t                    ",
    ]
    assert "k\tv" in lake.lines("SHOW TBLPROPERTIES shown")
    assert lake.lines("SHOW TBLPROPERTIES shown('k')") == ["v"]
    assert any("Location:" in str(line) for line in lake.lines("DESCRIBE FORMATTED shown"))
    assert lake.lines("DESCRIBE shown b") == ["b                   \tstring              \t                    "]
    execution = lake.run("SHOW TABLES")
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    metadata = lake.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]
    column = metadata["ResultSetMetadata"]["ColumnInfo"][0]
    assert (column["Name"], column["Type"], column["Precision"]) == ("tab_name", "string", 0)


def test_altered_tables(lake: Lake) -> None:
    lake.put("altered/a.json", [{"a": 1, "b": "x", "c": 2.5}])
    lake.run(f"CREATE EXTERNAL TABLE altered (a int) {OPENX} LOCATION '{lake.root}/altered/'")
    lake.run("ALTER TABLE altered ADD COLUMNS (b string, c double)")
    assert lake.rows("SELECT * FROM altered") == [("1", "x", "2.5")]
    lake.run("ALTER TABLE altered REPLACE COLUMNS (c string)")
    assert lake.rows("SELECT * FROM altered") == [("2.5",)]
    lake.put("elsewhere/a.json", [{"c": "moved"}])
    lake.run(f"ALTER TABLE altered SET LOCATION '{lake.root}/elsewhere/'")
    assert lake.rows("SELECT * FROM altered") == [("moved",)]
    lake.run("ALTER TABLE altered SET TBLPROPERTIES ('x'='y')")
    assert glue_table(lake, "altered")["Parameters"]["x"] == "y"
    lake.run("DROP TABLE altered")
    lake.run("DROP TABLE IF EXISTS altered")
    assert lake.keys("elsewhere/") == ["elsewhere/a.json"]


def test_partitions(lake: Lake) -> None:
    for day in ("01", "02", "03"):
        lake.put(f"parts/dt=2026-01-{day}/hr=5/a.json", [{"a": int(day)}])
    lake.put("parts/_tmp/x.json", "{}")
    lake.run(
        f"CREATE EXTERNAL TABLE parts (a int) PARTITIONED BY (dt string, hr int) {OPENX} LOCATION '{lake.root}/parts/'"
    )
    assert lake.rows("SELECT * FROM parts") == []
    lake.run("ALTER TABLE parts ADD PARTITION (dt='2026-01-01', hr=5)")
    assert lake.failure("ALTER TABLE parts ADD PARTITION (dt='2026-01-01', hr='5')") == (
        f"{_TASK} AlreadyExistsException(message:Partition already exists.)"
    )
    lake.run("ALTER TABLE parts ADD IF NOT EXISTS PARTITION (dt='2026-01-01', hr=5)")
    assert lake.lines("MSCK REPAIR TABLE parts")[1:] == [
        "Repair: Added partition to metastore parts:dt=2026-01-02/hr=5",
        "Repair: Added partition to metastore parts:dt=2026-01-03/hr=5",
    ]
    shown = [f"dt=2026-01-{day}/hr=5" for day in ("01", "02", "03")]
    assert lake.lines("SHOW PARTITIONS parts") == shown
    assert lake.rows("SELECT a, dt, hr FROM parts ORDER BY a") == [
        ("1", "2026-01-01", "5"),
        ("2", "2026-01-02", "5"),
        ("3", "2026-01-03", "5"),
    ]
    lake.run("ALTER TABLE parts PARTITION (dt='2026-01-03', hr=5) RENAME TO PARTITION (dt='2026-02-03', hr=6)")
    lake.put("other/a.json", [{"a": 22}])
    lake.run(f"ALTER TABLE parts PARTITION (dt='2026-01-02', hr=5) SET LOCATION '{lake.root}/other/'")
    assert lake.rows("SELECT a, dt, hr FROM parts ORDER BY dt") == [
        ("1", "2026-01-01", "5"),
        ("22", "2026-01-02", "5"),
        ("3", "2026-02-03", "6"),
    ]
    lake.run("ALTER TABLE parts DROP PARTITION (dt < '2026-01-02')")
    assert lake.lines("SHOW PARTITIONS parts") == ["dt=2026-01-02/hr=5", "dt=2026-02-03/hr=6"]
    assert "Partition not found" in lake.failure("ALTER TABLE parts DROP PARTITION (dt='x')")
    lake.run("ALTER TABLE parts DROP IF EXISTS PARTITION (dt='x')")
    assert lake.failure("ALTER TABLE parts ADD PARTITION (dt='x')") == (
        "FAILED: SemanticException partition spec {dt=x} doesn't contain all (2) partition columns"
    )


def test_views(lake: Lake) -> None:
    lake.put("viewed/a.json", [{"a": 1, "b": "x"}])
    lake.run(f"CREATE EXTERNAL TABLE viewed (a int, b string) {OPENX} LOCATION '{lake.root}/viewed/'")
    lake.run("CREATE VIEW v AS SELECT a + 1 AS n, upper(b) AS u FROM viewed")
    table = glue_table(lake, "v")
    assert table["TableType"] == "VIRTUAL_VIEW"
    assert table["ViewExpandedText"] == "/* Presto View */"
    assert table["Parameters"]["presto_view"] == "true"
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "n", "Type": "int"}, {"Name": "u", "Type": "string"}]
    assert lake.rows("SELECT u, n FROM v WHERE n = 2") == [("X", "2")]
    assert lake.lines("SHOW CREATE VIEW v") == [
        f"CREATE VIEW {lake.database}.v AS ",
        "SELECT a + 1 AS n, upper(b) AS u FROM viewed",
    ]
    assert "View already exists" in lake.failure("CREATE VIEW v AS SELECT 1 AS a")
    lake.run("CREATE OR REPLACE VIEW v AS SELECT 1 AS a")
    assert lake.rows("SELECT * FROM v") == [("1",)]
    assert lake.rows(f"SELECT * FROM {lake.database}.v", QueryExecutionContext={"Database": "default"}) == [("1",)]
    assert lake.failure("CREATE VIEW w AS SELECT 1") == (
        "SYNTAX_ERROR: line 1:18: Column name not specified at position 1"
    )
    lake.run("CREATE OR REPLACE VIEW v AS SELECT a FROM viewed")
    lake.run("DROP TABLE viewed")
    assert lake.failure("SELECT * FROM v").startswith(
        f"INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.{lake.database}.v': TABLE_NOT_FOUND"
    )
    lake.run("DROP VIEW v")
    lake.run("DROP VIEW IF EXISTS v")
    assert "does not exist" in lake.failure("DROP VIEW v")


def test_information_schema(lake: Lake) -> None:
    lake.run(
        f"CREATE EXTERNAL TABLE listed (a int, b array<string>) PARTITIONED BY (dt date) LOCATION '{lake.root}/l/'"
    )
    where = f"WHERE table_schema = '{lake.database}' AND table_name = 'listed'"
    assert lake.rows(f"SELECT table_type FROM information_schema.tables {where}") == [("BASE TABLE",)]
    sql = f"SELECT column_name, data_type, extra_info FROM information_schema.columns {where} ORDER BY ordinal_position"
    assert lake.rows(sql) == [
        ("a", "integer", None),
        ("b", "array(varchar)", None),
        ("dt", "date", "partition key"),
    ]
    sql = f"SELECT schema_name FROM information_schema.schemata WHERE schema_name = '{lake.database}'"
    assert lake.rows(sql) == [(lake.database,)]


def test_the_metadata_api(lake: Lake) -> None:
    lake.run(
        f"CREATE EXTERNAL TABLE meta (a int COMMENT 'c') PARTITIONED BY (dt string) {OPENX} LOCATION '{lake.root}/m/'"
    )
    names = [each["CatalogName"] for each in lake.athena.list_data_catalogs()["DataCatalogsSummary"]]
    assert names == ["AwsDataCatalog"]
    table = lake.athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=lake.database, TableName="meta")[
        "TableMetadata"
    ]
    assert table["Columns"] == [{"Name": "a", "Type": "int", "Comment": "c"}]
    assert table["PartitionKeys"] == [{"Name": "dt", "Type": "string"}]
    assert table["Parameters"]["serde.serialization.lib"] == "org.openx.data.jsonserde.JsonSerDe"
    listed = lake.athena.list_table_metadata(
        CatalogName="awsdatacatalog", DatabaseName=lake.database, Expression="met.*"
    )
    assert [each["Name"] for each in listed["TableMetadataList"]] == ["meta"]
    assert lake.database in [
        each["Name"] for each in lake.athena.list_databases(CatalogName="AwsDataCatalog", MaxResults=50)["DatabaseList"]
    ]
    with pytest.raises(lake.athena.exceptions.MetadataException):
        lake.athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=lake.database, TableName="no")
