"""Every resource type over the wire: created, changed, asked for its attributes, deleted; as its service tells."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Stacks

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "Service": [
                    "lambda.amazonaws.com",
                    "pipes.amazonaws.com",
                    "firehose.amazonaws.com",
                    "glue.amazonaws.com",
                ]
            },
            "Action": "sts:AssumeRole",
        }
    ],
}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": TRUST,
        "Policies": [
            {
                "PolicyName": "all",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
                },
            }
        ],
    },
}
ACCOUNT = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
ROLE_ARN = {"Fn::GetAtt": ["Role", "Arn"]}
CODE = {"ZipFile": "def handler(event, context):\n    return {'answer': 1}\n"}
OTHER_CODE = {"ZipFile": "def handler(event, context):\n    return {'answer': 2}\n"}
FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {"Code": CODE, "Handler": "index.handler", "Runtime": "python3.12", "Role": ROLE_ARN},
}
SCHEMA = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {**SCHEMA, "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"}},
}
STREAM = {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}}
BUCKET = {"Type": "AWS::S3::Bucket"}
QUEUE = {"Type": "AWS::SQS::Queue"}
CATALOG = {"CatalogId": {"Ref": "AWS::AccountId"}}
DATABASE = {"Type": "AWS::Glue::Database", "Properties": {**CATALOG, "DatabaseInput": {"Description": "d"}}}
COLUMNS = {"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://b/t/"}}
GLUE_TABLE = {
    "Type": "AWS::Glue::Table",
    "Properties": {
        **CATALOG,
        "DatabaseName": {"Ref": "Database"},
        "TableInput": {"Name": "t", "PartitionKeys": [{"Name": "p", "Type": "string"}], **COLUMNS},
    },
}
WORKGROUP = {"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": {"Fn::Sub": "${AWS::StackName}-wg"}}}

See = Callable[[Callable[..., Any], str, dict[str, Any]], Any]


@dataclass
class Case:
    """A type: its properties before and after, what it needs beside it, and what is seen of it with its service."""

    type: str
    before: dict[str, Any]
    after: dict[str, Any]
    see: See
    seen: tuple[Any, Any]
    beside: dict[str, Any]
    attributes: tuple[str, ...] = ()
    keeps_id: bool = True


def case(type: str, before: Any, after: Any, see: See, seen: tuple[Any, Any], *attributes: str, **beside: Any) -> Case:
    keeps_id = beside.pop("keeps_id", True)
    return Case(f"AWS::{type}", before, after, see, seen, beside, attributes, keeps_id)


def described_table(client: Any, physical_id: str, outputs: Any) -> Any:
    table = client("dynamodb").describe_table(TableName=physical_id)["Table"]
    ttl = client("dynamodb").describe_time_to_live(TableName=physical_id)["TimeToLiveDescription"]
    indexes = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())]
    return table["DeletionProtectionEnabled"], indexes, ttl["TimeToLiveStatus"], "StreamArn" in outputs


def index(name: str) -> dict[str, Any]:
    schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}


def bucket_tags(client: Any, physical_id: str, outputs: Any) -> Any:
    try:
        tags = client("s3").get_bucket_tagging(Bucket=physical_id)["TagSet"]
    except ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchTagSet"
        return {}
    return {tag["Key"]: tag["Value"] for tag in tags}


def bucket_policy(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": ACCOUNT, "Action": action, "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def has_policy(client: Any, url: str) -> bool:
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    return bool(answer.get("Attributes", {}).get("Policy"))


def destination(client: Any, physical_id: str, outputs: Any) -> Any:
    described = client("firehose").describe_delivery_stream(DeliveryStreamName=physical_id)["DeliveryStreamDescription"]
    s3 = described["Destinations"][0]["ExtendedS3DestinationDescription"]
    return s3["Prefix"], s3["BufferingHints"]["IntervalInSeconds"]


def delivering(prefix: str, seconds: Any) -> dict[str, Any]:
    hints = {"SizeInMBs": 1, "IntervalInSeconds": seconds}
    bucket = {"BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]}, "RoleARN": ROLE_ARN}
    return {"ExtendedS3DestinationConfiguration": {**bucket, "Prefix": prefix, "BufferingHints": hints}}


def piping(batch: int, **more: Any) -> dict[str, Any]:
    stream = {"StartingPosition": "LATEST", "BatchSize": batch}
    return {
        "RoleArn": ROLE_ARN,
        "Source": {"Fn::GetAtt": ["Table", "StreamArn"]},
        "SourceParameters": {"DynamoDBStreamParameters": stream, **more},
        "Target": {"Fn::GetAtt": ["Stream", "Arn"]},
        "TargetParameters": {"KinesisStreamParameters": {"PartitionKey": "$.eventID"}},
    }


def described_pipe(client: Any, physical_id: str, outputs: Any) -> Any:
    pipe = client("pipes").describe_pipe(Name=physical_id)
    source = pipe["SourceParameters"]
    filters = source.get("FilterCriteria", {}).get("Filters", [])
    return pipe["CurrentState"], source["DynamoDBStreamParameters"]["BatchSize"], len(filters)


def answered(client: Any, physical_id: str, outputs: Any) -> Any:
    answer = client("lambda").invoke(FunctionName=physical_id)
    configuration = client("lambda").get_function_configuration(FunctionName=physical_id)
    variables = configuration.get("Environment", {}).get("Variables", {})
    return json.loads(answer["Payload"].read())["answer"], configuration["MemorySize"], variables


def role_policies(client: Any, physical_id: str, outputs: Any) -> Any:
    iam = client("iam")
    inline = iam.list_role_policies(RoleName=physical_id)["PolicyNames"]
    attached = iam.list_attached_role_policies(RoleName=physical_id)["AttachedPolicies"]
    return (
        sorted(inline),
        [each["PolicyName"] for each in attached],
        iam.get_role(RoleName=physical_id)["Role"].get("Description"),
    )


def allowing(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def managed(client: Any, physical_id: str, outputs: Any) -> Any:
    iam = client("iam")
    policy = iam.get_policy(PolicyArn=physical_id)["Policy"]
    version = iam.get_policy_version(PolicyArn=physical_id, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    return version["Document"]["Statement"][0]["Action"], policy["AttachmentCount"]


def classifier(client: Any, physical_id: str, outputs: Any) -> Any:
    return client("glue").get_classifier(Name=physical_id)["Classifier"]["JsonClassifier"]["JsonPath"]


def crawler(client: Any, physical_id: str, outputs: Any) -> Any:
    found = client("glue").get_crawler(Name=physical_id)["Crawler"]
    return found["Targets"]["S3Targets"][0]["Path"], found.get("Description")


def crawling(path: str, **more: Any) -> dict[str, Any]:
    targets = {"S3Targets": [{"Path": {"Fn::Sub": f"s3://${{Bucket}}/{path}"}}]}
    return {"Role": ROLE_ARN, "DatabaseName": {"Ref": "Database"}, "Targets": targets, **more}


def columns(client: Any, physical_id: str, outputs: Any) -> Any:
    table = client("glue").get_table(DatabaseName=outputs["Database"], Name=physical_id)["Table"]
    return [column["Type"] for column in table["StorageDescriptor"]["Columns"]]


def tabled(kind: str) -> dict[str, Any]:
    storage = {"Columns": [{"Name": "a", "Type": kind}], "Location": "s3://b/t/"}
    return {**CATALOG, "DatabaseName": {"Ref": "Database"}, "TableInput": {"StorageDescriptor": storage}}


def partition(client: Any, physical_id: str, outputs: Any) -> Any:
    found = client("glue").get_partition(DatabaseName=outputs["Database"], TableName="t", PartitionValues=["1"])
    return found["Partition"]["StorageDescriptor"]["Location"]


def partitioned(location: str) -> dict[str, Any]:
    place = {"Values": ["1"], "StorageDescriptor": {"Location": location}}
    return {**CATALOG, "DatabaseName": {"Ref": "Database"}, "TableName": {"Ref": "Table"}, "PartitionInput": place}


def workgroup(client: Any, physical_id: str, outputs: Any) -> Any:
    found = client("athena").get_work_group(WorkGroup=physical_id)["WorkGroup"]
    return found["State"], found["Configuration"].get("ResultConfiguration", {}).get("OutputLocation")


def located(location: str) -> dict[str, Any]:
    return {"WorkGroupConfiguration": {"ResultConfiguration": {"OutputLocation": location}}}


def mapping(client: Any, physical_id: str, outputs: Any) -> Any:
    found = client("lambda").get_event_source_mapping(UUID=physical_id)
    return found["BatchSize"], found["State"]


def mapped(batch: int, **more: Any) -> dict[str, Any]:
    source = {"EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]}, "StartingPosition": "LATEST"}
    return {"FunctionName": {"Ref": "Function"}, "BatchSize": batch, **source, **more}


def granted(client: Any, physical_id: str, outputs: Any) -> Any:
    policy = json.loads(client("lambda").get_policy(FunctionName=outputs["Function"])["Policy"])
    return [each["Principal"]["Service"] for each in policy["Statement"] if each["Sid"] == physical_id]


def permitting(service: str) -> dict[str, Any]:
    return {"FunctionName": {"Ref": "Function"}, "Action": "lambda:InvokeFunction", "Principal": service}


FUNCTION_PROPERTIES = FUNCTION["Properties"]
VERSION = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}}
CASES = [
    case(
        "DynamoDB::Table",
        {**SCHEMA, "StreamSpecification": {"StreamViewType": "KEYS_ONLY"}},
        {
            **SCHEMA,
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
            "GlobalSecondaryIndexes": [index("one")],
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        },
        described_table,
        ((False, [], "DISABLED", True), (False, ["one"], "ENABLED", True)),
        "Arn",
        "StreamArn",
    ),
    case(
        "Kinesis::Stream",
        {"ShardCount": "1"},
        {"ShardCount": 2, "RetentionPeriodHours": 48},
        lambda client, physical_id, outputs: [
            client("kinesis").describe_stream_summary(StreamName=physical_id)["StreamDescriptionSummary"][name]
            for name in ("OpenShardCount", "RetentionPeriodHours")
        ],
        ([1, 24], [2, 48]),
        "Arn",
    ),
    case(
        "Pipes::Pipe",
        piping(10, FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]}),
        piping(20),
        described_pipe,
        (("RUNNING", 10, 1), ("RUNNING", 20, 0)),
        "Arn",
        "CurrentState",
        Role=ROLE,
        Table=TABLE,
        Stream=STREAM,
    ),
    case(
        "KinesisFirehose::DeliveryStream",
        delivering("a/", "60"),
        delivering("b/", 90),
        destination,
        (("a/", 60), ("b/", 90)),
        "Arn",
        Role=ROLE,
        Bucket=BUCKET,
    ),
    case(
        "Lambda::Function",
        FUNCTION_PROPERTIES,
        {**FUNCTION_PROPERTIES, "Code": OTHER_CODE, "MemorySize": "256", "Environment": {"Variables": {"SIZE": 1}}},
        answered,
        ((1, 128, {}), (2, 256, {"SIZE": "1"})),
        "Arn",
        Role=ROLE,
    ),
    case(
        "Lambda::Alias",
        {
            "FunctionName": {"Ref": "Function"},
            "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
            "Name": "live",
        },
        {"FunctionName": {"Ref": "Function"}, "FunctionVersion": "$LATEST", "Name": "live"},
        lambda client, physical_id, outputs: client("lambda").get_alias(FunctionName=outputs["Function"], Name="live")[
            "FunctionVersion"
        ],
        ("1", "$LATEST"),
        "AliasArn",
        Role=ROLE,
        Function=FUNCTION,
        Version=VERSION,
    ),
    case(
        "Lambda::Permission",
        permitting("s3.amazonaws.com"),
        permitting("events.amazonaws.com"),
        granted,
        (["s3.amazonaws.com"], ["events.amazonaws.com"]),
        "Id",
        Role=ROLE,
        Function=FUNCTION,
        keeps_id=False,
    ),
    case(
        "Lambda::EventSourceMapping",
        mapped(10),
        mapped(20, Enabled=False),
        mapping,
        ((10, "Enabled"), (20, "Disabled")),
        "Id",
        Role=ROLE,
        Function=FUNCTION,
        Stream=STREAM,
    ),
    case(
        "S3::Bucket",
        {},
        {
            "Tags": [{"Key": "a", "Value": "b"}],
            "VersioningConfiguration": {"Status": "Suspended"},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": "true"},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        },
        bucket_tags,
        ({}, {"a": "b"}),
        "Arn",
        "DomainName",
        "RegionalDomainName",
        "DualStackDomainName",
        "WebsiteURL",
    ),
    case(
        "S3::BucketPolicy",
        {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": bucket_policy("s3:GetObject")},
        {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": bucket_policy("s3:PutObject")},
        lambda client, physical_id, outputs: json.loads(client("s3").get_bucket_policy(Bucket=physical_id)["Policy"])[
            "Statement"
        ][0]["Action"],
        ("s3:GetObject", "s3:PutObject"),
        Bucket=BUCKET,
    ),
    case(
        "IAM::Role",
        {**ROLE["Properties"], "Description": "one"},
        {
            "AssumeRolePolicyDocument": TRUST,
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
            "Policies": [{"PolicyName": "other", "PolicyDocument": allowing("s3:*")}],
            "Description": "two",
        },
        role_policies,
        ((["all"], [], "one"), (["other"], ["AWSLambdaBasicExecutionRole"], "two")),
        "Arn",
        "RoleId",
    ),
    case(
        "IAM::Policy",
        {"PolicyName": "p", "PolicyDocument": allowing("s3:*"), "Roles": [{"Ref": "Role"}]},
        {"PolicyName": "q", "PolicyDocument": allowing("sqs:*"), "Roles": [{"Ref": "Role"}]},
        lambda client, physical_id, outputs: sorted(
            client("iam").list_role_policies(RoleName=outputs["Role"])["PolicyNames"]
        ),
        (["all", "p"], ["all", "q"]),
        "Id",
        Role=ROLE,
    ),
    case(
        "IAM::ManagedPolicy",
        {"PolicyDocument": allowing("s3:*"), "Roles": [{"Ref": "Role"}]},
        {"PolicyDocument": allowing("sqs:*")},
        managed,
        (("s3:*", 1), ("sqs:*", 0)),
        "PolicyArn",
        Role=ROLE,
    ),
    case(
        "SQS::Queue",
        {
            "VisibilityTimeout": 10,
            "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Queue", "Arn"]}, "maxReceiveCount": 3},
        },
        {"VisibilityTimeout": "20"},
        lambda client, physical_id, outputs: sorted(
            client("sqs").get_queue_attributes(
                QueueUrl=physical_id, AttributeNames=["VisibilityTimeout", "RedrivePolicy"]
            )["Attributes"]
        ),
        (["RedrivePolicy", "VisibilityTimeout"], ["VisibilityTimeout"]),
        "Arn",
        "QueueName",
        "QueueUrl",
        Queue=QUEUE,
    ),
    case(
        "SQS::QueuePolicy",
        {"Queues": [{"Ref": "Queue"}], "PolicyDocument": allowing("sqs:SendMessage")},
        {"Queues": [{"Ref": "Other"}], "PolicyDocument": allowing("sqs:SendMessage")},
        lambda client, physical_id, outputs: [has_policy(client, outputs[name]) for name in ("Queue", "Other")],
        ([True, False], [False, True]),
        "Id",
        Queue=QUEUE,
        Other=QUEUE,
    ),
    case(
        "Logs::LogStream",
        {"LogGroupName": {"Ref": "Group"}, "LogStreamName": "one"},
        {"LogGroupName": {"Ref": "Group"}, "LogStreamName": "two"},
        lambda client, physical_id, outputs: physical_id,
        ("one", "two"),
        Group={"Type": "AWS::Logs::LogGroup"},
        keeps_id=False,
    ),
    case(
        "Logs::LogGroup",
        {"RetentionInDays": 7},
        {},
        lambda client, physical_id, outputs: (
            client("logs").describe_log_groups(logGroupNamePrefix=physical_id)["logGroups"][0].get("retentionInDays")
        ),
        (7, None),
        "Arn",
    ),
    case(
        "Glue::Database",
        {**CATALOG, "DatabaseInput": {"Description": "one"}},
        {**CATALOG, "DatabaseInput": {"Description": "two"}},
        lambda client, physical_id, outputs: client("glue").get_database(Name=physical_id)["Database"]["Description"],
        ("one", "two"),
    ),
    case("Glue::Table", tabled("int"), tabled("string"), columns, (["int"], ["string"]), Database=DATABASE),
    case(
        "Glue::Partition",
        partitioned("s3://b/1/"),
        partitioned("s3://b/2/"),
        partition,
        ("s3://b/1/", "s3://b/2/"),
        Database=DATABASE,
        Table=GLUE_TABLE,
    ),
    case(
        "Glue::Classifier",
        {"JsonClassifier": {"JsonPath": "$"}},
        {"JsonClassifier": {"JsonPath": "$[*]"}},
        classifier,
        ("$", "$[*]"),
    ),
    case(
        "Glue::Crawler",
        crawling("a/", Description="one", Schedule={"ScheduleExpression": "cron(0 12 * * ? *)"}),
        crawling("b/", Description="two"),
        lambda client, physical_id, outputs: crawler(client, physical_id, outputs)[1],
        ("one", "two"),
        Role=ROLE,
        Bucket=BUCKET,
        Database=DATABASE,
    ),
    case(
        "Athena::WorkGroup",
        {**WORKGROUP["Properties"], **located("s3://b/one/")},
        {**WORKGROUP["Properties"], **located("s3://b/two/"), "State": "DISABLED"},
        workgroup,
        (("ENABLED", "s3://b/one/"), ("DISABLED", "s3://b/two/")),
        "CreationTime",
    ),
    case(
        "Athena::NamedQuery",
        {"Database": "d", "QueryString": "SELECT 1", "WorkGroup": {"Ref": "WorkGroup"}},
        {"Database": "d", "QueryString": "SELECT 2", "WorkGroup": {"Ref": "WorkGroup"}},
        lambda client, physical_id, outputs: client("athena").get_named_query(NamedQueryId=physical_id)["NamedQuery"][
            "QueryString"
        ],
        ("SELECT 1", "SELECT 2"),
        "NamedQueryId",
        WorkGroup=WORKGROUP,
        keeps_id=False,
    ),
    case(
        "Athena::PreparedStatement",
        {"StatementName": "find", "QueryStatement": "SELECT ?", "WorkGroup": {"Ref": "WorkGroup"}},
        {"StatementName": "find", "QueryStatement": "SELECT ? + 1", "WorkGroup": {"Ref": "WorkGroup"}},
        lambda client, physical_id, outputs: client("athena").get_prepared_statement(
            StatementName="find", WorkGroup=outputs["WorkGroup"]
        )["PreparedStatement"]["QueryStatement"],
        ("SELECT ?", "SELECT ? + 1"),
        WorkGroup=WORKGROUP,
    ),
]


@pytest.mark.parametrize("tried", CASES, ids=lambda tried: tried.type)
def test_a_type_is_created_changed_and_deleted(tried: Case, stacks: Stacks, client: Callable[..., Any]) -> None:
    outputs = {name: {"Value": {"Ref": name}} for name in ("It", *tried.beside)}
    outputs |= {f"At{name}": {"Value": {"Fn::GetAtt": ["It", name]}} for name in tried.attributes}
    template = {"Outputs": outputs}

    def resources(properties: dict[str, Any]) -> dict[str, Any]:
        return {**tried.beside, "It": {"Type": tried.type, "Properties": properties}}

    def seen(stack: dict[str, Any]) -> Any:
        reasons = [
            each.get("ResourceStatusReason") for each in stacks.events(stack) if "FAILED" in each["ResourceStatus"]
        ]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), reasons
        values = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        assert all(values.values())
        return tried.see(
            client,
            stacks.physical(stack, "It"),
            {**values, **{k[2:]: v for k, v in values.items() if k.startswith("At")}},
        )

    stack = stacks.create(resources(tried.before), template=template)
    assert seen(stack) == tried.seen[0]
    before = stacks.physical(stack, "It")
    stack = stacks.update(stack, resources(tried.after), template=template)
    assert seen(stack) == tried.seen[1]
    assert (stacks.physical(stack, "It") == before) is tried.keeps_id
    deleted = stacks.delete(stack)
    reasons = [each.get("ResourceStatusReason") for each in stacks.events(stack) if "FAILED" in each["ResourceStatus"]]
    assert deleted["StackStatus"] == "DELETE_COMPLETE", reasons
