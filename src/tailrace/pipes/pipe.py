"""A pipe: its row, how an operation finds it and how it is described."""

from typing import Any

import msgspec

from tailrace.engine.ledger import Hop
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.pipes.errors import not_found
from tailrace.service.call import Call

PRINCIPAL = "pipes.amazonaws.com"

RUNNING, STOPPED = "RUNNING", "STOPPED"
CREATE_FAILED, UPDATE_FAILED, START_FAILED = "CREATE_FAILED", "UPDATE_FAILED", "START_FAILED"
# In these states the records flow, if that is what is desired: a failed update leaves the pipe as it was.
_FLOWING = {RUNNING, UPDATE_FAILED}


class Pipe(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pipe and its settings, in the words of its operations. ``uid`` is new with each creation."""

    name: str
    uid: str
    region: str
    arn: str
    source: str
    target: str
    role: str
    desired: str
    state: str
    created_s: float
    modified_s: float
    reason: str | None = None
    description: str | None = None
    source_parameters: dict[str, Any] = {}
    target_parameters: dict[str, Any] = {}
    tags: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The pipe's row key."""
        return f"{self.region}/{self.name}"

    @property
    def flows(self) -> bool:
        """Whether records are to be passed on."""
        return self.desired == RUNNING and self.state in _FLOWING

    @property
    def hop(self) -> Hop:
        """The pipe as the ledger shows it."""
        return Hop(kind="pipe", name=self.name, region=self.region, source=self.source, target=self.target)

    @property
    def consumers(self) -> str:
        """What the ids of the pipe's consumers begin with; those of a later pipe of the same name are others."""
        return f"pipes/{self.key}/{self.uid[:8]}/"

    def consumer_id(self, log_id: str) -> str:
        """Answer the id of the consumer of one of the source's logs."""
        return f"{self.consumers}{log_id}"


class Hindrance(msgspec.Struct, frozen=True):
    """Why a running pipe keeps records in flight at the moment."""

    text: str


PIPES = Rows("pipes/pipes", Pipe)
HINDRANCES = Rows("pipes/hindrances", Hindrance)  # by consumer id


def find(call: Call, name: str | None = None) -> Pipe:
    """Answer the pipe that a call names. Raises NotFoundException."""
    wanted: str = call.params["Name"] if name is None else name
    pipe = PIPES.get(call.transaction, call.key(wanted))
    if pipe is None:
        raise not_found(wanted)
    return pipe


def put(transaction: Transaction, pipe: Pipe) -> None:
    """Stage a pipe."""
    PIPES.put(transaction, pipe.key, pipe)


def summary(transaction: Transaction, pipe: Pipe) -> dict[str, Any]:
    """Answer what lists tell of a pipe."""
    told: dict[str, Any] = {
        "Name": pipe.name,
        "Arn": pipe.arn,
        "DesiredState": pipe.desired,
        "CurrentState": pipe.state,
        "CreationTime": pipe.created_s,
        "LastModifiedTime": pipe.modified_s,
        "Source": pipe.source,
        "Target": pipe.target,
    }
    why = pipe.reason or _hindrance(transaction, pipe)
    return told if why is None else {**told, "StateReason": why}


def answer(pipe: Pipe, state: str) -> dict[str, Any]:
    """Answer what changing a pipe tells: the state that it goes through, whatever it is in by now."""
    return {
        "Arn": pipe.arn,
        "Name": pipe.name,
        "DesiredState": pipe.desired,
        "CurrentState": state,
        "CreationTime": pipe.created_s,
        "LastModifiedTime": pipe.modified_s,
    }


def _hindrance(transaction: Transaction, pipe: Pipe) -> str | None:
    found = next(HINDRANCES.scan(transaction, pipe.consumers), None)
    return None if found is None else found[1].text
