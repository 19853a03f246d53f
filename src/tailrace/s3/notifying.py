"""PutBucketNotificationConfiguration and its reading: targets are found and, if queues, told of the test."""

import re
from itertools import combinations
from typing import Any

import orjson

from tailrace.s3 import notification
from tailrace.s3.bucket import BUCKETS, find, find_named
from tailrace.s3.errors import invalid_argument, malformed_xml, not_built
from tailrace.s3.event import iso
from tailrace.s3.notification import FUNCTIONS, PRINCIPAL, QUEUES, TARGETS, covers, rules, send
from tailrace.s3.owner import canonical_id
from tailrace.s3.registry import SERVICE
from tailrace.service.call import Call
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

_ARNS = {
    QUEUES: ("Queue", re.compile(r"arn:aws[a-z-]*:sqs:[^:]+:\d{12}:[^:]+")),
    FUNCTIONS: ("CloudFunction", re.compile(r"arn:aws[a-z-]*:lambda:[^:]+:\d{12}:function:[^:]+(:[^:]+)?")),
}


@SERVICE.operation("GetBucketNotificationConfiguration")
def get_bucket_notification_configuration(call: Call) -> dict[str, Any]:
    """Answer who is told of which events."""
    return dict(find(call).notification)


@SERVICE.operation("PutBucketNotificationConfiguration")
async def put_bucket_notification_configuration(call: Call) -> dict[str, Any]:
    """Replace who is told of which events; a queue gets a test message."""
    params, asked = call.params, call.params["NotificationConfiguration"]
    find_named(call, call.cloud.store.begin(), params["Bucket"], params.get("ExpectedBucketOwner"))
    if asked.get("TopicConfigurations"):
        raise not_built("notifications to SNS", "take a queue or a function")
    if "EventBridgeConfiguration" in asked:
        raise not_built("notifications to EventBridge", "take a queue or a function")
    wanted = {kind: [_checked(call, kind, one) for one in asked[kind]] for kind in TARGETS if asked.get(kind)}
    _refuse_overlaps([one for kind in wanted for one in wanted[kind]])
    if not params.get("SkipDestinationValidation"):
        await _check_targets(call, wanted)
    transaction = call.cloud.store.begin()
    bucket = find_named(call, transaction, params["Bucket"], params.get("ExpectedBucketOwner"))
    BUCKETS.put(transaction, bucket.name, notification.changed(bucket, wanted))
    for one in wanted.get(QUEUES, ()):
        send(call.cloud, transaction, one["QueueArn"], _test_message(call, bucket.name))
    await call.cloud.store.commit(transaction)
    return {}


def _checked(call: Call, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    name, form = _ARNS[kind]
    arn = asked[TARGETS[kind]]
    if not form.fullmatch(arn):
        raise invalid_argument("The ARN could not be parsed", name, arn)
    taken = {"Id": asked.get("Id") or call.uuid(), TARGETS[kind]: arn, "Events": asked["Events"]}
    found = []
    for rule in asked.get("Filter", {}).get("Key", {}).get("FilterRules", []):
        if "Name" not in rule or "Value" not in rule:
            raise malformed_xml()
        if rule["Name"].lower() not in ("prefix", "suffix"):
            text = "filter rule name must be either prefix or suffix"
            raise invalid_argument(text, "FilterRule.Name", rule["Name"])
        found.append({"Name": rule["Name"].capitalize(), "Value": rule["Value"]})
    return {**taken, "Filter": {"Key": {"FilterRules": found}}} if found else taken


def _refuse_overlaps(wanted: list[dict[str, Any]]) -> None:
    for one, other in combinations(wanted, 2):
        shared = any(covers(a, b) or covers(b, a) for a in one["Events"] for b in other["Events"])
        (prefix, suffix), (other_prefix, other_suffix) = rules(one), rules(other)
        prefixes = prefix.startswith(other_prefix) or other_prefix.startswith(prefix)
        suffixes = suffix.endswith(other_suffix) or other_suffix.endswith(suffix)
        if shared and prefixes and suffixes:
            text = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
            raise AwsError("InvalidArgument", text, 400)


async def _check_targets(call: Call, wanted: dict[str, list[dict[str, Any]]]) -> None:
    principal = Principal.service(PRINCIPAL, call.account)
    for one in wanted.get(QUEUES, ()):
        _, _, _, region, account, name = one["QueueArn"].split(":")
        params: dict[str, Any] = {"QueueUrl": f"{call.cloud.endpoint}/{account}/{name}", "AttributeNames": ["QueueArn"]}
        try:
            call.cloud.call("sqs", "GetQueueAttributes", params, principal, region=region)
        except AwsError:
            raise _unreachable(one["QueueArn"], "The destination queue does not exist") from None
    for one in wanted.get(FUNCTIONS, ()):
        arn = one["LambdaFunctionArn"]
        params = {"FunctionName": arn, "InvocationType": "DryRun"}
        try:
            await call.cloud.request("lambda", "Invoke", params, principal, region=arn.split(":")[3])
        except AwsError:
            raise _unreachable(f"{arn}, null", f"Not authorized to invoke function [{arn}]") from None


def _unreachable(arn: str, why: str) -> AwsError:
    members = {"ArgumentName1": arn, "ArgumentValue1": why}
    return AwsError("InvalidArgument", "Unable to validate the following destination configurations", 400, **members)


def _test_message(call: Call, bucket: str) -> str:
    message = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso(call.now),
        "Bucket": bucket,
        "RequestId": call.request_id,
        "HostId": canonical_id(call.request_id),
    }
    return orjson.dumps(message).decode()
