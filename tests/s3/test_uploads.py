"""Multipart uploads and copies on the real wire, from their first part to their last refusal."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

Refusal = Callable[..., dict[str, Any]]
FIVE = b"a" * (5 * 2**20)


def begin(s3: Any, bucket: str, key: str = "k", **options: Any) -> str:
    upload_id: str = s3.create_multipart_upload(Bucket=bucket, Key=key, **options)["UploadId"]
    return upload_id


def give(s3: Any, bucket: str, upload_id: str, number: int, body: bytes, key: str = "k", **options: Any) -> Any:
    return s3.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=body, **options)


def named(*parts: tuple[int, Any], **extra: Any) -> dict[str, Any]:
    return {"Parts": [{"PartNumber": number, "ETag": part["ETag"], **extra} for number, part in parts]}


@pytest.fixture
def plain(client: Callable[..., Any]) -> Any:
    """A client that sends no checksums by itself."""
    from botocore.config import Config

    return client("s3", config=Config(request_checksum_calculation="when_required"))


def test_an_upload_becomes_one_object(plain: Any, bucket: str) -> None:
    s3 = plain
    upload_id = begin(s3, bucket, ContentType="text/x", Metadata={"m": "1"}, Tagging="t=1")
    second = give(s3, bucket, upload_id, 5, b"b")
    first = give(s3, bucket, upload_id, 2, FIVE)
    assert first["ETag"] == '"79b281060d337b9b2b84ccf390adcf74"'
    done = s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload=named((2, first), (5, second))
    )
    assert done["ETag"] == '"e5a8c5272b26fc10581a21089559b006-2"'
    assert done["ChecksumType"] == "FULL_OBJECT"
    assert "ChecksumCRC64NVME" in done
    assert done["Location"].endswith(f"/{bucket}/k")
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == FIVE + b"b"
    assert (got["ContentType"], got["Metadata"], got["TagCount"]) == ("text/x", {"m": "1"}, 1)
    part = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert (part["Body"].read(), part["PartsCount"]) == (b"b", 2)
    assert part["ContentRange"] == f"bytes {len(FIVE)}-{len(FIVE)}/{len(FIVE) + 1}"
    told = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts", "ObjectSize"])
    assert (told["ObjectParts"], told["ObjectSize"]) == ({"TotalPartsCount": 2}, len(FIVE) + 1)
    again = s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload=named((2, first), (5, second))
    )
    assert again["ETag"] == done["ETag"]


@pytest.mark.parametrize(
    ("algorithm", "kind", "whole"),
    [("CRC32", "COMPOSITE", "dYPmEQ==-2"), ("CRC32", "FULL_OBJECT", "rBxv8Q=="), ("SHA256", "COMPOSITE", None)],
)
def test_checksums_of_parts_become_that_of_the_object(
    s3: Any, bucket: str, algorithm: str, kind: str, whole: str | None
) -> None:
    upload_id = begin(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType=kind)
    member = f"Checksum{algorithm}"
    parts = []
    for number, body in enumerate([FIVE, b"b"], 1):
        part = give(s3, bucket, upload_id, number, body, ChecksumAlgorithm=algorithm)
        parts.append({"PartNumber": number, "ETag": part["ETag"], member: part[member]})
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id)
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == (algorithm, kind)
    assert [part[member] for part in listed["Parts"]] == [part[member] for part in parts]
    done = s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": parts}, ChecksumType=kind
    )
    assert done["ChecksumType"] == kind
    if whole is not None:
        assert done[member] == whole
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (head[member], head["ChecksumType"]) == (done[member], kind)
    first = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED", PartNumber=2)
    assert first[member] == parts[1][member]
    if kind == "COMPOSITE":
        told = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts"], MaxParts=1)
        assert [part["PartNumber"] for part in told["ObjectParts"]["Parts"]] == [1]
        assert told["ObjectParts"]["IsTruncated"] is True


def test_choices_about_checksums_that_contradict_themselves(s3: Any, bucket: str, refused: Refusal) -> None:
    for options, text in (
        ({"ChecksumAlgorithm": "SHA1", "ChecksumType": "FULL_OBJECT"}, "The FULL_OBJECT checksum type cannot be used"),
        ({"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"}, "The COMPOSITE checksum type cannot be used"),
        ({"ChecksumAlgorithm": "XXHASH3"}, "Checksum algorithm provided is unsupported."),
    ):
        error = refused(s3.create_multipart_upload, Bucket=bucket, Key="k", **options)
        assert (error["Code"], error["Message"].startswith(text)) == ("InvalidRequest", True), options
    upload_id = begin(s3, bucket, ChecksumAlgorithm="SHA256")
    error = refused(
        s3.upload_part, Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=b"x", ChecksumAlgorithm="CRC32"
    )
    assert error["Message"] == (
        "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32"
    )


def test_what_cannot_be_completed(plain: Any, bucket: str, refused: Refusal) -> None:
    s3, upload_id = plain, begin(plain, bucket)
    parts = [give(s3, bucket, upload_id, number, b"tiny") for number in (1, 2)]

    def complete(parts: dict[str, Any], **options: Any) -> dict[str, Any]:
        return refused(
            s3.complete_multipart_upload,
            **{"Bucket": bucket, "Key": "k", "UploadId": upload_id, "MultipartUpload": parts, **options},
        )

    error = complete({"Parts": []})
    assert (error["Code"], error["Message"]) == ("InvalidRequest", "You must specify at least one part")
    error = complete(named((1, parts[0]), (2, parts[1])))
    assert (error["Code"], error["ProposedSize"], error["MinSizeAllowed"]) == ("EntityTooSmall", "4", "5242880")
    assert (error["PartNumber"], error["ETag"]) == ("1", parts[0]["ETag"].strip('"'))
    error = complete(named((2, parts[1]), (1, parts[0])))
    assert (error["Code"], error["UploadId"]) == ("InvalidPartOrder", upload_id)
    error = complete(named((3, parts[0])))
    assert (error["Code"], error["PartNumber"]) == ("InvalidPart", "3")
    error = complete(named((1, {"ETag": '"d41d8cd98f00b204e9800998ecf8427e"'})))
    assert (error["Code"], error["ETag"]) == ("InvalidPart", "d41d8cd98f00b204e9800998ecf8427e")
    error = complete(named((1, parts[0])), UploadId="fakeid")
    assert (error["Status"], error["Code"], error["UploadId"]) == (404, "NoSuchUpload", "fakeid")
    error = complete(named((1, parts[0])), MpuObjectSize=5)
    assert error["Message"] == (
        "The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: 4"
    )
    error = complete(named((1, parts[0])), ChecksumType="COMPOSITE")
    assert error["Message"].startswith("The upload was created using the null checksum mode.")
    assert refused(s3.head_object, Bucket=bucket, Key="k")["Status"] == 404
    s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload=named((1, parts[0])), MpuObjectSize=4
    )


def test_conditions_of_a_completion(plain: Any, bucket: str, refused: Refusal) -> None:
    s3 = plain

    def upload() -> dict[str, Any]:
        upload_id = begin(s3, bucket)
        parts = named((1, give(s3, bucket, upload_id, 1, b"new")))
        return {"Bucket": bucket, "Key": "k", "UploadId": upload_id, "MultipartUpload": parts}

    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"old")["ETag"]
    error = refused(s3.complete_multipart_upload, **upload(), IfNoneMatch="*")
    assert (error["Status"], error["Condition"]) == (412, "If-None-Match")
    pending = upload()
    s3.delete_object(Bucket=bucket, Key="k")
    error = refused(s3.complete_multipart_upload, **pending, IfNoneMatch="*")
    assert (error["Status"], error["Code"]) == (409, "ConditionalRequestConflict")
    assert refused(s3.complete_multipart_upload, **pending, IfMatch=etag)["Code"] == "NoSuchKey"
    s3.complete_multipart_upload(**upload(), IfNoneMatch="*")
    pending = upload()
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"newer")["ETag"]
    assert refused(s3.complete_multipart_upload, **pending, IfMatch='"x"')["Status"] == 412
    error = refused(s3.complete_multipart_upload, **pending, IfMatch=etag)
    assert (error["Status"], error["Condition"]) == (409, "If-Match")
    s3.complete_multipart_upload(**upload(), IfMatch=etag)


def test_parts_are_listed_and_uploads_aborted(plain: Any, bucket: str, refused: Refusal) -> None:
    s3, upload_id = plain, begin(plain, bucket)
    assert "Parts" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id)
    for number in (3, 1, 2, 2):
        give(s3, bucket, upload_id, number, b"x" * number)
    first = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id, MaxParts=2)
    assert [(part["PartNumber"], part["Size"]) for part in first["Parts"]] == [(1, 1), (2, 2)]
    assert (first["IsTruncated"], first["NextPartNumberMarker"]) == (True, 2)
    rest = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id, PartNumberMarker=2)
    assert [part["PartNumber"] for part in rest["Parts"]] == [3]
    for number in (0, 10_001):
        error = refused(s3.upload_part, Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=number, Body=b"x")
        assert error["Message"] == "Part number must be an integer between 1 and 10000, inclusive"
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)
    assert refused(s3.list_parts, Bucket=bucket, Key="k", UploadId=upload_id)["Code"] == "NoSuchUpload"
    assert refused(s3.abort_multipart_upload, Bucket=bucket, Key="k", UploadId=upload_id)["Status"] == 404


def test_uploads_are_listed_in_pages(s3: Any, bucket: str, refused: Refusal) -> None:
    keys = ["a/1", "a/1", "a/2", "b", "c/1"]
    ids = [begin(s3, bucket, key) for key in keys]
    found, markers = [], {}
    while True:
        page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=2, **markers)
        found += [(upload["Key"], upload["UploadId"]) for upload in page.get("Uploads", [])]
        if not page["IsTruncated"]:
            break
        markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert [key for key, _ in found] == keys
    assert sorted(upload_id for _, upload_id in found) == sorted(ids)
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [prefix["Prefix"] for prefix in rolled["CommonPrefixes"]] == ["a/", "c/"]
    assert [upload["Key"] for upload in rolled["Uploads"]] == ["b"]
    assert [upload["Key"] for upload in s3.list_multipart_uploads(Bucket=bucket, Prefix="a/2")["Uploads"]] == ["a/2"]
    error = refused(s3.list_multipart_uploads, Bucket=bucket, KeyMarker="a/1", UploadIdMarker="x")
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "Invalid uploadId marker")


def test_copies(s3: Any, bucket: str, refused: Refusal) -> None:
    s3.put_object(Bucket=bucket, Key="ä b", Body=b"hello", ContentType="text/x", Metadata={"m": "1"}, Tagging="t=1")
    source = {"Bucket": bucket, "Key": "ä b"}
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)["CopyObjectResult"]
    assert copied["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert copied["ChecksumCRC32"] == "NhCmhg=="
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"hello", "text/x", {"m": "1"})
    assert got["TagCount"] == 1
    s3.copy_object(
        Bucket=bucket,
        Key="other",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"n": "2"},
        TaggingDirective="REPLACE",
        Tagging="u=2",
        ChecksumAlgorithm="SHA256",
    )
    got = s3.get_object(Bucket=bucket, Key="other", ChecksumMode="ENABLED")
    assert (got["ContentType"], got["Metadata"]) == ("binary/octet-stream", {"n": "2"})
    assert got["ChecksumSHA256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
    assert s3.get_object_tagging(Bucket=bucket, Key="other")["TagSet"] == [{"Key": "u", "Value": "2"}]
    error = refused(s3.copy_object, Bucket=bucket, Key="ä b", CopySource=source)
    assert error["Message"].startswith("This copy request is illegal because it is trying to copy an object to itself")
    s3.copy_object(Bucket=bucket, Key="ä b", CopySource=source, MetadataDirective="REPLACE")
    assert s3.get_object(Bucket=bucket, Key="ä b")["Metadata"] == {}
    for wrong, code in (({"Bucket": bucket, "Key": "none"}, "NoSuchKey"), ("nonsense", "InvalidArgument")):
        assert refused(s3.copy_object, Bucket=bucket, Key="x", CopySource=wrong)["Code"] == code
    gone = {"Bucket": "no-such-bucket-here", "Key": "k"}
    assert refused(s3.copy_object, Bucket=bucket, Key="x", CopySource=gone)["Code"] == "NoSuchBucket"
    error = refused(s3.copy_object, Bucket=bucket, Key="x", CopySource=source, CopySourceIfMatch='"x"')
    assert (error["Status"], error["Condition"]) == (412, "x-amz-copy-source-If-Match")
    error = refused(s3.copy_object, Bucket=bucket, Key="copy", CopySource=source, IfNoneMatch="*")
    assert (error["Status"], error["Condition"]) == (412, "If-None-Match")


def test_a_copy_of_a_multipart_object_has_a_plain_etag(plain: Any, bucket: str) -> None:
    s3, upload_id = plain, begin(plain, bucket)
    parts = named((1, give(s3, bucket, upload_id, 1, FIVE)), (2, give(s3, bucket, upload_id, 2, b"b")))
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload=parts)
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"})
    assert copied["CopyObjectResult"]["ETag"] == '"ad8356a4d8256639d7a35e4c221289ea"'
    assert copied["CopyObjectResult"]["ChecksumType"] == "FULL_OBJECT"


def test_parts_are_copied(plain: Any, bucket: str, refused: Refusal) -> None:
    s3 = plain
    s3.put_object(Bucket=bucket, Key="ten", Body=b"0123456789")
    upload_id = begin(s3, bucket)
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload_id, "CopySource": {"Bucket": bucket, "Key": "ten"}}
    whole = s3.upload_part_copy(**target, PartNumber=1)["CopyPartResult"]
    assert whole["ETag"] == f'"{hashlib.md5(b"0123456789").hexdigest()}"'
    part = s3.upload_part_copy(**target, PartNumber=1, CopySourceRange="bytes=2-4")["CopyPartResult"]
    assert part["ETag"] == f'"{hashlib.md5(b"234").hexdigest()}"'
    for wrong in ("0-8", "bytes=-2", "bytes=1-", "bytes=1-0", "bytes=0-1,3-4"):
        error = refused(s3.upload_part_copy, **target, PartNumber=1, CopySourceRange=wrong)
        assert (error["Code"], error["ArgumentName"]) == ("InvalidArgument", "x-amz-copy-source-range")
    error = refused(s3.upload_part_copy, **target, PartNumber=1, CopySourceRange="bytes=0-100")
    assert error["Message"] == "Range specified is not valid for source object of size: 10"
    s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"234"
