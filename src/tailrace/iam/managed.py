"""Managed policies: the account's own, and those of AWS that come with every account, with their real documents."""

import functools
import hashlib
from collections.abc import Iterator
from datetime import datetime
from importlib import resources

import orjson

from tailrace.engine.transaction import Transaction
from tailrace.iam.entity import POLICIES, Managed, Version, no_such
from tailrace.wire.errors import AwsError

AWS_PREFIX = "arn:aws:iam::aws:policy/"


@functools.cache
def of_aws() -> dict[str, Managed]:
    """Answer AWS's managed policies by ARN."""
    text = resources.files("tailrace.iam").joinpath("aws_managed_policies.json").read_bytes()
    return {policy.arn: policy for name, each in orjson.loads(text).items() for policy in [_of_aws(name, each)]}


def get(transaction: Transaction, arn: str) -> Managed | None:
    """Answer a managed policy by its ARN, or None."""
    return of_aws().get(arn) if arn.startswith(AWS_PREFIX) else POLICIES.get(transaction, arn)


def find(transaction: Transaction, arn: str) -> Managed:
    """Answer a managed policy. Raises NoSuchEntity."""
    found = get(transaction, arn)
    if found is None:
        raise no_such(f"Policy {arn} was not found.")
    return found


def own(transaction: Transaction, arn: str) -> Managed:
    """Answer a policy of the account, which can be changed. Raises NoSuchEntity, or AccessDenied for AWS's own."""
    found = find(transaction, arn)
    if arn.startswith(AWS_PREFIX):
        raise AwsError("AccessDenied", f"Access denied: {arn} is managed by AWS and can't be changed.", status=403)
    return found


def attachable(transaction: Transaction, arn: str) -> Managed:
    """Answer a policy that can be attached. Raises NoSuchEntity in the words of attaching."""
    found = get(transaction, arn)
    if found is None:
        raise no_such(f"Policy {arn} does not exist or is not attachable.")
    return found


def scan(transaction: Transaction, scope: str) -> Iterator[tuple[str, Managed]]:
    """Answer the policies of a scope (All, AWS or Local) by ARN."""
    found: list[tuple[str, Managed]] = []
    if scope != "Local":
        found += of_aws().items()
    if scope != "AWS":
        found += POLICIES.scan(transaction)
    return iter(sorted(found))


def boundary_shown(arn: str) -> dict[str, str]:
    """Answer a permissions boundary as roles and users show theirs."""
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def _of_aws(name: str, each: dict[str, str]) -> Managed:
    arn = f"{AWS_PREFIX}{each['Path'].lstrip('/')}{name}"
    created, updated = (int(datetime.fromisoformat(each[moment]).timestamp()) for moment in ("Created", "Updated"))
    # AWS's own ids aren't published; these are at least the same everywhere and always.
    unique = "ANPA" + hashlib.sha256(arn.encode()).hexdigest()[:17].upper()
    return Managed(
        name=name,
        path=each["Path"],
        id=unique,
        arn=arn,
        created=created,
        updated=updated,
        default=each["Version"],
        versions=(Version(id=each["Version"], document=orjson.dumps(each["Document"]).decode(), created=updated),),
    )
