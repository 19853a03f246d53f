"""CreateAlias, GetAlias, ListAliases, UpdateAlias, DeleteAlias."""

from typing import Any

import msgspec

from tailrace.lambda_.alias import ALIASES, Alias, alias_of, aliases_of
from tailrace.lambda_.errors import conflict, invalid, not_found, stale
from tailrace.lambda_.function import VERSIONS, Function, find, version_key
from tailrace.lambda_.naming import LATEST, referred
from tailrace.lambda_.page import page
from tailrace.lambda_.registry import SERVICE
from tailrace.service.call import Call


@SERVICE.operation("CreateAlias")
def create_alias(call: Call) -> dict[str, Any]:
    """Name a version."""
    function, name = find(call.transaction, referred(call)), call.params["Name"]
    if alias_of(call.transaction, function, name) is not None:
        raise conflict(f"Alias already exists: {function.arn}:{name}")
    version = call.params["FunctionVersion"]
    _check_version(call, function, version)
    alias = Alias(
        name=name,
        version=version,
        description=call.params.get("Description", ""),
        revision_id=call.uuid(),
        weights=_weights(call, function, version),
    )
    return _put(call, function, alias)


@SERVICE.operation("GetAlias")
def get_alias(call: Call) -> dict[str, Any]:
    """Answer an alias."""
    function = find(call.transaction, referred(call))
    return _shown(function, _find(call, function))


@SERVICE.operation("ListAliases")
def list_aliases(call: Call) -> dict[str, Any]:
    """Answer a function's aliases, or those of one version."""
    function = find(call.transaction, referred(call))
    wanted = call.params.get("FunctionVersion")
    listed = [each for each in aliases_of(call.transaction, function) if wanted is None or wanted in each.versions]
    return page(call, "Aliases", [(each.name, _shown(function, each)) for each in listed])


@SERVICE.operation("UpdateAlias")
def update_alias(call: Call) -> dict[str, Any]:
    """Let a name stand for something else."""
    function = find(call.transaction, referred(call))
    alias = _find(call, function)
    if call.params.get("RevisionId", alias.revision_id) != alias.revision_id:
        raise stale()
    version = call.params.get("FunctionVersion", alias.version)
    _check_version(call, function, version)
    weights = _weights(call, function, version) if "RoutingConfig" in call.params else alias.weights
    after = msgspec.structs.replace(
        alias,
        version=version,
        description=call.params.get("Description", alias.description),
        weights=weights,
        revision_id=call.uuid(),
    )
    return _put(call, function, after)


@SERVICE.operation("DeleteAlias")
def delete_alias(call: Call) -> dict[str, Any]:
    """Forget a name; one that isn't there is no error, as on AWS."""
    function = find(call.transaction, referred(call))
    ALIASES.delete(call.transaction, f"{function.key}/{call.params['Name']}")
    return {}


def _find(call: Call, function: Function) -> Alias:
    alias = alias_of(call.transaction, function, call.params["Name"])
    if alias is None:
        raise not_found(f"Cannot find alias arn: {function.arn}:{call.params['Name']}")
    return alias


def _check_version(call: Call, function: Function, version: str) -> None:
    if version != LATEST and VERSIONS.get(call.transaction, version_key(function, version)) is None:
        raise not_found(f"Function not found: {function.arn}:{version}")


def _weights(call: Call, function: Function, version: str) -> dict[str, float]:
    weights: dict[str, float] = call.params.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {}
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for other in weights:
        if version == LATEST or other == LATEST:
            raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
        if other == version:
            text = f"Function version {other} is already included in routing configuration."
            raise invalid(f"Invalid function version {other}. {text}")
        _check_version(call, function, other)
    return weights


def _put(call: Call, function: Function, alias: Alias) -> dict[str, Any]:
    ALIASES.put(call.transaction, f"{function.key}/{alias.name}", alias)
    return _shown(function, alias)


def _shown(function: Function, alias: Alias) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AliasArn": f"{function.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    if alias.weights:
        shown["RoutingConfig"] = {"AdditionalVersionWeights": alias.weights}
    return shown
