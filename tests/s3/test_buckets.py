"""Buckets on the real wire: they come, are found, are described and go, with AWS's refusals."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Refusal = Callable[..., dict[str, Any]]
Unique = Callable[[str], str]


def test_a_bucket_comes_is_found_and_goes(s3: Any, unique: Unique, refused: Refusal) -> None:
    name = unique("bucket")
    assert refused(s3.head_bucket, Bucket=name)["Code"] == "404"
    created = s3.create_bucket(Bucket=name)
    assert created["Location"] == f"/{name}"
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    assert name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    assert s3.delete_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    missing = refused(s3.delete_bucket, Bucket=name)
    assert (missing["Status"], missing["Code"], missing["BucketName"]) == (404, "NoSuchBucket", name)
    assert missing["Message"] == "The specified bucket does not exist"


def test_a_bucket_with_objects_stays(s3: Any, bucket: str, refused: Refusal) -> None:
    s3.put_object(Bucket=bucket, Key="k")
    error = refused(s3.delete_bucket, Bucket=bucket)
    assert (error["Status"], error["Code"]) == (409, "BucketNotEmpty")
    assert error["Message"] == "The bucket you tried to delete is not empty"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.create_multipart_upload(Bucket=bucket, Key="unfinished")
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("name", ["UPPER", "a..b", "192.168.0.1", "xn--abc", "abc-s3alias", "-abc", "sthree-abc"])
def test_names_that_no_bucket_has(client: Callable[..., Any], name: str, refused: Refusal) -> None:
    from botocore.config import Config

    s3 = client("s3", config=Config(parameter_validation=False))
    s3.meta.events.unregister("before-parameter-build.s3", None)
    error = refused(s3.create_bucket, Bucket=name)
    assert (error["Status"], error["Code"]) == (400, "InvalidBucketName")


def test_locations(client: Callable[..., Any], s3: Any, unique: Unique, refused: Refusal) -> None:
    west = client("s3", region_name="eu-west-1")
    name = unique("west")
    error = refused(west.create_bucket, Bucket=name)
    assert (error["Status"], error["Code"]) == (400, "IllegalLocationConstraintException")
    assert error["Message"].startswith("The unspecified location constraint is incompatible for the region specific")
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert west.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    again = refused(west.create_bucket, Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert (again["Status"], again["Code"]) == (409, "BucketAlreadyOwnedByYou")
    home = refused(
        s3.create_bucket, Bucket=unique("home"), CreateBucketConfiguration={"LocationConstraint": "us-east-1"}
    )
    assert (home["Code"], home["LocationConstraint"]) == ("InvalidLocationConstraint", "us-east-1")


def test_lists_of_buckets_come_in_pages(s3: Any, unique: Unique, refused: Refusal) -> None:
    prefix = unique("paged")
    names = [f"{prefix}-{number}" for number in range(3)]
    for name in names:
        s3.create_bucket(Bucket=name)
    first = s3.list_buckets(Prefix=prefix, MaxBuckets=2)
    assert [bucket["Name"] for bucket in first["Buckets"]] == names[:2]
    assert first["Buckets"][0]["BucketRegion"] == "us-east-1"
    rest = s3.list_buckets(Prefix=prefix, MaxBuckets=2, ContinuationToken=first["ContinuationToken"])
    assert [bucket["Name"] for bucket in rest["Buckets"]] == names[2:]
    assert "ContinuationToken" not in rest
    assert s3.list_buckets(Prefix=prefix, BucketRegion="eu-west-1")["Buckets"] == []
    error = refused(s3.list_buckets, BucketRegion="nowhere")
    assert error["Message"] == "Argument value nowhere is not a valid AWS Region"


def test_settings_that_every_bucket_has(s3: Any, bucket: str) -> None:
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption)
    s3.delete_bucket_encryption(Bucket=bucket)
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    grants = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)


def test_settings_are_put_read_and_removed(s3: Any, bucket: str, refused: Refusal) -> None:
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert block == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }
    s3.delete_public_access_block(Bucket=bucket)
    assert refused(s3.get_public_access_block, Bucket=bucket)["Code"] == "NoSuchPublicAccessBlockConfiguration"
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    assert refused(s3.get_bucket_ownership_controls, Bucket=bucket)["Code"] == "OwnershipControlsNotFoundError"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"


def test_policies(s3: Any, bucket: str, refused: Refusal) -> None:
    assert refused(s3.get_bucket_policy, Bucket=bucket)["Code"] == "NoSuchBucketPolicy"
    policy = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}]}
    )
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == policy
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False
    s3.delete_bucket_policy(Bucket=bucket)
    assert refused(s3.get_bucket_policy, Bucket=bucket)["Status"] == 404
    for wrong, text in (
        ("x", "Policies must be valid JSON and the first byte must be '{'"),
        ("{}", "Missing required"),
    ):
        error = refused(s3.put_bucket_policy, Bucket=bucket, Policy=wrong)
        assert (error["Code"], error["Message"].startswith(text)) == ("MalformedPolicy", True)


def test_what_would_have_no_effect_is_refused(s3: Any, bucket: str, refused: Refusal) -> None:
    enabled = refused(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert (enabled["Status"], enabled["Code"]) == (501, "NotImplemented")
    assert "versioning" in enabled["Message"]
    kms = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    assert refused(s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration=kms)["Status"] == 501
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")["Code"] == "AccessControlListNotSupported"
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    for operation, code in (
        (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
        (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
        (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
        (s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"),
    ):
        error = refused(operation, Bucket=bucket)
        assert (error["Status"], error["Code"]) == (404, code)
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    assert refused(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration=cors)["Status"] == 501


def test_tags_of_buckets(s3: Any, bucket: str, unique: Unique, refused: Refusal) -> None:
    assert refused(s3.get_bucket_tagging, Bucket=bucket)["Code"] == "NoSuchTagSet"
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refused(s3.get_bucket_tagging, Bucket=bucket)["Status"] == 404
    wrong = {
        "Cannot provide multiple Tags with the same key": [tags[0], tags[0]],
        "System tags cannot be added/updated by requester": [{"Key": "aws:x", "Value": ""}],
        "The TagKey you have provided is invalid": [{"Key": "a,b", "Value": ""}],
        "The TagValue you have provided is invalid": [{"Key": "a", "Value": "b,c"}],
    }
    for message, bad in wrong.items():
        error = refused(s3.put_bucket_tagging, Bucket=bucket, Tagging={"TagSet": bad})
        assert (error["Code"], error["Message"]) == ("InvalidTag", message)


def test_another_owner_may_be_excluded(s3: Any, bucket: str, refused: Refusal) -> None:
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner="123456789012")
    assert refused(s3.get_bucket_acl, Bucket=bucket, ExpectedBucketOwner="210987654321")["Code"] == "AccessDenied"
    error = refused(s3.get_bucket_policy, Bucket=bucket, ExpectedBucketOwner="0000")
    assert error["Code"] == "InvalidBucketOwnerAWSAccountID"
