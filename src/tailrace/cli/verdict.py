"""The verdict on a pipeline: every accepted change is accounted for once, and the lake says what the table says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tailrace.cli.connection import Connection
from tailrace.cli.lake import Contents, Lake, differs

_REFUSED = ("filtered", "dropped", "failed")
_ENDS = ("delivered", *_REFUSED)
_SHOWN_MAX = 5


@dataclass(slots=True)
class Verdict:
    """What was found on the way from one table to its lake."""

    table: str
    lake: str
    accepted: int
    accounted: int
    in_flight: int
    lost: int
    duplicated: int
    findings: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing is lost, doubled or otherwise than it should be."""
        return not (self.findings or self.lost or self.duplicated)

    def text(self) -> str:
        """Answer the verdict in one line."""
        waiting = f" ({self.in_flight:,} of them in flight)" if self.in_flight else ""
        return (
            f"{self.accepted:,} changes accepted, {self.accounted:,} accounted for{waiting}, "
            f"{self.lost:,} lost, {self.duplicated:,} duplicated"
        )


def unbalanced(hops: list[dict[str, Any]]) -> Iterator[str]:
    """Answer each hop whose ledger does not balance, in words."""
    for hop in hops:
        ends = sum(hop[end] for end in _ENDS) + hop["in_flight"]
        if hop["received"] != ends:
            yield f"{hop['kind']} {hop['name']}: {hop['received']} received, {ends} accounted for"


def verdicts(connection: Connection, hops: list[dict[str, Any]]) -> Iterator[Verdict]:
    """Judge every path from a table's stream over a Kinesis stream into S3."""
    for delivery in _merged(hops, "delivery stream"):
        feeding = [pipe for pipe in _merged(hops, "pipe") if pipe["target"] == delivery["source"]]
        if len(feeding) == 1 and ":table/" in feeding[0]["source"]:
            yield _judge(connection, feeding[0], delivery)


def _merged(hops: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    # A pipe has a consumer for each shard of its source; together they are one hop.
    merged: dict[str, dict[str, Any]] = {}
    for hop in hops:
        if hop["kind"] == kind:
            known = merged.setdefault(f"{hop['region']}/{hop['name']}", {**hop})
            if known["id"] != hop["id"]:
                for count in (*_ENDS, "received", "in_flight"):
                    known[count] += hop[count]
    return list(merged.values())


def _judge(connection: Connection, pipe: dict[str, Any], delivery: dict[str, Any]) -> Verdict:
    table = pipe["source"].split(":table/")[1].split("/")[0]
    lake = _lake_of(connection, delivery["name"])
    description = connection.client("dynamodb").describe_table(TableName=table)["Table"]
    keys = [key["AttributeName"] for key in description["KeySchema"]]
    contents = Contents()
    for row in lake.rows(connection):
        contents.take(row, keys)
    duplicated = contents.rows - contents.unnamed - len(contents.events)
    in_flight = pipe["in_flight"] + delivery["in_flight"]
    ended = sum(hop[end] for hop in (pipe, delivery) for end in _REFUSED)
    again = _again(pipe, delivery, duplicated)
    accounted = len(contents.events) + contents.unnamed + ended + in_flight - again
    verdict = Verdict(
        table=table,
        lake=f"s3://{lake.bucket}/{lake.prefix}",
        accepted=pipe["received"],
        accounted=accounted,
        in_flight=in_flight,
        lost=max(pipe["received"] - accounted, 0),
        duplicated=duplicated + again,
    )
    if contents.rows != delivery["delivered"]:
        verdict.findings.append(f"{contents.rows} rows in {verdict.lake}, {delivery['delivered']} delivered")
    if accounted > pipe["received"]:
        verdict.findings.append(f"{accounted - pipe['received']} rows in {verdict.lake} that no change explains")
    if not in_flight and not ended and not contents.unnamed:
        verdict.findings += _compare(connection, table, keys, contents)
    return verdict


def _again(pipe: dict[str, Any], delivery: dict[str, Any], duplicated: int) -> int:
    """Answer how many times a change came again that isn't a row again: it was refused, or is on its way."""
    surplus = delivery["received"] - pipe["delivered"] - duplicated
    return int(min(max(surplus, 0), delivery["in_flight"] + sum(delivery[end] for end in _REFUSED)))


def _lake_of(connection: Connection, name: str) -> Lake:
    found = connection.client("firehose").describe_delivery_stream(DeliveryStreamName=name)
    destination = found["DeliveryStreamDescription"]["Destinations"][0]["ExtendedS3DestinationDescription"]
    return Lake(destination["BucketARN"].rpartition(":")[2], destination.get("Prefix", "").split("!{")[0])


def _compare(connection: Connection, table: str, keys: list[str], contents: Contents) -> Iterator[str]:
    current = contents.current()
    seen = 0
    different: list[str] = []
    for page in connection.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            seen += 1
            key = tuple(str(next(iter(item[name].values()))) for name in keys)
            row = current.pop(key, None)
            if row is None:
                different.append(f"{'/'.join(key)} is in the table, not in the lake")
            elif wrong := differs(item, row):
                different.append(f"{'/'.join(key)} differs in {', '.join(wrong)}")
    different += [f"{'/'.join(key)} is in the lake, not in the table" for key in current]
    yield from different[:_SHOWN_MAX]
    if len(different) > _SHOWN_MAX:
        yield f"and {len(different) - _SHOWN_MAX} more of {seen} items"
