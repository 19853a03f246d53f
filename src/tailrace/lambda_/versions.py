"""Published versions: PublishVersion and ListVersionsByFunction, and which version a qualifier means."""

from typing import Any

import msgspec

from tailrace.engine.transaction import Transaction
from tailrace.lambda_.alias import alias_of
from tailrace.lambda_.errors import invalid, stale
from tailrace.lambda_.function import FUNCTIONS, VERSIONS, Configuration, Function, find, shown, version_key
from tailrace.lambda_.naming import LATEST, Reference, referred
from tailrace.lambda_.page import page
from tailrace.lambda_.registry import SERVICE
from tailrace.service.call import Call

# What may differ between a version and $LATEST without a change that is worth a new version.
_ITS_OWN = ("version", "description", "modified_ms", "revision_id")


@SERVICE.operation("PublishVersion")
def publish_version(call: Call) -> dict[str, Any]:
    """Freeze $LATEST as a version; the last version when nothing has changed since."""
    function = find(call.transaction, referred(call))
    latest = function.latest
    if call.params.get("RevisionId", latest.revision_id) != latest.revision_id:
        raise stale()
    expected = call.params.get("CodeSha256") or latest.code_sha256
    if expected != latest.code_sha256:
        raise invalid(
            f"CodeSHA256 ({expected}) is different from current CodeSHA256 in $LATEST ({latest.code_sha256}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    return shown(function, publish(call, function, call.params.get("Description")))


@SERVICE.operation("ListVersionsByFunction")
def list_versions_by_function(call: Call) -> dict[str, Any]:
    """Answer $LATEST and the published versions."""
    function = find(call.transaction, referred(call))
    every = [function.latest, *published(call, function)]
    return page(call, "Versions", [(each.version, shown(function, each, each.version)) for each in every])


def publish(call: Call, function: Function, description: str | None = None) -> Configuration:
    """Stage a new version of $LATEST and answer it, or answer the last one when nothing has changed."""
    earlier = list(published(call, function))
    if earlier and _same(earlier[-1], function.latest):
        return earlier[-1]
    number = function.published + 1
    version = msgspec.structs.replace(
        function.latest,
        version=str(number),
        description=function.latest.description if description is None else description,
        modified_ms=call.now_ms,
        revision_id=call.uuid(),
    )
    VERSIONS.put(call.transaction, version_key(function, number), version)
    FUNCTIONS.put(call.transaction, function.key, msgspec.structs.replace(function, published=number))
    return version


def published(call: Call, function: Function) -> list[Configuration]:
    """Answer the published versions in their order."""
    return [version for _, version in VERSIONS.scan(call.transaction, f"{function.key}/")]


def configuration_of(
    transaction: Transaction, function: Function, reference: Reference, dice: float = 0.0
) -> Configuration:
    """Answer the version that a reference means; a number below one picks among the versions of an alias."""
    qualifier = reference.qualifier
    if qualifier is None or qualifier == LATEST:
        return function.latest
    if not qualifier.isdigit():
        alias = alias_of(transaction, function, qualifier)
        if alias is None:
            raise reference.missing()
        qualifier = alias.pick(dice)
        if qualifier == LATEST:
            return function.latest
    version = VERSIONS.get(transaction, version_key(function, qualifier))
    if version is None:
        raise reference.missing()
    return version


def _same(version: Configuration, latest: Configuration) -> bool:
    kept = {field: getattr(version, field) for field in _ITS_OWN}
    return msgspec.structs.replace(latest, **kept) == version
