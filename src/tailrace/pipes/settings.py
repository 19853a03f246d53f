"""The settings of a pipe: which are taken, their defaults, and the limits that the model doesn't know.

What Tailrace doesn't carry out (enrichment, other sources and targets, logs) is refused with words, never ignored.
"""

import re
from collections.abc import Mapping
from typing import Any

from tailrace.pipes.errors import invalid, invalid_field
from tailrace.pipes.filter.condition import PatternError
from tailrace.pipes.filter.pattern import Pattern
from tailrace.pipes.path import PathError, parse
from tailrace.pipes.template import Template, TemplateError

# kind of source -> (member of SourceParameters, form of its ARN)
SOURCES = {
    "dynamodb": (
        "DynamoDBStreamParameters",
        re.compile(r"arn:aws[a-z-]*:dynamodb:[^:]+:\d{12}:table/[^/]+/stream/[^/]+"),
    ),
    "kinesis": ("KinesisStreamParameters", re.compile(r"arn:aws[a-z-]*:kinesis:[^:]+:\d{12}:stream/[^/]+")),
}
# kind of target -> (most records a call, form of its ARN)
TARGETS = {
    "kinesis": (500, re.compile(r"arn:aws[a-z-]*:kinesis:[^:]+:\d{12}:stream/[^/]+")),
    "firehose": (500, re.compile(r"arn:aws[a-z-]*:firehose:[^:]+:\d{12}:deliverystream/[^/]+")),
    "sqs": (10, re.compile(r"arn:aws[a-z-]*:sqs:[^:]+:\d{12}:[A-Za-z0-9_-]+")),
    "lambda": (10_000, re.compile(r"arn:aws[a-z-]*:lambda:[^:]+:\d{12}:function:[^:]+(:[^:]+)?")),
}
_DEAD_LETTERS = re.compile(r"arn:aws[a-z-]*:sqs:[^:]+:\d{12}:[A-Za-z0-9_-]+")
_TARGET_PARAMETERS = {
    "kinesis": {"InputTemplate", "KinesisStreamParameters"},
    "firehose": {"InputTemplate"},
    "sqs": {"InputTemplate", "SqsQueueParameters"},
    "lambda": {"InputTemplate", "LambdaFunctionParameters"},
}
_DEFAULTS = {
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
}
_BATCH_SIZE = 100
_FILTERS_MAX = 5


def source_kind(arn: str) -> str:
    """Answer what kind of source an ARN names."""
    for kind, (_, form) in SOURCES.items():
        if form.fullmatch(arn):
            return kind
    raise invalid_field("Source", f"Tailrace's pipes read DynamoDB and Kinesis streams, not {arn}")


def target_kind(arn: str) -> str:
    """Answer what kind of target an ARN names."""
    for kind, (_, form) in TARGETS.items():
        if form.fullmatch(arn):
            return kind
    raise invalid_field("Target", f"Tailrace's pipes write to Kinesis, Firehose, SQS and Lambda, not {arn}")


def check_supported(params: Mapping[str, Any]) -> None:
    """Refuse what would not be done."""
    if params.get("Enrichment") or params.get("EnrichmentParameters"):
        raise invalid("Tailrace does not carry out pipe enrichment yet; leave Enrichment out.")
    if params.get("LogConfiguration", {}).get("Level", "OFF") != "OFF":
        raise invalid("Tailrace does not write pipe logs yet; leave LogConfiguration out or set its Level to OFF.")
    if params.get("KmsKeyIdentifier"):
        raise invalid("Tailrace does not encrypt pipes with KMS keys yet; leave KmsKeyIdentifier out.")


def source_parameters(source: str, asked: Mapping[str, Any], target: str) -> dict[str, Any]:
    """Answer the parameters of a new pipe's source, defaults filled in. Raises ValidationException."""
    kind = source_kind(source)
    member = SOURCES[kind][0]
    where = f"SourceParameters.{member}"
    if member not in asked:
        raise invalid_field(where, "Missing required parameter.")
    _refuse_others(asked, {member, "FilterCriteria"}, "SourceParameters")
    stream = asked[member]
    if "StartingPosition" not in stream:
        raise invalid_field(f"{where}.StartingPosition", "Missing required parameter.")
    if stream["StartingPosition"] == "AT_TIMESTAMP" and "StartingPositionTimestamp" not in stream:
        raise invalid_field(f"{where}.StartingPositionTimestamp", "Missing required parameter.")
    default_size = min(_BATCH_SIZE, TARGETS[target_kind(target)][0])
    filled = {"BatchSize": default_size, **_DEFAULTS, **stream}
    return _checked(source, target, {member: filled}, asked.get("FilterCriteria"))


def updated_source_parameters(
    source: str, before: Mapping[str, Any], asked: Mapping[str, Any], target: str
) -> dict[str, Any]:
    """Answer the parameters of a pipe's source after an update: what is left out stays, an empty filter list goes."""
    member = SOURCES[source_kind(source)][0]
    _refuse_others(asked, {member, "FilterCriteria"}, "SourceParameters")
    stream = {**before[member], **asked.get(member, {})}
    return _checked(source, target, {member: stream}, asked.get("FilterCriteria", before.get("FilterCriteria")))


def target_parameters(target: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the parameters of a pipe's target. Raises ValidationException."""
    kind = target_kind(target)
    _refuse_others(asked, _TARGET_PARAMETERS[kind], "TargetParameters")
    taken = {name: value for name, value in asked.items() if value != ""}
    if "InputTemplate" in taken:
        try:
            Template(taken["InputTemplate"])
        except TemplateError as error:
            raise invalid_field("TargetParameters.InputTemplate", str(error)) from None
    if kind == "kinesis":
        if "KinesisStreamParameters" not in taken:
            raise invalid_field("TargetParameters.KinesisStreamParameters", "Missing required parameter.")
        _check_path("KinesisStreamParameters.PartitionKey", taken["KinesisStreamParameters"]["PartitionKey"])
    if kind == "sqs" and taken.get("SqsQueueParameters"):
        raise invalid_field("TargetParameters.SqsQueueParameters", "The queue is a standard queue: leave this out.")
    return taken


def _checked(source: str, target: str, taken: dict[str, Any], criteria: Mapping[str, Any] | None) -> dict[str, Any]:
    ((member, stream),) = taken.items()
    most = TARGETS[target_kind(target)][0]
    if stream["BatchSize"] > most:
        raise invalid_field(
            f"SourceParameters.{member}.BatchSize", f"The batch size exceeds the target's limit of {most}."
        )
    dead_letters = stream.get("DeadLetterConfig", {}).get("Arn")
    if dead_letters is not None and not _DEAD_LETTERS.fullmatch(dead_letters):
        raise invalid_field(
            f"SourceParameters.{member}.DeadLetterConfig.Arn",
            f"Tailrace's pipes send dead letters to standard SQS queues, not to {dead_letters}",
        )
    filters = (criteria or {}).get("Filters") or []
    if len(filters) > _FILTERS_MAX:
        raise invalid_field("SourceParameters.FilterCriteria.Filters", f"No more than {_FILTERS_MAX} filters.")
    for index, one in enumerate(filters):
        _check_pattern(f"SourceParameters.FilterCriteria.Filters[{index}].Pattern", source, one.get("Pattern", ""))
    return {**taken, "FilterCriteria": {"Filters": filters}} if filters else taken


def _check_pattern(where: str, source: str, text: str) -> None:
    try:
        pattern = Pattern(text)
    except PatternError as error:
        raise invalid_field(where, f"Event pattern is not valid. Reason: {error}") from None
    if source_kind(source) == "kinesis" and pattern.has_leaf("data"):
        raise invalid_field(where, "Event pattern is not valid. Reason: data is decoded: match its fields instead.")


def _check_path(where: str, text: str) -> None:
    if text.startswith("$."):
        try:
            parse(text)
        except PathError as error:
            raise invalid_field(f"TargetParameters.{where}", str(error)) from None


def _refuse_others(asked: Mapping[str, Any], taken: set[str], where: str) -> None:
    for name in asked:
        if name not in taken:
            raise invalid_field(f"{where}.{name}", "This parameter does not fit the ARN that it is for.")
