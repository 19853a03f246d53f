"""Tables: made, told of, changed, listed and deleted; tags, TTL settings and what is true of every table."""

from collections.abc import Callable
from typing import Any

import pytest

from tailrace.runtime.cloud import LocalCloud

Call = Callable[..., Any]
Table = Callable[..., str]

INVALID = "One or more parameter values were invalid: "


def s(text: str) -> dict[str, str]:
    return {"S": text}


def key(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def defined(**kinds: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()]


def test_a_new_table_is_creating_then_active(ddb: Call, definition: Call) -> None:
    made = ddb("CreateTable", **definition("orders", "composite", stream="NEW_IMAGE"))["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    assert "WarmThroughput" not in made
    told = ddb("DescribeTable", TableName="orders")["Table"]
    assert told["TableStatus"] == "ACTIVE"
    assert told["KeySchema"] == key("pk", "sk")
    assert told["ProvisionedThroughput"] == {
        "NumberOfDecreasesToday": 0,
        "ReadCapacityUnits": 0,
        "WriteCapacityUnits": 0,
    }
    assert told["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert told["WarmThroughput"] == {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
    assert told["DeletionProtectionEnabled"] is False
    assert told["TableArn"] == "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
    assert told["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert told["LatestStreamArn"] == f"{told['TableArn']}/stream/{told['LatestStreamLabel']}"


def test_counts_are_live(ddb: Call, table: Table) -> None:
    name = table()

    def counts() -> tuple[int, int]:
        told = ddb("DescribeTable", TableName=name)["Table"]
        return told["ItemCount"], told["TableSizeBytes"]

    assert counts() == (0, 0)
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": s("12345")})
    ddb("PutItem", TableName=name, Item={"pk": s("b")})
    assert counts() == (2, 3 + 6 + 3)
    ddb("PutItem", TableName=name, Item={"pk": s("a")})
    assert counts() == (2, 6)
    ddb("DeleteItem", TableName=name, Key={"pk": s("a")})
    assert counts() == (1, 3)


def test_a_deleted_table_leaves_nothing(ddb: Call, definition: Call, refusal: Call) -> None:
    options = {"attributes": {"g": "S"}, "gsi": [("gsi", "g")]}
    ddb("CreateTable", **definition("orders", **options))
    for at in range(20):
        ddb("PutItem", TableName="orders", Item={"pk": s(str(at)), "g": s("x")})
    gone = ddb("DeleteTable", TableName="orders")["TableDescription"]
    assert (gone["TableStatus"], gone["ItemCount"]) == ("DELETING", 20)
    assert not {"AttributeDefinitions", "KeySchema", "CreationDateTime"} & set(gone)
    for operation in ("DescribeTable", "DeleteTable", "DescribeTimeToLive"):
        text = refusal(operation, code="ResourceNotFoundException", TableName="orders")
        assert text == "Requested resource not found: Table: orders not found"
    ddb("CreateTable", **definition("orders", **options))
    assert ddb("Scan", TableName="orders")["Count"] == 0
    assert ddb("Scan", TableName="orders", IndexName="gsi")["Count"] == 0
    assert ddb("DescribeTable", TableName="orders")["Table"]["ItemCount"] == 0


def test_a_table_is_made_once(ddb: Call, definition: Call, refusal: Call) -> None:
    ddb("CreateTable", **definition("orders"))
    text = refusal("CreateTable", code="ResourceInUseException", **definition("orders"))
    assert text == "Table already exists: orders"


def test_regions_are_apart(cloud: LocalCloud, ddb: Call, definition: Call) -> None:
    from tailrace.service.principal import Principal

    ddb("CreateTable", **definition("orders"))
    elsewhere = cloud.call("dynamodb", "ListTables", {}, Principal.root(cloud.account), region="eu-west-1")
    assert elsewhere == {"TableNames": []}


LOCAL = {"IndexName": "lsi", "KeySchema": key("pk", "l"), "Projection": {"ProjectionType": "ALL"}}
GLOBAL = {"IndexName": "gsi", "KeySchema": key("g"), "Projection": {"ProjectionType": "ALL"}}


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (
            {"BillingMode": "PROVISIONED"},
            f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
            "PAY_PER_REQUEST",
        ),
        ({"KeySchema": key("pk", "pk")}, "Invalid KeySchema: Some index key attribute have no definition"),
        (
            {"KeySchema": key("other")},
            f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [other], "
            "AttributeDefinitions: [pk]",
        ),
        (
            {"AttributeDefinitions": defined(pk="S", sk="S")},
            f"{INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions",
        ),
        (
            {"KeySchema": [{"AttributeName": "pk", "KeyType": "RANGE"}]},
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        (
            {
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "HASH"},
                ],
                "AttributeDefinitions": defined(pk="S", sk="S"),
            },
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
        ),
        (
            {"LocalSecondaryIndexes": [LOCAL], "AttributeDefinitions": defined(pk="S", l="S")},
            f"{INVALID}Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex",
        ),
        ({"GlobalSecondaryIndexes": []}, f"{INVALID}List of GlobalSecondaryIndexes is empty"),
        (
            {"GlobalSecondaryIndexes": [GLOBAL, GLOBAL], "AttributeDefinitions": defined(pk="S", g="S")},
            f"{INVALID}Duplicate index name: gsi",
        ),
        (
            {"GlobalSecondaryIndexes": [GLOBAL], "AttributeDefinitions": defined(pk="S", g="S", h="S")},
            f"{INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [pk, g, h], keys used: [pk, g]",
        ),
        (
            {
                "GlobalSecondaryIndexes": [{**GLOBAL, "Projection": {"ProjectionType": "INCLUDE"}}],
                "AttributeDefinitions": defined(pk="S", g="S"),
            },
            f"{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
        (
            {
                "GlobalSecondaryIndexes": [
                    {**GLOBAL, "Projection": {"ProjectionType": "ALL", "NonKeyAttributes": ["a"]}}
                ],
                "AttributeDefinitions": defined(pk="S", g="S"),
            },
            f"{INVALID}ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": True}},
            f"{INVALID}Table is being created with a stream enabled, UpdateViewType is required",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}},
            f"{INVALID}Table is being created with a stream disabled, UpdateViewType should not be specified",
        ),
        (
            {"SSESpecification": {"Enabled": False, "SSEType": "KMS"}},
            f"{INVALID}SSEType can not be specified if Enabled is false",
        ),
        ({"ResourcePolicy": "{}"}, "Tailrace does not carry out CreateTable with ResourcePolicy yet."),
    ],
)
def test_create_refuses(definition: Call, refusal: Call, params: dict[str, Any], text: str) -> None:
    assert refusal("CreateTable", **{**definition("orders"), **params}) == text


def test_a_local_index_begins_with_the_tables_hash(definition: Call, refusal: Call) -> None:
    options = {"attributes": {"l": "S"}, "lsi": [("lsi", "sk", "l")]}
    assert refusal("CreateTable", **definition("orders", "composite", **options)) == (
        f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: lsi. "
        "index hash key: sk, table hash key: pk"
    )
    options = {"attributes": {"l": "S"}, "lsi": [(f"lsi-{at}", "pk", "l") for at in range(6)]}
    assert refusal("CreateTable", **definition("orders", "composite", **options)) == (
        f"{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5"
    )


def test_lists_are_paged(ddb: Call, definition: Call) -> None:
    for name in ("c-table", "a-table", "b-table", "aa-table"):
        ddb("CreateTable", **definition(name))
    assert ddb("ListTables") == {"TableNames": ["a-table", "aa-table", "b-table", "c-table"]}
    first = ddb("ListTables", Limit=3)
    assert first == {"TableNames": ["a-table", "aa-table", "b-table"], "LastEvaluatedTableName": "b-table"}
    assert ddb("ListTables", Limit=3, ExclusiveStartTableName="b-table") == {"TableNames": ["c-table"]}
    assert ddb("ListTables", Limit=4) == {"TableNames": ["a-table", "aa-table", "b-table", "c-table"]}


def test_billing_and_throughput_change(ddb: Call, table: Table, refusal: Call) -> None:
    name = table()
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    assert refusal("UpdateTable", TableName=name, BillingMode="PROVISIONED") == (
        f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    )
    told = ddb("UpdateTable", TableName=name, BillingMode="PROVISIONED", ProvisionedThroughput=units)
    assert told["TableDescription"]["TableStatus"] == "UPDATING"
    told = ddb("DescribeTable", TableName=name)["Table"]
    assert told["TableStatus"] == "ACTIVE"
    assert {name: told["ProvisionedThroughput"][name] for name in units} == units
    assert told["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    text = refusal("UpdateTable", TableName=name, ProvisionedThroughput=units)
    assert text.startswith(
        "The provisioned throughput for the table will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. "
    )
    ddb("UpdateTable", TableName=name, BillingMode="PAY_PER_REQUEST")
    assert ddb("DescribeTable", TableName=name)["Table"]["ProvisionedThroughput"]["ReadCapacityUnits"] == 0


def test_update_refuses(ddb: Call, table: Table, refusal: Call) -> None:
    name = table(stream="KEYS_ONLY")
    assert refusal("UpdateTable", TableName=name).startswith("At least one of ProvisionedThroughput, BillingMode, ")
    for params, text in (
        (
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
            f"Table already has an enabled stream: TableName: {name}",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": True}},
            f"{INVALID}If stream is being enabled then UpdateViewType is required",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
            f"{INVALID}If stream is being disabled, then UpdateViewType must not be specified",
        ),
        (
            {"DeletionProtectionEnabled": True, "TableClass": "STANDARD"},
            f"{INVALID}DeletionProtection modification must be the only operation in the request",
        ),
        (
            {"GlobalSecondaryIndexUpdates": [{}]},
            f"{INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
            "GlobalSecondaryIndexUpdate.Delete must not be null",
        ),
    ):
        assert refusal("UpdateTable", TableName=name, **params) == text
    text = refusal(
        "UpdateTable",
        code="ResourceNotFoundException",
        TableName=name,
        GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "ghost"}}],
    )
    assert text == f"Requested resource not found: Index ghost for table {name}"
    ddb("UpdateTable", TableName=name, StreamSpecification={"StreamEnabled": False})
    assert refusal("UpdateTable", TableName=name, StreamSpecification={"StreamEnabled": False}) == (
        f"Table has no stream to disable: TableName: {name}"
    )


def test_a_protected_table_stays(ddb: Call, table: Table, refusal: Call) -> None:
    name = table(DeletionProtectionEnabled=True)
    assert refusal("DeleteTable", TableName=name) == (
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    )
    ddb("UpdateTable", TableName=name, DeletionProtectionEnabled=False)
    ddb("DeleteTable", TableName=name)


def test_settings_are_remembered(ddb: Call, table: Table) -> None:
    name = table(
        TableClass="STANDARD_INFREQUENT_ACCESS",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:us-east-1:1:key/k"},
        OnDemandThroughput={"MaxReadRequestUnits": 100},
    )
    told = ddb("DescribeTable", TableName=name)["Table"]
    assert told["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert told["SSEDescription"] == {
        "Status": "ENABLED",
        "SSEType": "KMS",
        "KMSMasterKeyArn": "arn:aws:kms:us-east-1:1:key/k",
    }
    assert told["OnDemandThroughput"] == {"MaxReadRequestUnits": 100}


def test_tags(ddb: Call, table: Table, refusal: Call) -> None:
    name = table(Tags=[{"Key": "a", "Value": "1"}])
    arn = ddb("DescribeTable", TableName=name)["Table"]["TableArn"]
    ddb("TagResource", ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    assert ddb("ListTagsOfResource", ResourceArn=arn) == {
        "Tags": [{"Key": "a", "Value": "3"}, {"Key": "b", "Value": "2"}]
    }
    ddb("UntagResource", ResourceArn=arn, TagKeys=["a", "absent"])
    assert ddb("ListTagsOfResource", ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    tags = [{"Key": f"k{at:02d}", "Value": ""} for at in range(49)]
    ddb("TagResource", ResourceArn=arn, Tags=tags)
    found: list[Any] = []
    token: dict[str, str] = {}
    while True:
        page = ddb("ListTagsOfResource", ResourceArn=arn, **token)
        found += page["Tags"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert len(found) == 50
    assert refusal("TagResource", ResourceArn=arn, Tags=[{"Key": "one", "Value": "more"}]) == (
        "Number of Tags exceed the current limit for the provided ResourceArn"
    )
    assert refusal("TagResource", ResourceArn=arn, Tags=[{"Key": "aws:x", "Value": ""}]) == (
        "Tag Key cannot be prefixed with aws:, Key: aws:x"
    )
    assert refusal("ListTagsOfResource", ResourceArn="orders") == f"{INVALID}ARNs must start with 'arn:': orders"
    ddb("DeleteTable", TableName=name)
    refusal("ListTagsOfResource", code="ResourceNotFoundException", ResourceArn=arn)


def test_what_is_true_of_every_table(ddb: Call, table: Table) -> None:
    name = table()
    backups = ddb("DescribeContinuousBackups", TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"] == {"PointInTimeRecoveryStatus": "DISABLED"}
    [endpoint] = ddb("DescribeEndpoints")["Endpoints"]
    assert ":" in endpoint["Address"]
