"""Stacks as they are remembered: what they are made from, their state, how they are found, how they move on.

A name leads to the one stack that lives under it; an id leads to a stack for good, deleted ones included.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tailrace.cloudformation.errors import invalid, stack_missing
from tailrace.cloudformation.event import STACK_TYPE, record
from tailrace.engine.rows import Rows
from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

REVIEW = "REVIEW_IN_PROGRESS"
DELETED = "DELETE_COMPLETE"
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")
_NAME_CHARS_MAX = 128
_ID = re.compile(r"arn:aws:cloudformation:[^:]*:[^:]*:stack/([^/]+)/([^/]+)")


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What a stack is made from. ``processed`` is the template after its transforms, as JSON."""

    template: str
    processed: str = ""
    transforms: list[str] = []
    parameters: dict[str, str] = {}
    tags: dict[str, str] = {}
    capabilities: list[str] = []
    notification_arns: list[str] = []
    role_arn: str | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked: a deployment acts for them after the request has been answered."""

    kind: str
    arn: str
    user_id: str
    account: str
    role_arn: str | None = None
    tags: dict[str, str] = {}

    @classmethod
    def of(cls, principal: Principal) -> "Caller":
        """Remember a principal."""
        return cls(
            kind=principal.kind,
            arn=principal.arn,
            user_id=principal.user_id,
            account=principal.account,
            role_arn=principal.role_arn,
            tags=dict(principal.tags),
        )

    def principal(self) -> Principal:
        """Answer the principal again."""
        kind: Any = self.kind
        return Principal(kind, self.arn, self.user_id, self.account, self.role_arn, self.tags)


class OutputRow(msgspec.Struct, frozen=True, kw_only=True):
    """An output with its value."""

    key: str
    value: str
    description: str | None = None
    export_name: str | None = None


class StackRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stack. ``previous`` is what an update goes back to when it fails; ``operation`` names the change under way.

    ``undoing``: the stack is being deleted because its creation failed.
    """

    id: str
    name: str
    region: str
    status: str
    reason: str | None = None
    created_ms: int
    updated_ms: int | None = None
    deleted_ms: int | None = None
    definition: Definition
    previous: Definition | None = None
    caller: Caller
    operation: str = ""
    token: str | None = None
    change_set_id: str | None = None
    on_failure: str = "ROLLBACK"
    deadline_ms: int | None = None
    timeout_minutes: int | None = None
    retained: list[str] = []
    protected: bool = False
    undoing: bool = False
    retain_except_on_create: bool = False
    outputs: list[OutputRow] = []

    @property
    def uuid(self) -> str:
        """The last part of the id: what the stack's rows are kept under."""
        return self.id.rpartition("/")[2]

    @property
    def key(self) -> str:
        """The key of the row; those of its resources, events and change sets begin with it and a slash."""
        return f"{self.region}/{self.uuid}"

    @property
    def in_progress(self) -> bool:
        """Whether a change is under way."""
        return self.status.endswith("_IN_PROGRESS") and self.status != REVIEW


STACKS = Rows("cloudformation/stacks", StackRow)
_NAMES = Space("cloudformation/names")


def new_id(region: str, account: str, name: str, uuid: str) -> str:
    """Answer the id of a new stack. Raises ValidationError when a stack can't be called that."""
    if not _NAME.fullmatch(name):
        rule = f"Member must satisfy regular expression pattern: {_NAME.pattern}"
    elif len(name) > _NAME_CHARS_MAX:
        rule = f"Member must have length less than or equal to {_NAME_CHARS_MAX}"
    else:
        rule = ""
    if rule:
        raise invalid(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: {rule}"
        )
    return f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid}"


def lookup(transaction: Transaction, region: str, name_or_id: str) -> StackRow | None:
    """Answer the stack of a name, if one lives under it, or of an id, even if it has been deleted."""
    found = _ID.fullmatch(name_or_id)
    if found is not None:
        stack = STACKS.get(transaction, f"{region}/{found[2]}")
        return stack if stack is not None and stack.id == name_or_id else None
    uuid = transaction.get(_NAMES, f"{region}/{name_or_id}".encode())
    return None if uuid is None else STACKS.get(transaction, f"{region}/{uuid.decode()}")


def find(
    transaction: Transaction, region: str, name_or_id: str, missing: Callable[[str], AwsError] = stack_missing
) -> StackRow:
    """Answer a stack. Raises what ``missing`` makes: AWS has two texts for a stack that isn't there."""
    stack = lookup(transaction, region, name_or_id)
    if stack is None:
        raise missing(name_or_id)
    return stack


def in_region(transaction: Transaction, region: str) -> Iterator[StackRow]:
    """Answer every stack of a region, deleted ones included."""
    return (stack for _, stack in STACKS.scan(transaction, f"{region}/"))


def put(transaction: Transaction, stack: StackRow) -> StackRow:
    """Remember a stack; its name leads to it for as long as it lives."""
    STACKS.put(transaction, stack.key, stack)
    name = f"{stack.region}/{stack.name}".encode()
    if stack.status != DELETED:
        transaction.put(_NAMES, name, stack.uuid.encode())
    elif transaction.get(_NAMES, name) == stack.uuid.encode():
        transaction.delete(_NAMES, name)
    return stack


def move(
    transaction: Transaction, stack: StackRow, status: str, reason: str | None, now_ms: int, **changes: Any
) -> StackRow:
    """Bring a stack into a state, with further changes of its row, and record the event."""
    moved = put(transaction, msgspec.structs.replace(stack, status=status, reason=reason, **changes))
    record(
        transaction,
        stack_key=moved.key,
        stack_id=moved.id,
        stack_name=moved.name,
        logical_id=moved.name,
        physical_id=moved.id,
        type=STACK_TYPE,
        status=status,
        reason=reason,
        token=moved.token,
        now_ms=now_ms,
    )
    return moved
