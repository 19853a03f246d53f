"""The services of the cloud: where each one's registry of operations is found."""

import importlib
from collections.abc import Iterator

from tailrace.service.service import Service

_MODULES = (
    "tailrace.dynamodb.service",
    "tailrace.dynamodb.streams_service",
    "tailrace.pipes.service",
    "tailrace.kinesis.service",
    "tailrace.firehose.service",
    "tailrace.lambda_.service",
    "tailrace.s3.service",
    "tailrace.glue.service",
    "tailrace.athena.service",
    "tailrace.iam.service",
    "tailrace.sts.service",
    "tailrace.cloudformation.service",
    "tailrace.sqs.service",
    "tailrace.cloudwatch.service",
    "tailrace.logs.service",
)


def load() -> Iterator[Service]:
    """Answer every service."""
    for name in _MODULES:
        yield importlib.import_module(name).SERVICE
