"""What a resource type is: its schema, its operations, its name. The types themselves are declared a service a file."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

from tailrace.cloudformation.errors import attribute_missing
from tailrace.cloudformation.resources import shapes
from tailrace.cloudformation.resources.failure import (
    ResourceFailure,
    existing,
    failure,
    handler_code,
    invalid_properties,
    is_missing,
    unstable,
)
from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.tagging import Tagging
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

SETTLE_S_MAX = 600.0
_WAIT_S_FIRST, _WAIT_S_MAX = 0.02, 1.0
_TURNS = 20


@cache
def _schemas() -> dict[str, dict[str, list[str]]]:
    loaded: dict[str, dict[str, list[str]]] = json.loads(files(__package__).joinpath("schemas.json").read_text())
    return loaded


@dataclass(slots=True)
class Work:
    """One thing to be done with one resource, for someone, in one region.

    ``physical_id`` is the name to give when the resource is created, afterwards its id. ``again`` says that an earlier
    attempt was cut off and may have got through.
    """

    cloud: Cloud
    principal: Principal
    region: str
    stack_name: str
    logical_id: str
    token: str
    physical_id: str
    properties: dict[str, Any]
    tags: dict[str, str]
    former: dict[str, Any] = field(default_factory=dict)
    former_tags: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    again: bool = False

    @property
    def account(self) -> str:
        """The account's id."""
        return self.cloud.account

    def arn(self, service: str, resource: str) -> str:
        """Answer the ARN of a resource in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def changed(self, *names: str) -> bool:
        """Say whether any of these properties is another than before."""
        return any(self.properties.get(name) != self.former.get(name) for name in names)

    def picked(self, *names: str) -> dict[str, Any]:
        """Answer those of the properties that are there."""
        return {name: self.properties[name] for name in names if name in self.properties}

    async def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an operation as the caller; None is left out. Raises AwsError or ResourceFailure."""
        try:
            fitted = shapes.fit(service, operation, parameters)
        except shapes.Mismatch as mismatch:
            raise invalid_properties(self.logical_id, [str(mismatch)]) from None
        return await self.cloud.request(service, operation, fitted, self.principal, region=self.region)

    async def until(self, ready: Callable[[], Awaitable[bool]], seconds_max: float = SETTLE_S_MAX) -> bool:
        """Wait until something holds, asking again after ever longer; False when it took too long."""
        clock = self.cloud.clock
        deadline, turns, wait_s = clock.now() + seconds_max, _TURNS, _WAIT_S_FIRST
        while not await ready():
            if clock.now() >= deadline:
                return False
            # What only needs its turn is done without time passing; a clock in somebody's hand stands still.
            await clock.sleep(0 if turns else wait_s)
            turns, wait_s = (turns - 1, wait_s) if turns else (0, min(wait_s * 2, _WAIT_S_MAX))
        return True


class ResourceType:
    """A resource type. A subclass says what is its own; what most have in common is here."""

    name: ClassVar[str]
    service: ClassVar[str]
    creates: ClassVar[str]
    updates: ClassVar[str | None] = None
    deletes: ClassVar[str]
    naming: ClassVar[Naming | None] = None
    identity: ClassVar[tuple[str, ...]] = ()  # parameters, named as properties, that tell which one is meant
    tagging: ClassVar[Tagging | None] = None
    foreign_tags: ClassVar[bool] = True  # False: the service takes tags that begin with aws: from nobody
    unbuilt: ClassVar[frozenset[str]] = frozenset()  # properties that AWS has and this handler does not carry out
    conflict: ClassVar[str] = ""  # the error code that here means: a resource of that name is there already
    replaced_by: ClassVar[frozenset[str]] = frozenset()  # beyond the schema: properties that can't be changed in place
    further: ClassVar[frozenset[str]] = frozenset()  # beyond the schema: what Fn::GetAtt gives

    # ------------------------------------------------------------------ what a subclass may say otherwise
    async def create(self, work: Work) -> str:
        """Create the resource and answer its physical id."""
        answer = await work.call(self.service, self.creates, self.creation(work))
        return self.identifier(work, answer)

    async def finish(self, work: Work) -> None:
        """Do what follows the creation. It may be done again, when an attempt was cut off."""

    async def settle(self, work: Work) -> None:
        """Return when the resource is ready. Raises ResourceFailure when it never will be."""

    async def update(self, work: Work) -> None:
        """Change the resource in place, from ``work.former`` to ``work.properties``."""
        if self.updates is not None and self.differs(work):
            await work.call(self.service, self.updates, self.change(work))

    async def delete(self, work: Work) -> None:
        """Delete the resource; one that is gone is no error."""
        await work.call(self.service, self.deletes, self.removal(work))

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer what Fn::GetAtt gives of the resource."""
        return {}

    def creation(self, work: Work) -> dict[str, Any]:
        """Answer the parameters that create the resource: its properties, its name and its tags."""
        own = {name: value for name, value in work.properties.items() if name != "Tags"}
        if self.naming is not None:
            own[self.naming.property] = work.physical_id
        if self.tagging is not None and self.tagging.member and (tags := self.tagging.form(work.tags)):
            own[self.tagging.member] = tags
        return own

    def change(self, work: Work) -> dict[str, Any]:
        """Answer the parameters that update the resource."""
        return {**{name: value for name, value in work.properties.items() if name != "Tags"}, **self.removal(work)}

    def removal(self, work: Work) -> dict[str, Any]:
        """Answer the parameters that say which resource is meant."""
        if self.naming is not None and not self.identity:
            return {self.naming.property: work.physical_id}
        return work.picked(*self.identity)

    def identifier(self, work: Work, answer: Mapping[str, Any]) -> str:
        """Answer the physical id of what was created."""
        return work.physical_id

    def reference(self, work: Work) -> str:
        """Answer what Ref gives."""
        return work.physical_id

    def custom_name(self, properties: dict[str, Any]) -> str | None:
        """Answer the name that the template gives, if it does."""
        return None if self.naming is None else self.naming.custom(properties)

    def new_suffix(self, properties: Mapping[str, Any]) -> str:
        """Answer what a generated name ends with."""
        return ""

    # ------------------------------------------------------------------ what all have in common
    @property
    def takes_tags(self) -> bool:
        """Whether the resource can be tagged."""
        return self.tagging is not None

    @property
    def schema(self) -> dict[str, list[str]]:
        """The type's properties, those required, those that force a replacement, its attributes."""
        return _schemas()[self.name]

    def check_attribute(self, logical_id: str, attribute: str) -> None:
        """Refuse an attribute that the type doesn't have."""
        if attribute not in self.schema["attributes"] and attribute not in self.further:
            raise attribute_missing(logical_id, attribute)

    def check(self, logical_id: str, properties: Mapping[str, Any]) -> None:
        """Check resolved properties against the schema. Raises ResourceFailure."""
        schema = self.schema
        findings = [f"#: required key [{name}] not found" for name in schema["required"] if name not in properties]
        findings += [
            f"#: extraneous key [{name}] is not permitted" for name in properties if name not in schema["properties"]
        ]
        findings += [f"#: Tailrace does not carry out [{name}] yet" for name in properties if name in self.unbuilt]
        if findings:
            raise invalid_properties(logical_id, findings)

    def changes(self, former: Mapping[str, Any], properties: Mapping[str, Any]) -> list[str]:
        """Answer the names of the properties that differ."""
        names = dict.fromkeys([*former, *properties])
        return [name for name in names if former.get(name) != properties.get(name)]

    def replaces(self, name: str, former: Mapping[str, Any], properties: Mapping[str, Any]) -> bool:
        """Say whether a difference in a property needs another physical resource."""
        if name in self.replaced_by:
            return True
        paths = [path.split("/") for path in self.schema["replacement"] if path.split("/")[0] == name]
        return any(_at(former, path) != _at(properties, path) for path in paths)

    def differs(self, work: Work) -> bool:
        """Say whether anything but the tags is another than before."""
        return any(name != "Tags" for name in self.changes(work.former, work.properties))

    async def created(self, work: Work) -> str:
        """Create the resource, or take what an attempt that was cut off has made; answer its physical id.

        Raises ResourceFailure; then nothing was made.
        """
        try:
            return await self.create(work)
        except AwsError as error:
            if not self.exists(error):
                raise self.failed(work, error) from error
            if not work.again:
                raise existing(self.name, work.physical_id) from error
            return await self.adopted(work)

    async def completed(self, work: Work) -> None:
        """Do what follows the creation and wait until the resource is ready. Raises ResourceFailure."""
        try:
            await self.finish(work)
            await self.settle(work)
        except AwsError as error:
            raise self.failed(work, error) from error

    def exists(self, error: AwsError) -> bool:
        """Say whether a refusal means that a resource of that name is there already."""
        return handler_code(error) == "AlreadyExists" or error.code == self.conflict

    async def adopted(self, work: Work) -> str:
        """Answer the physical id of what an attempt that was cut off has made."""
        return work.physical_id

    async def updated(self, work: Work) -> None:
        """Update the resource and its tags. Raises ResourceFailure."""
        try:
            await self.update(work)
            if self.tagging is not None and work.tags != work.former_tags:
                await self._retag(self.tagging, work)
            await self.settle(work)
        except AwsError as error:
            raise self.failed(work, error) from error

    async def deleted(self, work: Work) -> None:
        """Delete the resource; that it is gone is no error. Raises ResourceFailure."""
        try:
            await self.delete(work)
        except AwsError as error:
            if not is_missing(error):
                raise self.failed(work, error) from error

    def failed(self, work: Work, error: AwsError) -> ResourceFailure:
        """Answer a service's refusal as an event shows it."""
        return failure(error, self.name.split("::")[1], work.token)

    async def _retag(self, tagging: Tagging, work: Work) -> None:
        target = {tagging.target: work.attributes[tagging.by] if tagging.by else work.physical_id}
        gone = [key for key in work.former_tags if key not in work.tags]
        fresh = {key: value for key, value in work.tags.items() if work.former_tags.get(key) != value}
        if gone:
            await work.call(self.service, tagging.untag, {**target, tagging.keys: gone})
        if tags := tagging.form(fresh):
            await work.call(self.service, tagging.tag, {**target, tagging.tags: tags})

    async def settled(self, work: Work, state: Callable[[], Awaitable[tuple[str, str | None]]], good: set[str]) -> None:
        """Wait for a state: one of ``good``; one that ends in FAILED is final, with its reason."""
        seen: list[str | None] = [None]

        async def ready() -> bool:
            found, seen[0] = await state()
            if found.upper().endswith("FAILED"):
                raise unstable(self.name, work.physical_id, seen[0])
            return found in good

        try:
            if not await work.until(ready):
                raise unstable(self.name, work.physical_id, seen[0])
        except AwsError as error:
            raise self.failed(work, error) from error

    async def gone(self, work: Work, describe: Callable[[], Awaitable[Any]]) -> None:
        """Wait until describing the resource answers that it isn't there."""

        async def missing() -> bool:
            try:
                await describe()
            except AwsError as error:
                if is_missing(error):
                    return True
                raise
            return False

        if not await work.until(missing):
            raise unstable(self.name, work.physical_id, None)


def _at(properties: Mapping[str, Any], path: list[str]) -> Any:
    value: Any = properties
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
