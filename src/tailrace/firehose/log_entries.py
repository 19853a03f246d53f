"""Error entries in the CloudWatch log stream that a delivery stream names, if it is there."""

import orjson

from tailrace.firehose.plan import Plan
from tailrace.firehose.stream import SERVICE_PRINCIPAL, DeliveryStream
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError


def write(cloud: Cloud, stream: DeliveryStream, plan: Plan, code: str, message: str) -> None:
    """Write an entry; without a log stream, or the permission to write to it, there is none, as on AWS."""
    if plan.log_place is None:
        return
    group, name = plan.log_place
    entry = {
        "deliveryStreamARN": stream.arn,
        "destination": f"arn:aws:s3:::{plan.bucket}",
        "deliveryStreamVersionId": stream.version,
        "message": message,
        "errorCode": code,
    }
    if plan.transformation is not None and code.startswith("Lambda."):
        entry["processor"] = plan.transformation.function_arn
    event = {"timestamp": cloud.clock.now_ms(), "message": orjson.dumps(entry).decode()}
    params = {"logGroupName": group, "logStreamName": name, "logEvents": [event]}
    try:
        role = cloud.assume_role(
            plan.role_arn, SERVICE_PRINCIPAL, stream.name, region=stream.region, source_arn=stream.arn
        )
        cloud.call("logs", "PutLogEvents", params, role, region=stream.region)
    except AwsError:
        return
