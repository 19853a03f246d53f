"""Listings on the real wire: pages, prefixes, delimiters, encodings; the order of UTF-8; AWS's refusals."""

from collections.abc import Callable
from typing import Any

import pytest

Refusal = Callable[..., dict[str, Any]]
KEYS = ["a", "a+b c", "a/1", "a/2", "a/é", "b/x/1", "b/x/2", "b/y", "c%", "d\ue000", "d\U0001f600"]


@pytest.fixture
def filled(s3: Any, bucket: str) -> str:
    """A bucket with some keys."""
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def test_everything_in_utf8_order(s3: Any, filled: str) -> None:
    answer = s3.list_objects_v2(Bucket=filled)
    assert [each["Key"] for each in answer["Contents"]] == KEYS
    assert (answer["KeyCount"], answer["MaxKeys"], answer["IsTruncated"]) == (len(KEYS), 1000, False)
    assert (answer["Name"], answer["Prefix"]) == (filled, "")
    first = answer["Contents"][0]
    assert (first["Size"], first["StorageClass"]) == (1, "STANDARD")
    assert (first["ChecksumAlgorithm"], first["ChecksumType"]) == (["CRC32"], "FULL_OBJECT")
    assert first["ETag"] == '"0cc175b9c0f1b6a831c399e269772661"'
    assert "Owner" not in first
    assert len(s3.list_objects_v2(Bucket=filled, FetchOwner=True)["Contents"][0]["Owner"]["ID"]) == 64


def test_prefixes_and_delimiters(s3: Any, filled: str) -> None:
    answer = s3.list_objects_v2(Bucket=filled, Delimiter="/")
    assert [each["Key"] for each in answer["Contents"]] == ["a", "a+b c", "c%", "d\ue000", "d\U0001f600"]
    assert [each["Prefix"] for each in answer["CommonPrefixes"]] == ["a/", "b/"]
    assert answer["KeyCount"] == 7
    below = s3.list_objects_v2(Bucket=filled, Delimiter="/", Prefix="b/")
    assert [each["Key"] for each in below["Contents"]] == ["b/y"]
    assert [each["Prefix"] for each in below["CommonPrefixes"]] == ["b/x/"]
    nothing = s3.list_objects_v2(Bucket=filled, Prefix="zzz")
    assert ("Contents" in nothing, nothing["KeyCount"]) == (False, 0)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_never_repeat_or_leave_out(s3: Any, filled: str, size: int, delimiter: str) -> None:
    options = {"Bucket": filled, "Delimiter": delimiter, "PaginationConfig": {"PageSize": size}}
    found = []
    for page in s3.get_paginator("list_objects_v2").paginate(**options):
        assert page["KeyCount"] <= size
        found += [each["Key"] for each in page.get("Contents", [])]
        found += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
    whole = s3.list_objects_v2(Bucket=filled, Delimiter=delimiter)
    wanted = [each["Key"] for each in whole["Contents"]] + [each["Prefix"] for each in whole.get("CommonPrefixes", [])]
    assert sorted(found) == sorted(wanted)
    first = [
        each["Key"]
        for page in s3.get_paginator("list_objects").paginate(**options)
        for each in page.get("Contents", [])
    ]
    assert first == [each["Key"] for each in whole["Contents"]]


def test_starts(s3: Any, filled: str, refused: Refusal) -> None:
    after = s3.list_objects_v2(Bucket=filled, StartAfter="b/x/1", MaxKeys=2)
    assert [each["Key"] for each in after["Contents"]] == ["b/x/2", "b/y"]
    assert after["StartAfter"] == "b/x/1"
    token = after["NextContinuationToken"]
    following = s3.list_objects_v2(Bucket=filled, ContinuationToken=token, StartAfter="zzz")
    assert next(each["Key"] for each in following["Contents"]) == "c%"
    assert following["ContinuationToken"] == token
    error = refused(s3.list_objects_v2, Bucket=filled, ContinuationToken="nonsense")
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "The continuation token provided is incorrect")
    assert error["ArgumentName"] == "continuation-token"
    none = s3.list_objects_v2(Bucket=filled, MaxKeys=0)
    assert (none["IsTruncated"], none["KeyCount"], "Contents" in none) == (False, 0, False)
    inside = s3.list_objects_v2(Bucket=filled, StartAfter="b/x/1", Delimiter="/")
    assert "CommonPrefixes" not in inside


def test_the_first_version_of_listing(s3: Any, filled: str) -> None:
    page = s3.list_objects(Bucket=filled, MaxKeys=1, Delimiter="/", Prefix="b/")
    assert [each["Prefix"] for each in page["CommonPrefixes"]] == ["b/x/"]
    assert (page["IsTruncated"], page["NextMarker"], page["Marker"]) == (True, "b/x/", "")
    rest = s3.list_objects(Bucket=filled, Delimiter="/", Prefix="b/", Marker=page["NextMarker"])
    assert [each["Key"] for each in rest["Contents"]] == ["b/y"]
    assert "Owner" in rest["Contents"][0]
    assert "NextMarker" not in s3.list_objects(Bucket=filled, MaxKeys=1)


def test_keys_that_xml_cannot_carry_are_encoded(client: Callable[..., Any], filled: str) -> None:
    import urllib.request

    with urllib.request.urlopen(f"{client('s3').meta.endpoint_url}/{filled}?list-type=2&encoding-type=url") as answer:
        text = answer.read().decode()
    assert "<Key>a%2Bb+c</Key>" in text
    assert "<Key>a/%C3%A9</Key>" in text
    assert "<EncodingType>url</EncodingType>" in text
    with urllib.request.urlopen(f"{client('s3').meta.endpoint_url}/{filled}?prefix=a%2B&delimiter=") as answer:
        text = answer.read().decode()
    assert "<Key>a+b c</Key>" in text
    assert "<Delimiter" not in text


def test_versions_come_in_pages(s3: Any, filled: str, refused: Refusal) -> None:
    found = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=filled, PaginationConfig={"PageSize": 3}):
        found += [version["Key"] for version in page["Versions"]]
    assert found == KEYS
    error = refused(s3.list_object_versions, Bucket=filled, VersionIdMarker="null")
    assert error["ArgumentName"] == "version-id-marker"
