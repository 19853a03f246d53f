"""Creating, describing, changing and listing delivery streams, and what is refused."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tailrace.firehose.registry import permissions
from tailrace.wire.errors import AwsError

OpenWorld = Callable[..., Any]
ROLE = "arn:aws:iam::123456789012:role/delivery"
S3 = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake"}
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
SPLUNK = {"HECEndpoint": "https://x", "HECEndpointType": "Raw", "HECToken": "t", "S3Configuration": S3}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:transform"


def in_world(open_world: OpenWorld, test: Callable[[Any], Awaitable[None]]) -> None:
    async def main() -> None:
        async with open_world() as world:
            await test(world)

    asyncio.run(main())


def processors(*each: tuple[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "Enabled": True,
        "Processors": [
            {
                "Type": kind,
                "Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()],
            }
            for kind, given in each
        ],
    }


def test_a_delivery_stream_is_described_with_its_defaults(open_world: OpenWorld) -> None:
    async def test(world: Any) -> None:
        created = world.call(
            "firehose",
            "CreateDeliveryStream",
            DeliveryStreamName="d",
            ExtendedS3DestinationConfiguration={
                **S3,
                "ProcessingConfiguration": processors(("Lambda", {"LambdaArn": FUNCTION})),
            },
        )
        arn = "arn:aws:firehose:us-east-1:123456789012:deliverystream/d"
        assert created == {"DeliveryStreamARN": arn}
        found = world.call("firehose", "DescribeDeliveryStream", DeliveryStreamName="d")["DeliveryStreamDescription"]
        [destination] = found.pop("Destinations")
        assert found == {
            "DeliveryStreamName": "d",
            "DeliveryStreamARN": arn,
            "DeliveryStreamStatus": "ACTIVE",
            "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
            "DeliveryStreamType": "DirectPut",
            "VersionId": "1",
            "CreateTimestamp": 1_767_225_600,
            "HasMoreDestinations": False,
        }
        plain = {
            **S3,
            "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
            "CompressionFormat": "UNCOMPRESSED",
            "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
            "CloudWatchLoggingOptions": {"Enabled": False},
        }
        defaults = {"NumberOfRetries": "3", "RoleArn": ROLE, "BufferSizeInMBs": "1", "BufferIntervalInSeconds": "60"}
        assert destination == {
            "DestinationId": "destinationId-000000000001",
            "S3DestinationDescription": plain,
            "ExtendedS3DestinationDescription": {
                **plain,
                "ProcessingConfiguration": processors(("Lambda", {"LambdaArn": FUNCTION, **defaults})),
                "S3BackupMode": "Disabled",
            },
        }

    in_world(open_world, test)


def test_the_deprecated_s3_destination_is_taken_too(open_world: OpenWorld) -> None:
    async def test(world: Any) -> None:
        world.call("firehose", "CreateDeliveryStream", DeliveryStreamName="d", S3DestinationConfiguration=S3)
        await world.rest()
        world.put(b"x")
        await world.advance(301)
        assert list(world.objects().values()) == [b"x"]

    in_world(open_world, test)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "Exactly one destination configuration is supported for a Firehose"),
        (
            {"S3DestinationConfiguration": S3, "ExtendedS3DestinationConfiguration": S3},
            "Exactly one destination configuration is supported for a Firehose",
        ),
        ({"SplunkDestinationConfiguration": SPLUNK}, "Tailrace does not carry out SplunkDestinationConfiguration yet"),
        ({"DeliveryStreamType": "MSKAsSource"}, "does not carry out delivery streams of type MSKAsSource yet"),
        ({"DeliveryStreamType": "KinesisStreamAsSource"}, "KinesisStreamSourceConfiguration is required"),
        (
            {"DeliveryStreamEncryptionConfigurationInput": {"KeyType": "AWS_OWNED_CMK"}},
            "does not carry out DeliveryStreamEncryptionConfigurationInput yet",
        ),
        (
            {
                "DeliveryStreamType": "KinesisStreamAsSource",
                "KinesisStreamSourceConfiguration": {
                    "KinesisStreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/none",
                    "RoleARN": ROLE,
                },
            },
            "Stream none under account 123456789012 not found.",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_create(open_world: OpenWorld, params: dict[str, Any], message: str) -> None:
    async def test(world: Any) -> None:
        known = {} if "Exactly" in message or "Splunk" in message else {"ExtendedS3DestinationConfiguration": S3}
        with pytest.raises(AwsError, match=re.escape(message)) as refused:
            world.call("firehose", "CreateDeliveryStream", DeliveryStreamName="d", **known, **params)
        assert refused.value.code == "InvalidArgumentException"
        assert world.call("firehose", "ListDeliveryStreams")["DeliveryStreamNames"] == []

    in_world(open_world, test)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"BufferingHints": {"SizeInMBs": 1}}, "must be given together"),
        ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "DynamicPartitioningConfiguration yet"),
        ({"DataFormatConversionConfiguration": {}}, "DataFormatConversionConfiguration yet"),
        ({"EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": KMS_KEY}}}, "KMSEncryptionConfig yet"),
        ({"CustomTimeZone": "Mars/Phobos"}, "CustomTimeZone Mars/Phobos is not a valid time zone."),
        ({"S3BackupMode": "Enabled"}, "S3BackupConfiguration must be specified"),
        ({"Prefix": "!{timestamp:yyyy}/"}, "ErrorOutputPrefix cannot be null or empty when Prefix contains"),
        ({"ProcessingConfiguration": processors(("MetadataExtraction", {}))}, "the processor MetadataExtraction yet"),
        ({"ProcessingConfiguration": processors(("RecordDeAggregation", {}))}, "the processor RecordDeAggregation yet"),
        ({"ProcessingConfiguration": processors(("Lambda", {}))}, "is not the ARN of a function"),
        (
            {"ProcessingConfiguration": processors(("Lambda", {"LambdaArn": FUNCTION, "BufferSizeInMBs": "4"}))},
            "BufferSizeInMBs must be between 0.2 and 3, not 4.",
        ),
        (
            {"ProcessingConfiguration": processors(("Lambda", {"LambdaArn": FUNCTION, "NumberOfRetries": "x"}))},
            "NumberOfRetries must be between 0 and 300, not x.",
        ),
        (
            {"ProcessingConfiguration": processors(("Lambda", {"LambdaArn": FUNCTION, "Delimiter": "x"}))},
            "Parameter Delimiter is not valid for processor type Lambda.",
        ),
    ],
)
def test_wrong_destinations_are_refused(open_world: OpenWorld, options: dict[str, Any], message: str) -> None:
    async def test(world: Any) -> None:
        with pytest.raises(AwsError, match=re.escape(message)) as refused:
            destination = {**S3, **options}
            world.call(
                "firehose",
                "CreateDeliveryStream",
                DeliveryStreamName="d",
                ExtendedS3DestinationConfiguration=destination,
            )
        assert refused.value.code == "InvalidArgumentException"

    in_world(open_world, test)


def test_roles_are_tried_at_create(open_world: OpenWorld) -> None:
    async def test(world: Any) -> None:
        world.untrusted.add(ROLE)
        with pytest.raises(AwsError) as refused:
            world.create()
        assert (refused.value.code, refused.value.message) == (
            "InvalidArgumentException",
            f"Firehose is unable to assume role {ROLE}. Please check the role provided.",
        )
        world.untrusted.clear()
        world.call("kinesis", "CreateStream", StreamName="s", ShardCount=1)
        world.denied.add("kinesis:DescribeStream")
        with pytest.raises(
            AwsError, match="is not authorized to perform: kinesis:DescribeStream on resource"
        ) as refused:
            world.create(kinesis="s")
        assert refused.value.code == "InvalidArgumentException"

    in_world(open_world, test)


def test_updates_replace_members_and_count_versions(open_world: OpenWorld) -> None:
    async def test(world: Any) -> None:
        world.create(Prefix="a/", ProcessingConfiguration=processors(("AppendDelimiterToRecord", {})))

        def update(version: str, destination: str = "destinationId-000000000001", **options: Any) -> None:
            world.call(
                "firehose",
                "UpdateDestination",
                DeliveryStreamName="d",
                CurrentDeliveryStreamVersionId=version,
                DestinationId=destination,
                ExtendedS3DestinationUpdate=options,
            )

        update("1", BufferingHints={"SizeInMBs": 2, "IntervalInSeconds": 5})
        found = world.call("firehose", "DescribeDeliveryStream", DeliveryStreamName="d")["DeliveryStreamDescription"]
        extended = found["Destinations"][0]["ExtendedS3DestinationDescription"]
        assert found["VersionId"] == "2"
        assert found["LastUpdateTimestamp"] == 1_767_225_600
        assert (extended["Prefix"], extended["BufferingHints"]["SizeInMBs"]) == ("a/", 2)
        assert extended["ProcessingConfiguration"]["Processors"][0]["Type"] == "AppendDelimiterToRecord"
        with pytest.raises(AwsError) as refused:
            update("1", Prefix="b/")
        assert refused.value.code == "ConcurrentModificationException"
        with pytest.raises(AwsError, match="Destination Id destinationId-2 not found"):
            update("2", destination="destinationId-2")
        backup = {**S3, "Prefix": "backup/"}
        update("2", S3BackupMode="Enabled", S3BackupUpdate=backup)
        with pytest.raises(AwsError, match="cannot be disabled"):
            update("3", S3BackupMode="Disabled")
        await world.rest()
        world.put(b"x")
        await world.advance(301)
        assert sorted(world.objects().values()) == [b"x", b"x\n"]

    in_world(open_world, test)


def test_missing_and_doubled_delivery_streams(open_world: OpenWorld) -> None:
    async def test(world: Any) -> None:
        for operation, params in (
            ("DescribeDeliveryStream", {}),
            ("DeleteDeliveryStream", {}),
            ("PutRecord", {"Record": {"Data": b""}}),
            ("ListTagsForDeliveryStream", {}),
        ):
            with pytest.raises(AwsError) as refused:
                world.call("firehose", operation, DeliveryStreamName="none", **params)
            assert (refused.value.code, refused.value.message) == (
                "ResourceNotFoundException",
                "Firehose none under account 123456789012 not found.",
            )
        world.create()
        with pytest.raises(AwsError) as refused:
            world.create()
        assert refused.value.code == "ResourceInUseException"

    in_world(open_world, test)


def test_delivery_streams_are_listed_by_name_in_pages(open_world: OpenWorld) -> None:
    async def test(world: Any) -> None:
        world.call("kinesis", "CreateStream", StreamName="s", ShardCount=1)
        for name in ("c", "a"):
            world.create(name)
        world.create("b", kinesis="s")
        page = world.call("firehose", "ListDeliveryStreams", Limit=2)
        assert page == {"DeliveryStreamNames": ["a", "b"], "HasMoreDeliveryStreams": True}
        rest = world.call("firehose", "ListDeliveryStreams", ExclusiveStartDeliveryStreamName="b")
        assert rest == {"DeliveryStreamNames": ["c"], "HasMoreDeliveryStreams": False}
        direct = world.call("firehose", "ListDeliveryStreams", DeliveryStreamType="DirectPut")
        assert direct["DeliveryStreamNames"] == ["a", "c"]

    in_world(open_world, test)


def test_tags(open_world: OpenWorld) -> None:
    async def test(world: Any) -> None:
        world.create()
        tags = [{"Key": "b", "Value": "2"}, {"Key": "a"}]
        world.call("firehose", "TagDeliveryStream", DeliveryStreamName="d", Tags=tags)
        page = world.call("firehose", "ListTagsForDeliveryStream", DeliveryStreamName="d", Limit=1)
        assert page == {"Tags": [{"Key": "a", "Value": ""}], "HasMoreTags": True}
        world.call("firehose", "UntagDeliveryStream", DeliveryStreamName="d", TagKeys=["a"])
        page = world.call("firehose", "ListTagsForDeliveryStream", DeliveryStreamName="d")
        assert page == {"Tags": [{"Key": "b", "Value": "2"}], "HasMoreTags": False}

    in_world(open_world, test)


def test_batches_have_a_size_and_faults_refuse_parts_of_them(open_world: OpenWorld) -> None:
    async def test(world: Any) -> None:
        world.create()
        await world.rest()
        with pytest.raises(AwsError, match="Records size exceeds 4 MB limit"):
            world.put(*[b"x" * 1_000_000] * 5)
        world.cloud.faults.enable("firehose:put-record-batch-partial", rate=0.5, seed=2)
        batch = [{"Data": b"%d;" % number} for number in range(100)]
        answer = world.call("firehose", "PutRecordBatch", DeliveryStreamName="d", Records=batch)
        kept = [each["Data"] for each, end in zip(batch, answer["RequestResponses"], strict=True) if "RecordId" in end]
        assert len(kept) == 100 - answer["FailedPutCount"] < 100
        await world.advance(61)
        assert list(world.objects().values()) == [b"".join(kept)]

    in_world(open_world, test)


def test_whoever_hands_a_role_over_must_be_allowed_to_pass_it() -> None:
    params = {
        "DeliveryStreamName": "d",
        "KinesisStreamSourceConfiguration": {"RoleARN": "a", "KinesisStreamARN": "s"},
        "ExtendedS3DestinationConfiguration": {
            "RoleARN": "b",
            "ProcessingConfiguration": processors(("Lambda", {"LambdaArn": FUNCTION, "RoleArn": "c"})),
        },
    }
    arn = "arn:aws:firehose:us-east-1:123456789012:deliverystream/d"
    assert permissions("CreateDeliveryStream", params, "us-east-1", "123456789012") == [
        ("firehose:CreateDeliveryStream", arn),
        ("iam:PassRole", "a"),
        ("iam:PassRole", "b"),
        ("iam:PassRole", "c"),
    ]
    assert permissions("ListDeliveryStreams", {}, "us-east-1", "1") == [("firehose:ListDeliveryStreams", "*")]
