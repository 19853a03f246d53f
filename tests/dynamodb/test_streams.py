"""Change records: one for each change and none for what changes nothing; streams and their iterators."""

from collections.abc import Callable
from typing import Any

import pytest

from tailrace.dynamodb.record import on_wire
from tailrace.runtime.cloud import LocalCloud
from tailrace.wire.errors import AwsError

Call = Callable[..., Any]
Table = Callable[..., str]


def s(text: str) -> dict[str, str]:
    return {"S": text}


def n(number: Any) -> dict[str, str]:
    return {"N": str(number)}


def arn_of(ddb: Call, name: str) -> str:
    arn: str = ddb("DescribeTable", TableName=name)["Table"]["LatestStreamArn"]
    return arn


def shard_of(streams: Call, arn: str) -> dict[str, Any]:
    [shard] = streams("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
    found: dict[str, Any] = shard
    return found


def iterate(streams: Call, arn: str, kind: str = "TRIM_HORIZON", **params: Any) -> str:
    shard = shard_of(streams, arn)["ShardId"]
    answer = streams("GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **params)
    iterator: str = answer["ShardIterator"]
    return iterator


def keys(answer: dict[str, Any]) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in answer["Records"]]


def refused(streams: Call, operation: str, code: str, **params: Any) -> str:
    with pytest.raises(AwsError) as error:
        streams(operation, **params)
    assert error.value.code == code, error.value
    return error.value.message


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", {"INSERT": set(), "MODIFY": set(), "REMOVE": set()}),
        ("NEW_IMAGE", {"INSERT": {"NewImage"}, "MODIFY": {"NewImage"}, "REMOVE": set()}),
        ("OLD_IMAGE", {"INSERT": set(), "MODIFY": {"OldImage"}, "REMOVE": {"OldImage"}}),
        (
            "NEW_AND_OLD_IMAGES",
            {"INSERT": {"NewImage"}, "MODIFY": {"NewImage", "OldImage"}, "REMOVE": {"OldImage"}},
        ),
    ],
)
def test_each_view_has_its_images(ddb: Call, table: Table, records: Call, view: str, images: Any) -> None:
    name = table("composite", stream=view)
    key = {"pk": s("a"), "sk": s("b")}
    ddb("PutItem", TableName=name, Item={**key, "x": n(1)})
    ddb("PutItem", TableName=name, Item={**key, "x": n(2)})
    ddb("UpdateItem", TableName=name, Key=key, UpdateExpression="SET y = :v", ExpressionAttributeValues={":v": n(3)})
    ddb("DeleteItem", TableName=name, Key=key)
    found = records(name)
    assert [record["eventName"] for record in found] == ["INSERT", "MODIFY", "MODIFY", "REMOVE"]
    sizes = {"x1": 2 + 1 + 2 + 1 + 3, "x2": 2 + 1 + 2 + 1 + 3, "xy": 6 + 3 + 3}
    after = [sizes["x1"], sizes["x2"], sizes["xy"], 0]
    before = [0, sizes["x1"], sizes["x2"], sizes["xy"]]
    for at, record in enumerate(found):
        change = record["dynamodb"]
        assert {"NewImage", "OldImage"} & set(change) == images[record["eventName"]]
        assert change["Keys"] == key
        assert change["StreamViewType"] == view
        size = 6 + (after[at] if "NewImage" in change else 0) + (before[at] if "OldImage" in change else 0)
        assert change["SizeBytes"] == size
    if view == "NEW_AND_OLD_IMAGES":
        assert found[2]["dynamodb"]["OldImage"] == {**key, "x": n(2)}
        assert found[2]["dynamodb"]["NewImage"] == {**key, "x": n(2), "y": n(3)}


# Recorded from AWS (LocalStack's snapshots): the sizes that AWS tells.
def test_sizes_are_those_recorded(ddb: Call, definition: Call, records: Call) -> None:
    params = definition("orders", stream="NEW_AND_OLD_IMAGES")
    params["KeySchema"][0]["AttributeName"] = params["AttributeDefinitions"][0]["AttributeName"] = "id"
    ddb("CreateTable", **params)
    ddb("PutItem", TableName="orders", Item={"id": s("Fred")})
    ddb("PutItem", TableName="orders", Item={"id": s("my-item-id"), "attr1": s("value1"), "attr2": s("value2")})
    ddb("PutItem", TableName="orders", Item={"id": s("my-item-id"), "attr1": s("value2"), "attr2": s("value3")})
    assert [record["dynamodb"]["SizeBytes"] for record in records("orders")] == [12, 12 + 34, 80]


def test_a_record_has_its_form(ddb: Call, table: Table, records: Call, cloud: LocalCloud) -> None:
    name = table(stream="NEW_IMAGE")
    ddb("PutItem", TableName=name, Item={"pk": s("ü"), "b": {"B": "AP8="}})
    cloud.clock.advance(1.9)
    ddb("PutItem", TableName=name, Item={"pk": s("b")})
    first, second = records(name)
    assert set(first) == {"eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb"}
    assert (first["eventVersion"], first["eventSource"], first["awsRegion"]) == ("1.1", "aws:dynamodb", "us-east-1")
    assert len(first["eventID"]) == 32
    assert int(first["eventID"], 16) != int(second["eventID"], 16)
    assert first["dynamodb"]["NewImage"] == {"pk": s("ü"), "b": {"B": "AP8="}}
    started = int(cloud.clock.now() - 1.9)
    assert first["dynamodb"]["ApproximateCreationDateTime"] == started
    assert second["dynamodb"]["ApproximateCreationDateTime"] == started + 1
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in (first, second)]
    assert numbers[0] < numbers[1]
    assert 21 <= len(first["dynamodb"]["SequenceNumber"]) <= 40


def test_consumers_see_the_event_of_lambda(ddb: Call, table: Table, streams: Call, cloud: LocalCloud) -> None:
    import orjson

    name = table(stream="NEW_IMAGE")
    ddb("PutItem", TableName=name, Item={"pk": s("a")})
    arn = arn_of(ddb, name)
    logs = streams("ShardLogs", StreamArn=arn)
    assert logs["Status"] == "ENABLED"
    [shard] = logs["Shards"]
    [entry] = cloud.store.log(shard["LogId"]).read(0, 10, 10**6)
    event = orjson.loads(entry.data)
    assert event["eventSourceARN"] == arn
    assert orjson.loads(on_wire(entry.data, arn)) == {name: v for name, v in event.items() if name != "eventSourceARN"}
    ddb("UpdateTable", TableName=name, StreamSpecification={"StreamEnabled": False})
    assert streams("ShardLogs", StreamArn=arn) == {"Status": "DISABLED", "Shards": [shard]}


ITEM = {
    "pk": s("a"),
    "n": n(5),
    "m": {"M": {"x": s("1"), "y": s("2")}},
    "ss": {"SS": ["a", "b"]},
    "l": {"L": [n(1), {"NS": ["1", "2"]}]},
}
OTHER_ORDER = {
    "l": {"L": [n("1.0"), {"NS": ["2", "1"]}]},
    "ss": {"SS": ["b", "a"]},
    "m": {"M": {"y": s("2"), "x": s("1")}},
    "n": n("5.00"),
    "pk": s("a"),
}


def test_what_changes_nothing_is_not_told(ddb: Call, table: Table, records: Call) -> None:
    name = table(stream="NEW_AND_OLD_IMAGES", attributes={"g": "S"}, gsi=[("gsi", "g")])
    key = {"pk": s("a")}
    ddb("PutItem", TableName=name, Item=ITEM)
    ddb("PutItem", TableName=name, Item=ITEM)
    ddb("PutItem", TableName=name, Item=OTHER_ORDER)
    ddb(
        "BatchWriteItem",
        RequestItems={name: [{"PutRequest": {"Item": OTHER_ORDER}}, {"DeleteRequest": {"Key": {"pk": s("z")}}}]},
    )
    ddb("TransactWriteItems", TransactItems=[{"Put": {"TableName": name, "Item": ITEM}}])
    for expression, values in (
        ("SET n = n", {}),
        ("ADD n :v", {":v": n(0)}),
        ("SET m.x = :v", {":v": s("1")}),
        ("ADD ss :v", {":v": {"SS": ["a"]}}),
        ("DELETE ss :v", {":v": {"SS": ["zzz"]}}),
        ("REMOVE absent, l[9]", {}),
    ):
        params = {"ExpressionAttributeValues": values} if values else {}
        ddb("UpdateItem", TableName=name, Key=key, UpdateExpression=expression, **params)
    ddb("UpdateItem", TableName=name, Key=key)
    ddb("UpdateItem", TableName=name, Key={"pk": s("z")}, UpdateExpression="REMOVE x")
    ddb("DeleteItem", TableName=name, Key={"pk": s("z")})
    with pytest.raises(AwsError):
        ddb("PutItem", TableName=name, Item={"pk": s("a")}, ConditionExpression="attribute_not_exists(pk)")
    assert [record["eventName"] for record in records(name)] == ["INSERT"]
    assert ddb("DescribeTable", TableName=name)["Table"]["ItemCount"] == 1


def test_an_item_of_only_its_key_is_one(ddb: Call, table: Table, records: Call) -> None:
    name = table(stream="NEW_AND_OLD_IMAGES")
    ddb("UpdateItem", TableName=name, Key={"pk": s("a")})
    ddb("DeleteItem", TableName=name, Key={"pk": s("a")})
    first, second = (record["dynamodb"] for record in records(name))
    assert first["NewImage"] == second["OldImage"] == {"pk": s("a")}


def test_iterators_begin_where_they_are_asked_to(ddb: Call, table: Table, streams: Call, cloud: LocalCloud) -> None:
    name = table(stream="KEYS_ONLY")
    arn = arn_of(ddb, name)
    latest_of_none = iterate(streams, arn, "LATEST")
    started = cloud.clock.now()
    for pk in "abcde":
        ddb("PutItem", TableName=name, Item={"pk": s(pk)})
        cloud.clock.advance(10)
    whole = streams("GetRecords", ShardIterator=iterate(streams, arn))
    assert keys(whole) == list("abcde")
    third = whole["Records"][2]["dynamodb"]["SequenceNumber"]

    def read(kind: str, **params: Any) -> list[str]:
        return keys(streams("GetRecords", ShardIterator=iterate(streams, arn, kind, **params)))

    assert read("AT_SEQUENCE_NUMBER", SequenceNumber=third) == list("cde")
    assert read("AFTER_SEQUENCE_NUMBER", SequenceNumber=third) == list("de")
    assert read("AT_TIMESTAMP", Timestamp=started + 20) == list("cde")
    assert read("AT_TIMESTAMP", Timestamp=started + 20.5) == list("de")
    assert read("AT_TIMESTAMP", Timestamp=started - 9999) == list("abcde")
    assert read("LATEST") == []
    assert keys(streams("GetRecords", ShardIterator=latest_of_none)) == list("abcde")
    begin = shard_of(streams, arn)["SequenceNumberRange"]["StartingSequenceNumber"]
    assert read("AT_SEQUENCE_NUMBER", SequenceNumber=begin) == list("abcde")


def test_records_are_paged(ddb: Call, table: Table, streams: Call) -> None:
    name = table(stream="NEW_AND_OLD_IMAGES")
    iterator = iterate(streams, arn_of(ddb, name))
    empty = streams("GetRecords", ShardIterator=iterator)
    assert empty["Records"] == []
    for at in range(7):
        ddb("PutItem", TableName=name, Item={"pk": s(str(at)), "x": s("x" * 300_000)})
    found = []
    iterator = empty["NextShardIterator"]
    for limit in (2, 1000, 1000, 1000):
        page = streams("GetRecords", ShardIterator=iterator, Limit=limit)
        found.append(keys(page))
        iterator = page["NextShardIterator"]
    assert found == [["0", "1"], ["2", "3", "4"], ["5", "6"], []]


def test_a_closed_stream_is_read_to_its_end_for_a_day(
    ddb: Call, table: Table, streams: Call, cloud: LocalCloud
) -> None:
    name = table(stream="KEYS_ONLY")
    arn = arn_of(ddb, name)
    for pk in "ab":
        ddb("PutItem", TableName=name, Item={"pk": s(pk)})
    off = ddb("UpdateTable", TableName=name, StreamSpecification={"StreamEnabled": False})["TableDescription"]
    assert "StreamSpecification" not in off
    assert off["LatestStreamArn"] == arn
    ddb("PutItem", TableName=name, Item={"pk": s("untold")})
    told = streams("DescribeStream", StreamArn=arn)["StreamDescription"]
    assert told["StreamStatus"] == "DISABLED"
    last = told["Shards"][0]["SequenceNumberRange"]["EndingSequenceNumber"]
    page = streams("GetRecords", ShardIterator=iterate(streams, arn), Limit=1)
    assert keys(page) == ["a"]
    page = streams("GetRecords", ShardIterator=page["NextShardIterator"])
    assert keys(page) == ["b"]
    assert "NextShardIterator" not in page
    assert page["Records"][0]["dynamodb"]["SequenceNumber"] == last
    assert "NextShardIterator" not in streams("GetRecords", ShardIterator=iterate(streams, arn, "LATEST"))
    spec = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    on = ddb("UpdateTable", TableName=name, StreamSpecification=spec)["TableDescription"]
    assert on["LatestStreamArn"] != arn
    listed = [stream["StreamArn"] for stream in streams("ListStreams", TableName=name)["Streams"]]
    assert listed == [arn, on["LatestStreamArn"]]
    ddb("DeleteTable", TableName=name)
    assert streams("DescribeStream", StreamArn=on["LatestStreamArn"])["StreamDescription"]["StreamStatus"] == "DISABLED"


def test_a_table_made_anew_at_once_has_a_stream_of_its_own(ddb: Call, definition: Call, streams: Call) -> None:
    arns = set()
    for _ in range(3):
        ddb("CreateTable", **definition("orders", stream="KEYS_ONLY"))
        ddb("PutItem", TableName="orders", Item={"pk": s("a")})
        arns.add(arn_of(ddb, "orders"))
        ddb("DeleteTable", TableName="orders")
    assert len(arns) == 3
    for arn in arns:
        assert keys(streams("GetRecords", ShardIterator=iterate(streams, arn))) == ["a"]


def test_lists_are_paged(ddb: Call, definition: Call, streams: Call) -> None:
    arns = []
    for name in ("aaa", "bbb", "ccc"):
        ddb("CreateTable", **definition(name, stream="KEYS_ONLY"))
        arns.append(arn_of(ddb, name))
    first = streams("ListStreams", Limit=2)
    assert [stream["StreamArn"] for stream in first["Streams"]] == arns[:2]
    assert first["LastEvaluatedStreamArn"] == arns[1]
    ddb("DeleteTable", TableName="bbb")
    rest = streams("ListStreams", Limit=2, ExclusiveStartStreamArn=arns[1])
    assert [stream["TableName"] for stream in rest["Streams"]] == ["ccc"]
    assert "LastEvaluatedStreamArn" not in rest


def test_children_of_a_shard_are_none(ddb: Call, table: Table, streams: Call) -> None:
    arn = arn_of(ddb, table(stream="KEYS_ONLY"))
    shard = shard_of(streams, arn)["ShardId"]
    children = streams("DescribeStream", StreamArn=arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": shard})
    assert children["StreamDescription"]["Shards"] == []
    after = streams("DescribeStream", StreamArn=arn, ExclusiveStartShardId=shard)
    assert after["StreamDescription"]["Shards"] == []
    refused(streams, "DescribeStream", "ValidationException", StreamArn=arn, ShardFilter={"Type": "CHILD_SHARDS"})


def test_streams_refuse(ddb: Call, table: Table, streams: Call, cloud: LocalCloud) -> None:
    name = table(stream="KEYS_ONLY")
    arn = arn_of(ddb, name)
    nowhere = arn.replace(name, "nowhere")
    text = refused(streams, "DescribeStream", "ResourceNotFoundException", StreamArn=nowhere)
    assert text == f"Requested resource not found: Stream: {nowhere} not found"
    refused(
        streams, "DescribeStream", "ValidationException", StreamArn="arn:aws:dynamodb:us-east-1:1:table/not-a-stream"
    )
    shard = shard_of(streams, arn)["ShardId"]
    where = {"StreamArn": arn, "ShardId": shard}
    iterators = "GetShardIterator"
    refused(streams, iterators, "ValidationException", **where, ShardIteratorType="AT_SEQUENCE_NUMBER")
    refused(streams, iterators, "ValidationException", **where, ShardIteratorType="AT_TIMESTAMP")
    future = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": cloud.clock.now() + 60}
    refused(streams, iterators, "ValidationException", **where, **future)
    for number in ("9" * 28, "x" * 28):
        bad = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": number}
        refused(streams, iterators, "ValidationException", **where, **bad)
    other = {"StreamArn": arn, "ShardId": shard[:-1] + "_", "ShardIteratorType": "LATEST"}
    refused(streams, iterators, "ResourceNotFoundException", **other)
    for token in ("rubbish", f"{arn}|1|rubbish", f"{arn}|1|W10="):
        refused(streams, "GetRecords", "ValidationException", ShardIterator=token)


def test_a_stream_of_many_shards(ddb: Call, table: Table, streams: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tailrace.dynamodb.streaming.SHARDS", 4)
    name = table(stream="NEW_IMAGE")
    for turn in range(3):
        for at in range(40):
            ddb("PutItem", TableName=name, Item={"pk": s(str(at)), "x": n(turn)})
    arn = arn_of(ddb, name)
    shards = streams("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
    assert len(shards) == 4
    paged = streams("DescribeStream", StreamArn=arn, Limit=3)["StreamDescription"]
    assert paged["LastEvaluatedShardId"] == paged["Shards"][-1]["ShardId"] == shards[2]["ShardId"]
    seen: dict[str, list[str]] = {}
    for shard in shards:
        where = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        page = streams("GetRecords", ShardIterator=streams("GetShardIterator", **where)["ShardIterator"])
        mine: dict[str, list[str]] = {}
        for record in page["Records"]:
            image = record["dynamodb"]["NewImage"]
            mine.setdefault(image["pk"]["S"], []).append(image["x"]["N"])
        assert mine
        assert not mine.keys() & seen.keys(), "an item is told of in one shard only"
        seen |= mine
    assert seen == {str(at): ["0", "1", "2"] for at in range(40)}
