"""Functions as rows: $LATEST with what belongs to the function itself, and published versions beside it."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.lambda_.naming import LATEST, Reference, arn_of
from tailrace.service.call import Call


class Logging(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how a function writes its log."""

    format: str
    group: str
    application_level: str | None = None
    system_level: str | None = None


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a function: its settings and the digest of its code."""

    version: str
    runtime: str
    role: str
    handler: str
    description: str
    timeout_s: int
    memory_mb: int
    storage_mb: int
    variables: dict[str, str] | None
    tracing: str
    architectures: list[str]
    dead_letter: str | None
    logging: Logging
    code_sha256: str
    code_size: int
    modified_ms: int
    revision_id: str


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a function's policy, for the function itself (qualifier None), a version or an alias."""

    sid: str
    qualifier: str | None
    body: dict[str, Any]


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function. ``id`` tells it from an earlier one of the same name."""

    name: str
    region: str
    account: str
    id: str
    created_ms: int
    latest: Configuration
    published: int = 0
    reserved: int | None = None
    tags: dict[str, str] = {}
    policy: list[Statement] = []
    policy_revision: str = ""

    @property
    def arn(self) -> str:
        """The function's ARN, without a version."""
        return arn_of(self.region, self.account, self.name)

    @property
    def key(self) -> str:
        """The key of its row."""
        return f"{self.region}/{self.name}"


FUNCTIONS = Rows("lambda/functions", Function)
VERSIONS = Rows("lambda/versions", Configuration)


def version_key(function: Function | Reference, version: str | int) -> str:
    """Answer the key of a version's row; the keys of a function are in the order of its versions."""
    return f"{function.key}/{int(version):08d}"


def find(transaction: Transaction, reference: Reference) -> Function:
    """Answer a function. Raises ResourceNotFoundException."""
    function = FUNCTIONS.get(transaction, reference.key)
    if function is None:
        raise reference.missing()
    return function


def changed(call: Call, function: Function, latest: Configuration) -> Function:
    """Stage a new $LATEST and answer the function as it is then."""
    now = msgspec.structs.replace(latest, modified_ms=call.now_ms, revision_id=call.uuid())
    function = msgspec.structs.replace(function, latest=now)
    FUNCTIONS.put(call.transaction, function.key, function)
    return function


def shown(function: Function, configuration: Configuration, qualifier: str | None = None) -> dict[str, Any]:
    """Answer a version as AWS describes it; its ARN ends as it was asked for."""
    version = configuration.version
    suffix = qualifier or (None if version == LATEST else version)
    answer: dict[str, Any] = {
        "FunctionName": function.name,
        "FunctionArn": function.arn if suffix is None else f"{function.arn}:{suffix}",
        "Runtime": configuration.runtime,
        "Role": configuration.role,
        "Handler": configuration.handler,
        "CodeSize": configuration.code_size,
        "Description": configuration.description,
        "Timeout": configuration.timeout_s,
        "MemorySize": configuration.memory_mb,
        "LastModified": moment(configuration.modified_ms),
        "CodeSha256": configuration.code_sha256,
        "Version": version,
        "TracingConfig": {"Mode": configuration.tracing},
        "RevisionId": configuration.revision_id,
        "PackageType": "Zip",
        "Architectures": configuration.architectures,
        "EphemeralStorage": {"Size": configuration.storage_mb},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "RuntimeVersionConfig": {"RuntimeVersionArn": runtime_version_arn(function.region, configuration.runtime)},
        "LoggingConfig": _shown_logging(configuration.logging),
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }
    if configuration.variables is not None:
        answer["Environment"] = {"Variables": configuration.variables}
    if configuration.dead_letter is not None:
        answer["DeadLetterConfig"] = {"TargetArn": configuration.dead_letter}
    return answer


def runtime_version_arn(region: str, runtime: str) -> str:
    """Answer the ARN of the runtime's version, which is one and the same here."""
    return f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(runtime.encode()).hexdigest()}"


def moment(epoch_ms: int) -> str:
    """Answer an instant as Lambda writes it: 2025-11-25T15:47:40.000+0000."""
    return f"{datetime.fromtimestamp(epoch_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{epoch_ms % 1000:03d}+0000"


def _shown_logging(logging: Logging) -> dict[str, str]:
    shown = {"LogFormat": logging.format, "LogGroup": logging.group}
    if logging.application_level is not None:
        shown["ApplicationLogLevel"] = logging.application_level
    if logging.system_level is not None:
        shown["SystemLogLevel"] = logging.system_level
    return shown
