"""The S3 destination of a delivery stream: defaults, rules and updates, in the shape that Describe answers.

What Tailrace does not carry out is refused when it is asked for, by name, and never ignored.
"""

from typing import Any

from tailrace.firehose import processors
from tailrace.firehose.stream import invalid

SIZE_MB = 5
INTERVAL_S = 300
_NO_ENCRYPTION = {"NoEncryptionConfig": "NoEncryption"}
_PLAIN_MEMBERS = (
    "RoleARN",
    "BucketARN",
    "Prefix",
    "ErrorOutputPrefix",
    "BufferingHints",
    "CompressionFormat",
    "EncryptionConfiguration",
    "CloudWatchLoggingOptions",
)
# What can't be switched on yet, and whether it is on when it is given without saying so.
_REFUSED = {"DataFormatConversionConfiguration": True, "DynamicPartitioningConfiguration": False}


def described(configuration: dict[str, Any]) -> dict[str, Any]:
    """Answer the description that an ExtendedS3DestinationConfiguration makes. Raises InvalidArgumentException."""
    for member, on in _REFUSED.items():
        if member in configuration and configuration[member].get("Enabled", on):
            raise invalid(f"Tailrace does not carry out {member} yet; leave it out or disable it.")
    description = plain(configuration)
    processing = configuration.get("ProcessingConfiguration", {})
    description["ProcessingConfiguration"] = processors.normalized(processing, description["RoleARN"])
    description["S3BackupMode"] = configuration.get("S3BackupMode", "Disabled")
    backup = configuration.get("S3BackupConfiguration")
    if backup is not None:
        description["S3BackupDescription"] = plain(backup)
    elif description["S3BackupMode"] == "Enabled":
        raise invalid("S3BackupConfiguration must be specified when S3BackupMode is Enabled.")
    for member in ("FileExtension", "CustomTimeZone"):
        if configuration.get(member):
            description[member] = configuration[member]
    return description


def plain(configuration: dict[str, Any]) -> dict[str, Any]:
    """Answer the description that an S3DestinationConfiguration makes."""
    description = {member: configuration[member] for member in _PLAIN_MEMBERS if member in configuration}
    description["BufferingHints"] = _hints(configuration.get("BufferingHints", {}))
    description.setdefault("CompressionFormat", "UNCOMPRESSED")
    description.setdefault("EncryptionConfiguration", _NO_ENCRYPTION)
    description.setdefault("CloudWatchLoggingOptions", {"Enabled": False})
    if "KMSEncryptionConfig" in description["EncryptionConfiguration"]:
        raise invalid("Tailrace does not carry out KMSEncryptionConfig yet; leave EncryptionConfiguration out.")
    return description


def updated(description: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    """Answer a description with an update: members given replace whole members, others stay."""
    configuration = {**description, **update}
    backup = description.get("S3BackupDescription")
    if "S3BackupUpdate" in update:
        backup = {**(backup or {}), **update["S3BackupUpdate"]}
    if backup is not None:
        configuration["S3BackupConfiguration"] = backup
    if description["S3BackupMode"] == "Enabled" and configuration["S3BackupMode"] == "Disabled":
        raise invalid("S3BackupMode cannot be disabled once it is enabled.")
    return described(configuration)


def _hints(hints: dict[str, Any]) -> dict[str, Any]:
    if len(hints) == 1:
        raise invalid("SizeInMBs and IntervalInSeconds of BufferingHints must be given together.")
    return hints or {"SizeInMBs": SIZE_MB, "IntervalInSeconds": INTERVAL_S}
