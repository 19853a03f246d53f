"""Workgroups, named queries, prepared statements and tags over the wire."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from athena.conftest import Lake


def refused(text: str) -> Any:
    return pytest.raises(ClientError, match=text)


def test_the_primary_workgroup(lake: Lake) -> None:
    primary = lake.athena.get_work_group(WorkGroup="primary")["WorkGroup"]
    assert primary["State"] == "ENABLED"
    assert primary["Configuration"]["EnforceWorkGroupConfiguration"] is False
    assert primary["Configuration"]["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert "primary" in [each["Name"] for each in lake.athena.list_work_groups()["WorkGroups"]]
    with refused("primary workgroup cannot be deleted"):
        lake.athena.delete_work_group(WorkGroup="primary")


def test_a_workgroup_that_decides(lake: Lake) -> None:
    configuration = {"ResultConfiguration": {"OutputLocation": f"{lake.root}/forced/"}}
    lake.athena.create_work_group(Name="decides", Configuration=configuration, Description="d",
                                  Tags=[{"Key": "team", "Value": "x"}])  # fmt: skip
    with refused("WorkGroup is already created"):
        lake.athena.create_work_group(Name="decides")
    found = lake.athena.get_work_group(WorkGroup="decides")["WorkGroup"]
    assert found["Configuration"]["EnforceWorkGroupConfiguration"] is True
    execution = lake.run("SELECT 1", WorkGroup="decides")
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(f"{lake.root}/forced/")
    assert "external_location" in lake.failure(
        f"CREATE TABLE t WITH (external_location = '{lake.root}/ext/') AS SELECT 1 AS a", WorkGroup="decides"
    )
    arn = "arn:aws:athena:us-east-1:123456789012:workgroup/decides"
    lake.athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "c"}])
    lake.athena.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert lake.athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "c"}]
    updates = {"EnforceWorkGroupConfiguration": False, "BytesScannedCutoffPerQuery": 10_000_000}
    lake.athena.update_work_group(WorkGroup="decides", ConfigurationUpdates=updates, State="DISABLED")
    with refused("WorkGroup is disabled"):
        lake.start("SELECT 1", WorkGroup="decides")
    lake.athena.update_work_group(WorkGroup="decides", State="ENABLED")
    execution = lake.run("SELECT 1", WorkGroup="decides")
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(f"{lake.root}/results/")
    with refused("is not empty"):
        lake.athena.delete_work_group(WorkGroup="decides")
    lake.athena.delete_work_group(WorkGroup="decides", RecursiveDeleteOption=True)
    with refused("WorkGroup decides is not found"):
        lake.start("SELECT 1", WorkGroup="decides")


def test_a_scan_limit(lake: Lake) -> None:
    lake.athena.create_work_group(Name="thrifty", Configuration={"BytesScannedCutoffPerQuery": 10_000_000})
    lake.put("large/a.json", '{"a":"' + "x" * 11_000_000 + '"}\n')
    serde = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
    lake.run(f"CREATE EXTERNAL TABLE large (a string) {serde} LOCATION '{lake.root}/large/'")
    status = lake.finish(lake.start("SELECT length(a) FROM large", WorkGroup="thrifty"))["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Bytes scanned limit was exceeded")


def test_named_queries(lake: Lake) -> None:
    made = lake.athena.create_named_query(Name="n", Database="d", QueryString="SELECT 1", Description="x")
    query_id = made["NamedQueryId"]
    found = lake.athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]
    assert (found["Name"], found["QueryString"], found["WorkGroup"]) == ("n", "SELECT 1", "primary")
    lake.athena.update_named_query(NamedQueryId=query_id, Name="m", QueryString="SELECT 2")
    assert query_id in lake.athena.list_named_queries()["NamedQueryIds"]
    answer = lake.athena.batch_get_named_query(NamedQueryIds=[query_id, "none"])
    assert answer["NamedQueries"][0]["QueryString"] == "SELECT 2"
    assert answer["UnprocessedNamedQueryIds"][0]["NamedQueryId"] == "none"
    lake.athena.delete_named_query(NamedQueryId=query_id)
    with refused("was not found"):
        lake.athena.get_named_query(NamedQueryId=query_id)


def test_prepared_statements(lake: Lake) -> None:
    place = {"StatementName": "pp", "WorkGroup": "primary"}
    lake.athena.create_prepared_statement(**place, QueryStatement="SELECT ? AS a, ? AS b")
    with refused("already exists"):
        lake.athena.create_prepared_statement(**place, QueryStatement="SELECT 1")
    assert lake.rows("EXECUTE pp USING 1, 'x'") == [("1", "x")]
    assert lake.rows("EXECUTE pp", ExecutionParameters=["1", "'x'"]) == [("1", "x")]
    lake.athena.update_prepared_statement(**place, QueryStatement="SELECT 5 AS five")
    assert lake.rows("EXECUTE pp") == [("5",)]
    listed = lake.athena.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]
    assert "pp" in [each["StatementName"] for each in listed]
    lake.athena.delete_prepared_statement(**place)
    with pytest.raises(lake.athena.exceptions.ResourceNotFoundException):
        lake.athena.get_prepared_statement(**place)
