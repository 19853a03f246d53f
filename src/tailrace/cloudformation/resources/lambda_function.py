"""AWS::Lambda::Function."""

import io
import zipfile
from typing import Any

from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging

_CODE_PROPERTIES = ("Code", "Architectures")
_ELSEWHERE = frozenset({"Code", "Tags", "FunctionName", "ReservedConcurrentExecutions", "PackageType", "Architectures"})
# What UpdateFunctionConfiguration is told when the template no longer has it.
_DEFAULTS: dict[str, Any] = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "Environment": {"Variables": {}},
    "Layers": [],
    "KmsKeyArn": "",
    "TracingConfig": {"Mode": "PassThrough"},
    "EphemeralStorage": {"Size": 512},
    "FileSystemConfigs": [],
}
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_INLINE_NAMES = {"python": "index.py", "nodejs": "index.js"}


class Function(ResourceType):
    """A function. Code in the template itself becomes the file ``index`` of a zip."""

    name = "AWS::Lambda::Function"
    service = "lambda"
    creates = "CreateFunction"
    deletes = "DeleteFunction"
    naming = Naming("FunctionName", 64)
    conflict = "ResourceConflictException"
    tagging = Tagging("Tags", "TagResource", "UntagResource", "Resource", "Arn", listed=False)
    unbuilt = frozenset(
        {"CapacityProviderConfig", "FunctionScalingConfig", "PublishToLatestPublished", "RecursiveLoop"}
        | {"RuntimeManagementConfig"}
    )

    async def create(self, work: Work) -> str:
        """Create the function."""
        parameters = {**super().creation(work), "Code": _code(work.properties)}
        parameters.pop("ReservedConcurrentExecutions", None)
        await work.call("lambda", "CreateFunction", parameters)
        return work.physical_id

    async def finish(self, work: Work) -> None:
        """Reserve what the function shall have, once it is active."""
        await self.settle(work)
        await self._reserve(work)

    async def settle(self, work: Work) -> None:
        """Wait until the function is Active and its last update is done."""

        async def state() -> tuple[str, str | None]:
            found = await work.call("lambda", "GetFunctionConfiguration", {"FunctionName": work.physical_id})
            if found["State"] != "Active":
                return found["State"], found.get("StateReason")
            return found.get("LastUpdateStatus", "Successful"), found.get("LastUpdateStatusReason")

        await self.settled(work, state, {"Successful"})

    async def update(self, work: Work) -> None:
        """Change the code, then the configuration, each when the one before it is done."""
        function = {"FunctionName": work.physical_id}
        if work.changed(*_CODE_PROPERTIES):
            code = {**function, **_code(work.properties), **work.picked("Architectures")}
            await work.call("lambda", "UpdateFunctionCode", code)
            await self.settle(work)
        names = [name for name in {**work.former, **work.properties} if name not in _ELSEWHERE]
        if work.changed(*names):
            wanted = {name: work.properties.get(name, _DEFAULTS.get(name)) for name in names}
            await work.call("lambda", "UpdateFunctionConfiguration", {**function, **wanted})
            await self.settle(work)
        await self._reserve(work)

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN."""
        found = await work.call("lambda", "GetFunctionConfiguration", {"FunctionName": work.physical_id})
        start = found.get("SnapStart", {})
        return {"Arn": found["FunctionArn"]} | {f"SnapStartResponse.{name}": value for name, value in start.items()}

    async def _reserve(self, work: Work) -> None:
        if work.changed("ReservedConcurrentExecutions"):
            function = {"FunctionName": work.physical_id}
            reserved = work.properties.get("ReservedConcurrentExecutions")
            if reserved is None:
                await work.call("lambda", "DeleteFunctionConcurrency", function)
            else:
                parameters = {**function, "ReservedConcurrentExecutions": reserved}
                await work.call("lambda", "PutFunctionConcurrency", parameters)


def _code(properties: dict[str, Any]) -> dict[str, Any]:
    code = properties["Code"]
    if not isinstance(code, dict) or not isinstance(code.get("ZipFile"), str):
        return dict(code) if isinstance(code, dict) else {"Code": code}
    runtime = str(properties.get("Runtime", ""))
    name = next((name for prefix, name in _INLINE_NAMES.items() if runtime.startswith(prefix)), "index.py")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        # A fixed time makes the same source the same zip, whose hash clients compare.
        entry = zipfile.ZipInfo(name, _ZIP_TIME)
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, code["ZipFile"])
    return {**code, "ZipFile": packed.getvalue()}


TYPES = (Function(),)
