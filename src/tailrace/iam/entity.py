"""What IAM remembers: roles, users, groups, managed policies, access keys and sessions. Global, one account.

Names keep their case and are found whatever the case: IAM doesn't tell names apart by it.
"""

import random
from dataclasses import dataclass
from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_ID_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ID_CHARS = 17
_VERSION = Space("iam/version")


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """What roles, users and groups have in common."""

    name: str
    path: str
    id: str
    created: int
    inline: dict[str, str] = {}
    attached: tuple[str, ...] = ()


class Role(Entity, frozen=True, kw_only=True):
    """A role; ``trusted_ids`` tells who its trust policy's ARNs were when it was written."""

    trust: str
    trusted_ids: dict[str, str] = {}
    description: str | None = None
    session_s_max: int = 3600
    boundary: str | None = None
    tags: dict[str, str] = {}


class User(Entity, frozen=True, kw_only=True):
    """A user, its groups by name in lower case, its access keys by id."""

    groups: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    boundary: str | None = None
    tags: dict[str, str] = {}


class Group(Entity, frozen=True, kw_only=True):
    """A group of users; they know of it, it doesn't know of them."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a managed policy."""

    id: str
    document: str
    created: int


class Managed(msgspec.Struct, frozen=True, kw_only=True):
    """A managed policy with its versions, oldest first."""

    name: str
    path: str
    id: str
    arn: str
    created: int
    updated: int
    default: str
    versions: tuple[Version, ...]
    made: int = 1
    description: str | None = None
    tags: dict[str, str] = {}

    @property
    def document(self) -> str:
        """The text of the version in force."""
        return next(version.document for version in self.versions if version.id == self.default)


class AccessKey(msgspec.Struct, frozen=True, kw_only=True):
    """A long-term key of a user, or of the account's root when it names no user."""

    id: str
    secret: str
    account: str
    created: int
    user: str | None = None
    active: bool = True


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Temporary credentials: who they stand for and what bounds them."""

    id: str
    secret: str
    token: str
    account: str
    issued: int
    expires: int
    kind: str
    arn: str
    user_id: str
    role_arn: str | None = None
    tags: dict[str, str] = {}
    policies: tuple[str, ...] | None = None
    source_identity: str | None = None


ROLES = Rows("iam/roles", Role)
USERS = Rows("iam/users", User)
GROUPS = Rows("iam/groups", Group)
POLICIES = Rows("iam/policies", Managed)
ACCESS_KEYS = Rows("iam/access-keys", AccessKey)
SESSIONS = Rows("iam/sessions", Session)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of entity is called and kept."""

    noun: str
    id_prefix: str
    rows: Rows[Any]

    @property
    def parameter(self) -> str:
        """The member that names one."""
        return f"{self.noun}Name"

    def arn(self, account: str, entity: Entity) -> str:
        """Answer an entity's ARN."""
        return f"arn:aws:iam::{account}:{self.noun.lower()}{entity.path}{entity.name}"

    def missing(self, name: str) -> AwsError:
        """Answer the refusal of a name that nothing has."""
        return no_such(f"The {self.noun.lower()} with name {name} cannot be found.")


ROLE = Kind("Role", "AROA", ROLES)
USER = Kind("User", "AIDA", USERS)
GROUP = Kind("Group", "AGPA", GROUPS)
KINDS = (ROLE, USER, GROUP)


def find_role(transaction: Transaction, name: str) -> Role:
    """Answer a role. Raises NoSuchEntity."""
    found = ROLES.get(transaction, name.lower())
    if found is None:
        raise ROLE.missing(name)
    return found


def find_user(transaction: Transaction, name: str) -> User:
    """Answer a user. Raises NoSuchEntity."""
    found = USERS.get(transaction, name.lower())
    if found is None:
        raise USER.missing(name)
    return found


def find_group(transaction: Transaction, name: str) -> Group:
    """Answer a group. Raises NoSuchEntity."""
    found = GROUPS.get(transaction, name.lower())
    if found is None:
        raise GROUP.missing(name)
    return found


def find(transaction: Transaction, kind: Kind, name: str) -> Any:
    """Answer an entity of a kind. Raises NoSuchEntity."""
    found = kind.rows.get(transaction, name.lower())
    if found is None:
        raise kind.missing(name)
    return found


def put(call: Call, kind: Kind, entity: Entity) -> None:
    """Stage an entity as it is from now on."""
    kind.rows.put(call.transaction, entity.name.lower(), entity)
    changed(call)


def delete(call: Call, kind: Kind, entity: Entity) -> None:
    """Stage the removal of an entity."""
    kind.rows.delete(call.transaction, entity.name.lower())
    changed(call)


def role_of_arn(transaction: Transaction, account: str, arn: str) -> Role | None:
    """Answer the role that an ARN names, path included, or None."""
    role = ROLES.get(transaction, arn.rpartition("/")[2].lower())
    return role if role is not None and ROLE.arn(account, role) == arn else None


def changed(call: Call) -> None:
    """Stage that IAM has changed: decisions kept so far are void. Every change has a mark of its own."""
    call.transaction.put(_VERSION, b"", call.random.getrandbits(64).to_bytes(8, "big"))


def version(transaction: Transaction) -> bytes | None:
    """Answer the mark of the last change."""
    return transaction.get(_VERSION, b"")


def new_id(dice: random.Random, prefix: str) -> str:
    """Answer a unique id: AROA, AIDA, AGPA or ANPA and 17 digits."""
    return prefix + "".join(dice.choice(_ID_DIGITS) for _ in range(_ID_CHARS))


def no_such(text: str) -> AwsError:
    """Answer IAM's refusal of what isn't there."""
    return AwsError("NoSuchEntity", text, status=404)


def already(text: str) -> AwsError:
    """Answer IAM's refusal of what is there already."""
    return AwsError("EntityAlreadyExists", text, status=409)


def conflict(text: str) -> AwsError:
    """Answer IAM's refusal to delete."""
    return AwsError("DeleteConflict", text, status=409)


def exceeded(text: str) -> AwsError:
    """Answer IAM's refusal of what is too much."""
    return AwsError("LimitExceeded", text, status=409)
