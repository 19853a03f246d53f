"""DeleteObject and DeleteObjects: what isn't there counts as deleted."""

from typing import Any

from tailrace.s3 import object as objects
from tailrace.s3.bucket import Bucket, find
from tailrace.s3.condition import check_delete
from tailrace.s3.errors import header_not_implemented, invalid_argument, malformed_xml, no_such_version
from tailrace.s3.event import REMOVED
from tailrace.s3.notification import notify
from tailrace.s3.registry import SERVICE
from tailrace.s3.upload import disturb
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_KEYS_MAX = 1000
_DIRECTORY_BUCKETS_ONLY = {
    "IfMatchLastModifiedTime": "x-amz-if-match-last-modified-time",
    "IfMatchSize": "x-amz-if-match-size",
}


@SERVICE.operation("DeleteObject")
def delete_object(call: Call) -> dict[str, Any]:
    """Remove an object."""
    bucket, key = find(call), call.params["Key"]
    _check_governance(call)
    for member, header in _DIRECTORY_BUCKETS_ONLY.items():
        if member in call.params:
            raise header_not_implemented(header)
    objects.check_version(call.params.get("VersionId"))
    check_delete(call.params.get("IfMatch"), key, objects.current(call.transaction, bucket.name, key))
    _remove(call, bucket, [key])
    return {}


@SERVICE.operation("DeleteObjects")
def delete_objects(call: Call) -> dict[str, Any]:
    """Remove up to a thousand objects, and say of each whether it is gone."""
    bucket, asked = find(call), call.params["Delete"]
    _check_governance(call)
    if not 1 <= len(asked["Objects"]) <= _KEYS_MAX:
        raise malformed_xml()
    going, errors = [], []
    for named in asked["Objects"]:
        error = _refusal(call, bucket.name, named)
        if error is None:
            going.append(named["Key"])
        else:
            told = {"Key": named["Key"], "Code": error.code, "Message": error.message}
            errors.append({**told, "VersionId": named["VersionId"]} if "VersionId" in named else told)
    _remove(call, bucket, going)
    answer: dict[str, Any] = {}
    if not asked.get("Quiet") and going:
        answer["Deleted"] = [{"Key": key} for key in going]
    if errors:
        answer["Errors"] = errors
    return answer


def _remove(call: Call, bucket: Bucket, keys: list[str]) -> None:
    objects.remove(call.cloud, call.transaction, bucket.name, keys)
    for key in keys:
        disturb(call.transaction, bucket.name, key)
        notify(call, call.transaction, bucket, REMOVED, key, None)


def _refusal(call: Call, bucket: str, named: dict[str, Any]) -> AwsError | None:
    version_id = named.get("VersionId")
    if version_id not in (None, "", objects.NULL_VERSION):
        return no_such_version(named["Key"], version_id)
    try:
        check_delete(named.get("ETag"), named["Key"], objects.current(call.transaction, bucket, named["Key"]))
    except AwsError as error:
        return error
    return None


def _check_governance(call: Call) -> None:
    if "BypassGovernanceRetention" in call.params:
        name = "x-amz-bypass-governance-retention"
        raise invalid_argument(f"{name} is only applicable to Object Lock enabled buckets.", name)
