"""A cloud in memory that lives for many days in the test's hand, under a little of every load, and what it keeps."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

from simulation.function import HANDLERS, Function
from simulation.pipeline import ACCOUNT, BUCKET, FUNCTION, REGION, STREAM, TABLE, Pipeline, role_arn
from simulation.plan import plan_of
from tailrace.engine.block import count_of
from tailrace.engine.clock import ManualClock
from tailrace.engine.log import BLOCKS
from tailrace.engine.store import Durability
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settings import Settings
from tailrace.runtime.settling import Settling
from tailrace.service.principal import Principal

HOUR_S = 3600.0
DIRECT, CRAWLER, GROUP, UNREAD, READ = "direct", "crawler", "group", "unread", "read"
TEMPLATE = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'


class LongRun:
    """One cloud. ``day`` lets a day pass; ``kept`` answers how much of everything there is."""

    def __init__(self, data_dir: Path) -> None:
        self.clock = ManualClock()
        self.cloud = LocalCloud(Settings(data_dir=data_dir, durability=Durability.MEMORY, seed=5), clock=self.clock)
        dice = random.Random(5)
        self.cloud.workers = Function(_handler, self.clock, self.cloud.faults, dice)  # type: ignore[assignment]
        plan = plan_of(
            5, handler="changes", has_range=False, shards=1, retries=-1, buffer_s=60, compression="UNCOMPRESSED",
            filters=False, backup=False, faults={}, disturbances=False,
        )  # fmt: skip
        self.pipeline = Pipeline(self.cloud, plan)
        self._settling = Settling(self.cloud)
        self._directory = data_dir
        self.days = 0

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Carry out an operation as the account's root."""
        return self.pipeline.call(service, operation, **params)

    async def ask(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Carry out one that waits for something."""
        return await self.cloud.request(service, operation, params, Principal.root(ACCOUNT), region=REGION)

    async def begin(self) -> None:
        """Make everything that lives all the time."""
        await self.cloud.start()
        await self.pipeline.create()
        self._employ("crawl-role", "glue", "s3:*", "glue:*", "logs:*")
        self._employ("function-role", "lambda", "logs:*", "kinesis:*", made=True)
        rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 2}}
        self.call("s3", "PutBucketLifecycleConfiguration", Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
        destination = {"RoleARN": role_arn("delivery-role"), "BucketARN": f"arn:aws:s3:::{BUCKET}", "Prefix": "direct/"}
        self.call(
            "firehose",
            "CreateDeliveryStream",
            DeliveryStreamName=DIRECT,
            ExtendedS3DestinationConfiguration=destination,
        )
        ttl = {"Enabled": True, "AttributeName": "expires"}
        self.call("dynamodb", "UpdateTimeToLive", TableName=TABLE, TimeToLiveSpecification=ttl)
        for queue in (UNREAD, READ):
            self.call("sqs", "CreateQueue", QueueName=queue)
        for group in (GROUP, f"/aws/lambda/{FUNCTION}", "/aws-glue/crawlers"):
            self.call("logs", "CreateLogGroup", logGroupName=group)
            self.call("logs", "PutRetentionPolicy", logGroupName=group, retentionInDays=3)
        self.call("glue", "CreateDatabase", DatabaseInput={"Name": "lake"})
        targets = {"S3Targets": [{"Path": f"s3://{BUCKET}/nothing/"}]}
        self.call(
            "glue", "CreateCrawler", Name=CRAWLER, Role=role_arn("crawl-role"), DatabaseName="lake", Targets=targets
        )
        self.call(
            "lambda",
            "CreateEventSourceMapping",
            FunctionName=FUNCTION,
            EventSourceArn=f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{STREAM}",
            StartingPosition="TRIM_HORIZON",
        )

    async def day(self) -> None:
        """Do a little of everything, and let a day pass."""
        self.days += 1
        self._change_items()
        self._put_records()
        self._log_and_measure()
        await self._come_and_go()
        await self._work()
        for hour in range(24):
            await self._settling.calm()
            if hour % 8 == 0:
                self.call("glue", "StartCrawler", Name=CRAWLER)
            self.clock.advance(HOUR_S)
        await self._settling.calm()

    def kept(self) -> Counter[str]:
        """Answer the number of rows by key space, and of files, logs, consumers and tasks."""
        found: Counter[str] = Counter()
        for key, value in self.cloud.store.iterate(b"", b"\xff"):
            found[f"rows of {key.partition(bytes(1))[0].decode()}"] += 1
            if key.startswith(BLOCKS.prefix):
                found["records"] += count_of(value)
        found["files"] = sum(1 for path in self._directory.rglob("*") if path.is_file())
        found["logs in memory"] = len(self.cloud.store.logs)
        found["tasks"] = len(asyncio.all_tasks())
        found["metered"] = len(self.cloud.meters.drain())
        return found

    def _employ(self, role: str, service: str, *actions: str, made: bool = False) -> None:
        """Make a role for a service, or let one that is there do more."""
        trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
        if not made:
            self.call("iam", "CreateRole", RoleName=role, AssumeRolePolicyDocument=_document(trust))
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        self.call("iam", "PutRolePolicy", RoleName=role, PolicyName="more", PolicyDocument=_document(allowed))

    def _change_items(self) -> None:
        for number in range(12):
            item = {"order_id": {"S": f"o{number}"}, "day": {"N": str(self.days)}}
            self.call("dynamodb", "PutItem", TableName=TABLE, Item=item)
        self.call("dynamodb", "DeleteItem", TableName=TABLE, Key={"order_id": {"S": "o1"}})
        expiring = {"order_id": {"S": f"t{self.days}"}, "expires": {"N": str(int(self.clock.now()) + 5 * 3600)}}
        self.call("dynamodb", "PutItem", TableName=TABLE, Item=expiring)
        put = {"Put": {"TableName": TABLE, "Item": {"order_id": {"S": "t"}, "day": {"N": str(self.days)}}}}
        self.call("dynamodb", "TransactWriteItems", TransactItems=[put], ClientRequestToken=f"token-{self.days}")

    def _put_records(self) -> None:
        records = [{"Data": b"x\n"}] * 500
        self.call("firehose", "PutRecordBatch", DeliveryStreamName=DIRECT, Records=records)
        if self.days % 5 == 0:
            self.call(
                "kinesis",
                "UpdateShardCount",
                StreamName=STREAM,
                TargetShardCount=2 if self.days % 10 else 1,
                ScalingType="UNIFORM_SCALING",
            )

    def _log_and_measure(self) -> None:
        stream = f"stream-{self.days}"
        self.call("logs", "CreateLogStream", logGroupName=GROUP, logStreamName=stream)
        events = [{"timestamp": self.clock.now_ms() + number, "message": "hello"} for number in range(5)]
        self.call("logs", "PutLogEvents", logGroupName=GROUP, logStreamName=stream, logEvents=events)
        datum = {"MetricName": "m", "Dimensions": [{"Name": "day", "Value": str(self.days)}], "Value": 1.0}
        self.call("cloudwatch", "PutMetricData", Namespace="own", MetricData=[datum])

    async def _come_and_go(self) -> None:
        """Make what is deleted at once, or a day later."""
        bucket = f"bucket-{self.days}"
        self.call("s3", "CreateBucket", Bucket=bucket)
        begun = await self.ask("s3", "CreateMultipartUpload", Bucket=bucket, Key="k")
        body = self.cloud.files.create(f"s3/{bucket}/k")
        body.write(b"part")
        await body.seal()
        await self.ask("s3", "UploadPart", Bucket=bucket, Key="k", UploadId=begun["UploadId"], PartNumber=1, Body=body)
        self.call("s3", "DeleteBucket", Bucket=bucket)
        table = self.pipeline._table() | {"TableName": f"table-{self.days}"}
        self.call("dynamodb", "CreateTable", **table)
        self.call("dynamodb", "PutItem", TableName=table["TableName"], Item={"order_id": {"S": "a"}})
        self.call("dynamodb", "DeleteTable", TableName=table["TableName"])
        await self.ask("cloudformation", "CreateStack", StackName=f"stack-{self.days}", TemplateBody=TEMPLATE)
        if self.days > 1:
            await self.ask("cloudformation", "DeleteStack", StackName=f"stack-{self.days - 1}")

    async def _work(self) -> None:
        """Let jobs run: a query, an event, messages, a session."""
        self.call(
            "athena",
            "StartQueryExecution",
            QueryString="SHOW DATABASES",
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
            ClientRequestToken=f"{self.days:032d}",
        )
        await self.ask("lambda", "Invoke", FunctionName=FUNCTION, InvocationType="Event", Payload=b'{"records": []}')
        for queue in (UNREAD, READ):
            self.call("sqs", "SendMessage", QueueUrl=f"http://localhost/{ACCOUNT}/{queue}", MessageBody="hello")
        place = {"QueueUrl": f"http://localhost/{ACCOUNT}/{READ}"}
        for message in (await self.ask("sqs", "ReceiveMessage", **place))["Messages"]:
            self.call("sqs", "DeleteMessage", ReceiptHandle=message["ReceiptHandle"], **place)
        self.call("sts", "GetSessionToken")


def _handler(event: dict[str, Any], context: Any) -> Any:
    """Transform for the delivery stream; be content with anything else."""
    return HANDLERS["changes"](event, context) if "records" in event else None


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
