"""Where a delivery stream's records come from: its own log for direct puts, or the shard logs of a Kinesis stream."""

from dataclasses import dataclass

from tailrace.engine.ledger import Hop
from tailrace.engine.transaction import Transaction
from tailrace.firehose.batch import Origin
from tailrace.firehose.stream import SERVICE_PRINCIPAL, DeliveryStream
from tailrace.service.cloud import Cloud
from tailrace.service.kinesis_record import number_base, shard_base

_DIRECT_SHARD = "shardId-000000000000"


@dataclass(frozen=True, slots=True)
class SourceShard:
    """One log to read: whether it will still grow, and which shards come before it."""

    origin: Origin
    closed: bool
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """All logs to read, and the log that tells when there are others."""

    shards: list[SourceShard]
    layout_log: str | None


def source_of(cloud: Cloud, stream: DeliveryStream, transaction: Transaction | None = None) -> Source:
    """Find the logs of a delivery stream, as its source role. Raises AwsError when the role may not read them."""
    if stream.source is None:
        origin = Origin(stream.log_id, _DIRECT_SHARD, direct_base(stream), None)
        return Source([SourceShard(origin, closed=False, parents=())], None)
    role = cloud.assume_role(
        stream.source.role_arn,
        SERVICE_PRINCIPAL,
        stream.name,
        region=stream.region,
        source_arn=stream.arn,
        transaction=transaction,
    )
    params = {"StreamARN": stream.source.arn}
    found = cloud.call("kinesis", "ShardLogs", params, role, region=stream.region, transaction=transaction)
    shards = [
        SourceShard(
            Origin(shard["LogId"], shard["ShardId"], number_base(shard["StartingSequenceNumber"]), stream.source.arn),
            closed=shard["Closed"],
            parents=tuple(shard[member] for member in ("ParentShardId", "AdjacentParentShardId") if member in shard),
        )
        for shard in found["Shards"]
    ]
    return Source(shards, found["LayoutLogId"])


def direct_base(stream: DeliveryStream) -> int:
    """Answer what the record ids of direct puts have in common."""
    return shard_base(stream.created_ms // 1000, 0)


def hops(stream: DeliveryStream) -> dict[str, Hop]:
    """Answer the consumers of a delivery stream by id, as the ledger knows them."""
    found = {stream.consumer_id: _hop(stream, "delivery stream", stream.destination["BucketARN"])}
    if stream.destination["S3BackupMode"] == "Enabled":
        backup = stream.destination["S3BackupDescription"]
        found[stream.backup_id] = _hop(stream, "source backup", backup["BucketARN"])
    return found


def begin(cloud: Cloud, transaction: Transaction, stream: DeliveryStream) -> None:
    """Stage that consumers which never ran begin at the heads of all logs as they are now."""
    for consumer_id, hop in hops(stream).items():
        if cloud.ledger.standing(transaction, consumer_id) is None:
            for shard in source_of(cloud, stream, transaction).shards:
                log_id = shard.origin.log_id
                cloud.ledger.begin(transaction, consumer_id, hop, log_id, transaction.head(log_id))


def _hop(stream: DeliveryStream, kind: str, target: str) -> Hop:
    source = stream.arn if stream.source is None else stream.source.arn
    return Hop(kind=kind, name=stream.name, region=stream.region, source=source, target=target)
