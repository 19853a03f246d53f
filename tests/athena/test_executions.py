"""The life of a query over the wire: started once, told of, paged through, stopped, listed."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena.conftest import Lake


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


VECTOR = (
    "SELECT 1 a, 'x\"y' b, CAST(NULL AS varchar) c, '' d, true e, DATE '2026-01-02' f, ARRAY[1,2] g",
    '"a","b","c","d","e","f","g"\n"1","x""y",,"","true","2026-01-02","[1, 2]"\n',
    ("1", 'x"y', None, "", "true", "2026-01-02", "[1, 2]"),
)


def test_the_csv_and_the_rows(lake: Lake) -> None:
    sql, csv, row = VECTOR
    execution = lake.run(sql)
    query_id = execution["QueryExecutionId"]
    assert execution["ResultConfiguration"]["OutputLocation"] == f"{lake.root}/results/{query_id}.csv"
    assert lake.get(execution["ResultConfiguration"]["OutputLocation"]) == csv.encode()
    assert f"results/{query_id}.csv.metadata" in lake.keys("results/")
    assert lake.pages(query_id) == [("a", "b", "c", "d", "e", "f", "g"), row]


def test_what_is_told_of_a_query(lake: Lake) -> None:
    execution = lake.run("SELECT 1")
    assert execution["Query"] == "SELECT 1"
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "SELECT")
    assert execution["QueryExecutionContext"] == {"Database": lake.database, "Catalog": "awsdatacatalog"}
    assert execution["WorkGroup"] == "primary"
    assert execution["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert execution["Status"]["CompletionDateTime"] >= execution["Status"]["SubmissionDateTime"]
    statistics = execution["Statistics"]
    assert statistics["DataScannedInBytes"] == 0
    assert statistics["ResultReuseInformation"] == {"ReusedPreviousResult": False}
    assert "AthenaError" not in execution["Status"]
    runtime = lake.athena.get_query_runtime_statistics(QueryExecutionId=execution["QueryExecutionId"])
    assert runtime["QueryRuntimeStatistics"]["Rows"]["OutputRows"] == 1


COLUMNS = [
    ("CAST(1 AS tinyint)", "tinyint", 3, 0, False),
    ("CAST(1 AS smallint)", "smallint", 5, 0, False),
    ("1", "integer", 10, 0, False),
    ("bigint '1'", "bigint", 19, 0, False),
    ("real '1'", "float", 17, 0, False),
    ("1e0", "double", 17, 0, False),
    ("true", "boolean", 0, 0, False),
    ("CAST('a' AS varchar)", "varchar", 2147483647, 0, True),
    ("CAST('a' AS varchar(10))", "varchar", 10, 0, True),
    ("CAST('a' AS char(3))", "char", 3, 0, True),
    ("DECIMAL '1.23'", "decimal", 3, 2, False),
    ("DATE '2026-01-01'", "date", 0, 0, False),
    ("TIMESTAMP '2026-01-01 00:00:00'", "timestamp", 3, 0, False),
    ("now()", "timestamp with time zone", 3, 0, False),
    ("TIME '10:00:00'", "time", 3, 0, False),
    ("X'00'", "varbinary", 1073741824, 0, False),
    ("ARRAY[1]", "array", 0, 0, False),
    ("MAP(ARRAY[1], ARRAY[1])", "map", 0, 0, False),
    ("ROW(1)", "row", 0, 0, False),
    ("JSON '1'", "json", 0, 0, False),
    ("NULL", "unknown", 0, 0, False),
]


def test_the_columns_of_a_result(lake: Lake) -> None:
    listed = ", ".join(f"{sql} AS c{index}" for index, (sql, *_) in enumerate(COLUMNS))
    query_id = lake.run(f"SELECT {listed}")["QueryExecutionId"]
    metadata = lake.athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["ResultSetMetadata"]
    found = [
        (column["Type"], column["Precision"], column["Scale"], column["CaseSensitive"])
        for column in metadata["ColumnInfo"]
    ]
    assert found == [tuple(expected) for _, *expected in COLUMNS]
    first = metadata["ColumnInfo"][0]
    assert (first["CatalogName"], first["Name"], first["Label"], first["Nullable"]) == ("hive", "c0", "c0", "UNKNOWN")


def test_unnamed_and_equal_names(lake: Lake) -> None:
    assert lake.pages(lake.run("SELECT 1, 2 AS a, 3 AS a")["QueryExecutionId"]) == [
        ("_col0", "a", "a"),
        ("1", "2", "3"),
    ]


def test_pages(lake: Lake) -> None:
    sql = "SELECT x, 'line' || chr(10) || '\"' || CAST(x AS varchar) AS s FROM UNNEST(sequence(1, 2500)) AS t(x)"
    query_id = lake.run(sql)["QueryExecutionId"]
    first = lake.athena.get_query_results(QueryExecutionId=query_id)
    assert len(first["ResultSet"]["Rows"]) == 1000
    assert first["ResultSet"]["Rows"][0]["Data"][0] == {"VarCharValue": "x"}
    for page in (1000, 7):
        rows = lake.pages(query_id, page)
        assert rows[1:] == [(str(x), f'line\n"{x}') for x in range(1, 2501)]


def test_results_of_a_query_that_has_none(lake: Lake) -> None:
    query_id = lake.finish(lake.start("SELECT x FROM nowhere"))["QueryExecutionId"]
    code, text = refusal(lake.athena.get_query_results, QueryExecutionId=query_id)
    assert (code, text) == (
        "InvalidRequestException",
        "Query did not finish successfully. Final query state: FAILED",
    )


def test_why_a_query_failed(lake: Lake) -> None:
    status = lake.finish(lake.start("SELECT x FROM nowhere"))["Status"]
    text = f"TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.{lake.database}.nowhere' does not exist"
    assert status["StateChangeReason"] == text
    assert status["AthenaError"] == {"ErrorCategory": 2, "ErrorType": 1110, "Retryable": False, "ErrorMessage": text}


def test_a_token_starts_one_query(lake: Lake) -> None:
    token = str(uuid.uuid4())
    first = lake.start("SELECT 1", ClientRequestToken=token)
    assert lake.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        lake.start("SELECT 2", ClientRequestToken=token)


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT FROM t", "line 1:8: mismatched input 'FROM'. Expecting: '*', 'ALL', 'DISTINCT', <expression>"),
        ("GRANT x", "Queries of this type are not supported"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed. Got: SELECT 1; SELECT 2"),
    ],
)
def test_what_is_refused_at_once(lake: Lake, sql: str, text: str) -> None:
    with pytest.raises(ClientError) as caught:
        lake.start(sql)
    assert caught.value.response["Error"] == {"Code": "InvalidRequestException", "Message": text}
    assert caught.value.response["AthenaErrorCode"] == "MALFORMED_QUERY"


def test_output_locations(lake: Lake) -> None:
    start = lake.athena.start_query_execution
    assert refusal(start, QueryString="SELECT 1")[1].startswith("No output location provided.")
    for location, text in (
        ("http://x/", "outputLocation is not a valid S3 path."),
        ("s3://no-such-bucket-here/", "Unable to verify/create output bucket no-such-bucket-here"),
    ):
        configuration = {"OutputLocation": location}
        assert refusal(start, QueryString="SELECT 1", ResultConfiguration=configuration)[1] == text
    execution = lake.run("SELECT 1", ResultConfiguration={"OutputLocation": f"{lake.root}/bare"})
    query_id = execution["QueryExecutionId"]
    assert execution["ResultConfiguration"]["OutputLocation"] == f"{lake.root}/bare/{query_id}.csv"


def test_parameters(lake: Lake) -> None:
    assert lake.rows("SELECT ? + 1, ?", ExecutionParameters=["41", "'it''s'"]) == [("42", "it's")]
    assert lake.rows("SELECT ?", ExecutionParameters=["DATE '2026-01-02'"]) == [("2026-01-02",)]
    assert lake.rows("SELECT ?", ExecutionParameters=["word"]) == [("word",)]
    assert lake.rows("SELECT 1 WHERE 'a?' = 'a?' LIMIT ?", ExecutionParameters=["1"]) == [("1",)]
    text = "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 2 but found 1"
    assert lake.failure("SELECT ? + ?", ExecutionParameters=["1"]) == text


def test_a_query_is_stopped(lake: Lake) -> None:
    many = "UNNEST(sequence(1, 100000))"
    query_id = lake.start(f"SELECT sum(a.x * b.x % 7) FROM {many} AS a(x) CROSS JOIN {many} AS b(x)")
    _, text = refusal(lake.athena.get_query_results, QueryExecutionId=query_id)
    assert text in [f"Query has not yet finished. Current state: {state}" for state in ("QUEUED", "RUNNING")]
    lake.athena.stop_query_execution(QueryExecutionId=query_id)
    assert lake.finish(query_id)["Status"]["State"] == "CANCELLED"
    lake.athena.stop_query_execution(QueryExecutionId=query_id)
    assert lake.rows("SELECT 1") == [("1",)]


def test_history(lake: Lake) -> None:
    ids = [lake.run(f"SELECT {number}")["QueryExecutionId"] for number in range(3)]
    listed = lake.athena.list_query_executions(MaxResults=50)["QueryExecutionIds"]
    assert [each for each in listed if each in ids] == ids[::-1]
    page = lake.athena.list_query_executions(MaxResults=1)
    following = lake.athena.list_query_executions(MaxResults=1, NextToken=page["NextToken"])
    assert page["QueryExecutionIds"] + following["QueryExecutionIds"] == listed[:2]
    answer = lake.athena.batch_get_query_execution(QueryExecutionIds=[ids[0], "nothing"])
    assert [each["QueryExecutionId"] for each in answer["QueryExecutions"]] == [ids[0]]
    assert answer["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "nothing"
    assert refusal(lake.athena.get_query_execution, QueryExecutionId="x")[1] == "QueryExecution x was not found"


def test_a_result_is_used_again(lake: Lake) -> None:
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}
    sql = f"SELECT 'reuse {uuid.uuid4()}' AS a"
    first = lake.run(sql, ResultReuseConfiguration=reuse)
    assert not first["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    again = lake.run(sql, ResultReuseConfiguration=reuse)
    assert again["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    assert lake.pages(again["QueryExecutionId"]) == lake.pages(first["QueryExecutionId"])


def test_explain(lake: Lake) -> None:
    execution = lake.run("EXPLAIN SELECT 1")
    assert execution["StatementType"] == "UTILITY"
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    assert lake.lines("EXPLAIN (TYPE VALIDATE) SELECT 1") == ["true"]


def test_prepared_statements(lake: Lake) -> None:
    lake.run("PREPARE twice FROM SELECT ? * 2 AS n")
    assert lake.rows("EXECUTE twice USING 21") == [("42",)]
    assert lake.athena.get_prepared_statement(StatementName="twice", WorkGroup="primary")["PreparedStatement"][
        "QueryStatement"
    ] == ("SELECT ? * 2 AS n")
    lake.run("DEALLOCATE PREPARE twice")
    with pytest.raises(ClientError, match="was not found in workGroup primary"):
        lake.start("EXECUTE twice USING 21")
