"""A bucket's properties as S3's API takes them: what CloudFormation calls or arranges otherwise."""

from collections.abc import Mapping
from typing import Any


def _renamed(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): child for name, child in value.items()}


def encryption(value: Mapping[str, Any]) -> dict[str, Any]:
    """BucketEncryption to ServerSideEncryptionConfiguration."""
    names = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
    return {"Rules": [_renamed(rule, names) for rule in value["ServerSideEncryptionConfiguration"]]}


def cors(value: Mapping[str, Any]) -> dict[str, Any]:
    """CorsConfiguration to CORSConfiguration."""
    names = {"Id": "ID", "ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}
    return {"CORSRules": [_renamed(rule, names) for rule in value["CorsRules"]]}


def logging(value: Mapping[str, Any]) -> dict[str, Any]:
    """LoggingConfiguration to BucketLoggingStatus."""
    names = {"DestinationBucketName": "TargetBucket", "LogFilePrefix": "TargetPrefix"}
    return {"LoggingEnabled": {"TargetPrefix": "", **_renamed(value, names)}}


def website(value: Mapping[str, Any]) -> dict[str, Any]:
    """WebsiteConfiguration to S3's."""
    made = dict(value)
    if "IndexDocument" in made:
        made["IndexDocument"] = {"Suffix": made["IndexDocument"]}
    if "ErrorDocument" in made:
        made["ErrorDocument"] = {"Key": made["ErrorDocument"]}
    if "RoutingRules" in made:
        names = {"RedirectRule": "Redirect", "RoutingRuleCondition": "Condition"}
        made["RoutingRules"] = [_renamed(rule, names) for rule in made["RoutingRules"]]
    return made


# property, the list of S3's configuration, the member that names the target
_TARGETS = {
    "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
    "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
}


def notification(value: Mapping[str, Any]) -> dict[str, Any]:
    """NotificationConfiguration to S3's: a target has one event here and a list of them there."""
    made: dict[str, Any] = {}
    for name, (listed, member, arn) in _TARGETS.items():
        for target in value.get(name, ()):
            entry = {"Events": [target["Event"]], arn: target[member]}
            if "Filter" in target:
                rules = target["Filter"]["S3Key"]["Rules"]
                entry["Filter"] = {"Key": {"FilterRules": rules}}
            made.setdefault(listed, []).append(entry)
    if str(value.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", "")).lower() == "true":
        made["EventBridgeConfiguration"] = {}
    return made


_EXPIRATION = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}
_FILTERS = ("ObjectSizeGreaterThan", "ObjectSizeLessThan")
_TRANSITION = {"TransitionInDays": "Days", "TransitionDate": "Date"}
_NONCURRENT = {"TransitionInDays": "NoncurrentDays"}


def lifecycle(value: Mapping[str, Any]) -> dict[str, Any]:
    """LifecycleConfiguration to S3's."""
    return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"Status": rule["Status"], "Filter": _lifecycle_filter(rule)}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    expiration = {member: rule[name] for name, member in _EXPIRATION.items() if name in rule}
    if expiration:
        made["Expiration"] = expiration
    for name in ("AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"):
        if name in rule:
            made[name] = rule[name]
    if "NoncurrentVersionExpirationInDays" in rule:
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    moves = [*rule.get("Transitions", ()), *([rule["Transition"]] if "Transition" in rule else ())]
    if moves:
        made["Transitions"] = [_renamed(move, _TRANSITION) for move in moves]
    if "NoncurrentVersionTransitions" in rule:
        made["NoncurrentVersionTransitions"] = [
            _renamed(move, _NONCURRENT) for move in rule["NoncurrentVersionTransitions"]
        ]
    return made


def _lifecycle_filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    parts = {name: rule[name] for name in ("Prefix", *_FILTERS) if name in rule}
    tags = list(rule.get("TagFilters", ()))
    if len(parts) + len(tags) > 1:
        return {"And": {**parts, **({"Tags": tags} if tags else {})}}
    if tags:
        return {"Tag": tags[0]}
    return parts or {"Prefix": ""}
