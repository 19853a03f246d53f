"""Lifecycle: what expires goes at midnight, by prefix, tag, size and date; unfinished uploads too; refusals."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tailrace.runtime.cloud import LocalCloud
from tailrace.s3.lifecycle import DAY_S, expires_s
from tailrace.s3.object import Object
from tailrace.service.principal import Principal

Refusal = Callable[..., dict[str, Any]]
NOON = 1_767_225_600 + DAY_S // 2  # 2026-01-01T12:00:00Z


def rule(**more: Any) -> dict[str, Any]:
    return {"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 2}, **more}


def stored(size: int = 5, **tags: str) -> Object:
    return Object(size=size, etag="e", modified_s=NOON, algorithm="CRC32", checksum="c", tags=list(tags.items()))


@pytest.mark.parametrize(
    ("given", "applies"),
    [
        ({}, True),
        ({"Filter": {"Prefix": "logs/"}}, True),
        ({"Filter": {"Prefix": "data/"}}, False),
        ({"Filter": {"Tag": {"Key": "a", "Value": "1"}}}, True),
        ({"Filter": {"Tag": {"Key": "a", "Value": "2"}}}, False),
        ({"Filter": {"ObjectSizeGreaterThan": 4}}, True),
        ({"Filter": {"ObjectSizeGreaterThan": 5}}, False),
        ({"Filter": {"ObjectSizeLessThan": 5}}, False),
        ({"Filter": {"And": {"Prefix": "logs/", "Tags": [{"Key": "a", "Value": "1"}]}}}, True),
        ({"Filter": {"And": {"Prefix": "logs/", "ObjectSizeLessThan": 2}}}, False),
        ({"Expiration": {"ExpiredObjectDeleteMarker": True}}, False),
    ],
)
def test_what_a_rule_is_about(given: dict[str, Any], applies: bool) -> None:
    # Noon and two days: the third midnight.
    expected = NOON - DAY_S // 2 + 3 * DAY_S if applies else None
    assert expires_s(rule(**given), "logs/x", stored(a="1")) == expected


def call(cloud: LocalCloud, operation: str, **params: Any) -> dict[str, Any]:
    return cloud.call("s3", operation, params, Principal.root(cloud.account), region="us-east-1")


def keys(cloud: LocalCloud) -> list[str]:
    return [each["Key"] for each in call(cloud, "ListObjectsV2", Bucket="lake").get("Contents", [])]


async def advance(cloud: LocalCloud, seconds: float) -> None:
    cloud.clock.advance(seconds)  # type: ignore[attr-defined]
    for _ in range(100):
        await asyncio.sleep(0)


def test_objects_and_uploads_go_at_midnight(open_cloud: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            call(cloud, "CreateBucket", Bucket="lake")
            rules = [
                rule(ID="short", Filter={"Prefix": "tmp/"}, Expiration={"Days": 1}),
                rule(ID="off", Status="Disabled", Expiration={"Days": 1}),
                {
                    "ID": "uploads",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
                },
            ]
            await advance(cloud, DAY_S / 2)
            call(cloud, "PutBucketLifecycleConfiguration", Bucket="lake", LifecycleConfiguration={"Rules": rules})
            for number in range(1200):
                call(cloud, "PutObject", Bucket="lake", Key=f"tmp/{number}")
            put = call(cloud, "PutObject", Bucket="lake", Key="kept")
            assert "Expiration" not in put
            told = call(cloud, "HeadObject", Bucket="lake", Key="tmp/1")["Expiration"]
            assert told == 'expiry-date="Sat, 03 Jan 2026 00:00:00 GMT", rule-id="short"'
            call(cloud, "CreateMultipartUpload", Bucket="lake", Key="unfinished")
            await advance(cloud, DAY_S)
            assert len(keys(cloud)) == 1000
            await advance(cloud, DAY_S / 2)
            assert keys(cloud) == ["kept"]
            assert len(call(cloud, "ListMultipartUploads", Bucket="lake")["Uploads"]) == 1
        async with open_cloud() as cloud:
            await advance(cloud, 3 * DAY_S)
            assert "Uploads" not in call(cloud, "ListMultipartUploads", Bucket="lake")
            assert keys(cloud) == ["kept"]

    asyncio.run(scenario())


def test_rules_are_put_read_and_removed(s3: Any, bucket: str, refused: Refusal) -> None:
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=bucket)["Code"] == "NoSuchLifecycleConfiguration"
    dated = rule(Expiration={"Date": datetime(2099, 1, 1, tzinfo=UTC)}, Filter={"Prefix": "x"})
    answer = s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [dated]})
    assert answer["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == [dated]
    s3.put_object(Bucket=bucket, Key="xyz")
    told = s3.head_object(Bucket=bucket, Key="xyz")["Expiration"]
    assert told == 'expiry-date="Thu, 01 Jan 2099 00:00:00 GMT", rule-id="r"'
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=bucket)["Status"] == 404


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"Filter": {"Prefix": "a", "ObjectSizeLessThan": 5}}, "MalformedXML"),
        ({"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}, "MalformedXML"),
        ({"Expiration": {"Days": 0}}, "InvalidArgument"),
        ({"Expiration": {"Date": datetime(2099, 1, 1, 1, tzinfo=UTC)}}, "InvalidArgument"),
        ({"Filter": {"And": {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}}}, "InvalidRequest"),
        ({"Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}, "NotImplemented"),
        ({"NoncurrentVersionExpiration": {"NewerNoncurrentVersions": 1}}, "MalformedXML"),
        ({"Prefix": "both"}, "MalformedXML"),
    ],
)
def test_rules_that_are_refused(s3: Any, bucket: str, wrong: dict[str, Any], code: str, refused: Refusal) -> None:
    configuration = {"Rules": [rule(**wrong)]}
    put = s3.put_bucket_lifecycle_configuration
    assert refused(put, Bucket=bucket, LifecycleConfiguration=configuration)["Code"] == code
