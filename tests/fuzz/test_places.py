"""Places that users give, where something is read from or written to: they lie in buckets, whatever they look like."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from fuzz.furniture import ROLE, RUN, package
from fuzz.storm import Storm
from fuzz.target import PATIENCE_S, Target

pytestmark = pytest.mark.usefixtures("nothing_leaves")
SECRET = "root:"
PLACES = (
    "s3://bucket/../../../outside/",
    "s3://bucket/%2e%2e/%2e%2e/outside/",
    "s3://../outside/",
    "s3://bucket/../../../../../../../etc/",
    "s3:///etc/",
    "file:///etc/",
    "/etc/",
    "s3://bucket",
    "s3://",
    "..",
    "",
)


def refused(error: ClientError) -> bool:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"]) < 500


def until(target: Target, done: Any) -> Any:
    """Wait for something that comes in its time."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := done()):
        assert time.monotonic() < deadline, target.complaints()[-2000:]
        time.sleep(0.01)
    return found


@pytest.mark.parametrize("place", PLACES)
def test_results_of_queries(storm: Storm, target: Target, place: str) -> None:
    storm.furnish()
    athena = target.client("athena")
    try:
        athena.start_query_execution(QueryString="SELECT 1", ResultConfiguration={"OutputLocation": place})
    except ClientError as error:
        assert refused(error)
    statement = f"UNLOAD (SELECT 1 AS a) TO '{place}' WITH (format = 'JSON')"
    try:
        target.query(statement)
    except ClientError as error:
        assert refused(error)


@pytest.mark.parametrize("place", PLACES)
def test_what_is_crawled(storm: Storm, target: Target, place: str) -> None:
    storm.furnish()
    glue, name = target.client("glue"), f"crawler-{PLACES.index(place)}"
    given = {"S3Targets": [{"Path": place, "Exclusions": ["../**", "**/../**"]}]}
    try:
        glue.create_crawler(Name=name, Role="role", DatabaseName="database", Targets=given, TablePrefix=f"{name}_")
    except ClientError as error:
        assert refused(error)
        return
    glue.start_crawler(Name=name)
    until(target, lambda: glue.get_crawler(Name=name)["Crawler"]["State"] == "READY")
    for table in glue.get_tables(DatabaseName="database", Expression=f"{name}_*")["TableList"]:
        assert table["StorageDescriptor"]["Location"].startswith("s3://bucket/")


PREFIXES = ["../../outside/", "/../../outside/", "a/../../../outside/", "..", "!{timestamp:'../'}"]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_is_delivered(storm: Storm, target: Target, prefix: str) -> None:
    storm.furnish()
    firehose, s3 = target.client("firehose"), target.client("s3")
    name = f"delivery-{PREFIXES.index(prefix)}"
    place = {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::bucket",
        "Prefix": prefix,
        "BufferingHints": {"IntervalInSeconds": 0, "SizeInMBs": 1},
    }
    try:
        firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=place)
    except ClientError as error:
        assert refused(error)
        return
    until(target, lambda: _is_active(firehose, name))
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"delivered"})

    def keys() -> list[str]:
        listed = s3.list_objects_v2(Bucket="bucket").get("Contents", [])
        return [each["Key"] for each in listed if name in each["Key"]]

    (key,) = until(target, keys)
    assert ".." in key and s3.get_object(Bucket="bucket", Key=key)["Body"].read() == b"delivered"


def _is_active(firehose: Any, name: str) -> bool:
    described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    return bool(described["DeliveryStreamStatus"] == "ACTIVE")


@pytest.mark.parametrize(
    "source",
    ["../format", "/bucket/../../format", "bucket/../../format", "/etc/passwd", "bucket/", "?", "bucket/%2e%2e/x"],
)
def test_what_is_copied(storm: Storm, target: Target, source: str) -> None:
    storm.furnish()
    s3 = target.client("s3")
    for copy in (
        lambda: s3.copy_object(Bucket="bucket", Key="copied", CopySource=source),
        lambda: s3.upload_part_copy(
            Bucket="bucket", Key="key", CopySource=source, PartNumber=1, UploadId=storm.names.last("s3", "UploadId")
        ),
    ):
        with pytest.raises((ClientError, ParamValidationError)) as caught:
            copy()
        assert not isinstance(caught.value, ClientError) or refused(caught.value)


@pytest.mark.parametrize("key", ["../../format", "../format", "/etc/passwd", "%2e%2e/format", "key"])
def test_code_and_templates_from_buckets(storm: Storm, target: Target, key: str) -> None:
    storm.furnish()
    code = {"S3Bucket": "bucket", "S3Key": key}
    with pytest.raises(ClientError) as caught:
        target.client("lambda").create_function(FunctionName="from-bucket", Code=code, **RUN)
    assert refused(caught.value) and SECRET not in str(caught.value)
    with pytest.raises(ClientError) as caught:
        url = f"{target.endpoint}/bucket/{key}"
        target.client("cloudformation").create_stack(StackName="from-bucket", TemplateURL=url)
    assert refused(caught.value) and SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "handler",
    ["../../outside.handler", "/etc/passwd.x", "os.system", "..handler", "app", "a/b.c", "sys.exit", "x" * 128],
)
def test_handlers(storm: Storm, target: Target, handler: str) -> None:
    storm.furnish()
    functions, name = target.client("lambda"), "handled"
    code = {"ZipFile": package()}
    try:
        functions.create_function(FunctionName=name, **{**RUN, "Handler": handler}, Code=code)
    except ClientError as error:
        assert refused(error)
        return
    answer = functions.invoke(FunctionName=name, Payload=json.dumps("id").encode())
    assert "FunctionError" in answer
    functions.delete_function(FunctionName=name)
