"""The lifecycle of buckets is put, read and removed; every midnight a job does what it says, a piece at a time."""

import asyncio
import math
from itertools import islice
from typing import Any

from tailrace.engine.job import Job
from tailrace.engine.transaction import Transaction
from tailrace.s3 import object as objects
from tailrace.s3 import upload
from tailrace.s3.bucket import BUCKETS, Bucket, change, find
from tailrace.s3.errors import invalid_request, malformed_xml, missing
from tailrace.s3.event import EXPIRED
from tailrace.s3.leftover import leave
from tailrace.s3.lifecycle import DAY_S, Rule, checked, enabled, expires_s, given_up_s, prefix_of
from tailrace.s3.notification import tell
from tailrace.s3.registry import SERVICE
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud

JOB = "s3/expiry"
_AT_ONCE = 500
_MINIMUM_SIZES = ("all_storage_classes_128K", "varies_by_storage_class")


@SERVICE.operation("GetBucketLifecycleConfiguration")
def get_bucket_lifecycle_configuration(call: Call) -> dict[str, Any]:
    """Answer a bucket's lifecycle rules."""
    bucket = find(call)
    if bucket.lifecycle is None:
        raise missing("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", bucket.name)
    return dict(bucket.lifecycle)


@SERVICE.operation("PutBucketLifecycleConfiguration")
def put_bucket_lifecycle_configuration(call: Call) -> dict[str, Any]:
    """Replace a bucket's lifecycle rules; they are carried out from the next midnight on."""
    bucket, asked = find(call), call.params.get("LifecycleConfiguration")
    least = call.params.get("TransitionDefaultMinimumObjectSize", _MINIMUM_SIZES[0])
    if least not in _MINIMUM_SIZES:
        raise invalid_request(f"Invalid TransitionDefaultMinimumObjectSize found: {least}")
    if asked is None:
        raise malformed_xml()
    rules = checked(asked["Rules"], call.uuid())
    change(call, bucket, lifecycle={"Rules": rules, "TransitionDefaultMinimumObjectSize": least})
    _schedule(call.cloud, call.transaction, call.now)
    return {"TransitionDefaultMinimumObjectSize": least}


@SERVICE.operation("DeleteBucketLifecycle")
def delete_bucket_lifecycle(call: Call) -> dict[str, Any]:
    """Remove a bucket's lifecycle rules."""
    change(call, find(call), lifecycle=None)
    return {}


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Say how the rules are carried out."""

    async def carry_out(_: Job) -> None:
        now = cloud.clock.now()
        buckets = [bucket for _, bucket in BUCKETS.scan(cloud.store.begin()) if bucket.lifecycle is not None]
        for bucket in buckets:
            for rule in enabled(bucket):
                await _carry_out(cloud, bucket, rule, now)
        if buckets:
            transaction = cloud.store.begin()
            _schedule(cloud, transaction, now)
            await cloud.store.commit(transaction)

    cloud.jobs.register(JOB, carry_out)


def _schedule(cloud: Cloud, transaction: Transaction, now: float) -> None:
    midnight = (math.floor(now / DAY_S) + 1) * DAY_S
    cloud.jobs.schedule(transaction, JOB, "daily", {}, due_ms=midnight * 1000)


async def _carry_out(cloud: Cloud, bucket: Bucket, rule: Rule, now: float) -> None:
    root = f"{bucket.name}/"
    after = ""
    while True:
        transaction = cloud.store.begin()
        page = list(islice(objects.OBJECTS.scan(transaction, root + prefix_of(rule), after), _AT_ONCE))
        keys = []
        for row_key, stored in page:
            key = row_key.removeprefix(root)
            at = expires_s(rule, key, stored)
            if at is not None and at <= now:
                keys.append(key)
                if bucket.notification:
                    request_id = f"{cloud.random.getrandbits(128):032x}"
                    tell(cloud, transaction, bucket, EXPIRED, key, stored, "s3.amazonaws.com", request_id)
        objects.remove(cloud, transaction, bucket.name, keys)
        cloud.store.commit(transaction)
        if len(page) < _AT_ONCE:
            break
        after = page[-1][0]
        await asyncio.sleep(0)
    _give_up_uploads(cloud, bucket, rule, now)


def _give_up_uploads(cloud: Cloud, bucket: Bucket, rule: Rule, now: float) -> None:
    transaction = cloud.store.begin()
    paths = []
    for _, begun in list(upload.UPLOADS.scan(transaction, f"{bucket.name}/{prefix_of(rule)}")):
        at = given_up_s(rule, begun.initiated_s)
        if at is not None and at <= now:
            paths += upload.forget(transaction, bucket.name, begun)
    if paths:
        leave(cloud, transaction, cloud.clock.now_ms(), paths)
    cloud.store.commit(transaction)
