"""CreateEventSourceMapping and its kin, for streams of DynamoDB and Kinesis."""

from collections.abc import Mapping as Members
from typing import Any

import msgspec

from tailrace.engine.transaction import Transaction
from tailrace.lambda_.environment import SERVICE_PRINCIPAL
from tailrace.lambda_.errors import conflict, invalid
from tailrace.lambda_.event_source import stream
from tailrace.lambda_.event_source.mapping import MAPPINGS, Mapping, find, shown
from tailrace.lambda_.function import find as find_function
from tailrace.lambda_.naming import is_queue
from tailrace.lambda_.naming import read as read_name
from tailrace.lambda_.page import page
from tailrace.lambda_.registry import SERVICE
from tailrace.lambda_.versions import configuration_of
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

FOLLOW = "lambda/mapping"
_FIELDS = {
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "window_s",
    "BisectBatchOnFunctionError": "bisects",
    "MaximumRecordAgeInSeconds": "age_s_max",
    "MaximumRetryAttempts": "retries_max",
    "Enabled": "enabled",
}
_UNBUILT = (
    "KMSKeyArn",
    "MetricsConfig",
    "LoggingConfig",
    "ScalingConfig",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "ProvisionedPollerConfig",
    "TumblingWindowInSeconds",
)
_NO_ACCESS = (
    "Cannot access stream {arn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, "
    "and ListStreams Actions on your stream in IAM."
)


@SERVICE.operation("CreateEventSourceMapping")
def create_event_source_mapping(call: Call) -> dict[str, Any]:
    """Let a function get the records of a stream from a position on."""
    params = call.params
    source = params.get("EventSourceArn", "")
    stream.service_of(source if source.count(":") >= 5 else "arn:aws:none")
    function = _function(call, params["FunctionName"])
    if "StartingPosition" not in params:
        raise invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    mapping = Mapping(
        uuid=call.uuid(),
        region=call.region,
        account=call.account,
        source=source,
        function=function,
        position=params["StartingPosition"],
        position_s=params.get("StartingPositionTimestamp"),
        tags=dict(params.get("Tags", {})),
        modified_s=call.now,
    )
    mapping = _changed(mapping, params)
    _check_unique(call, mapping)
    _begin(call, mapping)
    _put(call, mapping)
    return shown(mapping, "Creating")


@SERVICE.operation("GetEventSourceMapping")
def get_event_source_mapping(call: Call) -> dict[str, Any]:
    """Answer a mapping."""
    return shown(find(call))


@SERVICE.operation("ListEventSourceMappings")
def list_event_source_mappings(call: Call) -> dict[str, Any]:
    """Answer the mappings of a function, of a stream, or all."""
    source, name = call.params.get("EventSourceArn"), call.params.get("FunctionName")
    function = None if name is None else read_name(name, call.region, call.account).qualified
    found = [
        (key, shown(mapping))
        for key, mapping in MAPPINGS.scan(call.transaction, call.key(""))
        if source in (None, mapping.source) and function in (None, mapping.function)
    ]
    return page(call, "EventSourceMappings", found)


@SERVICE.operation("UpdateEventSourceMapping")
def update_event_source_mapping(call: Call) -> dict[str, Any]:
    """Change how a mapping delivers, or switch it on or off; it goes on where it stands."""
    mapping = find(call)
    if "FunctionName" in call.params:
        mapping = msgspec.structs.replace(mapping, function=_function(call, call.params["FunctionName"]))
    after = _changed(mapping, call.params)
    _put(call, msgspec.structs.replace(after, modified_s=call.now))
    return shown(after, _passing(mapping, after))


@SERVICE.operation("DeleteEventSourceMapping")
def delete_event_source_mapping(call: Call) -> dict[str, Any]:
    """Delete a mapping; the stream keeps its records."""
    mapping = find(call)
    MAPPINGS.delete(call.transaction, mapping.key)
    follow(call.cloud, call.transaction, mapping)
    for consumer_id in consumer_ids(call.cloud, call.transaction, mapping):
        call.cloud.ledger.end(call.transaction, consumer_id)
    return shown(mapping, "Deleting")


def follow(cloud: Cloud, transaction: Transaction, mapping: Mapping) -> None:
    """Stage that the consumers of a mapping are started or stopped, as its row says by then."""
    payload = {"key": mapping.key, "consumers": consumer_ids(cloud, transaction, mapping)}
    cloud.jobs.schedule(transaction, FOLLOW, mapping.uuid, payload)


def consumer_ids(cloud: Cloud, transaction: Transaction, mapping: Mapping) -> list[str]:
    """Answer the ids of all consumers of a mapping."""
    return [shards_id(mapping), *(found for found, _ in cloud.ledger.standings(transaction, mapping.consumers))]


def shards_id(mapping: Mapping) -> str:
    """Answer the id of the consumer that starts the others."""
    return f"lambda-shards/{mapping.key}"


def _passing(before: Mapping, after: Mapping) -> str:
    if before.enabled == after.enabled:
        return "Updating"
    return {True: "Enabling", False: "Disabling"}[after.enabled]


def _function(call: Call, name: str) -> str:
    try:
        reference = read_name(name, call.region, call.account)
        configuration_of(call.transaction, find_function(call.transaction, reference), reference)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise invalid("Function does not exist") from error
    return reference.qualified


def _changed(mapping: Mapping, params: Members[str, Any]) -> Mapping:
    for member in _UNBUILT:
        if params.get(member):
            raise invalid(f"Tailrace does not carry out {member} of an event source mapping yet.")
    if params.get("FilterCriteria", {}).get("Filters"):
        raise invalid("Tailrace does not filter for functions yet: leave FilterCriteria out, or use a pipe.")
    if params.get("ParallelizationFactor", 1) != 1:
        raise invalid("Tailrace invokes one function a shard at a time: leave ParallelizationFactor at 1.")
    changes = {field: params[member] for member, field in _FIELDS.items() if member in params}
    if "FunctionResponseTypes" in params:
        changes["reports_items"] = "ReportBatchItemFailures" in params["FunctionResponseTypes"]
    if "DestinationConfig" in params:
        changes["on_failure"] = _destination(params["DestinationConfig"])
    return msgspec.structs.replace(mapping, **changes)


def _destination(given: Members[str, Any]) -> str | None:
    if given.get("OnSuccess", {}).get("Destination"):
        raise invalid("Unsupported DestinationConfig parameter for given event source mapping type.")
    target: str | None = given.get("OnFailure", {}).get("Destination")
    if target is not None and not is_queue(target):
        raise invalid("Tailrace tells of failed batches in SQS queues only.")
    return target


def _check_unique(call: Call, mapping: Mapping) -> None:
    for _, other in MAPPINGS.scan(call.transaction, call.key("")):
        if (other.source, other.function) == (mapping.source, mapping.function):
            name = mapping.function.split(":function:")[-1]
            raise conflict(
                f'The event source arn (" {mapping.source} ") and function (" {name} ") provided mapping already '
                f"exists. Please update or delete the existing mapping with UUID {other.uuid}"
            )


def _begin(call: Call, mapping: Mapping) -> None:
    """Fix where each shard is read from."""
    reference = read_name(mapping.function, call.region, call.account)
    function = find_function(call.transaction, reference)
    role_arn = configuration_of(call.transaction, function, reference).role
    try:
        role = call.cloud.assume_role(
            role_arn, SERVICE_PRINCIPAL, function.name, region=call.region, transaction=call.transaction
        )
        found = stream.read(call.cloud, call.transaction, mapping, role)
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            raise invalid(f"Stream not found: {mapping.source}") from error
        raise invalid(_NO_ACCESS.format(arn=mapping.source)) from error
    for shard in found.shards:
        after = stream.begins_after(call.cloud.store.log(shard.log_id), mapping)
        call.cloud.ledger.begin(call.transaction, mapping.consumer_id(shard.log_id), mapping.hop, shard.log_id, after)


def _put(call: Call, mapping: Mapping) -> None:
    MAPPINGS.put(call.transaction, mapping.key, mapping)
    follow(call.cloud, call.transaction, mapping)
