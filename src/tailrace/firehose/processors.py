"""The processors of a delivery stream: what is known, what each one's parameters may be, and their defaults."""

import re
from typing import Any

from tailrace.firehose.stream import invalid

LAMBDA = "Lambda"
DELIMITER = "AppendDelimiterToRecord"
RETRIES = "3"
BUFFER_MB = "1"
BUFFER_S = "60"
_FUNCTION_ARN = re.compile(r"arn:[^:]+:lambda:[^:]*:\d{12}:function:[A-Za-z0-9-_]+(:[A-Za-z0-9$_-]+)?$")
_RANGES = {"NumberOfRetries": (0.0, 300.0), "BufferSizeInMBs": (0.2, 3.0), "BufferIntervalInSeconds": (0.0, 900.0)}
_PARAMETERS = {
    LAMBDA: ("LambdaArn", "NumberOfRetries", "RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds"),
    DELIMITER: ("Delimiter",),
}


def normalized(configuration: dict[str, Any], role_arn: str) -> dict[str, Any]:
    """Answer a ProcessingConfiguration with its defaults. Raises InvalidArgumentException for what can't be done."""
    processors = [_processor(processor, role_arn) for processor in configuration.get("Processors", [])]
    types = [processor["Type"] for processor in processors]
    if len(types) != len(set(types)):
        raise invalid("Each processor type can be given only once in a ProcessingConfiguration.")
    return {"Enabled": configuration.get("Enabled", False), "Processors": processors}


def parameters(configuration: dict[str, Any], kind: str) -> dict[str, str] | None:
    """Answer the parameters of an enabled processor by name; None when there is none of the type."""
    if configuration.get("Enabled"):
        for processor in configuration["Processors"]:
            if processor["Type"] == kind:
                return {each["ParameterName"]: each["ParameterValue"] for each in processor["Parameters"]}
    return None


def _processor(processor: dict[str, Any], role_arn: str) -> dict[str, Any]:
    kind = processor["Type"]
    if kind not in _PARAMETERS:
        raise invalid(f"Tailrace does not carry out the processor {kind} yet; leave it out.")
    given = {each["ParameterName"]: each["ParameterValue"] for each in processor.get("Parameters", [])}
    for name in given:
        if name not in _PARAMETERS[kind]:
            raise invalid(f"Parameter {name} is not valid for processor type {kind}.")
    if kind == LAMBDA:
        given = _lambda(given, role_arn)
    return {
        "Type": kind,
        "Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()],
    }


def _lambda(given: dict[str, str], role_arn: str) -> dict[str, str]:
    if not _FUNCTION_ARN.match(given.get("LambdaArn", "")):
        raise invalid(f"LambdaArn {given.get('LambdaArn')} is not the ARN of a function.")
    defaults = {
        "NumberOfRetries": RETRIES,
        "RoleArn": role_arn,
        "BufferSizeInMBs": BUFFER_MB,
        "BufferIntervalInSeconds": BUFFER_S,
    }
    for name, (least, most) in _RANGES.items():
        value = given.get(name, defaults[name])
        try:
            fits = least <= float(value) <= most
        except ValueError:
            fits = False
        if not fits:
            raise invalid(f"{name} must be between {least:g} and {most:g}, not {value}.")
    return {**given, **{name: value for name, value in defaults.items() if name not in given}}
