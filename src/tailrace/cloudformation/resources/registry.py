"""Every resource type that can be deployed, by name."""

from tailrace.cloudformation.resources import (
    athena,
    dynamodb,
    firehose,
    glue,
    iam,
    kinesis,
    lambda_access,
    lambda_function,
    logs,
    pipes,
    s3,
    sqs,
)
from tailrace.cloudformation.resources.resource import ResourceType

_ROOMS = (athena, dynamodb, firehose, glue, iam, kinesis, lambda_access, lambda_function, logs, pipes, s3, sqs)

TYPES: dict[str, ResourceType] = {each.name: each for room in _ROOMS for each in room.TYPES}
