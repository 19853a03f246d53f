"""What the process of a function sees: AWS's environment variables, the role's credentials, and the way to Tailrace.

AWS, "Defined runtime environment variables"; what is particular to this machine is said where it stands.
"""

import os
import re
from datetime import UTC, datetime

from tailrace.lambda_.execution import Start
from tailrace.lambda_.function import Configuration, Function
from tailrace.lambda_.room import room_of
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

SERVICE_PRINCIPAL = "lambda.amazonaws.com"
_CREDENTIALS_S = 3600.0
# An environment takes no new event when its credentials have less than the longest invocation to go.
_CREDENTIALS_LEFT_S = 900.0
_SESSION_CHARS_MIN = 2
_EVERYWHERE = re.compile(r"//(0\.0\.0\.0|\[::\])(?=[:/]|$)")


async def start(cloud: Cloud, function: Function, configuration: Configuration) -> Start:
    """Prepare what a new environment of a version is started with. Raises AwsError when it can't be had."""
    folder = await room_of(cloud).unpacked.folder(cloud, function.key, configuration.code_sha256)
    now = cloud.clock.now()
    log_stream = _log_stream(cloud, now, configuration.version)
    credentials, until = _credentials(cloud, function, configuration, now)
    task_root = str(folder)
    libraries = [task_root, f"{task_root}/lib", os.environ.get("LD_LIBRARY_PATH", "")]
    variables = {
        # A function finds Tailrace, not AWS, unless it says otherwise itself.
        "AWS_ENDPOINT_URL": _EVERYWHERE.sub("//127.0.0.1", cloud.endpoint),
        **(configuration.variables or {}),
        **credentials,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": configuration.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": configuration.logging.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "_HANDLER": configuration.handler,
        "LAMBDA_TASK_ROOT": task_root,  # /var/task on AWS
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "PWD": task_root,
        "SHLVL": "0",
    }
    if configuration.logging.format == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = configuration.logging.application_level or "INFO"
    defaults = {
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        "LC_CTYPE": "C.UTF-8",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": ":".join(filter(None, libraries)),
        "PYTHONPATH": "/var/runtime",
    }
    return Start(folder=folder, variables={**defaults, **variables}, log_stream=log_stream, until=until)


def _log_stream(cloud: Cloud, now: float, version: str) -> str:
    return f"{datetime.fromtimestamp(now, UTC):%Y/%m/%d}/[{version}]{cloud.random.getrandbits(128):032x}"


def _credentials(
    cloud: Cloud, function: Function, configuration: Configuration, now: float
) -> tuple[dict[str, str], float]:
    name = function.name if len(function.name) >= _SESSION_CHARS_MIN else f"{function.name}@lambda_function"
    params = {"RoleArn": configuration.role, "RoleSessionName": name}
    principal = Principal.service(SERVICE_PRINCIPAL, function.account)
    try:
        given = cloud.call("sts", "AssumeRole", params, principal, region=function.region)["Credentials"]
    except AwsError:
        # The role is gone or doesn't trust Lambda any more. AWS keeps running on what it has; so do we, without rights.
        given = {"AccessKeyId": "ASIAXXXXXXXXXXXXXXXX", "SecretAccessKey": "x", "SessionToken": "x"}
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }, now + _CREDENTIALS_S - _CREDENTIALS_LEFT_S
