"""From a request to a definition that can be deployed: the template found, read, transformed and checked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from tailrace.cloudformation import dependencies, language, parameters, sam, text
from tailrace.cloudformation.errors import invalid, malformed
from tailrace.cloudformation.resources.registry import TYPES
from tailrace.cloudformation.scope import LANGUAGE_EXTENSIONS, Place, TemplateScope
from tailrace.cloudformation.stack import Definition
from tailrace.cloudformation.template import Template, read, transforms_of
from tailrace.engine.files import content
from tailrace.engine.kept import Kept
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud
from tailrace.service.task import TaskError
from tailrace.wire.errors import AwsError

BODY_BYTES_MAX = 51_200
URL_BYTES_MAX = 1_000_000
_TRANSFORM_TIMEOUT_S = 60.0
_S3_NOTE = "For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request's template came from, and its text."""

    body: str
    raw: Mapping[str, Any]


async def source(call: Call, previous: Definition | None = None) -> Source:
    """Find the template of a request: in its body, at its URL, or the one the stack has. Raises ValidationError."""
    body, url = call.params.get("TemplateBody"), call.params.get("TemplateURL")
    if call.params.get("UsePreviousTemplate"):
        if body or url or previous is None:
            raise invalid("Either Template URL or Template Body or Use Previous Template must be specified.")
        found = previous.template
    elif bool(body) == bool(url):
        raise invalid("Either Template URL or Template Body must be specified.")
    elif url:
        found = await _fetch(call, url)
    else:
        found = _measured(str(body))
    return Source(found, text.parse(found))


def _measured(body: str) -> str:
    if len(body.encode()) > BODY_BYTES_MAX:
        raise invalid(
            f"1 validation error detected: Value '{body[:100]}...' at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {BODY_BYTES_MAX}"
        )
    return body


async def _fetch(call: Call, url: str) -> str:
    bucket, key, version = location(url, call.cloud.endpoint)
    request = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
    try:
        answer = await call.cloud.request("s3", "GetObject", request, call.principal, region=call.region)
    except AwsError as error:
        raise invalid(f"S3 error: {error.message}\n{_S3_NOTE}") from error
    if answer["ContentLength"] > URL_BYTES_MAX:
        raise invalid("Template may not exceed 1000000 bytes in size.")
    try:
        return content(answer["Body"]).decode()
    except UnicodeDecodeError:
        raise malformed("unsupported structure.") from None


def location(url: str, endpoint: str) -> tuple[str, str, str | None]:
    """Answer the bucket, key and version that a template's URL names: on this endpoint, or as S3's addresses do."""
    parts = urlsplit(url)
    host, path = parts.netloc, unquote(parts.path).lstrip("/")
    version = parse_qs(parts.query).get("versionId", [None])[0]
    name, _, rest = host.partition(".s3")
    if rest.endswith(".amazonaws.com") and name and path:
        return name, path, version
    is_s3 = host.startswith("s3") and host.endswith(".amazonaws.com")
    is_ours = host == urlsplit(endpoint).netloc or parts.hostname in ("localhost", "127.0.0.1", "::1")
    bucket, _, key = path.partition("/")
    if parts.scheme not in ("http", "https") or not (is_s3 or is_ours) or not bucket or not key:
        raise invalid("TemplateURL must be a supported URL.")
    return bucket, key, version


def declared(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the parameters that a template declares, before its transforms."""
    section = raw.get("Parameters", {})
    if not isinstance(section, dict):
        raise malformed("[/Parameters] must be an object.")
    for name, body in section.items():
        parameters.check_declaration(name, body)
    return section


# What a request may say on AWS and nothing here would follow from.
_UNBUILT = (
    "ImportExistingResources",
    "NotificationARNs",
    "ResourceTypes",
    "StackPolicyBody",
    "StackPolicyURL",
    "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL",
)


def _check_built(params: Mapping[str, Any]) -> None:
    asked = [name for name in _UNBUILT if params.get(name)]
    if params.get("RollbackConfiguration", {}).get("RollbackTriggers"):
        asked.append("RollbackTriggers")
    if asked:
        raise invalid(f"Tailrace does not carry out {', '.join(asked)} yet.")


def define(call: Call, found: Source, previous: Definition | None = None) -> Definition:
    """Answer what a request asks for, its parameters resolved; the template is not transformed yet.

    Raises ValidationError, also for what a request asks for and Tailrace doesn't do.
    """
    params = call.params
    _check_built(params)
    values = parameters.resolve(
        declared(found.raw), params.get("Parameters", ()), None if previous is None else previous.parameters
    )
    tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}
    notified = params.get("NotificationARNs")
    if previous is not None:
        tags = tags if "Tags" in params else previous.tags
        notified = previous.notification_arns if notified is None else notified
    return Definition(
        template=found.body,
        transforms=list(transforms_of(found.raw)),
        parameters=values,
        tags=tags,
        capabilities=list(params.get("Capabilities", ())),
        notification_arns=list(notified or ()),
        role_arn=params.get("RoleARN") or (previous.role_arn if previous else None),
    )


async def transformed(cloud: Cloud, definition: Definition, place: Place) -> Definition:
    """Carry out a definition's transforms, check what comes out and remember it. Raises ValidationError."""
    raw: Any = text.parse(definition.template)
    for name in definition.transforms:
        raw = await _transform(cloud, name, raw, definition, place)
    finished = msgspec.structs.replace(definition, processed=json.dumps(raw, ensure_ascii=False))
    check(finished, place)
    return finished


async def _transform(cloud: Cloud, name: str, raw: Any, definition: Definition, place: Place) -> Any:
    if name == LANGUAGE_EXTENSIONS:
        return language.expand(raw, _outline(raw, definition, place))
    if name != sam.TRANSFORM:
        raise invalid(f"No transform named {name} found.")
    payload = {"template": raw, "parameters": definition.parameters, "region": place.region}
    try:
        answer = await cloud.tasks.run("tailrace.cloudformation.sam:transform", payload, timeout_s=_TRANSFORM_TIMEOUT_S)
    except TaskError as error:
        raise invalid(f"Transform {name} failed with: {error.message}") from error
    return answer["template"]


def _outline(raw: Any, definition: Definition, place: Place) -> TemplateScope:
    # Loops may only use parameters, mappings and conditions, so the resources are left out of the scope.
    known = {name: raw[name] for name in ("Parameters", "Mappings", "Conditions", "Transform") if name in raw}
    placeholder = {"Resources": {"None": {"Type": "None"}}}
    return TemplateScope(read(known | placeholder), definition.parameters, place)


def template_of(definition: Definition) -> Template:
    """Answer the template that a definition deploys, its transforms carried out."""
    return _read(definition.processed, tuple(definition.transforms))


@Kept(short=8, long=2, short_chars=100_000)
def _read(processed: str, transforms: tuple[str, ...]) -> Template:
    # What the transforms allowed (functions of AWS::LanguageExtensions) stays allowed after them.
    return replace(read(json.loads(processed)), transforms=transforms)


def check(definition: Definition, place: Place) -> None:
    """Check everything about a definition that can be known before it is deployed. Raises ValidationError."""
    template = template_of(definition)
    if strangers := [name for name in template.resource_types if name not in TYPES]:
        raise malformed(f"Unrecognized resource types: [{', '.join(strangers)}]")
    for resource in template.resources.values():
        if not all(isinstance(each, str) for each in (resource.deletion_policy, resource.update_replace_policy)):
            raise malformed("Every DeletionPolicy member must be a string.")
        if "Snapshot" in (resource.deletion_policy, resource.update_replace_policy):
            raise invalid(f"Template error: resource type {resource.type} does not support deletion policy Snapshot")
    dependencies.check(template)
    scope = TemplateScope(template, definition.parameters, place)
    dependencies.in_order(dependencies.edges(template, scope.active(), scope.holds))
    _check_attributes(template)
    _check_rules(template, scope)


def _check_attributes(template: Template) -> None:
    parts: list[Any] = [resource.properties for resource in template.resources.values()]
    parts += [output.value for output in template.outputs.values()]
    for reference in dependencies.references(parts):
        resource = template.resources.get(reference.name)
        if resource is not None and reference.attribute is not None:
            TYPES[resource.type].check_attribute(resource.logical_id, reference.attribute)


def _check_rules(template: Template, scope: TemplateScope) -> None:
    from tailrace.cloudformation import intrinsics

    for name, rule in template.rules.items():
        asked = rule.get("RuleCondition")
        if asked is not None and not intrinsics.condition(asked, scope):
            continue
        for assertion in rule.get("Assertions", ()):
            if not intrinsics.condition(assertion.get("Assert"), scope):
                said = assertion.get("AssertDescription", "")
                raise invalid(f"Template validation error: Rule {name} failed: {said}")
