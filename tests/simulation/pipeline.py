"""The pipeline of a run, made through the door like anybody would make it, each hop with a role of its own."""

import io
import json
import zipfile
from typing import Any

import orjson

from simulation.function import EXAMPLE
from simulation.plan import Plan
from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal

REGION = "us-east-1"
ACCOUNT = "123456789012"
TABLE, STREAM, PIPE, DELIVERY, FUNCTION, BUCKET, QUEUE = (
    "orders",
    "changes",
    "pipe",
    "delivery",
    "transform",
    "lake",
    "dead",
)
STREAM_ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{STREAM}"
QUEUE_URL = f"http://localhost/{ACCOUNT}/{QUEUE}"
_FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"
_ROLES = {
    "pipe-role": ("pipes", ["dynamodb:*", "kinesis:*", "sqs:*"]),
    "function-role": ("lambda", ["logs:*"]),
    "delivery-role": ("firehose", ["kinesis:*", "lambda:*", "s3:*"]),
}


def decoded(answer: dict[str, Any]) -> dict[str, Any]:
    """Answer what the wire would write, read again: some of it is kept as bytes."""
    read: dict[str, Any] = orjson.loads(orjson.dumps(answer))
    return read


def role_arn(name: str) -> str:
    """Answer a role's ARN."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


class Pipeline:
    """The resources of one plan in one cloud."""

    def __init__(self, cloud: LocalCloud, plan: Plan) -> None:
        self._cloud = cloud
        self._plan = plan

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Carry out an operation as the account's root."""
        answer = self._cloud.call(service, operation, params, Principal.root(ACCOUNT), region=REGION)
        return decoded(answer) if service.startswith("dynamodb") else answer

    async def create(self) -> None:
        """Create everything, in an order that works on AWS, and return when it is on disk."""
        for name in _ROLES:
            service = _ROLES[name][0]
            trust = {
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
            document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            self.call("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document)
            self.permit(name)
        self.call("s3", "CreateBucket", Bucket=BUCKET)
        self.call("sqs", "CreateQueue", QueueName=QUEUE)
        self.call("kinesis", "CreateStream", StreamName=STREAM, ShardCount=self._plan.shards)
        self.call("lambda", "CreateFunction", **self._function())
        self.call("firehose", "CreateDeliveryStream", **self._delivery())
        self.call("dynamodb", "CreateTable", **self._table())
        self.call("pipes", "CreatePipe", **self._pipe())
        state = self.call("pipes", "DescribePipe", Name=PIPE)
        assert state["CurrentState"] == "RUNNING", state
        tag = {"QueueUrl": QUEUE_URL, "Tags": {"state": "complete"}}
        await self._cloud.request("sqs", "TagQueue", tag, Principal.root(ACCOUNT), region=REGION)

    def permit(self, role: str, *, allowed: bool = True) -> None:
        """Let a role do its work, or forbid it."""
        effect = "Allow" if allowed else "Deny"
        statement = {"Effect": effect, "Action": _ROLES[role][1], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.call("iam", "PutRolePolicy", RoleName=role, PolicyName="work", PolicyDocument=document)

    def _table(self) -> dict[str, Any]:
        keys = [("order_id", "S", "HASH"), *([("line", "N", "RANGE")] if self._plan.has_range else [])]
        return {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind, _ in keys],
            "KeySchema": [{"AttributeName": name, "KeyType": place} for name, _, place in keys],
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        }

    def _function(self) -> dict[str, Any]:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            package.write(EXAMPLE, "app.py")
        return {
            "FunctionName": FUNCTION,
            "Runtime": "python3.12",
            "Role": role_arn("function-role"),
            "Handler": "app.handler",
            "Code": {"ZipFile": archive.getvalue()},
            "Timeout": 30,
        }

    def _delivery(self) -> dict[str, Any]:
        plan, role = self._plan, role_arn("delivery-role")
        given = {
            "LambdaArn": f"{_FUNCTION_ARN}:$LATEST",
            "RoleArn": role,
            "BufferSizeInMBs": plan.transform_mb,
            "BufferIntervalInSeconds": str(plan.transform_s),
            "NumberOfRetries": "2",
        }
        processor = {
            "Type": "Lambda",
            "Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()],
        }
        hints = {"SizeInMBs": plan.buffer_mb, "IntervalInSeconds": plan.buffer_s}
        destination: dict[str, Any] = {
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{BUCKET}",
            "Prefix": "rows/!{timestamp:yyyy/MM/dd/HH}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "BufferingHints": hints,
            "CompressionFormat": plan.compression,
            "ProcessingConfiguration": {"Enabled": True, "Processors": [processor]},
        }
        if plan.backup:
            backup = {
                "RoleARN": role,
                "BucketARN": f"arn:aws:s3:::{BUCKET}",
                "Prefix": "backup/",
                "BufferingHints": hints,
            }
            destination |= {"S3BackupMode": "Enabled", "S3BackupConfiguration": backup}
        return {
            "DeliveryStreamName": DELIVERY,
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": {"KinesisStreamARN": STREAM_ARN, "RoleARN": role},
            "ExtendedS3DestinationConfiguration": destination,
        }

    def _pipe(self) -> dict[str, Any]:
        plan = self._plan
        arn = self.call("dynamodb", "DescribeTable", TableName=TABLE)["Table"]["LatestStreamArn"]
        stream: dict[str, Any] = {
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": plan.batch_size,
            "MaximumBatchingWindowInSeconds": plan.window_s,
            "MaximumRetryAttempts": plan.retries,
        }
        if plan.bisects:
            stream["OnPartialBatchItemFailure"] = "AUTOMATIC_BISECT"
        if plan.dead_letters:
            stream["DeadLetterConfig"] = {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}"}
        source: dict[str, Any] = {"DynamoDBStreamParameters": stream}
        if plan.filters:
            pattern = {
                "dynamodb": {"NewImage": {"hidden": {"BOOL": [{"exists": False}]}}},
                "eventName": ["INSERT", "MODIFY"],
            }
            source["FilterCriteria"] = {"Filters": [{"Pattern": json.dumps(pattern)}]}
        return {
            "Name": PIPE,
            "RoleArn": role_arn("pipe-role"),
            "Source": arn,
            "SourceParameters": source,
            "Target": STREAM_ARN,
            "TargetParameters": {"KinesisStreamParameters": {"PartitionKey": "$.dynamodb.Keys.order_id.S"}},
        }
