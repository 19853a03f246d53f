"""AWS::Pipes::Pipe."""

from typing import Any

from tailrace.cloudformation.resources.failure import unstable
from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging

_ATTRIBUTES = ("Arn", "CurrentState", "CreationTime", "LastModifiedTime", "StateReason")
_ONLY_AT_CREATION = {"StartingPosition", "StartingPositionTimestamp"}


class Pipe(ResourceType):
    """A pipe. It is ready when it runs, or is stopped as it should be."""

    name = "AWS::Pipes::Pipe"
    service = "pipes"
    creates = "CreatePipe"
    updates = "UpdatePipe"
    deletes = "DeletePipe"
    naming = Naming("Name", 64)
    conflict = "ConflictException"
    tagging = Tagging("Tags", "TagResource", "UntagResource", "resourceArn", "Arn", "tags", "tagKeys", listed=False)

    async def settle(self, work: Work) -> None:
        """Wait until the pipe is RUNNING or STOPPED."""

        async def state() -> tuple[str, str | None]:
            answer = await work.call("pipes", "DescribePipe", {"Name": work.physical_id})
            return answer["CurrentState"], answer.get("StateReason")

        await self.settled(work, state, {"RUNNING", "STOPPED"})

    def change(self, work: Work) -> dict[str, Any]:
        """Answer UpdatePipe's parameters: the source and where it starts are fixed, and what was dropped is emptied."""
        changed = {name: value for name, value in work.properties.items() if name not in ("Tags", "Source")}
        changed["Name"] = work.physical_id
        source = work.properties.get("SourceParameters")
        if isinstance(source, dict):
            changed["SourceParameters"] = {
                name: {key: value for key, value in part.items() if key not in _ONLY_AT_CREATION}
                for name, part in source.items()
            }
            if "FilterCriteria" in work.former.get("SourceParameters", {}) and "FilterCriteria" not in source:
                changed["SourceParameters"]["FilterCriteria"] = {"Filters": []}
        changed.setdefault("DesiredState", "RUNNING")
        return changed

    async def delete(self, work: Work) -> None:
        """Delete the pipe and wait until it is gone."""
        await work.call("pipes", "DeletePipe", {"Name": work.physical_id})

        async def describe() -> None:
            answer = await work.call("pipes", "DescribePipe", {"Name": work.physical_id})
            if answer["CurrentState"] == "DELETE_FAILED":
                raise unstable(self.name, work.physical_id, answer.get("StateReason"))

        await self.gone(work, describe)

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN, the state and the times."""
        answer = await work.call("pipes", "DescribePipe", {"Name": work.physical_id})
        return {name: str(answer[name]) for name in _ATTRIBUTES if name in answer}


TYPES = (Pipe(),)
