"""DescribePipe, ListPipes and the tags of pipes."""

import base64
from typing import Any

import msgspec

from tailrace.pipes import pipe as pipes
from tailrace.pipes.errors import invalid, not_found
from tailrace.pipes.pipe import PIPES, Pipe
from tailrace.pipes.registry import SERVICE
from tailrace.service.call import Call

_PAGE = 100


@SERVICE.operation("DescribePipe")
def describe_pipe(call: Call) -> dict[str, Any]:
    """Answer all that is known of a pipe."""
    pipe = pipes.find(call)
    answer = {
        **pipes.summary(call.transaction, pipe),
        "SourceParameters": pipe.source_parameters,
        "TargetParameters": pipe.target_parameters,
        "RoleArn": pipe.role,
    }
    if pipe.description is not None:
        answer["Description"] = pipe.description
    if pipe.tags:
        answer["Tags"] = pipe.tags
    return answer


@SERVICE.operation("ListPipes")
def list_pipes(call: Call) -> dict[str, Any]:
    """Answer a page of the region's pipes."""
    params = call.params
    most = params.get("Limit", _PAGE)
    prefix = call.key(params.get("NamePrefix", ""))
    after = call.key(_opened(params["NextToken"])) if "NextToken" in params else ""
    found: list[Pipe] = []
    for _, pipe in PIPES.scan(call.transaction, prefix, after):
        if not _asked_for(params, pipe):
            continue
        if len(found) == most:
            token = base64.urlsafe_b64encode(found[-1].name.encode()).decode()
            return {"Pipes": _shown(call, found), "NextToken": token}
        found.append(pipe)
    return {"Pipes": _shown(call, found)}


@SERVICE.operation("TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags to a pipe."""
    pipe = _tagged(call)
    pipes.put(call.transaction, msgspec.structs.replace(pipe, tags={**pipe.tags, **call.params["tags"]}))
    return {}


@SERVICE.operation("UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Take tags from a pipe."""
    pipe = _tagged(call)
    kept = {name: value for name, value in pipe.tags.items() if name not in call.params["tagKeys"]}
    pipes.put(call.transaction, msgspec.structs.replace(pipe, tags=kept))
    return {}


@SERVICE.operation("ListTagsForResource")
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """Answer a pipe's tags."""
    return {"tags": _tagged(call).tags}


def _tagged(call: Call) -> Pipe:
    arn: str = call.params["resourceArn"]
    name = arn.partition(":pipe/")[2]
    pipe = PIPES.get(call.transaction, call.key(name)) if name else None
    if pipe is None or pipe.arn != arn:
        raise not_found(name or arn)
    return pipe


def _asked_for(params: dict[str, Any], pipe: Pipe) -> bool:
    return (
        params.get("DesiredState", pipe.desired) == pipe.desired
        and params.get("CurrentState", pipe.state) == pipe.state
        and pipe.source.startswith(params.get("SourcePrefix", ""))
        and pipe.target.startswith(params.get("TargetPrefix", ""))
    )


def _shown(call: Call, found: list[Pipe]) -> list[dict[str, Any]]:
    return [pipes.summary(call.transaction, pipe) for pipe in found]


def _opened(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise invalid("Invalid NextToken.") from None
