"""Objects on the real wire: whole, in ranges, on conditions; deletes, checksums, tags; and AWS's refusals."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

Refusal = Callable[..., dict[str, Any]]

ODD_KEYS = [
    "a b/ü+$.txt",
    "f//x/../y",
    "/leading",
    "trailing/",
    ".",
    "..",
    "a/./b",
    "%41%2F",
    "x" * 1024,
    "\U0001f600/é",
    "tab\tkey",
    "q?r&s=t#u",
    "~tilde~",
    "con/aux.",
    "'\"<>&",
]


def test_what_is_put_comes_back(s3: Any, bucket: str) -> None:
    put = s3.put_object(
        Bucket=bucket,
        Key="a/hello.txt",
        Body=b"hello",
        ContentType="text/plain",
        CacheControl="no-cache",
        ContentDisposition="inline",
        ContentLanguage="en",
        ContentEncoding="identity",
        Metadata={"Colour": "blue", "n": "1"},
    )
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert put["ChecksumCRC32"] == "NhCmhg=="
    assert put["ServerSideEncryption"] == "AES256"
    got = s3.get_object(Bucket=bucket, Key="a/hello.txt")
    assert got["Body"].read() == b"hello"
    assert got["ContentType"] == "text/plain"
    assert got["CacheControl"] == "no-cache"
    assert got["ContentDisposition"] == "inline"
    assert got["ContentLanguage"] == "en"
    assert got["ContentEncoding"] == "identity"
    assert got["Metadata"] == {"colour": "blue", "n": "1"}
    assert got["ETag"] == put["ETag"]
    assert got["AcceptRanges"] == "bytes"
    assert got["ChecksumCRC32"] == "NhCmhg=="
    assert got["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "5"
    head = s3.head_object(Bucket=bucket, Key="a/hello.txt", ChecksumMode="ENABLED")
    assert head["ContentLength"] == 5
    assert head["ChecksumCRC32"] == "NhCmhg=="
    assert head["LastModified"] == got["LastModified"]
    assert abs(datetime.now(UTC) - head["LastModified"]) < timedelta(minutes=1)


def test_an_empty_object(s3: Any, bucket: str) -> None:
    put = s3.put_object(Bucket=bucket, Key="empty")
    assert put["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
    got = s3.get_object(Bucket=bucket, Key="empty")
    assert got["Body"].read() == b""
    assert got["ContentLength"] == 0
    assert got["ContentType"] == "binary/octet-stream"


@pytest.mark.parametrize("key", ODD_KEYS, ids=range(len(ODD_KEYS)))
def test_odd_keys_are_kept_as_they_are(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_key_that_is_too_long(s3: Any, bucket: str, refused: Refusal) -> None:
    error = refused(s3.put_object, Bucket=bucket, Key="x" * 1025, Body=b"")
    assert (error["Status"], error["Code"], error["MaxSizeAllowed"]) == (400, "KeyTooLongError", "1024")


def test_what_is_not_there(s3: Any, bucket: str, refused: Refusal) -> None:
    error = refused(s3.get_object, Bucket=bucket, Key="no/such")
    assert (error["Status"], error["Code"], error["Key"]) == (404, "NoSuchKey", "no/such")
    assert error["Message"] == "The specified key does not exist."
    head = refused(s3.head_object, Bucket=bucket, Key="no/such")
    assert (head["Status"], head["Code"], head["Message"]) == (404, "404", "Not Found")
    gone = refused(s3.put_object, Bucket="no-such-bucket-here", Key="k", Body=b"x")
    assert (gone["Status"], gone["Code"], gone["BucketName"]) == (404, "NoSuchBucket", "no-such-bucket-here")


def test_an_overwrite_replaces_everything(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"one", Metadata={"a": "1"}, Tagging="x=y")
    s3.put_object(Bucket=bucket, Key="k", Body=b"second")
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"second"
    assert got["Metadata"] == {}
    assert "TagCount" not in got


def test_ranges(s3: Any, bucket: str, refused: Refusal) -> None:
    s3.put_object(Bucket=bucket, Key="ten", Body=b"0123456789")
    for header, body, content_range in [
        ("bytes=0-8", b"012345678", "bytes 0-8/10"),
        ("bytes=1-", b"123456789", "bytes 1-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=0-100", b"0123456789", "bytes 0-9/10"),
    ]:
        got = s3.get_object(Bucket=bucket, Key="ten", Range=header)
        assert got["Body"].read() == body
        assert got["ContentRange"] == content_range
        assert got["ContentLength"] == len(body)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert ("ChecksumCRC32" in got) == (len(body) == 10)
    whole = s3.get_object(Bucket=bucket, Key="ten", Range="bytes=0-1,3-4")
    assert whole["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert whole["Body"].read() == b"0123456789"
    error = refused(s3.get_object, Bucket=bucket, Key="ten", Range="bytes=100-200")
    assert (error["Status"], error["Code"]) == (416, "InvalidRange")
    assert (error["ActualObjectSize"], error["RangeRequested"]) == ("10", "bytes=100-200")
    head = s3.head_object(Bucket=bucket, Key="ten", Range="bytes=2-3")
    assert (head["ContentLength"], head["ContentRange"]) == (2, "bytes 2-3/10")
    part = s3.get_object(Bucket=bucket, Key="ten", PartNumber=1)
    assert part["ContentRange"] == "bytes 0-9/10"
    assert "PartsCount" not in part
    error = refused(s3.get_object, Bucket=bucket, Key="ten", PartNumber=2)
    assert (error["Status"], error["Code"], error["ActualPartCount"]) == (416, "InvalidPartNumber", "1")


def test_overridden_headers(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    got = s3.get_object(
        Bucket=bucket,
        Key="k",
        ResponseContentType="text/html",
        ResponseCacheControl="max-age=1",
        ResponseContentDisposition="attachment",
        ResponseContentLanguage="de",
        ResponseExpires=datetime(2030, 1, 1, tzinfo=UTC),
    )
    assert (got["ContentType"], got["CacheControl"], got["ContentLanguage"]) == ("text/html", "max-age=1", "de")
    assert got["ContentDisposition"] == "attachment"
    assert got["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT"


def test_conditional_reads(s3: Any, bucket: str, refused: Refusal) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"data")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    hour = timedelta(hours=1)
    for operation in (s3.get_object, s3.head_object):
        operation(Bucket=bucket, Key="k", IfMatch=etag)
        operation(Bucket=bucket, Key="k", IfMatch="*")
        operation(Bucket=bucket, Key="k", IfNoneMatch='"other"')
        operation(Bucket=bucket, Key="k", IfModifiedSince=modified - hour)
        operation(Bucket=bucket, Key="k", IfUnmodifiedSince=modified)
        operation(Bucket=bucket, Key="k", IfMatch=etag, IfUnmodifiedSince=modified - hour)
        for conditions in (
            {"IfNoneMatch": etag},
            {"IfNoneMatch": etag.strip('"')},
            {"IfModifiedSince": modified},
            {"IfNoneMatch": etag, "IfModifiedSince": modified - hour},
        ):
            error = refused(operation, Bucket=bucket, Key="k", **conditions)
            assert (error["Status"], error["Code"], error["Message"]) == (304, "304", "Not Modified")
    for conditions, header in (
        ({"IfMatch": '"x"'}, "If-Match"),
        ({"IfUnmodifiedSince": modified - hour}, "If-Unmodified-Since"),
    ):
        error = refused(s3.get_object, Bucket=bucket, Key="k", **conditions)
        assert (error["Status"], error["Code"], error["Condition"]) == (412, "PreconditionFailed", header)
        assert refused(s3.head_object, Bucket=bucket, Key="k", **conditions)["Status"] == 412


def test_conditional_writes(s3: Any, bucket: str, refused: Refusal) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    error = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    assert (error["Status"], error["Code"], error["Condition"]) == (412, "PreconditionFailed", "If-None-Match")
    error = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfMatch='"other"')
    assert (error["Status"], error["Condition"]) == (412, "If-Match")
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"
    error = refused(s3.put_object, Bucket=bucket, Key="none", Body=b"2", IfMatch=etag)
    assert (error["Status"], error["Code"]) == (404, "NoSuchKey")
    for conditions, header in (
        ({"IfNoneMatch": etag}, "If-None-Match"),
        ({"IfMatch": "*"}, "If-Match"),
        ({"IfMatch": etag, "IfNoneMatch": "*"}, "If-Match,If-None-Match"),
    ):
        error = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"3", **conditions)
        assert (error["Status"], error["Code"], error["Header"]) == (501, "NotImplemented", header)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_deletes(s3: Any, bucket: str, refused: Refusal) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    assert refused(s3.delete_object, Bucket=bucket, Key="k", IfMatch='"x"')["Status"] == 412
    assert s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.delete_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(s3.get_object, Bucket=bucket, Key="k")["Status"] == 404
    for key in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=key)
    objects = [{"Key": "a"}, {"Key": "b", "VersionId": "x" * 32}, {"Key": "never"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert [each["Key"] for each in answer["Deleted"]] == ["a", "never"]
    (failed,) = answer["Errors"]
    assert (failed["Key"], failed["Code"], failed["VersionId"]) == ("b", "NoSuchVersion", "x" * 32)
    assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}], "Quiet": True})
    many = [{"Key": str(number)} for number in range(1001)]
    assert refused(s3.delete_objects, Bucket=bucket, Delete={"Objects": many})["Code"] == "MalformedXML"


def test_versions_of_a_bucket_without_versioning(s3: Any, bucket: str, refused: Refusal) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    (version,) = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert (version["Key"], version["VersionId"], version["IsLatest"]) == ("k", "null", True)
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"1"
    error = refused(s3.get_object, Bucket=bucket, Key="k", VersionId="HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD")
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "Invalid version id specified")
    s3.delete_object(Bucket=bucket, Key="k", VersionId="null")


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_bodies_are_checked(s3: Any, bucket: str, algorithm: str, refused: Refusal) -> None:
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
    member = f"Checksum{algorithm}"
    assert s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[member] == put[member]
    other = s3.put_object(Bucket=bucket, Key="other", Body=b"other", ChecksumAlgorithm=algorithm)[member]
    error = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"hullo", **{member: other})
    assert (error["Status"], error["Code"]) == (400, "BadDigest")
    assert error["Message"] == f"The {algorithm} you specified did not match the calculated checksum."
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello"
    error = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"hello", **{member: "nonsense"})
    assert error["Message"] == f"Value for x-amz-checksum-{algorithm.lower()} header is invalid."


@pytest.mark.parametrize(("algorithm", "value"), [("CRC32C", "mnG7TA=="), ("CRC64NVME", "M3eFcAZSQlc=")])
def test_checksums_that_the_client_cannot_compute_are_checked_too(
    s3: Any, bucket: str, algorithm: str, value: str, refused: Refusal
) -> None:
    member = f"Checksum{algorithm}"
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"hello", **{member: value})[member] == value
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[member] == value
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"hullo", **{member: value})["Code"] == "BadDigest"


def test_content_md5_is_checked(s3: Any, bucket: str, refused: Refusal) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ContentMD5="XUFAKrxLKna5cZ2REBfFkg==")
    error = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"hullo", ContentMD5="XUFAKrxLKna5cZ2REBfFkg==")
    assert (error["Code"], error["ExpectedDigest"]) == ("BadDigest", hashlib.md5(b"hello").hexdigest())
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ContentMD5="000")["Code"] == "InvalidDigest"


def test_without_a_checksum_s3_computes_its_own(client: Callable[..., Any], bucket: str) -> None:
    from botocore.config import Config

    plain = client(
        "s3", config=Config(request_checksum_calculation="when_required", response_checksum_validation="when_required")
    )
    put = plain.put_object(Bucket=bucket, Key="k", Body=b"hello")
    assert put["ChecksumCRC64NVME"] == "M3eFcAZSQlc="
    assert put["ChecksumType"] == "FULL_OBJECT"


def test_attributes(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    asked = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    told = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=asked)
    assert told["ETag"] == "5d41402abc4b2a76b9719d911017c592"
    assert told["Checksum"] == {"ChecksumCRC32": "NhCmhg==", "ChecksumType": "FULL_OBJECT"}
    assert (told["StorageClass"], told["ObjectSize"]) == ("STANDARD", 5)
    assert "ObjectParts" not in told


def test_tags_of_objects(s3: Any, bucket: str, refused: Refusal) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="b=2&a=1%201&c")
    tags = s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    assert tags == [{"Key": "a", "Value": "1 1"}, {"Key": "b", "Value": "2"}, {"Key": "c", "Value": ""}]
    assert s3.head_object(Bucket=bucket, Key="k")["TagCount"] == 3
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "z", "Value": "9"}]})
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 1
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert refused(s3.get_object_tagging, Bucket=bucket, Key="none")["Code"] == "NoSuchKey"
    error = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"", Tagging="a=1&a=2")
    assert (error["Code"], error["ArgumentName"]) == ("InvalidArgument", "x-amz-tagging")
    many = [{"Key": str(number), "Value": ""} for number in range(11)]
    error = refused(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": many})
    assert (error["Code"], error["Message"]) == ("BadRequest", "Object tags cannot be greater than 10")


def test_what_would_not_be_done_is_refused(s3: Any, bucket: str, refused: Refusal) -> None:
    for params, status in (
        ({"ServerSideEncryption": "aws:kms"}, 501),
        ({"StorageClass": "GLACIER"}, 501),
        ({"ObjectLockLegalHoldStatus": "ON"}, 501),
        ({"StorageClass": "OUTPOSTS"}, 400),
        ({"ACL": "public-read"}, 400),
        ({"Metadata": {"big": "x" * 2048}}, 400),
    ):
        assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **params)["Status"] == status, params
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="bucket-owner-full-control", StorageClass="STANDARD_IA")
    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == "STANDARD_IA"
    assert s3.get_object_acl(Bucket=bucket, Key="k")["Grants"][0]["Permission"] == "FULL_CONTROL"


def test_presigned_urls(client: Callable[..., Any], bucket: str) -> None:
    import urllib.request

    from botocore.config import Config

    for version in ("s3v4", "s3"):
        s3 = client("s3", config=Config(signature_version=version))
        url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": f"k {version}"})
        request = urllib.request.Request(url, data=b"by url", method="PUT")
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": f"k {version}"})
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b"by url"
