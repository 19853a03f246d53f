"""A function's settings: read from a request over what was there before, and checked as Lambda checks them.

What Tailrace does not carry out is refused by name, never taken and forgotten.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from tailrace.lambda_.errors import constraint, invalid
from tailrace.lambda_.function import Configuration, Logging
from tailrace.lambda_.naming import LATEST, is_queue

RUNTIMES = tuple(f"python3.{minor}" for minor in range(9, 15))
_TIMEOUT_S_MAX = 900
_MEMORY_MB_MAX = 10_240
_VARIABLES_BYTES_MAX = 4096
# AWS, "Defined runtime environment variables": reserved names.
_RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
_SNAP_START_OFF = {"ApplyOn": "None"}


def _absent(value: Any) -> bool:
    return not value or not any(value.values()) if isinstance(value, dict) else not value


# What is not carried out, and the values that ask for nothing.
_UNBUILT = {
    "Layers": _absent,
    "VpcConfig": _absent,
    "FileSystemConfigs": _absent,
    "ImageConfig": _absent,
    "CodeSigningConfigArn": _absent,
    "KMSKeyArn": _absent,
    "SnapStart": lambda value: value == _SNAP_START_OFF,
    "TenancyConfig": _absent,
    "CapacityProviderConfig": _absent,
    "DurableConfig": _absent,
    "RuntimeConfig": _absent,
    "AcceleratorConfig": _absent,
    "PublishTo": _absent,
}
_UNSET = Configuration(
    version=LATEST,
    runtime="",
    role="",
    handler="",
    description="",
    timeout_s=3,
    memory_mb=128,
    storage_mb=512,
    variables=None,
    tracing="PassThrough",
    architectures=["x86_64"],
    dead_letter=None,
    logging=Logging(format="Text", group=""),
    code_sha256="",
    code_size=0,
    modified_ms=0,
    revision_id="",
)


def created(name: str, params: Mapping[str, Any]) -> Configuration:
    """Answer the settings of a new function. Raises InvalidParameterValueException."""
    if params.get("PackageType", "Zip") != "Zip":
        raise invalid("Tailrace does not run functions from container images yet: give PackageType Zip.")
    for member in ("Runtime", "Handler"):
        if not params.get(member):
            raise invalid(f"{member} is mandatory for functions created with deployment packages.")
    unset = msgspec.structs.replace(_UNSET, logging=Logging(format="Text", group=f"/aws/lambda/{name}"))
    return updated(name, unset, params)


def updated(name: str, before: Configuration, params: Mapping[str, Any]) -> Configuration:
    """Answer settings with what a request changes. Raises InvalidParameterValueException."""
    for member, is_nothing in _UNBUILT.items():
        if member in params and not is_nothing(params[member]):
            raise invalid(f"Tailrace does not carry out {member} of a function yet.")
    changes: dict[str, Any] = {
        field: params[member]
        for member, field in (
            ("Runtime", "runtime"),
            ("Role", "role"),
            ("Handler", "handler"),
            ("Description", "description"),
            ("Timeout", "timeout_s"),
            ("MemorySize", "memory_mb"),
            ("Architectures", "architectures"),
        )
        if member in params
    }
    if "Environment" in params:
        changes["variables"] = _variables(params["Environment"].get("Variables"))
    if "EphemeralStorage" in params:
        changes["storage_mb"] = params["EphemeralStorage"]["Size"]
    if "TracingConfig" in params:
        changes["tracing"] = params["TracingConfig"].get("Mode", "PassThrough")
    if "DeadLetterConfig" in params:
        changes["dead_letter"] = params["DeadLetterConfig"].get("TargetArn") or None
    if "LoggingConfig" in params:
        changes["logging"] = _logging(name, before.logging, params["LoggingConfig"])
    after = msgspec.structs.replace(before, **changes)
    _check(after)
    return after


def _check(settings: Configuration) -> None:
    if settings.runtime not in RUNTIMES:
        known = ", ".join(reversed(RUNTIMES))
        raise invalid(
            f"Value {settings.runtime} at 'runtime' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{known}] or be a valid ARN"
        )
    if settings.timeout_s > _TIMEOUT_S_MAX:
        raise constraint(settings.timeout_s, "timeout", f"have value less than or equal to {_TIMEOUT_S_MAX}")
    if settings.memory_mb > _MEMORY_MB_MAX:
        limit = f"Member must have value less than or equal to {_MEMORY_MB_MAX}"
        raise invalid(f"'MemorySize' value failed to satisfy constraint: {limit}")
    for what, text in (("Handler", settings.handler), *(settings.variables or {}).items()):
        if "\x00" in text:
            raise invalid(f"{what} contains a zero character, which no process can be given.")
    target = settings.dead_letter
    if target is not None and not is_queue(target):
        raise invalid("Tailrace sends dead letters of functions to SQS queues only.")


def _variables(variables: dict[str, str] | None) -> dict[str, str] | None:
    if not variables:
        return None
    reserved = sorted(_RESERVED & set(variables))
    if reserved:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided contains reserved keys that are currently not supported for modification. Reserved keys used "
            f"in this request: {', '.join(reserved)}"
        )
    measured = orjson.dumps(variables).decode()
    if len(measured.encode()) > _VARIABLES_BYTES_MAX:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {measured}"
        )
    return variables


def _logging(name: str, before: Logging, given: Mapping[str, Any]) -> Logging:
    log_format = given.get("LogFormat", before.format)
    levels = {member: given.get(member) for member in ("ApplicationLogLevel", "SystemLogLevel")}
    if log_format != "JSON":
        if any(levels.values()):
            raise invalid("To use ApplicationLogLevel or SystemLogLevel you must set LogFormat to JSON.")
        return Logging(format=log_format, group=given.get("LogGroup", before.group) or f"/aws/lambda/{name}")
    return Logging(
        format=log_format,
        group=given.get("LogGroup", before.group) or f"/aws/lambda/{name}",
        application_level=levels["ApplicationLogLevel"] or before.application_level or "INFO",
        system_level=levels["SystemLogLevel"] or before.system_level or "INFO",
    )
