"""Pipes come, change, start, stop and go. What AWS takes minutes for is done when the call returns."""

from typing import Any

import msgspec

from tailrace.engine.transaction import Transaction
from tailrace.pipes import pipe as pipes
from tailrace.pipes import settings
from tailrace.pipes.check import check
from tailrace.pipes.errors import conflict, exists
from tailrace.pipes.pipe import PIPES, RUNNING, STOPPED, Pipe
from tailrace.pipes.registry import SERVICE
from tailrace.pipes.shards import follow, forget
from tailrace.pipes.source import SourceLogs
from tailrace.service.call import Call


@SERVICE.operation("CreatePipe")
def create_pipe(call: Call) -> dict[str, Any]:
    """Create a pipe; where it begins to read is fixed now."""
    params = call.params
    if PIPES.get(call.transaction, call.key(params["Name"])) is not None:
        raise exists(params["Name"])
    settings.check_supported(params)
    settings.target_kind(params["Target"])
    pipe = Pipe(
        name=params["Name"],
        uid=call.uuid(),
        region=call.region,
        arn=call.arn("pipes", f"pipe/{params['Name']}"),
        source=params["Source"],
        target=params["Target"],
        role=params["RoleArn"],
        desired=params.get("DesiredState", RUNNING),
        state="CREATING",
        created_s=call.now,
        modified_s=call.now,
        description=params.get("Description"),
        source_parameters=settings.source_parameters(
            params["Source"], params.get("SourceParameters", {}), params["Target"]
        ),
        target_parameters=settings.target_parameters(params["Target"], params.get("TargetParameters", {})),
        tags=params.get("Tags", {}),
    )
    checked = check(call.cloud, call.transaction, pipe)
    if checked.logs is None:
        created = msgspec.structs.replace(pipe, state=pipes.CREATE_FAILED, reason=checked.reason)
    else:
        _begin(call, pipe, checked.logs)
        created = msgspec.structs.replace(pipe, state=pipe.desired)
    _keep(call, created)
    return pipes.answer(created, "CREATING")


@SERVICE.operation("UpdatePipe")
def update_pipe(call: Call) -> dict[str, Any]:
    """Change a pipe; when the new settings don't work it stays as it was and says so."""
    params, before = call.params, pipes.find(call)
    _refuse_failed(before, "updated")
    settings.check_supported(params)
    target = params.get("Target", before.target)
    changed = msgspec.structs.replace(
        before,
        target=target,
        role=params["RoleArn"],
        desired=params.get("DesiredState", before.desired),
        description=params.get("Description", before.description),
        source_parameters=settings.updated_source_parameters(
            before.source, before.source_parameters, params.get("SourceParameters", {}), target
        ),
        target_parameters=settings.target_parameters(
            target, {**_carried(before, target), **params.get("TargetParameters", {})}
        ),
        modified_s=call.now,
        reason=None,
    )
    checked = check(call.cloud, call.transaction, changed)
    if checked.logs is None:
        changed = msgspec.structs.replace(before, state=pipes.UPDATE_FAILED, reason=checked.reason)
    else:
        changed = msgspec.structs.replace(changed, state=changed.desired)
    _keep(call, changed)
    return pipes.answer(changed, "UPDATING")


@SERVICE.operation("StartPipe")
def start_pipe(call: Call) -> dict[str, Any]:
    """Start a stopped pipe where it was stopped."""
    pipe = pipes.find(call)
    _refuse_failed(pipe, "started")
    if pipe.state == RUNNING:
        raise conflict(pipe.name, pipe.state, "started")
    started = msgspec.structs.replace(pipe, desired=RUNNING, state=RUNNING, modified_s=call.now, reason=None)
    checked = check(call.cloud, call.transaction, started)
    if checked.logs is None:
        started = msgspec.structs.replace(started, state=pipes.START_FAILED, reason=checked.reason)
    _keep(call, started)
    return pipes.answer(started, "STARTING")


@SERVICE.operation("StopPipe")
def stop_pipe(call: Call) -> dict[str, Any]:
    """Stop a pipe; records wait in its source."""
    pipe = pipes.find(call)
    _refuse_failed(pipe, "stopped")
    if pipe.state == STOPPED:
        raise conflict(pipe.name, pipe.state, "stopped")
    stopped = msgspec.structs.replace(pipe, desired=STOPPED, state=STOPPED, modified_s=call.now, reason=None)
    _keep(call, stopped)
    return pipes.answer(stopped, "STOPPING")


@SERVICE.operation("DeletePipe")
def delete_pipe(call: Call) -> dict[str, Any]:
    """Delete a pipe with its position and its ledger."""
    pipe = pipes.find(call)
    follow(call.cloud, call.transaction, pipe)
    forget(call.cloud, call.transaction, pipe)
    PIPES.delete(call.transaction, pipe.key)
    return pipes.answer(msgspec.structs.replace(pipe, desired="DELETED"), "DELETING")


def _keep(call: Call, pipe: Pipe) -> None:
    pipes.put(call.transaction, pipe)
    follow(call.cloud, call.transaction, pipe)


def _refuse_failed(pipe: Pipe, verb: str) -> None:
    if pipe.state == pipes.CREATE_FAILED:
        raise conflict(pipe.name, pipe.state, verb)


def _carried(before: Pipe, target: str) -> dict[str, Any]:
    """Answer the target parameters that stay: those of another kind of target don't."""
    same = settings.target_kind(before.target) == settings.target_kind(target)
    return before.target_parameters if same else {}


def _begin(call: Call, pipe: Pipe, logs: SourceLogs) -> None:
    stream = pipe.source_parameters[settings.SOURCES[settings.source_kind(pipe.source)][0]]
    for shard in logs.shards:
        after = _start(call.transaction, shard.log_id, stream)
        call.cloud.ledger.begin(call.transaction, pipe.consumer_id(shard.log_id), pipe.hop, shard.log_id, after)


def _start(transaction: Transaction, log_id: str, stream: dict[str, Any]) -> int:
    """Answer the sequence after which a pipe reads."""
    log = transaction.log(log_id)
    if stream["StartingPosition"] == "LATEST":
        return transaction.head(log_id)
    if stream["StartingPosition"] == "AT_TIMESTAMP":
        return log.at_time(round(stream["StartingPositionTimestamp"] * 1000)) - 1
    return log.tail - 1
