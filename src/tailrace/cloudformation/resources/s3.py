"""AWS::S3::Bucket and AWS::S3::BucketPolicy."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tailrace.cloudformation.resources.bucket_rules import cors, encryption, lifecycle, logging, notification, website
from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work

_US_EAST_1 = "us-east-1"


@dataclass(frozen=True, slots=True)
class Part:
    """How one property of a bucket is put, and taken away again."""

    put: str
    parameter: str
    convert: Callable[[Any], Any]
    remove: str | None = None
    removed: Mapping[str, Any] | None = None  # what is put in its place where nothing can be deleted


def _same(value: Any) -> Any:
    return value


_PARTS = {
    "VersioningConfiguration": Part(
        "PutBucketVersioning", "VersioningConfiguration", _same, removed={"Status": "Suspended"}
    ),
    "BucketEncryption": Part(
        "PutBucketEncryption", "ServerSideEncryptionConfiguration", encryption, "DeleteBucketEncryption"
    ),
    "PublicAccessBlockConfiguration": Part(
        "PutPublicAccessBlock", "PublicAccessBlockConfiguration", _same, "DeletePublicAccessBlock"
    ),
    "OwnershipControls": Part(
        "PutBucketOwnershipControls", "OwnershipControls", _same, "DeleteBucketOwnershipControls"
    ),
    "CorsConfiguration": Part("PutBucketCors", "CORSConfiguration", cors, "DeleteBucketCors"),
    "LifecycleConfiguration": Part(
        "PutBucketLifecycleConfiguration", "LifecycleConfiguration", lifecycle, "DeleteBucketLifecycle"
    ),
    "LoggingConfiguration": Part("PutBucketLogging", "BucketLoggingStatus", logging, removed={}),
    "NotificationConfiguration": Part(
        "PutBucketNotificationConfiguration", "NotificationConfiguration", notification, removed={}
    ),
    "WebsiteConfiguration": Part("PutBucketWebsite", "WebsiteConfiguration", website, "DeleteBucketWebsite"),
    "AccelerateConfiguration": Part(
        "PutBucketAccelerateConfiguration",
        "AccelerateConfiguration",
        lambda value: {"Status": value["AccelerationStatus"]},
        removed={"Status": "Suspended"},
    ),
}
_CANNED = {
    "AuthenticatedRead": "authenticated-read",
    "AwsExecRead": "aws-exec-read",
    "BucketOwnerFullControl": "bucket-owner-full-control",
    "BucketOwnerRead": "bucket-owner-read",
    "LogDeliveryWrite": "log-delivery-write",
    "Private": "private",
    "PublicRead": "public-read",
    "PublicReadWrite": "public-read-write",
}


class Bucket(ResourceType):
    """A bucket. One that holds objects is not deleted."""

    name = "AWS::S3::Bucket"
    service = "s3"
    deletes = "DeleteBucket"
    naming = Naming("BucketName", 63, lower=True)
    foreign_tags = False
    unbuilt = frozenset(
        {"AbacStatus", "AnalyticsConfigurations", "BucketNamePrefix", "BucketNamespace", "InventoryConfigurations"}
        | {"IntelligentTieringConfigurations", "MetadataConfiguration", "MetadataTableConfiguration"}
        | {"MetricsConfigurations", "ObjectLockConfiguration", "ObjectLockEnabled", "ReplicationConfiguration"}
    )

    async def create(self, work: Work) -> str:
        """Create the bucket."""
        bucket: dict[str, Any] = {"Bucket": work.physical_id, "ACL": self._acl(work)}
        if work.region != _US_EAST_1:
            bucket["CreateBucketConfiguration"] = {"LocationConstraint": work.region}
        await work.call("s3", "CreateBucket", bucket)
        return work.physical_id

    async def finish(self, work: Work) -> None:
        """Put the bucket's parts."""
        await self.update(work)

    @property
    def takes_tags(self) -> bool:
        """A bucket's tags are put as a whole, with its other parts."""
        return True

    async def update(self, work: Work) -> None:
        """Put the parts that differ, and take away those that are gone."""
        for name, part in _PARTS.items():
            if work.changed(name):
                await self._put(work, part, work.properties.get(name))
        if work.former_tags and not work.tags:
            await work.call("s3", "DeleteBucketTagging", {"Bucket": work.physical_id})
        elif work.tags != work.former_tags:
            pairs = [{"Key": key, "Value": value} for key, value in work.tags.items()]
            await work.call("s3", "PutBucketTagging", {"Bucket": work.physical_id, "Tagging": {"TagSet": pairs}})

    def removal(self, work: Work) -> dict[str, Any]:
        """Say which bucket."""
        return {"Bucket": work.physical_id}

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN and the names under which the bucket can be reached."""
        name, region = work.physical_id, work.region
        dot = "-" if region == _US_EAST_1 else "."
        return {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website{dot}{region}.amazonaws.com",
        }

    def _acl(self, work: Work) -> str | None:
        given = work.properties.get("AccessControl")
        return None if given is None else _CANNED.get(given, str(given))

    async def _put(self, work: Work, part: Part, value: Any) -> None:
        bucket = {"Bucket": work.physical_id}
        if value is not None:
            await work.call("s3", part.put, {**bucket, part.parameter: part.convert(value)})
        elif part.remove is not None:
            await work.call("s3", part.remove, bucket)
        else:
            await work.call("s3", part.put, {**bucket, part.parameter: part.removed})


class BucketPolicy(ResourceType):
    """The policy of a bucket."""

    name = "AWS::S3::BucketPolicy"
    service = "s3"
    deletes = "DeleteBucketPolicy"

    async def create(self, work: Work) -> str:
        """Put the policy."""
        document = work.properties["PolicyDocument"]
        policy = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
        await work.call("s3", "PutBucketPolicy", {"Bucket": work.properties["Bucket"], "Policy": policy})
        return str(work.properties["Bucket"])

    async def update(self, work: Work) -> None:
        """Put the policy as it now is."""
        await self.create(work)

    def removal(self, work: Work) -> dict[str, Any]:
        """Say which bucket."""
        return {"Bucket": work.properties["Bucket"]}


TYPES = (Bucket(), BucketPolicy())
