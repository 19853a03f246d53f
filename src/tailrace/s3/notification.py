"""Notifications: who wants to know of which events, and how they are told.

A queue gets its message in the transaction of the change itself; a function is invoked by a job that the same
transaction schedules. What can't be delivered, for the target is gone, is dropped as on AWS, and the log says so.
"""

import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import orjson

from tailrace.engine.job import Job
from tailrace.engine.transaction import Transaction
from tailrace.s3.bucket import Bucket
from tailrace.s3.event import record
from tailrace.s3.object import Object
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

PRINCIPAL = "s3.amazonaws.com"
JOB = "s3/notify-function"
QUEUES, FUNCTIONS = "QueueConfigurations", "LambdaFunctionConfigurations"
TARGETS = {QUEUES: "QueueArn", FUNCTIONS: "LambdaFunctionArn"}
_logger = logging.getLogger(__name__)


def notify(call: Call, transaction: Transaction, bucket: Bucket, event: str, key: str, stored: Object | None) -> None:
    """Stage what has to be told of a change that a call makes."""
    if bucket.notification:
        tell(call.cloud, transaction, bucket, event, key, stored, call.principal.user_id, call.request_id)


def tell(
    cloud: Cloud,
    transaction: Transaction,
    bucket: Bucket,
    event: str,
    key: str,
    stored: Object | None,
    who: str,
    request_id: str,
) -> None:
    """Stage what has to be told of a change."""
    told = record(
        bucket, event, key, stored, now=cloud.clock.now(), account=cloud.account, who=who, request_id=request_id
    )
    for kind, wanted in _wanting(bucket, event, key):
        told["s3"]["configurationId"] = wanted["Id"]
        message = orjson.dumps({"Records": [told]}).decode()
        if kind == QUEUES:
            send(cloud, transaction, wanted["QueueArn"], message)
        else:
            payload = {"function": wanted["LambdaFunctionArn"], "message": message}
            job_id = f"{bucket.name}/{cloud.random.getrandbits(96):024x}"
            cloud.jobs.schedule(transaction, JOB, job_id, payload)


def send(cloud: Cloud, transaction: Transaction, queue: str, message: str) -> None:
    """Stage a message in a queue; one that is gone is passed over."""
    _, _, _, region, account, name = queue.split(":")
    params = {"QueueUrl": f"{cloud.endpoint}/{account}/{name}", "MessageBody": message}
    principal = Principal.service(PRINCIPAL, cloud.account)
    try:
        cloud.call("sqs", "SendMessage", params, principal, region=region, transaction=transaction)
    except AwsError as error:
        _logger.warning("an event could not be told to %s: %s", queue, error)


def register(cloud: Cloud) -> None:
    """Say how functions are told."""

    async def invoke(job: Job) -> None:
        function, message = job.payload["function"], job.payload["message"]
        params = {"FunctionName": function, "InvocationType": "Event", "Payload": message.encode()}
        principal = Principal.service(PRINCIPAL, cloud.account)
        try:
            await cloud.request("lambda", "Invoke", params, principal, region=function.split(":")[3])
        except AwsError as error:
            _logger.warning("an event could not be told to %s: %s", function, error)

    cloud.jobs.register(JOB, invoke)


def changed(bucket: Bucket, wanted: dict[str, Any]) -> Bucket:
    """Answer a bucket that tells others of its events from now on."""
    return msgspec.structs.replace(bucket, notification=wanted)


def rules(wanted: dict[str, Any]) -> tuple[str, str]:
    """Answer the prefix and the suffix that keys must have."""
    filters = wanted.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    found = {rule["Name"].lower(): rule["Value"] for rule in filters}
    return found.get("prefix", ""), found.get("suffix", "")


def covers(pattern: str, event: str) -> bool:
    """Answer whether an event's name, like s3:ObjectCreated:Put, falls under another, like s3:ObjectCreated:*."""
    return pattern == event or (pattern.endswith(":*") and event.startswith(pattern[:-1]))


def _wanting(bucket: Bucket, event: str, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in TARGETS:
        for wanted in bucket.notification.get(kind, ()):
            prefix, suffix = rules(wanted)
            asked = any(covers(pattern, f"s3:{event}") for pattern in wanted["Events"])
            if asked and key.startswith(prefix) and key.endswith(suffix):
                yield kind, wanted
