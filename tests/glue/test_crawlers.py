"""Crawlers over the wire: made, described, changed, run, listed, tagged, deleted."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
MANAGED = ("service-role/AWSGlueServiceRole", "AmazonS3ReadOnlyAccess")


@pytest.fixture
def glue(client: Callable[..., Any]) -> Any:
    return client("glue")


@pytest.fixture(scope="module")
def role(client: Callable[..., Any]) -> str:
    iam = client("iam")
    iam.create_role(RoleName="crawling", Path="/service-role/", AssumeRolePolicyDocument=json.dumps(TRUST))
    for name in MANAGED:
        iam.attach_role_policy(RoleName="crawling", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    return "arn:aws:iam::123456789012:role/service-role/crawling"


@pytest.fixture
def bucket(client: Callable[..., Any], unique: Callable[[str], str]) -> str:
    name = unique("lake")
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def given(role: str, bucket: str, unique: Callable[[str], str]) -> dict[str, Any]:
    return {
        "Name": unique("crawler"),
        "Role": role,
        "DatabaseName": unique("db"),
        "Targets": {"S3Targets": [{"Path": f"s3://{bucket}/orders/"}]},
    }


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def ended(glue: Any, name: str) -> dict[str, Any]:
    while True:
        crawler: dict[str, Any] = glue.get_crawler(Name=name)["Crawler"]
        if crawler["State"] == "READY":
            return crawler


def test_a_crawler_comes_back(glue: Any, given: dict[str, Any]) -> None:
    more = {
        "Description": "finds orders",
        "TablePrefix": "raw_",
        "Schedule": "cron(15 12 * * ? *)",
        "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
        "Configuration": '{"Version":1.0}',
        "Tags": {"team": "orders"},
    }
    glue.create_crawler(**given, **more)
    found = glue.get_crawler(Name=given["Name"])["Crawler"]
    assert found["Role"] == "service-role/crawling"
    assert found["Targets"]["S3Targets"] == [{**given["Targets"]["S3Targets"][0], "Exclusions": []}]
    assert found["Targets"]["JdbcTargets"] == []
    assert {name: found[name] for name in ("Description", "TablePrefix", "SchemaChangePolicy", "Configuration")} == {
        name: more[name] for name in ("Description", "TablePrefix", "SchemaChangePolicy", "Configuration")
    }
    assert found["Schedule"] == {"ScheduleExpression": "cron(15 12 * * ? *)", "State": "SCHEDULED"}
    assert found["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_EVERYTHING"}
    assert (found["State"], found["Version"], found["Classifiers"]) == ("READY", 1, [])
    assert found["LakeFormationConfiguration"]["UseLakeFormationCredentials"] is False
    assert "LastCrawl" not in found
    again = refusal(glue.create_crawler, **given)
    assert again == ("AlreadyExistsException", f"Crawler with name {given['Name']} already exists")


def test_a_crawl(client: Callable[..., Any], glue: Any, bucket: str, given: dict[str, Any]) -> None:
    s3 = client("s3")
    for hour in ("05", "06"):
        body = b'{"order_id": "o-1", "quantity": 2}\n'
        s3.put_object(Bucket=bucket, Key=f"orders/year=2026/month=11/day=23/hour={hour}/part", Body=body)
    glue.create_crawler(**given)
    glue.start_crawler(Name=given["Name"])
    last = ended(glue, given["Name"])["LastCrawl"]
    assert (last["Status"], last["LogGroup"], last["LogStream"]) == (
        "SUCCEEDED",
        "/aws-glue/crawlers",
        given["Name"],
    )
    table = glue.get_table(DatabaseName=given["DatabaseName"], Name="orders")["Table"]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["year", "month", "day", "hour"]
    (crawl,) = glue.list_crawls(CrawlerName=given["Name"])["Crawls"]
    assert (crawl["State"], crawl["MessagePrefix"]) == ("COMPLETED", last["MessagePrefix"])
    assert json.loads(crawl["Summary"])["PARTITION"]["ADD"]["Count"] == 2
    filters = [{"FieldName": "STATE", "FilterOperator": "EQ", "FieldValue": "FAILED"}]
    assert glue.list_crawls(CrawlerName=given["Name"], Filters=filters)["Crawls"] == []
    (metrics,) = glue.get_crawler_metrics(CrawlerNameList=[given["Name"]])["CrawlerMetricsList"]
    assert (metrics["TablesCreated"], metrics["StillEstimating"]) == (1, False)
    lines = client("logs").get_log_events(logGroupName="/aws-glue/crawlers", logStreamName=given["Name"])["events"]
    assert lines[-1]["message"].endswith("BENCHMARK : Crawler has finished running and is in state READY")


def test_what_is_not_there(glue: Any) -> None:
    found = refusal(glue.get_crawler, Name="none")
    assert found == ("EntityNotFoundException", "Crawler entry with name none does not exist")
    missing = ("EntityNotFoundException", "Crawler with name none does not exist")
    for operation in ("start_crawler", "stop_crawler", "delete_crawler", "update_crawler"):
        assert refusal(getattr(glue, operation), Name="none") == missing


BAD: list[tuple[dict[str, Any], str]] = [
    ({"Role": "nobody"}, "Service is unable to assume provided role. Please verify role's TrustPolicy"),
    ({"Targets": {"S3Targets": [{"Path": "s3://not-here/x"}]}}, "S3 bucket not-here does not exist."),
    ({"Targets": {}}, "At least one crawl target must be specified."),
    ({"Targets": {"S3Targets": [{"Path": "lake/x"}]}}, "Invalid S3 path: lake/x."),
    ({"Targets": {"DynamoDBTargets": [{"Path": "orders"}]}}, "Tailrace does not carry out DynamoDBTargets yet"),
    ({"Schedule": "rate(5 minutes)"}, "Invalid schedule expression: rate(5 minutes)"),
    ({"Configuration": "{"}, "Configuration is not valid JSON"),
    (
        {"Configuration": '{"CrawlerOutput":{"Partitions":{"UpdateBehavior":"x"}}}'},
        "CrawlerOutput.Partitions contains unsupported keys: UpdateBehavior.",
    ),
    (
        {"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}},
        'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior value '
        "and LOG UpdateBehavior value.",
    ),
    ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}}, "Tailrace does not carry out RecrawlBehavior"),
]


@pytest.mark.parametrize(("more", "message"), BAD)
def test_refused(glue: Any, given: dict[str, Any], more: dict[str, Any], message: str) -> None:
    code, text = refusal(glue.create_crawler, **{**given, **more})
    assert code == "InvalidInputException"
    assert text.startswith(message)
    assert refusal(glue.get_crawler, Name=given["Name"])[0] == "EntityNotFoundException"


def test_a_classifier_must_be_there(glue: Any, given: dict[str, Any]) -> None:
    found = refusal(glue.create_crawler, **given, Classifiers=["none"])
    assert found == ("EntityNotFoundException", "Classifier with name none does not exist")


def test_the_role_must_see_the_target(
    client: Callable[..., Any], glue: Any, given: dict[str, Any], bucket: str
) -> None:
    client("iam").create_role(RoleName="blind", AssumeRolePolicyDocument=json.dumps(TRUST))
    code, message = refusal(glue.create_crawler, **{**given, "Role": "blind"})
    assert code == "InvalidInputException"
    assert message.startswith(f"Unable to validate existence of s3 target s3://{bucket}/orders/ because: User: arn:aws")
    assert "assumed-role/blind/AWS-Crawler is not authorized to perform: s3:ListBucket" in message


def test_a_crawler_is_changed(glue: Any, given: dict[str, Any]) -> None:
    glue.create_crawler(**given, Description="old", Schedule="cron(0 1 * * ? *)")
    glue.update_crawler(Name=given["Name"], Description="new", TablePrefix="p_")
    found = glue.get_crawler(Name=given["Name"])["Crawler"]
    assert (found["Description"], found["TablePrefix"], found["Version"]) == ("new", "p_", 2)
    assert found["Schedule"]["ScheduleExpression"] == "cron(0 1 * * ? *)"
    assert found["DatabaseName"] == given["DatabaseName"]
    assert refusal(glue.update_crawler, Name=given["Name"], Schedule="never")[0] == "InvalidInputException"


def test_schedules_are_switched(glue: Any, given: dict[str, Any]) -> None:
    name = given["Name"]
    glue.create_crawler(**given)
    assert refusal(glue.start_crawler_schedule, CrawlerName=name)[0] == "NoScheduleException"
    glue.update_crawler_schedule(CrawlerName=name, Schedule="cron(0 1 * * ? *)")
    assert refusal(glue.start_crawler_schedule, CrawlerName=name)[0] == "SchedulerRunningException"
    glue.stop_crawler_schedule(CrawlerName=name)
    assert glue.get_crawler(Name=name)["Crawler"]["Schedule"]["State"] == "NOT_SCHEDULED"
    assert refusal(glue.stop_crawler_schedule, CrawlerName=name)[0] == "SchedulerNotRunningException"
    glue.start_crawler_schedule(CrawlerName=name)
    assert glue.get_crawler(Name=name)["Crawler"]["Schedule"]["State"] == "SCHEDULED"


def test_crawlers_are_listed(glue: Any, given: dict[str, Any], unique: Callable[[str], str]) -> None:
    mark = unique("mark")
    names = sorted(unique("listed") for _ in range(3))
    for name in names:
        glue.create_crawler(**{**given, "Name": name}, Tags={"mark": mark})
    glue.create_crawler(**given)
    first = glue.list_crawlers(Tags={"mark": mark}, MaxResults=2)
    rest = glue.list_crawlers(Tags={"mark": mark}, MaxResults=2, NextToken=first["NextToken"])
    assert (first["CrawlerNames"], rest["CrawlerNames"]) == (names[:2], names[2:])
    assert "NextToken" not in rest
    pages = glue.get_paginator("get_crawlers").paginate(PaginationConfig={"PageSize": 2})
    assert {*names, given["Name"]} <= {crawler["Name"] for page in pages for crawler in page["Crawlers"]}
    found = glue.batch_get_crawlers(CrawlerNames=[names[0], "none"])
    assert [crawler["Name"] for crawler in found["Crawlers"]] == names[:1]
    assert found["CrawlersNotFound"] == ["none"]


def test_tags(glue: Any, given: dict[str, Any]) -> None:
    glue.create_crawler(**given, Tags={"team": "orders"})
    arn = f"arn:aws:glue:us-east-1:123456789012:crawler/{given['Name']}"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"stage": "test"})
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"team": "orders", "stage": "test"}
    glue.untag_resource(ResourceArn=arn, TagsToRemove=["team"])
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"stage": "test"}
    assert refusal(glue.get_tags, ResourceArn=arn + "x")[0] == "EntityNotFoundException"


def test_a_crawler_goes_and_leaves_its_tables(glue: Any, client: Callable[..., Any], bucket: str, given: Any) -> None:
    client("s3").put_object(Bucket=bucket, Key="orders/a", Body=b'{"x": 1}\n')
    glue.create_crawler(**given)
    found = refusal(glue.stop_crawler, Name=given["Name"])
    assert found == ("CrawlerNotRunningException", f"Crawler with name {given['Name']} is not running")
    glue.start_crawler(Name=given["Name"])
    ended(glue, given["Name"])
    glue.delete_crawler(Name=given["Name"])
    assert refusal(glue.get_crawler, Name=given["Name"])[0] == "EntityNotFoundException"
    assert glue.get_table(DatabaseName=given["DatabaseName"], Name="orders")["Table"]["Name"] == "orders"
