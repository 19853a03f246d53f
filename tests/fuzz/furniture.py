"""What the server under fire holds, so that requests get past the doors: one resource of each kind, and their names."""

import io
import json
import zipfile
from typing import Any

from fuzz.target import Target

ACCOUNT, REGION = "123456789012", "us-east-1"
Known = dict[str, list[str]]
_CODE = "def handler(event, context):\n    return event\n"


def furnish(target: Target) -> Known:
    """Create it, and answer names by the members that carry them."""
    role = _role(target)
    table = _table(target)
    stream = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/stream"
    target.client("kinesis").create_stream(StreamName="stream", ShardCount=2)
    target.client("s3").create_bucket(Bucket="bucket")
    target.client("s3").put_object(Bucket="bucket", Key="key", Body=b'{"a": 1}\n')
    upload = target.client("s3").create_multipart_upload(Bucket="bucket", Key="key")["UploadId"]
    queue = target.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    function = _function(target, role)
    _delivery(target, role, stream)
    _pipe(target, role, table, stream)
    _catalog(target, role)
    target.client("athena").create_work_group(Name="group")
    target.client("logs").create_log_group(logGroupName="group")
    target.client("logs").create_log_stream(logGroupName="group", logStreamName="stream")
    iterator = target.client("kinesis").get_shard_iterator(
        StreamName="stream", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return _known(role, table, stream, queue, function, upload, iterator)


def _known(role: str, table: str, stream: str, queue: str, function: str, upload: str, iterator: str) -> Known:
    names: dict[str, tuple[str, ...]] = {
        "table": ("TableName",),
        "stream": ("StreamName", "logStreamName"),
        stream: ("StreamARN", "kinesis ResourceARN", "Target", "KinesisStreamARN"),
        table: ("StreamArn", "Source", "EventSourceArn"),
        table.partition("/stream/")[0]: ("dynamodb ResourceArn",),
        "bucket": ("Bucket", "BucketName"),
        "arn:aws:s3:::bucket": ("BucketARN",),
        "key": ("Key", "CopySource"),
        "/bucket/key": ("CopySource",),
        upload: ("UploadId",),
        queue: ("QueueUrl",),
        "queue": ("QueueName",),
        "function": ("FunctionName", "functionName"),
        function: ("FunctionArn", "FunctionName", "lambda Resource"),
        role: ("RoleArn", "RoleARN", "Role", "roleArn"),
        "role": ("RoleName", "Role"),
        "delivery": ("DeliveryStreamName",),
        "1": ("CurrentDeliveryStreamVersionId", "VersionId"),
        "destinationId-000000000001": ("DestinationId",),
        "pipe": ("pipes Name",),
        "database": ("DatabaseName", "Database", "glue Name"),
        "rows": ("glue TableName", "glue Name"),
        "crawler": ("glue Name", "CrawlerName", "CrawlerNames"),
        "classifier": ("glue Name", "Classifiers"),
        "group": ("WorkGroup", "athena Name", "logGroupName", "logGroupNamePrefix"),
        "s3://bucket/results/": ("OutputLocation", "Path", "Location"),
        "SELECT count(*) FROM rows": ("QueryString",),
        "shardId-000000000000": ("ShardId", "ShardToSplit", "ShardToMerge"),
        iterator: ("ShardIterator",),
        "id": ("AttributeName", "AttributeNameList"),
        "python3.12": ("Runtime",),
        "app.handler": ("Handler",),
        json.dumps({"Version": "2012-10-17", "Statement": []}): ("PolicyDocument", "AssumeRolePolicyDocument"),
        json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}): ("TemplateBody",),
        "stack": ("StackName",),
        ACCOUNT: ("ExpectedBucketOwner", "ExpectedSourceBucketOwner", "CatalogId"),
        f"arn:aws:glue:{REGION}:{ACCOUNT}:crawler/crawler": ("glue ResourceArn",),
        f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/pipe": ("resourceArn",),
        f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/group": ("athena ResourceARN",),
        "AwsDataCatalog": ("CatalogName", "Catalog"),
        "user": ("UserName",),
        "managed": ("PolicyName",),
        f"arn:aws:iam::{ACCOUNT}:policy/managed": ("PolicyArn",),
    }
    known: Known = {}
    for name, members in names.items():
        for member in members:
            known.setdefault(member, []).append(name)
    return known


def _role(target: Target) -> str:
    services = ("pipes", "firehose", "lambda", "glue")
    principal = {"Service": [f"{service}.amazonaws.com" for service in services]}
    trust = [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]
    iam = target.client("iam")
    document = {"Version": "2012-10-17", "Statement": trust}
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(document))
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="role", PolicyName="all", PolicyDocument=json.dumps(allowed))
    iam.create_policy(PolicyName="managed", PolicyDocument=json.dumps(allowed))
    iam.create_user(UserName="user")
    return f"arn:aws:iam::{ACCOUNT}:role/role"


def _table(target: Target) -> str:
    dynamodb = target.client("dynamodb")
    index = {
        "IndexName": "index",
        "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    dynamodb.create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "other")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[index],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    dynamodb.put_item(TableName="table", Item={"id": {"S": "a"}, "other": {"S": "b"}})
    return str(dynamodb.describe_table(TableName="table")["Table"]["LatestStreamArn"])


def _function(target: Target, role: str) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("app.py", _CODE)
    code = {"ZipFile": archive.getvalue()}
    made = target.client("lambda").create_function(
        FunctionName="function", Runtime="python3.12", Role=role, Handler="app.handler", Code=code
    )
    return str(made["FunctionArn"])


def _delivery(target: Target, role: str, stream: str) -> None:
    target.client("firehose").create_delivery_stream(
        DeliveryStreamName="delivery",
        ExtendedS3DestinationConfiguration={"RoleARN": role, "BucketARN": "arn:aws:s3:::bucket"},
    )


def _pipe(target: Target, role: str, table: str, stream: str) -> None:
    target.client("pipes").create_pipe(
        Name="pipe",
        RoleArn=role,
        Source=table,
        SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"}},
        Target=stream,
        TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.eventID"}},
    )


def _catalog(target: Target, role: str) -> None:
    glue = target.client("glue")
    glue.create_database(DatabaseInput={"Name": "database"})
    storage: dict[str, Any] = {
        "Columns": [{"Name": "a", "Type": "int"}],
        "Location": "s3://bucket/rows/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    }
    keys = [{"Name": "day", "Type": "string"}]
    table = {"Name": "rows", "StorageDescriptor": storage, "PartitionKeys": keys, "TableType": "EXTERNAL_TABLE"}
    glue.create_table(DatabaseName="database", TableInput=table)
    glue.create_classifier(JsonClassifier={"Name": "classifier", "JsonPath": "$"})
    place = {"S3Targets": [{"Path": "s3://bucket/rows/"}]}
    glue.create_crawler(Name="crawler", Role="role", DatabaseName="database", Targets=place)
