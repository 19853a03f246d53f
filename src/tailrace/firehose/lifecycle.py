"""Delivery streams come, are described, changed and go. Whoever delivers is aligned with the row after the commit."""

from typing import Any

import msgspec

from tailrace.firehose import destination, processors
from tailrace.firehose.alignment import align
from tailrace.firehose.plan import plan_of
from tailrace.firehose.registry import SERVICE
from tailrace.firehose.source import begin
from tailrace.firehose.stream import (
    DELIVERY_STREAMS,
    DESTINATION_ID,
    DIRECT_PUT,
    KINESIS_SOURCE,
    SERVICE_PRINCIPAL,
    DeliveryStream,
    KinesisSource,
    arn_of,
    find,
    invalid,
)
from tailrace.firehose.tags import checked
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_S3 = ("ExtendedS3DestinationConfiguration", "S3DestinationConfiguration")
_S3_UPDATES = ("ExtendedS3DestinationUpdate", "S3DestinationUpdate")
_NAMES_PAGE = 10


@SERVICE.operation("CreateDeliveryStream")
def create_delivery_stream(call: Call) -> dict[str, Any]:
    """Create a delivery stream; it reads a Kinesis stream from the head of this moment on."""
    name = call.params["DeliveryStreamName"]
    if DELIVERY_STREAMS.get(call.transaction, call.key(name)) is not None:
        message = f"Firehose {name} under accountId {call.account} already exists"
        raise AwsError("ResourceInUseException", message)
    stream = DeliveryStream(
        name=name,
        region=call.region,
        account=call.account,
        id=call.uuid(),
        kind=call.params.get("DeliveryStreamType", DIRECT_PUT),
        created_ms=call.now_ms,
        destination=_destination(call.params),
        source=_source(call),
        tags=checked({}, call.params.get("Tags", [])),
    )
    _try(call, stream)
    DELIVERY_STREAMS.put(call.transaction, stream.key, stream)
    align(call, stream)
    return {"DeliveryStreamARN": stream.arn}


@SERVICE.operation("DescribeDeliveryStream")
def describe_delivery_stream(call: Call) -> dict[str, Any]:
    """Answer a delivery stream."""
    stream = find(call)
    extended = stream.destination
    shown = {
        "DestinationId": DESTINATION_ID,
        "S3DestinationDescription": destination.plain(extended),
        "ExtendedS3DestinationDescription": extended,
    }
    description: dict[str, Any] = {
        "DeliveryStreamName": stream.name,
        "DeliveryStreamARN": stream.arn,
        "DeliveryStreamStatus": "ACTIVE",
        "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
        "DeliveryStreamType": stream.kind,
        "VersionId": str(stream.version),
        "CreateTimestamp": stream.created_ms / 1000,
        "Destinations": [shown],
        "HasMoreDestinations": False,
    }
    if stream.updated_ms is not None:
        description["LastUpdateTimestamp"] = stream.updated_ms / 1000
    if stream.source is not None:
        source = {
            "KinesisStreamARN": stream.source.arn,
            "RoleARN": stream.source.role_arn,
            "DeliveryStartTimestamp": stream.source.start_ms / 1000,
        }
        description["Source"] = {"KinesisStreamSourceDescription": source}
    return {"DeliveryStreamDescription": description}


@SERVICE.operation("ListDeliveryStreams")
def list_delivery_streams(call: Call) -> dict[str, Any]:
    """Answer a page of the region's delivery streams by name."""
    limit, kind = call.params.get("Limit", _NAMES_PAGE), call.params.get("DeliveryStreamType")
    prefix, after = call.key(""), call.params.get("ExclusiveStartDeliveryStreamName")
    names = []
    for _, stream in DELIVERY_STREAMS.scan(call.transaction, prefix, f"{prefix}{after}" if after else ""):
        if kind is None or stream.kind == kind:
            names.append(stream.name)
        if len(names) > limit:
            break
    return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}


@SERVICE.operation("UpdateDestination")
def update_destination(call: Call) -> dict[str, Any]:
    """Change where a delivery stream delivers to, and how."""
    stream = find(call)
    if call.params["DestinationId"] != DESTINATION_ID:
        raise invalid(f"Destination Id {call.params['DestinationId']} not found")
    version = call.params["CurrentDeliveryStreamVersionId"]
    if version != str(stream.version):
        raise AwsError(
            "ConcurrentModificationException",
            f"Cannot update firehose: {stream.name} since the current version id: {stream.version} and specified "
            f"version id: {version} do not match",
        )
    update = _only(call.params, _S3_UPDATES, "Update")
    changed = msgspec.structs.replace(
        stream,
        destination=destination.updated(stream.destination, update),
        version=stream.version + 1,
        updated_ms=call.now_ms,
    )
    _try(call, changed)
    DELIVERY_STREAMS.put(call.transaction, changed.key, changed)
    align(call, changed)
    return {}


@SERVICE.operation("DeleteDeliveryStream")
def delete_delivery_stream(call: Call) -> dict[str, Any]:
    """Delete a delivery stream, with the direct puts that it hasn't delivered."""
    stream = find(call)
    transaction = call.transaction
    DELIVERY_STREAMS.delete(transaction, stream.key)
    for consumer_id in (stream.consumer_id, stream.backup_id):
        call.cloud.ledger.end(transaction, consumer_id)
    if stream.kind == DIRECT_PUT:
        transaction.log(stream.log_id).delete(transaction)
    align(call, stream)
    return {}


def _destination(params: dict[str, Any]) -> dict[str, Any]:
    configuration = _only(params, _S3, "Configuration")
    if "DeliveryStreamEncryptionConfigurationInput" in params:
        raise invalid("Tailrace does not carry out DeliveryStreamEncryptionConfigurationInput yet; leave it out.")
    return destination.described(configuration)


def _only(params: dict[str, Any], known: tuple[str, ...], ending: str) -> dict[str, Any]:
    given = [member for member in params if f"Destination{ending}" in member]
    for member in given:
        if member not in known:
            raise invalid(f"Tailrace does not carry out {member} yet; deliver to S3.")
    if len(given) != 1:
        raise invalid("Exactly one destination configuration is supported for a Firehose")
    chosen: dict[str, Any] = params[given[0]]
    return chosen


def _source(call: Call) -> KinesisSource | None:
    kind = call.params.get("DeliveryStreamType", DIRECT_PUT)
    configuration = call.params.get("KinesisStreamSourceConfiguration")
    if kind not in (DIRECT_PUT, KINESIS_SOURCE):
        raise invalid(f"Tailrace does not carry out delivery streams of type {kind} yet.")
    if kind == DIRECT_PUT:
        if configuration is not None:
            raise invalid("KinesisStreamSourceConfiguration is only applicable for KinesisStreamAsSource type.")
        return None
    if configuration is None:
        raise invalid("KinesisStreamSourceConfiguration is required for KinesisStreamAsSource delivery stream type.")
    return KinesisSource(arn=configuration["KinesisStreamARN"], role_arn=configuration["RoleARN"], start_ms=call.now_ms)


def _try(call: Call, stream: DeliveryStream) -> None:
    """Check by doing, as AWS does before it answers: evaluate the prefixes, assume the roles, look at the source."""
    plan_of(stream.destination, call.now)
    if "S3BackupDescription" in stream.destination:
        plan_of(stream.destination["S3BackupDescription"], call.now)
    _try_roles(call, stream)
    try:
        begin(call.cloud, call.transaction, stream)
    except AwsError as error:
        raise invalid(error.message) from error


def _try_roles(call: Call, stream: DeliveryStream) -> None:
    described = stream.destination
    roles = {described["RoleARN"]: None}
    if stream.source is not None:
        roles[stream.source.role_arn] = None
    if "S3BackupDescription" in described:
        roles[described["S3BackupDescription"]["RoleARN"]] = None
    transformation = processors.parameters(described["ProcessingConfiguration"], processors.LAMBDA)
    if transformation is not None:
        roles[transformation["RoleArn"]] = None
    for role_arn in roles:
        try:
            call.cloud.assume_role(
                role_arn,
                SERVICE_PRINCIPAL,
                stream.name,
                region=call.region,
                source_arn=arn_of(call.region, call.account, stream.name),
                transaction=call.transaction,
            )
        except AwsError as error:
            raise invalid(f"Firehose is unable to assume role {role_arn}. Please check the role provided.") from error
