"""DynamoDB over the wire: every operation with boto3's clients and resources, and the AWS CLI."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]
Name = Callable[[str], str]


def s(text: str) -> dict[str, str]:
    return {"S": text}


def refused(call: Callable[..., Any], **params: Any) -> dict[str, Any]:
    """Answer the reply of a call that must be refused."""
    with pytest.raises(ClientError) as error:
        call(**params)
    response: dict[str, Any] = error.value.response
    return response


@pytest.fixture
def ddb(client: Client) -> Any:
    return client("dynamodb")


@pytest.fixture
def name(ddb: Any, unique: Name, definition: Any) -> str:
    made = unique("table")
    options = {"attributes": {"g": "S", "l": "N"}, "gsi": [("gsi", "g")], "lsi": [("lsi", "pk", "l")]}
    ddb.create_table(**definition(made, "composite", stream="NEW_AND_OLD_IMAGES", **options))
    ddb.get_waiter("table_exists").wait(TableName=made)
    return made


def test_items_make_the_round_trip(ddb: Any, name: str) -> None:
    item = {
        "pk": s("a"),
        "sk": s("b"),
        "n": {"N": "1.50"},
        "b": {"B": b"\x00\xff"},
        "m": {"M": {"list": {"L": [{"BS": [b"x"]}, {"NULL": True}, {"BOOL": False}]}}},
        "ss": {"SS": ["x", "ü"]},
    }
    key = {"pk": s("a"), "sk": s("b")}
    ddb.put_item(TableName=name, Item=item)
    found = ddb.get_item(TableName=name, Key=key, ConsistentRead=True, ReturnConsumedCapacity="TOTAL")
    assert found["Item"] == {**item, "n": {"N": "1.5"}}
    assert found["ConsumedCapacity"] == {"TableName": name, "CapacityUnits": 1.0}
    updated = ddb.update_item(
        TableName=name,
        Key=key,
        UpdateExpression="SET #n = #n + :one REMOVE m ADD ss :more",
        ExpressionAttributeNames={"#n": "n"},
        ExpressionAttributeValues={":one": {"N": "1"}, ":more": {"SS": ["z"]}},
        ReturnValues="ALL_NEW",
    )
    assert updated["Attributes"] == {**key, "n": {"N": "2.5"}, "b": {"B": b"\x00\xff"}, "ss": {"SS": ["x", "ü", "z"]}}
    deleted = ddb.delete_item(TableName=name, Key=key, ReturnValues="ALL_OLD")
    assert deleted["Attributes"] == updated["Attributes"]
    assert "Item" not in ddb.get_item(TableName=name, Key=key)


def test_a_failed_condition_carries_the_item(ddb: Any, name: str) -> None:
    item = {"pk": s("a"), "sk": s("b"), "b": {"B": b"raw"}}
    ddb.put_item(TableName=name, Item=item)
    response = refused(
        ddb.put_item,
        TableName=name,
        Item=item,
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert response["Error"] == {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["Item"] == item


def test_a_cancelled_transaction_carries_its_reasons(ddb: Any, name: str) -> None:
    item = {"pk": s("a"), "sk": s("b")}
    ddb.put_item(TableName=name, Item=item)
    put = {"TableName": name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    other = {"TableName": name, "Item": {"pk": s("x"), "sk": s("y")}}
    response = refused(ddb.transact_write_items, TransactItems=[{"Put": other}, {"Put": put}])
    assert response["Error"]["Code"] == "TransactionCanceledException"
    assert response["Error"]["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]"
    )
    assert response["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
    ]


def test_transactions(ddb: Any, name: str) -> None:
    key = {"pk": s("a"), "sk": s("b")}
    ddb.transact_write_items(
        TransactItems=[{"Put": {"TableName": name, "Item": {**key, "x": {"N": "1"}}}}], ClientRequestToken="once"
    )
    got = ddb.transact_get_items(TransactItems=[{"Get": {"TableName": name, "Key": key}}])
    assert got["Responses"] == [{"Item": {**key, "x": {"N": "1"}}}]


def test_queries_scans_and_batches(ddb: Any, name: str) -> None:
    items = [{"pk": s("p"), "sk": s(f"{at:02d}"), "g": s("g"), "l": {"N": str(-at)}} for at in range(20)]
    unprocessed = ddb.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": item}} for item in items]})
    assert unprocessed["UnprocessedItems"] == {}
    pages = ddb.get_paginator("query").paginate(
        TableName=name,
        KeyConditionExpression="pk = :p AND begins_with(sk, :one)",
        ExpressionAttributeValues={":p": s("p"), ":one": s("1")},
        PaginationConfig={"PageSize": 3},
    )
    assert [item["sk"]["S"] for page in pages for item in page["Items"]] == [str(at) for at in range(10, 20)]
    for index, condition, value in (("gsi", "g = :v", s("g")), ("lsi", "pk = :v", s("p"))):
        found = ddb.query(
            TableName=name,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={":v": value},
            Limit=1 if index == "lsi" else 20,
        )
        assert found["Items"][0] == (items[19] if index == "lsi" else items[0])
    pages = ddb.get_paginator("scan").paginate(TableName=name, PaginationConfig={"PageSize": 7})
    assert sum(page["Count"] for page in pages) == 20
    keys = [{"pk": s("p"), "sk": s(f"{at:02d}")} for at in range(3)]
    got = ddb.batch_get_item(RequestItems={name: {"Keys": keys, "ProjectionExpression": "sk"}})
    assert sorted(item["sk"]["S"] for item in got["Responses"][name]) == ["00", "01", "02"]
    assert got["UnprocessedKeys"] == {}


def test_a_resource(endpoint: str, unique: Name) -> None:
    dynamodb = boto3.resource(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    table = dynamodb.create_table(
        TableName=unique("table"),
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    table.wait_until_exists()
    item = {
        "pk": "a",
        "sk": Decimal("1.5"),
        "map": {"list": [1, "two", None, True, b"\x00"], "set": {"x", "y"}},
        "numbers": {Decimal(1), Decimal("2.5")},
    }
    table.put_item(Item=item)
    assert table.get_item(Key={"pk": "a", "sk": Decimal("1.50")})["Item"] == item
    with table.batch_writer() as batch:
        for at in range(60):
            batch.put_item(Item={"pk": "b", "sk": at, "square": at * at})
    from boto3.dynamodb.conditions import Attr, Key

    found = table.query(
        KeyConditionExpression=Key("pk").eq("b") & Key("sk").between(10, 20),
        FilterExpression=Attr("square").gt(200) & Attr("absent").not_exists(),
    )
    assert [int(row["sk"]) for row in found["Items"]] == [15, 16, 17, 18, 19, 20]
    table.update_item(
        Key={"pk": "a", "sk": Decimal("1.5")},
        UpdateExpression="SET #m.#l[0] = :v",
        ExpressionAttributeNames={"#m": "map", "#l": "list"},
        ExpressionAttributeValues={":v": Decimal(9)},
    )
    assert table.get_item(Key={"pk": "a", "sk": Decimal("1.5")})["Item"]["map"]["list"][0] == 9
    table.reload()
    assert table.item_count == 61
    table.delete()
    table.wait_until_not_exists()


def test_tables(ddb: Any, name: str, unique: Name, definition: Any) -> None:
    arn = ddb.describe_table(TableName=name)["Table"]["TableArn"]
    names = [found for page in ddb.get_paginator("list_tables").paginate() for found in page["TableNames"]]
    assert name in names
    response = refused(ddb.create_table, **definition(name))
    assert response["Error"] == {"Code": "ResourceInUseException", "Message": f"Table already exists: {name}"}
    ddb.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "orders"}])
    assert ddb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "orders"}]
    ddb.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert ddb.list_tags_of_resource(ResourceArn=arn)["Tags"] == []
    ttl = {"Enabled": True, "AttributeName": "expires"}
    assert ddb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)["TimeToLiveSpecification"] == ttl
    described = ddb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    backups = ddb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    assert ddb.describe_endpoints()["Endpoints"][0]["Address"]
    changed = ddb.update_table(TableName=name, DeletionProtectionEnabled=True)["TableDescription"]
    assert changed["DeletionProtectionEnabled"] is True
    assert refused(ddb.delete_table, TableName=name)["Error"]["Code"] == "ValidationException"
    ddb.update_table(TableName=name, DeletionProtectionEnabled=False)
    ddb.delete_table(TableName=name)
    ddb.get_waiter("table_not_exists").wait(TableName=name)
    response = refused(ddb.describe_table, TableName=name)
    assert response["Error"]["Message"] == f"Requested resource not found: Table: {name} not found"


def test_streams(ddb: Any, client: Client, name: str) -> None:
    streams = client("dynamodbstreams")
    ddb.put_item(TableName=name, Item={"pk": s("a"), "sk": s("b"), "b": {"B": b"\x00"}})
    ddb.delete_item(TableName=name, Key={"pk": s("a"), "sk": s("b")})
    [stream] = streams.list_streams(TableName=name)["Streams"]
    assert stream["StreamArn"] == ddb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    described = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]
    assert (described["StreamStatus"], described["StreamViewType"]) == ("ENABLED", "NEW_AND_OLD_IMAGES")
    [shard] = described["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    page = streams.get_records(ShardIterator=iterator)
    assert [record["eventName"] for record in page["Records"]] == ["INSERT", "REMOVE"]
    insert = page["Records"][0]
    assert insert["dynamodb"]["NewImage"]["b"] == {"B": b"\x00"}
    assert insert["dynamodb"]["ApproximateCreationDateTime"].year >= 2026
    assert "eventSourceARN" not in insert
    again = streams.get_records(ShardIterator=page["NextShardIterator"])
    assert again["Records"] == []
    response = refused(streams.describe_stream, StreamArn=f"{stream['StreamArn']}9")
    assert response["Error"]["Code"] == "ResourceNotFoundException"


# Member constraints are the wire's; these are those that botocore's model leaves open.
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bad table!@#", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
        ("a" * 256, "Member must have length less than or equal to 255"),
    ],
)
def test_names_are_checked(ddb: Any, definition: Any, name: str, text: str) -> None:
    response = refused(ddb.put_item, TableName=name, Item={"pk": s("a")})
    assert response["Error"]["Message"] == (
        f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: {text}"
    )
    response = refused(ddb.create_table, **definition("ab"))
    assert response["Error"]["Message"] == (
        "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3"
    )


def test_names_in_batches_are_checked(ddb: Any) -> None:
    constraint = (
        "failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal "
        "to 255, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_.-]+]"
    )
    response = refused(ddb.batch_get_item, RequestItems={"bad!name": {"Keys": [{"pk": s("a")}]}})
    assert response["Error"]["Message"] == (
        '1 validation error detected: Value \'{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}\' at \'requestItems\' '
        + constraint
    )
    response = refused(ddb.batch_write_item, RequestItems={"bad!name": [{"PutRequest": {"Item": {"pk": s("x")}}}]})
    message = response["Error"]["Message"]
    assert message.startswith(
        "1 validation error detected: Value '{bad!name=[WriteRequest(putRequest=PutRequest(item={pk="
    )
    assert message.endswith(constraint)


def test_wrong_json_types_are_serialization_errors(endpoint: str) -> None:
    import urllib.error
    import urllib.request

    body = json.dumps({"TableName": "orders", "Item": {"pk": {"N": 123}}}).encode()
    headers = {
        "X-Amz-Target": "DynamoDB_20120810.PutItem",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    request = urllib.request.Request(endpoint, body, headers)
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    assert error.value.code == 400
    told = json.loads(error.value.read())
    assert told["__type"].endswith("#SerializationException")
    assert told.get("Message", told.get("message")) == "NUMBER_VALUE cannot be converted to String"


def test_the_command_line(endpoint: str, unique: Name) -> None:
    name = unique("table")
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
    }
    program = Path(sys.executable).parent / "aws"

    def aws(*arguments: str) -> Any:
        done = subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    aws("dynamodb", "create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST",
        "--attribute-definitions", "AttributeName=pk,AttributeType=S", "--key-schema", "AttributeName=pk,KeyType=HASH",
        "--stream-specification", "StreamEnabled=true,StreamViewType=NEW_IMAGE")  # fmt: skip
    aws("dynamodb", "put-item", "--table-name", name, "--item", '{"pk": {"S": "a"}, "n": {"N": "1"}}')
    found = aws("dynamodb", "get-item", "--table-name", name, "--key", '{"pk": {"S": "a"}}')
    assert found == {"Item": {"pk": s("a"), "n": {"N": "1"}}}
    assert aws("dynamodb", "scan", "--table-name", name)["Count"] == 1
    [stream] = aws("dynamodbstreams", "list-streams", "--table-name", name)["Streams"]
    assert stream["TableName"] == name
