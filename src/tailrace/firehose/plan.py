"""What a delivery stream's description means to the consumer that carries it out."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tailrace.firehose import prefix, processors
from tailrace.firehose.compression import SUFFIXES
from tailrace.firehose.prefix import Prefix
from tailrace.firehose.stream import invalid

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Transformation:
    """Which function transforms records, as which role, and how they are gathered for it."""

    function_arn: str
    role_arn: str
    retries: int
    buffer_bytes: int
    interval_ms: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Where objects go, how they are named, when they are due, and what happens to records before."""

    role_arn: str
    bucket: str
    prefix: Prefix
    error_prefix: Prefix
    zone: tzinfo
    size_bytes: int
    interval_ms: int
    compression: str
    extension: str
    delimiter: bytes
    transformation: Transformation | None
    log_place: tuple[str, str] | None


def plan_of(description: dict[str, Any], now: float) -> Plan:
    """Answer the plan of a destination. Raises InvalidArgumentException for prefixes and zones that can't be."""
    prefix_text, error_text = description.get("Prefix", ""), description.get("ErrorOutputPrefix", "")
    zone = _zone(description.get("CustomTimeZone", ""))
    instant = datetime.fromtimestamp(now, zone)
    hints, compression = description["BufferingHints"], description["CompressionFormat"]
    processing = description.get("ProcessingConfiguration", {})
    return Plan(
        role_arn=description["RoleARN"],
        bucket=description["BucketARN"].split(":::")[1],
        prefix=prefix.checked(prefix.data_prefix(prefix_text), instant),
        error_prefix=prefix.checked(prefix.error_prefix(error_text, prefix_text), instant),
        zone=zone,
        size_bytes=hints["SizeInMBs"] * MIB,
        interval_ms=hints["IntervalInSeconds"] * 1000,
        compression=compression,
        extension=description.get("FileExtension") or SUFFIXES[compression],
        delimiter=_delimiter(processing),
        transformation=_transformation(processing),
        log_place=_log_place(description["CloudWatchLoggingOptions"]),
    )


def _zone(name: str) -> tzinfo:
    if name in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid(f"CustomTimeZone {name} is not a valid time zone.") from error


def _delimiter(processing: dict[str, Any]) -> bytes:
    given = processors.parameters(processing, processors.DELIMITER)
    if given is None:
        return b""
    return given.get("Delimiter", "\\n").replace("\\n", "\n").encode()


def _transformation(processing: dict[str, Any]) -> Transformation | None:
    given = processors.parameters(processing, processors.LAMBDA)
    if given is None:
        return None
    return Transformation(
        function_arn=given["LambdaArn"],
        role_arn=given["RoleArn"],
        retries=int(float(given["NumberOfRetries"])),
        buffer_bytes=int(float(given["BufferSizeInMBs"]) * MIB),
        interval_ms=int(float(given["BufferIntervalInSeconds"]) * 1000),
    )


def _log_place(options: dict[str, Any]) -> tuple[str, str] | None:
    if not options.get("Enabled"):
        return None
    return options.get("LogGroupName", ""), options.get("LogStreamName", "")
