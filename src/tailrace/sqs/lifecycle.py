"""CreateQueue and the other operations on queues as a whole."""

from typing import Any

import msgspec

from tailrace.service.call import Call
from tailrace.sqs import message
from tailrace.sqs.queue import LIMITS, ROWS, Queue, check_attributes, check_name, find, keep, missing, url_of
from tailrace.wire.errors import AwsError

_LIST_MAX = 1000
_PURGE_EVERY_MS = 60_000


def create_queue(call: Call) -> dict[str, Any]:
    """Make a queue; making it again with the same attributes answers the one that is there."""
    name, attributes = call.params["QueueName"], call.params.get("Attributes", {})
    check_name(name)
    check_attributes(attributes)
    queue = ROWS.get(call.transaction, call.key(name))
    if queue is None:
        moment = int(call.now)
        tags = call.params.get("tags", {})
        keep(
            call,
            call.transaction,
            Queue(name=name, uid=call.uuid(), created_s=moment, modified_s=moment, attributes=attributes, tags=tags),
        )
    else:
        for attribute, value in attributes.items():
            if _shown(call, queue).get(attribute) != value:
                text = f"A queue already exists with the same name and a different value for attribute {attribute}"
                raise AwsError("QueueNameExists", text)
    return {"QueueUrl": url_of(call, name)}


def get_queue_url(call: Call) -> dict[str, Any]:
    """Answer the URL of a queue by its name."""
    if ROWS.get(call.transaction, call.key(call.params["QueueName"])) is None:
        raise missing()
    return {"QueueUrl": url_of(call, call.params["QueueName"])}


def list_queues(call: Call) -> dict[str, Any]:
    """Answer the URLs of the queues with a prefix, in pages when MaxResults is given."""
    limit = _limit(call)
    prefix = call.key(call.params.get("QueueNamePrefix", ""))
    after = call.key(call.params["NextToken"]) if "NextToken" in call.params else ""
    names: list[str] = []
    for _, queue in ROWS.scan(call.transaction, prefix, after):
        if len(names) == limit:
            paged = {"NextToken": names[-1]} if "MaxResults" in call.params else {}
            return {"QueueUrls": [url_of(call, name) for name in names], **paged}
        names.append(queue.name)
    return {"QueueUrls": [url_of(call, name) for name in names]} if names else {}


def delete_queue(call: Call) -> dict[str, Any]:
    """Delete a queue and its messages."""
    queue = find(call, call.transaction, call.params["QueueUrl"])
    message.delete_all(call.transaction, queue)
    ROWS.delete(call.transaction, call.key(queue.name))
    return {}


def purge_queue(call: Call) -> dict[str, Any]:
    """Delete every message of a queue; no more than once a minute."""
    queue = find(call, call.transaction, call.params["QueueUrl"])
    if call.now_ms < queue.purged_ms + _PURGE_EVERY_MS:
        text = f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds."
        raise AwsError("PurgeQueueInProgress", text, 403)
    message.delete_all(call.transaction, queue)
    keep(call, call.transaction, msgspec.structs.replace(queue, held=0, purged_ms=call.now_ms))
    return {}


def list_dead_letter_source_queues(call: Call) -> dict[str, Any]:
    """Answer the URLs of the queues whose dead letters go to a queue, in pages when MaxResults is given."""
    queue = find(call, call.transaction, call.params["QueueUrl"])
    limit, arn = _limit(call), call.arn("sqs", queue.name)
    after = call.key(call.params["NextToken"]) if "NextToken" in call.params else ""
    names: list[str] = []
    for _, source in ROWS.scan(call.transaction, call.key(""), after):
        if source.redrive is None or source.redrive[0] != arn:
            continue
        if len(names) == limit:
            return {"queueUrls": [url_of(call, name) for name in names], "NextToken": names[-1]}
        names.append(source.name)
    return {"queueUrls": [url_of(call, name) for name in names]}


def get_queue_attributes(call: Call) -> dict[str, Any]:
    """Answer the asked attributes of a queue, or All."""
    queue = find(call, call.transaction, call.params["QueueUrl"])
    wanted = call.params.get("AttributeNames", ())
    everything = _shown(call, queue)
    known = {*everything, *LIMITS, "All", "Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"}
    for name in wanted:
        if name not in known:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
    chosen = {name: value for name, value in everything.items() if "All" in wanted or name in wanted}
    return {"Attributes": chosen} if chosen else {}


def set_queue_attributes(call: Call) -> dict[str, Any]:
    """Change attributes of a queue; an empty text takes one back."""
    attributes = call.params["Attributes"]
    check_attributes(attributes)
    queue = find(call, call.transaction, call.params["QueueUrl"])
    changed = {name: value for name, value in {**queue.attributes, **attributes}.items() if value != ""}
    keep(call, call.transaction, msgspec.structs.replace(queue, attributes=changed, modified_s=int(call.now)))
    return {}


def tag_queue(call: Call) -> dict[str, Any]:
    """Add tags to a queue."""
    queue = find(call, call.transaction, call.params["QueueUrl"])
    keep(call, call.transaction, msgspec.structs.replace(queue, tags={**queue.tags, **call.params["Tags"]}))
    return {}


def untag_queue(call: Call) -> dict[str, Any]:
    """Take tags from a queue."""
    queue = find(call, call.transaction, call.params["QueueUrl"])
    tags = {name: value for name, value in queue.tags.items() if name not in call.params["TagKeys"]}
    keep(call, call.transaction, msgspec.structs.replace(queue, tags=tags))
    return {}


def list_queue_tags(call: Call) -> dict[str, Any]:
    """Answer the tags of a queue."""
    queue = find(call, call.transaction, call.params["QueueUrl"])
    return {"Tags": queue.tags} if queue.tags else {}


def _limit(call: Call) -> int:
    limit: int = call.params.get("MaxResults", _LIST_MAX)
    if not 1 <= limit <= _LIST_MAX:
        text = f"Value {limit} for parameter MaxResults is invalid. Reason: Must be >= 1 and <= 1000, if provided."
        raise AwsError("InvalidParameterValue", text)
    return limit


def _shown(call: Call, queue: Queue) -> dict[str, str]:
    delayed = in_flight = 0
    for each in message.hidden(call.transaction, queue, call.now_ms):
        delayed += each.received == 0
        in_flight += each.received > 0
    return {
        "QueueArn": call.arn("sqs", queue.name),
        "ApproximateNumberOfMessages": str(queue.held - delayed - in_flight),
        "ApproximateNumberOfMessagesNotVisible": str(in_flight),
        "ApproximateNumberOfMessagesDelayed": str(delayed),
        "CreatedTimestamp": str(queue.created_s),
        "LastModifiedTimestamp": str(queue.modified_s),
        **{name: str(default) for name, (default, _, _) in LIMITS.items() if name != "KmsDataKeyReusePeriodSeconds"},
        "SqsManagedSseEnabled": "true",
        **queue.attributes,
    }
