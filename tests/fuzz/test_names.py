"""Names that try to leave the data directory, and requests that try to read what is no business of theirs."""

import io
import json
import stat
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from fuzz.furniture import ROLE, RUN
from fuzz.operations import authorization
from fuzz.target import PATIENCE_S, Target
from fuzz.test_bytes import request

ESCAPES = (
    "../outside",
    "../../outside",
    "a/../../../outside",
    "/outside",
    "..",
    ".",
    "a/./b//c/",
    "..\\outside",
    "%2e%2e/outside",
    "..%2foutside",
    "a\x00/../outside",
    "~root/outside",
    "x" * 1000,
    "é" * 400,
    "con",
    "a~0123456789ab",
    "tmp/../format",
)
SECRET = "root:"
PATHS = ("/../format", "/bucket/../../format", "/%2e%2e/format", "/bucket/%2e%2e/%2e%2e/format")


pytestmark = pytest.mark.usefixtures("nothing_leaves")


@pytest.mark.parametrize("key", ESCAPES)
def test_keys_are_only_keys(target: Target, key: str) -> None:
    s3, data = target.client("s3"), key.encode()
    s3.put_object(Bucket="bucket", Key=key, Body=data)
    assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == data
    s3.copy_object(Bucket="bucket", Key=f"{key[:500]}-copy", CopySource={"Bucket": "bucket", "Key": key})
    upload = s3.create_multipart_upload(Bucket="bucket", Key=key)["UploadId"]
    part = s3.upload_part(Bucket="bucket", Key=key, UploadId=upload, PartNumber=1, Body=data)
    chosen = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket="bucket", Key=key, UploadId=upload, MultipartUpload=chosen)
    assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == data
    listed = s3.list_objects_v2(Bucket="bucket", Prefix=key[:3])["Contents"]
    assert key in [each["Key"] for each in listed]
    s3.delete_object(Bucket="bucket", Key=key)
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="bucket", Key=key)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
@pytest.mark.parametrize("path", PATHS)
def test_paths_are_taken_as_they_are(target: Target, method: str, path: str) -> None:
    stamp = (target.data_dir / "format").read_text()
    received = target.raw(request(method, path, {"Authorization": authorization("s3")}, b"2"))
    assert b"HTTP/1.1 500" not in received
    assert not received.endswith(b"\r\n\r\n" + stamp.encode())
    assert (target.data_dir / "format").read_text() == stamp


@pytest.mark.parametrize("name", ESCAPES)
def test_names_of_everything_else(target: Target, name: str) -> None:
    code = {"ZipFile": archive({"app.py": b"def handler(event, context): return 1"})}
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        ("s3", "create_bucket", {"Bucket": name}),
        ("s3", "get_object", {"Bucket": name, "Key": "format"}),
        ("dynamodb", "create_table", {"TableName": name, **TABLE}),
        ("kinesis", "create_stream", {"StreamName": name, "ShardCount": 1}),
        ("sqs", "create_queue", {"QueueName": name}),
        ("lambda", "create_function", {"FunctionName": name, "Code": code, **RUN}),
        ("logs", "create_log_group", {"logGroupName": name}),
        ("glue", "create_database", {"DatabaseInput": {"Name": name, "LocationUri": f"s3://bucket/{name}"}}),
        ("athena", "create_work_group", {"Name": name}),
        ("iam", "create_role", {"RoleName": name, "AssumeRolePolicyDocument": "{}"}),
        ("cloudformation", "create_stack", {"StackName": name, "TemplateBody": "Resources: {}"}),
    ]
    for service, operation, params in attempts:
        try:
            getattr(target.client(service), operation)(**params)
        except ParamValidationError:
            continue
        except ClientError as refused:
            assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500, (operation, refused)


TABLE = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


def archive(files: dict[str, bytes], link: tuple[str, str] | None = None) -> bytes:
    """Answer a zip archive with files of any names, and perhaps a symbolic link."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, data in files.items():
            package.writestr(zipfile.ZipInfo(name), data)
        if link is not None:
            entry = zipfile.ZipInfo(link[0])
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            package.writestr(entry, link[1])
    return made.getvalue()


PACKAGES = {
    "above": archive({"app.py": b"", "../../../../outside": b"x"}),
    "from the root": archive({"app.py": b"", "/tmp/outside": b"x"}),
    "through a link": archive({"app.py": b"", "link/outside": b"x"}, link=("link", "/tmp")),
    "over itself": archive({"app.py": b"", "app.py/x": b"x", "./app.py": b"y"}),
    "nothing": archive({}),
    "no archive": b"PK\x03\x04nonsense",
}


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_unpack_into_their_own_folder(target: Target, name: str) -> None:
    functions = target.client("lambda")
    function = f"unpacked-{name.replace(' ', '-')}"
    try:
        functions.create_function(FunctionName=function, Code={"ZipFile": PACKAGES[name]}, **RUN)
        answer = functions.invoke(FunctionName=function, Payload=b"{}")
        assert "FunctionError" in answer
    except ClientError as refused:
        assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500, refused


STATEMENTS = (
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT content FROM read_blob('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM glob('/etc/*')",
    "SELECT getenv('HOME')",
    "COPY (SELECT 1) TO '/tmp/outside'",
    "ATTACH '/tmp/outside'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "SET memory_limit = '1TB'",
    "CALL pragma_version()",
    "EXPORT DATABASE '/tmp/outside'",
    "CREATE TABLE x AS SELECT * FROM read_csv('/etc/passwd')",
    "UNLOAD (SELECT 1) TO 's3://bucket/../../../outside/' WITH (format = 'JSON')",
    "CREATE EXTERNAL TABLE leak (line string) LOCATION 'file:///etc/'",
    "CREATE EXTERNAL TABLE leak (line string) LOCATION 's3://bucket/../../../../../../etc/'",
    "SELECT * FROM leak",
    "SELECT 1; SELECT * FROM read_text('/etc/passwd')",
    "SELECT '" + "x" * 300_000 + "'",
    "SELECT " + "(" * 3000 + "1" + ")" * 3000,
    "SELECT " + " + ".join(["1"] * 20_000),
)


@pytest.mark.parametrize("statement", STATEMENTS, ids=[statement[:40] for statement in STATEMENTS])
def test_sql_reads_tables_only(target: Target, statement: str) -> None:
    try:
        found = target.query(statement)
    except ClientError as refused:
        assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500
        return
    if found["Status"]["State"] == "SUCCEEDED":
        said = json.dumps(
            target.client("athena").get_query_results(QueryExecutionId=found["QueryExecutionId"])["ResultSet"]["Rows"]
        )
        assert SECRET not in said
        assert Path.home().name not in said


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "/etc/passwd", "http://127.0.0.1:1/x", "s3://bucket/../format"]
)
def test_templates_come_from_buckets_only(target: Target, place: str) -> None:
    with pytest.raises(ClientError) as refused:
        target.client("cloudformation").create_stack(StackName="leak", TemplateURL=place)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500
    assert SECRET not in str(refused.value)


def test_local_code_in_a_template_is_not_read(target: Target) -> None:
    body = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Leak:
    Type: AWS::Serverless::Function
    Properties: {{Handler: app.handler, Runtime: python3.12, CodeUri: /etc, Role: "{ROLE}"}}
"""
    cloudformation = target.client("cloudformation")
    try:
        cloudformation.create_change_set(
            StackName="leak",
            ChangeSetName="leak",
            ChangeSetType="CREATE",
            TemplateBody=body,
            Capabilities=["CAPABILITY_AUTO_EXPAND", "CAPABILITY_IAM"],
        )
    except ClientError as refused:
        assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500
        return
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = cloudformation.describe_change_set(StackName="leak", ChangeSetName="leak")
        if found["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert found["Status"] == "FAILED", found
