"""The operations that tell about templates: the one of a stack or change set, and what a template asks for."""

import json
from collections.abc import Mapping
from typing import Any

from tailrace.cloudformation import capability, text
from tailrace.cloudformation.change_set import locate
from tailrace.cloudformation.definition import Source, declared, source
from tailrace.cloudformation.dependencies import check
from tailrace.cloudformation.errors import stack_missing
from tailrace.cloudformation.parameters import as_text, is_hidden
from tailrace.cloudformation.registry import SERVICE
from tailrace.cloudformation.scope import LANGUAGE_EXTENSIONS
from tailrace.cloudformation.stack import REVIEW, Definition, find
from tailrace.cloudformation.template import Template, read, transforms_of
from tailrace.engine.kept import Kept
from tailrace.service.call import Call

_CONSTRAINTS = ("AllowedValues",)


@Kept(short=32, long=2, short_chars=51_200)
def _raw(template: str) -> Mapping[str, Any]:
    return text.parse(template)


def declared_parameters(definition: Definition) -> Mapping[str, Any]:
    """Answer the parameters that a definition's template declares."""
    return declared(_raw(definition.template))


def description_of(definition: Definition) -> str | None:
    """Answer the description that a definition's template carries."""
    description = _raw(definition.template).get("Description")
    return None if description is None else as_text(description)


@SERVICE.operation("GetTemplate")
def get_template(call: Call) -> dict[str, Any]:
    """Answer the template of a stack or change set, as it was given or with its transforms carried out."""
    stack_name, change_set = call.params.get("StackName"), call.params.get("ChangeSetName")
    if change_set is not None:
        definition = locate(call.transaction, call.region, change_set, stack_name)[1].definition
    else:
        stack = find(call.transaction, call.region, stack_name or "")
        if stack.status == REVIEW:
            raise stack_missing(stack_name or "")
        definition = stack.definition
    processed = call.params.get("TemplateStage", "Original") == "Processed" and definition.transforms
    return {
        "TemplateBody": definition.processed if processed else definition.template,
        "StagesAvailable": ["Original", "Processed"],
    }


@SERVICE.operation("GetTemplateSummary")
async def get_template_summary(call: Call) -> dict[str, Any]:
    """Answer what a template declares: one that is given, or that of a stack."""
    if "StackName" in call.params:
        stack = find(call.cloud.store.begin(), call.region, call.params["StackName"])
        found = Source(stack.definition.template, _raw(stack.definition.template))
    else:
        found = await source(call)
    template = _outline(found.raw)
    needed, reason = capability.needed(template)
    metadata = found.raw.get("Metadata")
    answer = {
        # Clients read this member without asking whether it is there.
        "Parameters": [_declaration(name, each) for name, each in template.parameters.items()],
        "Description": template.description,
        "Capabilities": _with_expansion(needed, template) or None,
        "CapabilitiesReason": reason,
        "ResourceTypes": template.resource_types,
        "Version": found.raw.get("AWSTemplateFormatVersion"),
        "Metadata": None if metadata is None else json.dumps(metadata, ensure_ascii=False),
        "DeclaredTransforms": list(template.transforms) or None,
    }
    return {name: value for name, value in answer.items() if value is not None}


@SERVICE.operation("ValidateTemplate")
async def validate_template(call: Call) -> dict[str, Any]:
    """Check the form of a template and answer what it declares."""
    template = _outline((await source(call)).raw)
    if not template.transforms:
        check(template)
    needed, reason = capability.needed(template)
    answer = {
        "Parameters": [
            {name: value for name, value in _declaration(key, each).items() if name in _VALIDATED}
            for key, each in template.parameters.items()
        ],
        "Description": template.description,
        "Capabilities": _with_expansion(needed, template) or None,
        "CapabilitiesReason": reason,
        "DeclaredTransforms": list(template.transforms) or None,
    }
    return {name: value for name, value in answer.items() if value is not None}


_VALIDATED = frozenset({"ParameterKey", "DefaultValue", "NoEcho", "Description"})


def _outline(raw: Mapping[str, Any]) -> Template:
    resources = raw.get("Resources")
    if LANGUAGE_EXTENSIONS not in transforms_of(raw) or not isinstance(resources, dict):
        return read(raw)
    # Loops have names and values that only their expansion brings into a template's form.
    plain = {name: body for name, body in resources.items() if "::" not in name}
    kept = {name: section for name, section in raw.items() if name not in ("Outputs", "Conditions")}
    return read({**kept, "Resources": plain or {"Loop": {"Type": "Fn::ForEach"}}})


def _with_expansion(needed: list[str], template: Template) -> list[str]:
    return [*needed, capability.AUTO_EXPAND] if template.transforms else needed


def _declaration(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = {
        "ParameterKey": name,
        "DefaultValue": as_text(body["Default"]) if "Default" in body else None,
        "ParameterType": str(body["Type"]),
        "NoEcho": is_hidden(body),
        "Description": body.get("Description"),
        "ParameterConstraints": {
            key: [as_text(value) for value in body[key]] for key in _CONSTRAINTS if isinstance(body.get(key), list)
        },
    }
    return {key: value for key, value in answer.items() if value is not None}
