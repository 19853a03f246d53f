"""What the server under fire holds, so that requests get past the doors: calls that make one resource of each kind.

A text "<service Member>" in them stands for the last name that the service has answered under that member.
"""

import io
import json
import re
import zipfile
from typing import Any

from fuzz.names import Names

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/role"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/stream"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:function"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"
ALLOWED = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
SERVICES = [f"{each}.amazonaws.com" for each in ("pipes", "firehose", "lambda", "glue")]
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}],
    }
)
TEMPLATE = json.dumps(
    {
        "Parameters": {"P": {"Type": "String", "Default": "a"}},
        "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"Tags": [{"Key": "p", "Value": {"Ref": "P"}}]}}},
        "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Q", "QueueName"]}, "Export": {"Name": "exported"}}},
    }
)


def package() -> bytes:
    """Answer a function's code."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("app.py", "def handler(event, context):\n    return event\n")
    return archive.getvalue()


Call = tuple[str, str, dict[str, Any]]
_ID = {"id": {"S": "a"}}
_STORAGE = {
    "Columns": [{"Name": "a", "Type": "int"}],
    "Location": "s3://bucket/rows/",
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
}
_ROWS = {
    "Name": "rows",
    "StorageDescriptor": _STORAGE,
    "PartitionKeys": [{"Name": "day", "Type": "string"}],
    "TableType": "EXTERNAL_TABLE",
}
_TABLE = {
    "TableName": "table",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "other")],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "index",
            "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}
RUN = {"Runtime": "python3.12", "Role": ROLE, "Handler": "app.handler"}
PIPE = {
    "RoleArn": ROLE,
    "Source": "<dynamodb LatestStreamArn>",
    "SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"}},
    "Target": STREAM,
    "TargetParameters": {"KinesisStreamParameters": {"PartitionKey": "$.eventID"}},
}
# What is needed, in the order in which it is needed. Called again, it puts back what was removed.
FURNITURE: tuple[Call, ...] = (
    ("iam", "CreateRole", {"RoleName": "role", "AssumeRolePolicyDocument": TRUST}),
    ("iam", "PutRolePolicy", {"RoleName": "role", "PolicyName": "all", "PolicyDocument": ALLOWED}),
    ("iam", "CreatePolicy", {"PolicyName": "managed", "PolicyDocument": ALLOWED}),
    ("iam", "CreateUser", {"UserName": "user"}),
    ("iam", "CreateGroup", {"GroupName": "group"}),
    ("dynamodb", "CreateTable", _TABLE),
    ("dynamodb", "PutItem", {"TableName": "table", "Item": {**_ID, "other": {"S": "b"}, "n": {"N": "1"}}}),
    ("dynamodb", "DescribeTable", {"TableName": "table"}),
    ("dynamodbstreams", "DescribeStream", {"StreamArn": "<dynamodb LatestStreamArn>"}),
    ("kinesis", "CreateStream", {"StreamName": "stream", "ShardCount": 2}),
    ("kinesis", "PutRecord", {"StreamName": "stream", "Data": b"{}", "PartitionKey": "a"}),
    ("s3", "CreateBucket", {"Bucket": "bucket"}),
    ("s3", "PutObject", {"Bucket": "bucket", "Key": "key", "Body": b'{"a": 1}\n'}),
    ("s3", "PutObject", {"Bucket": "bucket", "Key": "rows/day=1/one", "Body": b'{"a": 1}\n{"a": 2}\n'}),
    ("s3", "PutObject", {"Bucket": "bucket", "Key": "template", "Body": TEMPLATE.encode()}),
    ("s3", "CreateMultipartUpload", {"Bucket": "bucket", "Key": "key"}),
    ("sqs", "CreateQueue", {"QueueName": "queue"}),
    ("sqs", "SendMessage", {"QueueUrl": "<sqs QueueUrl>", "MessageBody": "a"}),
    ("lambda", "CreateFunction", {"FunctionName": "function", **RUN, "Code": {"ZipFile": package()}}),
    ("lambda", "PublishVersion", {"FunctionName": "function"}),
    ("lambda", "CreateAlias", {"FunctionName": "function", "Name": "alias", "FunctionVersion": "1"}),
    (
        "firehose",
        "CreateDeliveryStream",
        {
            "DeliveryStreamName": "delivery",
            "ExtendedS3DestinationConfiguration": {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::bucket"},
        },
    ),
    ("pipes", "CreatePipe", {"Name": "pipe", **PIPE}),
    ("glue", "CreateDatabase", {"DatabaseInput": {"Name": "database"}}),
    ("glue", "CreateTable", {"DatabaseName": "database", "TableInput": _ROWS}),
    (
        "glue",
        "CreatePartition",
        {
            "DatabaseName": "database",
            "TableName": "rows",
            "PartitionInput": {
                "Values": ["1"],
                "StorageDescriptor": {**_STORAGE, "Location": "s3://bucket/rows/day=1/"},
            },
        },
    ),
    ("glue", "CreateClassifier", {"JsonClassifier": {"Name": "classifier", "JsonPath": "$"}}),
    (
        "glue",
        "CreateCrawler",
        {
            "Name": "crawler",
            "Role": "role",
            "DatabaseName": "database",
            "Targets": {"S3Targets": [{"Path": "s3://bucket/rows/"}]},
        },
    ),
    ("athena", "CreateWorkGroup", {"Name": "group"}),
    (
        "athena",
        "StartQueryExecution",
        {
            "QueryString": "SELECT 1",
            "QueryExecutionContext": {"Database": "database"},
            "ResultConfiguration": {"OutputLocation": "s3://bucket/results/"},
        },
    ),
    ("athena", "CreateNamedQuery", {"Name": "query", "Database": "database", "QueryString": "SELECT 1"}),
    (
        "athena",
        "CreatePreparedStatement",
        {"StatementName": "statement", "WorkGroup": "group", "QueryStatement": "SELECT 1"},
    ),
    ("logs", "CreateLogGroup", {"logGroupName": "group"}),
    ("logs", "CreateLogStream", {"logGroupName": "group", "logStreamName": "stream"}),
    ("cloudformation", "CreateStack", {"StackName": "stack", "TemplateBody": TEMPLATE}),
)
_FIXED: dict[str, tuple[str, ...]] = {
    "table": ("TableName",),
    "index": ("IndexName",),
    "stream": ("StreamName", "logStreamName"),
    STREAM: ("StreamARN", "kinesis ResourceARN", "Target", "KinesisStreamARN", "EventSourceArn"),
    f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/table": ("dynamodb ResourceArn",),
    "bucket": ("Bucket", "BucketName"),
    "arn:aws:s3:::bucket": ("BucketARN",),
    "key": ("s3 Key",),
    "/bucket/key": ("CopySource",),
    "queue": ("QueueName",),
    "function": ("FunctionName", "functionName"),
    FUNCTION: ("FunctionArn", "FunctionName", "lambda Resource"),
    "alias": ("lambda Name",),
    "$LATEST": ("FunctionVersion", "Qualifier"),
    ROLE: ("RoleArn", "RoleARN", "Role", "roleArn"),
    "role": ("RoleName", "Role"),
    "delivery": ("DeliveryStreamName",),
    "1": ("CurrentDeliveryStreamVersionId", "FunctionVersion"),
    "destinationId-000000000001": ("DestinationId",),
    "pipe": ("pipes Name",),
    "database": ("DatabaseName", "Database", "glue Name"),
    "rows": ("glue TableName", "glue Name", "athena TableName"),
    "crawler": ("glue Name", "CrawlerName", "CrawlerNames"),
    "classifier": ("glue Name", "Classifiers"),
    "group": ("WorkGroup", "athena Name", "GroupName", "logGroupName", "logGroupNamePrefix"),
    f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:group": ("logs resourceArn",),
    "statement": ("StatementName",),
    "s3://bucket/results/": ("OutputLocation", "Path", "Location"),
    "SELECT count(*) FROM rows": ("QueryString",),
    "shardId-000000000000": ("ShardId", "ShardToSplit", "ShardToMerge"),
    "id": ("AttributeName", "AttributeNameList"),
    "python3.12": ("Runtime",),
    "app.handler": ("Handler",),
    ALLOWED: ("PolicyDocument", "Policy"),
    TRUST: ("AssumeRolePolicyDocument",),
    TEMPLATE: ("TemplateBody",),
    "stack": ("StackName",),
    "exported": ("ExportName",),
    "Q": ("LogicalResourceId",),
    ACCOUNT: ("ExpectedBucketOwner", "ExpectedSourceBucketOwner", "CatalogId", "AccountId"),
    f"arn:aws:glue:{REGION}:{ACCOUNT}:crawler/crawler": ("glue ResourceArn",),
    f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/pipe": ("resourceArn",),
    f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/group": ("athena ResourceARN",),
    "AwsDataCatalog": ("CatalogName", "Catalog"),
    "user": ("UserName",),
    "managed": ("PolicyName",),
    f"arn:aws:iam::{ACCOUNT}:policy/managed": ("PolicyArn",),
}


def names() -> Names:
    """Answer the names of the furniture."""
    return Names(_FIXED)


def filled(value: Any, known: Names) -> Any:
    """Answer a call's parameters with the names that the server has given."""
    if isinstance(value, dict):
        return {key: filled(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    if isinstance(value, str) and (found := re.fullmatch(r"<(\w+) (\w+)>", value)):
        return known.last(*found.groups())
    return value
