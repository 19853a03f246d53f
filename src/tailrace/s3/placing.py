"""PutObject: sync, so that a consumer can place an object within its own transaction. The body is on disk before."""

from typing import Any

from tailrace.s3 import failing
from tailrace.s3 import object as objects
from tailrace.s3.bucket import find
from tailrace.s3.condition import check_write
from tailrace.s3.description import described
from tailrace.s3.event import CREATED_PUT
from tailrace.s3.lifecycle import expiration_facts
from tailrace.s3.notification import notify
from tailrace.s3.object import Object
from tailrace.s3.received import received
from tailrace.s3.registry import SERVICE
from tailrace.s3.upload import disturb
from tailrace.service.call import Call


@SERVICE.operation("PutObject")
def put_object(call: Call) -> dict[str, Any]:
    """Place an object."""
    bucket = find(call)
    key: str = call.params["Key"]
    objects.check_key(key)
    about = described(call)
    failing.check(call)
    check_write(call.params, key, objects.current(call.transaction, bucket.name, key))
    body = received(call)
    new = Object(
        **body._asdict(),
        modified_s=int(call.now),
        headers=about.headers,
        metadata=about.metadata,
        tags=about.tags,
        storage_class=about.storage_class,
    )
    objects.place(call, call.transaction, bucket.name, key, new)
    disturb(call.transaction, bucket.name, key)
    notify(call, call.transaction, bucket, CREATED_PUT, key, new)
    return {**objects.facts(new), **objects.checksum_facts(new), **expiration_facts(bucket, key, new)}
