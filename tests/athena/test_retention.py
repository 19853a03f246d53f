"""Queries are remembered for 45 days, with the tokens that name them."""

from typing import Any

from tailrace.athena.execution.query import expire
from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal

DAY_S = 86_400


def test_old_queries_go_with_their_tokens(cloud: LocalCloud) -> None:
    def ask(service: str, operation: str, **params: Any) -> Any:
        return cloud.call(service, operation, params, Principal.root(cloud.account), region="us-east-1")

    def query(text: str, token: str, workgroup: str = "primary") -> str:
        output = {"OutputLocation": "s3://results/"}
        params = {"QueryString": text, "ClientRequestToken": token * 32, "ResultConfiguration": output}
        found: str = ask("athena", "StartQueryExecution", WorkGroup=workgroup, **params)["QueryExecutionId"]
        return found

    def sweep() -> None:
        transaction = cloud.store.begin()
        expire(transaction, cloud.clock.now_ms())
        cloud.store.commit(transaction)

    ask("s3", "CreateBucket", Bucket="results")
    ask("athena", "CreateWorkGroup", Name="another")
    old = [query("SHOW DATABASES", "a"), query("SHOW DATABASES", "b", "another")]
    cloud.clock.advance(20 * DAY_S)
    young = query("SHOW DATABASES", "c")
    cloud.clock.advance(24 * DAY_S)
    sweep()
    assert query("SHOW DATABASES", "a") == old[0], "44 days"
    cloud.clock.advance(2 * DAY_S)
    sweep()
    assert ask("athena", "ListQueryExecutions") == {"QueryExecutionIds": [young]}
    assert ask("athena", "ListQueryExecutions", WorkGroup="another") == {"QueryExecutionIds": []}
    found = ask("athena", "BatchGetQueryExecution", QueryExecutionIds=[*old, young])
    assert [each["QueryExecutionId"] for each in found["QueryExecutions"]] == [young]
    assert [each["QueryExecutionId"] for each in found["UnprocessedQueryExecutionIds"]] == old
    assert query("SHOW DATABASES", "c") == young
    assert query("SHOW TABLES IN default", "a") not in old, "the token may be used for anything"
