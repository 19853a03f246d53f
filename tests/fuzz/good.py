"""Good requests that chance doesn't find: with them, each operation has been carried out before it is asked odd things.

They come after the furniture, in this order; those that remove something remove spare things that came just before.
"""

from fuzz.furniture import ACCOUNT, ALLOWED, FUNCTION, PIPE, QUEUE, ROLE, RUN, STREAM, TEMPLATE, TRUST, Call, package

_KEY = {"id": {"S": "a"}}
_VALUES = {":a": {"S": "a"}}
_BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/managed"
_ACL = {"BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
_EVERYBODY = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
_HASH = [{"AttributeName": "id", "KeyType": "HASH"}]
_PARTITION = {"Values": ["1"], "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}]}}
_ROLE_MADE = {"AssumeRolePolicyDocument": TRUST}
_TARGETS = {"S3Targets": [{"Path": "s3://bucket/rows/"}]}
_ENCRYPTED = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
_RULE = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "a"}, "Expiration": {"Days": 1}}

GOOD: tuple[Call, ...] = (
    ("athena", "GetDataCatalog", {"Name": "AwsDataCatalog"}),
    ("athena", "GetQueryResults", {"QueryExecutionId": "<athena QueryExecutionId>"}),
    ("athena", "GetQueryRuntimeStatistics", {"QueryExecutionId": "<athena QueryExecutionId>"}),
    ("athena", "StopQueryExecution", {"QueryExecutionId": "<athena QueryExecutionId>"}),
    ("athena", "DeleteNamedQuery", {"NamedQueryId": "<athena NamedQueryId>"}),
    (
        "athena",
        "CreatePreparedStatement",
        {"StatementName": "sparestatement", "WorkGroup": "group", "QueryStatement": "SELECT 1"},
    ),
    ("athena", "DeletePreparedStatement", {"StatementName": "sparestatement", "WorkGroup": "group"}),
    ("athena", "CreateWorkGroup", {"Name": "spare"}),
    ("athena", "DeleteWorkGroup", {"WorkGroup": "spare"}),
    ("cloudformation", "ValidateTemplate", {"TemplateBody": TEMPLATE}),
    ("cloudformation", "UpdateStack", {"StackName": "stack", "TemplateBody": TEMPLATE.replace('"a"', '"b"')}),
    (
        "cloudformation",
        "CreateChangeSet",
        {"StackName": "stack", "ChangeSetName": "changes", "TemplateBody": TEMPLATE.replace('"a"', '"c"')},
    ),
    ("cloudformation", "DescribeChangeSet", {"StackName": "stack", "ChangeSetName": "changes"}),
    ("cloudformation", "ExecuteChangeSet", {"StackName": "stack", "ChangeSetName": "changes"}),
    (
        "cloudwatch",
        "PutMetricData",
        {"Namespace": "own", "MetricData": [{"MetricName": "m", "Value": 1.0, "Unit": "Count"}]},
    ),
    (
        "cloudwatch",
        "GetMetricStatistics",
        {
            "Namespace": "own",
            "MetricName": "m",
            "StartTime": 1_767_225_600,
            "EndTime": 1_767_225_900,
            "Period": 60,
            "Statistics": ["Sum"],
        },
    ),
    ("dynamodb", "BatchGetItem", {"RequestItems": {"table": {"Keys": [_KEY]}}}),
    ("dynamodb", "BatchWriteItem", {"RequestItems": {"table": [{"PutRequest": {"Item": {"id": {"S": "b"}}}}]}}),
    (
        "dynamodb",
        "Query",
        {"TableName": "table", "KeyConditionExpression": "id = :a", "ExpressionAttributeValues": _VALUES},
    ),
    (
        "dynamodb",
        "Query",
        {
            "TableName": "table",
            "KeyConditions": {"id": {"AttributeValueList": [{"S": "a"}], "ComparisonOperator": "EQ"}},
        },
    ),
    (
        "dynamodb",
        "UpdateItem",
        {
            "TableName": "table",
            "Key": _KEY,
            "UpdateExpression": "SET n = :n + if_not_exists(n, :n), #l = list_append(:l, :l) REMOVE gone",
            "ConditionExpression": "attribute_exists(id) AND NOT contains(#l, :n)",
            "ExpressionAttributeNames": {"#l": "l"},
            "ExpressionAttributeValues": {":n": {"N": "1"}, ":l": {"L": [{"S": "a"}]}},
        },
    ),
    (
        "dynamodb",
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": "table", "Item": {"id": {"S": "c"}}}},
                {"ConditionCheck": {"TableName": "table", "Key": _KEY, "ConditionExpression": "attribute_exists(id)"}},
            ]
        },
    ),
    ("dynamodb", "TransactGetItems", {"TransactItems": [{"Get": {"TableName": "table", "Key": _KEY}}]}),
    (
        "dynamodbstreams",
        "GetShardIterator",
        {
            "StreamArn": "<dynamodb LatestStreamArn>",
            "ShardId": "<dynamodbstreams ShardId>",
            "ShardIteratorType": "TRIM_HORIZON",
        },
    ),
    ("dynamodbstreams", "GetRecords", {"ShardIterator": "<dynamodbstreams ShardIterator>"}),
    ("dynamodb", "CreateTable", {"TableName": "spare", "KeySchema": _HASH, **_EVERYBODY}),
    (
        "dynamodb",
        "UpdateTable",
        {"TableName": "spare", "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
    ),
    ("dynamodb", "DeleteTable", {"TableName": "spare"}),
    (
        "firehose",
        "CreateDeliveryStream",
        {
            "DeliveryStreamName": "spare",
            "ExtendedS3DestinationConfiguration": {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::bucket"},
        },
    ),
    ("firehose", "DeleteDeliveryStream", {"DeliveryStreamName": "spare"}),
    (
        "glue",
        "CreatePartitionIndex",
        {"DatabaseName": "database", "TableName": "rows", "PartitionIndex": {"Keys": ["day"], "IndexName": "index"}},
    ),
    ("glue", "DeletePartitionIndex", {"DatabaseName": "database", "TableName": "rows", "IndexName": "index"}),
    ("glue", "GetPartition", {"DatabaseName": "database", "TableName": "rows", "PartitionValues": ["1"]}),
    ("glue", "GetPartitions", {"DatabaseName": "database", "TableName": "rows", "Expression": "day = '1'"}),
    (
        "glue",
        "UpdatePartition",
        {"DatabaseName": "database", "TableName": "rows", "PartitionValueList": ["1"], "PartitionInput": _PARTITION},
    ),
    ("glue", "UpdateTable", {"DatabaseName": "database", "TableInput": {"Name": "rows", "Description": "new"}}),
    ("glue", "DeleteTableVersion", {"DatabaseName": "database", "TableName": "rows", "VersionId": "0"}),
    ("glue", "CreateClassifier", {"JsonClassifier": {"Name": "spare", "JsonPath": "$"}}),
    ("glue", "DeleteClassifier", {"Name": "spare"}),
    ("glue", "StartCrawler", {"Name": "crawler"}),
    ("glue", "StopCrawler", {"Name": "crawler"}),
    ("glue", "UpdateCrawlerSchedule", {"CrawlerName": "crawler", "Schedule": "cron(0 12 * * ? *)"}),
    ("glue", "StopCrawlerSchedule", {"CrawlerName": "crawler"}),
    ("glue", "StartCrawlerSchedule", {"CrawlerName": "crawler"}),
    ("glue", "CreateCrawler", {"Name": "spare", "Role": "role", "DatabaseName": "database", "Targets": _TARGETS}),
    ("glue", "DeleteCrawler", {"Name": "spare"}),
    ("glue", "CreateDatabase", {"DatabaseInput": {"Name": "spare"}}),
    ("glue", "CreateTable", {"DatabaseName": "spare", "TableInput": {"Name": "spare"}}),
    ("glue", "DeleteTable", {"DatabaseName": "spare", "Name": "spare"}),
    ("glue", "DeleteDatabase", {"Name": "spare"}),
    ("iam", "PutRolePermissionsBoundary", {"RoleName": "role", "PermissionsBoundary": _BOUNDARY}),
    ("iam", "DeleteRolePermissionsBoundary", {"RoleName": "role"}),
    ("iam", "PutUserPermissionsBoundary", {"UserName": "user", "PermissionsBoundary": _BOUNDARY}),
    ("iam", "DeleteUserPermissionsBoundary", {"UserName": "user"}),
    ("iam", "UpdateAssumeRolePolicy", {"RoleName": "role", "PolicyDocument": TRUST}),
    ("iam", "CreateUser", {"UserName": "spare"}),
    ("iam", "DeleteUser", {"UserName": "spare"}),
    ("iam", "CreateRole", {"RoleName": "spare", **_ROLE_MADE}),
    ("iam", "DeleteRole", {"RoleName": "spare"}),
    ("iam", "CreateGroup", {"GroupName": "spare"}),
    ("iam", "DeleteGroup", {"GroupName": "spare"}),
    ("iam", "CreatePolicy", {"PolicyName": "spare", "PolicyDocument": ALLOWED}),
    ("iam", "DeletePolicy", {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/spare"}),
    ("iam", "CreateAccessKey", {"UserName": "user"}),
    ("iam", "UpdateAccessKey", {"UserName": "user", "AccessKeyId": "<iam AccessKeyId>", "Status": "Inactive"}),
    ("iam", "DeleteAccessKey", {"UserName": "user", "AccessKeyId": "<iam AccessKeyId>"}),
    (
        "kinesis",
        "GetShardIterator",
        {"StreamName": "stream", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"},
    ),
    ("kinesis", "GetRecords", {"ShardIterator": "<kinesis ShardIterator>"}),
    ("kinesis", "PutRecords", {"StreamName": "stream", "Records": [{"Data": b"{}", "PartitionKey": "a"}]}),
    ("kinesis", "DescribeStream", {"StreamName": "stream"}),
    ("kinesis", "DescribeStreamSummary", {"StreamName": "stream"}),
    ("kinesis", "UpdateMaxRecordSize", {"StreamARN": STREAM, "MaxRecordSizeInKiB": 2048}),
    ("kinesis", "IncreaseStreamRetentionPeriod", {"StreamName": "stream", "RetentionPeriodHours": 30}),
    ("kinesis", "DecreaseStreamRetentionPeriod", {"StreamName": "stream", "RetentionPeriodHours": 24}),
    ("kinesis", "CreateStream", {"StreamName": "spare", "ShardCount": 2}),
    (
        "kinesis",
        "MergeShards",
        {
            "StreamName": "spare",
            "ShardToMerge": "shardId-000000000000",
            "AdjacentShardToMerge": "shardId-000000000001",
        },
    ),
    (
        "kinesis",
        "SplitShard",
        {"StreamName": "spare", "ShardToSplit": "shardId-000000000002", "NewStartingHashKey": "1000000"},
    ),
    (
        "kinesis",
        "UpdateShardCount",
        {"StreamName": "spare", "TargetShardCount": 3, "ScalingType": "UNIFORM_SCALING"},
    ),
    ("kinesis", "DeleteStream", {"StreamName": "spare"}),
    (
        "lambda",
        "AddPermission",
        {"FunctionName": "function", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": ACCOUNT},
    ),
    ("lambda", "GetPolicy", {"FunctionName": "function"}),
    ("lambda", "RemovePermission", {"FunctionName": "function", "StatementId": "s"}),
    (
        "lambda",
        "CreateEventSourceMapping",
        {"FunctionName": FUNCTION, "EventSourceArn": STREAM, "StartingPosition": "LATEST"},
    ),
    ("lambda", "GetEventSourceMapping", {"UUID": "<lambda UUID>"}),
    ("lambda", "UpdateEventSourceMapping", {"UUID": "<lambda UUID>", "BatchSize": 5}),
    ("lambda", "DeleteEventSourceMapping", {"UUID": "<lambda UUID>"}),
    ("lambda", "UpdateFunctionCode", {"FunctionName": "function", "ZipFile": package()}),
    ("lambda", "Invoke", {"FunctionName": "function", "Payload": b"{}"}),
    ("lambda", "CreateFunction", {"FunctionName": "spare", **RUN, "Code": {"ZipFile": package()}}),
    ("lambda", "DeleteFunction", {"FunctionName": "spare"}),
    ("logs", "PutRetentionPolicy", {"logGroupName": "group", "retentionInDays": 1}),
    ("logs", "DeleteRetentionPolicy", {"logGroupName": "group"}),
    (
        "logs",
        "PutLogEvents",
        {
            "logGroupName": "group",
            "logStreamName": "stream",
            "logEvents": [{"timestamp": 1_795_000_000_000, "message": "a"}],
        },
    ),
    ("logs", "GetLogEvents", {"logGroupName": "group", "logStreamName": "stream"}),
    ("logs", "FilterLogEvents", {"logGroupName": "group", "filterPattern": "a"}),
    ("logs", "CreateLogStream", {"logGroupName": "group", "logStreamName": "spare"}),
    ("logs", "DeleteLogStream", {"logGroupName": "group", "logStreamName": "spare"}),
    ("pipes", "StopPipe", {"Name": "pipe"}),
    ("pipes", "StartPipe", {"Name": "pipe"}),
    ("pipes", "CreatePipe", {"Name": "spare", "DesiredState": "STOPPED", **PIPE}),
    ("pipes", "DeletePipe", {"Name": "spare"}),
    ("s3", "CreateBucket", {"Bucket": "spare"}),
    ("s3", "DeleteBucket", {"Bucket": "spare"}),
    ("s3", "PutBucketEncryption", {"Bucket": "bucket", "ServerSideEncryptionConfiguration": {"Rules": [_ENCRYPTED]}}),
    ("s3", "PutBucketVersioning", {"Bucket": "bucket", "VersioningConfiguration": {"Status": "Suspended"}}),
    ("s3", "CopyObject", {"Bucket": "bucket", "Key": "copy", "CopySource": "bucket/key"}),
    (
        "s3",
        "UploadPartCopy",
        {
            "Bucket": "bucket",
            "Key": "key",
            "UploadId": "<s3 UploadId>",
            "PartNumber": 1,
            "CopySource": "bucket/key",
        },
    ),
    (
        "s3",
        "UploadPart",
        {"Bucket": "bucket", "Key": "key", "UploadId": "<s3 UploadId>", "PartNumber": 1, "Body": b"a"},
    ),
    (
        "s3",
        "CompleteMultipartUpload",
        {
            "Bucket": "bucket",
            "Key": "key",
            "UploadId": "<s3 UploadId>",
            "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": "<s3 ETag>"}]},
        },
    ),
    ("s3", "DeleteObjects", {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "copy"}]}}),
    ("s3", "PutPublicAccessBlock", {"Bucket": "bucket", "PublicAccessBlockConfiguration": _ACL}),
    ("s3", "DeletePublicAccessBlock", {"Bucket": "bucket"}),
    ("s3", "PutBucketLifecycleConfiguration", {"Bucket": "bucket", "LifecycleConfiguration": {"Rules": [_RULE]}}),
    ("s3", "GetBucketLifecycleConfiguration", {"Bucket": "bucket"}),
    ("s3", "DeleteBucketLifecycle", {"Bucket": "bucket"}),
    (
        "s3",
        "PutBucketNotificationConfiguration",
        {
            "Bucket": "bucket",
            "NotificationConfiguration": {
                "QueueConfigurations": [{"QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]}]
            },
        },
    ),
    ("s3", "PutBucketNotificationConfiguration", {"Bucket": "bucket", "NotificationConfiguration": {}}),
    ("s3", "PutBucketTagging", {"Bucket": "bucket", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
    ("sts", "GetCallerIdentity", {}),
    ("sqs", "SendMessage", {"QueueUrl": "<sqs QueueUrl>", "MessageBody": "a"}),
    ("sqs", "ReceiveMessage", {"QueueUrl": "<sqs QueueUrl>"}),
    (
        "sqs",
        "ChangeMessageVisibility",
        {"QueueUrl": "<sqs QueueUrl>", "ReceiptHandle": "<sqs ReceiptHandle>", "VisibilityTimeout": 60},
    ),
    ("sqs", "DeleteMessage", {"QueueUrl": "<sqs QueueUrl>", "ReceiptHandle": "<sqs ReceiptHandle>"}),
)
# What can't be carried out here at all, and why.
NEVER: dict[str, str] = {
    "cloudformation CancelUpdateStack": "needs an update that takes its time",
    "cloudformation ContinueUpdateRollback": "needs a rollback that failed",
    "cloudformation RollbackStack": "needs a creation that failed and was left so",
    "cloudformation ListImports": "needs two stacks, one of them importing",
    "s3 GetBucketCors": "nothing can set what it reads",
    "s3 GetBucketReplication": "nothing can set what it reads",
    "s3 GetBucketWebsite": "nothing can set what it reads",
    "s3 GetObjectLockConfiguration": "nothing can set what it reads",
    "sts AssumeRole": "the root may not",
}
