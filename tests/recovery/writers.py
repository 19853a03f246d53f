"""Clients under load that remember what they asked for and what was acknowledged, in order, for every name."""

import hashlib
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, HTTPClientError

from recovery.server import Server

Row = dict[str, Any]
HOT_NAMES = 6


@dataclass(slots=True)
class Wish:
    """One write of one name: its value, None to delete; without an answer it was done or it was not."""

    value: Any
    acknowledged: bool = False


class Writer(threading.Thread, ABC):
    """Writes until told to end. ``histories`` holds what was wished for each name, in order.

    A server that was killed does nothing later: what it did not answer it did before the next wish, or never.
    """

    def __init__(self, server: Server, name: str) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.histories: dict[str, list[Wish]] = {}
        self.refused: list[ClientError] = []
        self.changes = 0
        self.unanswered = 0
        self.server = server
        self.prefix = name
        self.dice = random.Random(name)

    def run(self) -> None:
        number = 0
        while not self.ended.is_set():
            number += 1
            wishes = {name: Wish(value) for name, value in self.wishes(number).items()}
            for name, wish in wishes.items():
                self.histories.setdefault(name, []).append(wish)
            try:
                self.write(number, {name: wish.value for name, wish in wishes.items()})
            except EndpointConnectionError:
                for name in wishes:  # nobody was there: it never happened
                    self.histories[name].pop()
                time.sleep(0.05)
                continue
            except (BotoCoreError, HTTPClientError):
                self.unanswered += 1  # killed in between: it happened, or it did not
                continue
            except ClientError as error:
                self.refused.append(error)
                return
            for wish in wishes.values():
                wish.acknowledged = True
            self.changes += len(wishes)

    @abstractmethod
    def wishes(self, number: int) -> dict[str, Any]:
        """Answer what to write next: names and values; no value comes twice."""

    @abstractmethod
    def write(self, number: int, wishes: dict[str, Any]) -> None:
        """Write it."""

    def name(self, number: int) -> str:
        """Answer one of a few names that are written again and again, or now and then a new one."""
        return f"{self.prefix}-{number}" if number % 4 == 0 else f"{self.prefix}-hot-{self.dice.randrange(HOT_NAMES)}"


class OrderWriter(Writer):
    """Puts, updates and deletes single orders."""

    def __init__(self, server: Server, table: str, name: str) -> None:
        super().__init__(server, name)
        self._dynamodb, self._table = server.client("dynamodb"), table

    def wishes(self, number: int) -> dict[str, Any]:
        """One order; every sixth is deleted."""
        return {self.name(number): None if number % 6 == 1 else number}

    def write(self, number: int, wishes: dict[str, Any]) -> None:
        """Write it with the operation that fits."""
        ((name, value),) = wishes.items()
        if value is None:
            self._dynamodb.delete_item(TableName=self._table, Key=key(name))
        elif value % 3:
            self._dynamodb.put_item(TableName=self._table, Item=item(name, value))
        else:
            self._dynamodb.update_item(TableName=self._table, Key=key(name), **update(value))


class BatchWriter(Writer):
    """Puts and deletes orders in batches."""

    def __init__(self, server: Server, table: str, name: str) -> None:
        super().__init__(server, name)
        self._dynamodb, self._table = server.client("dynamodb"), table

    def wishes(self, number: int) -> dict[str, Any]:
        """Up to 25 orders: new ones, and some that are written again and again."""
        fresh = {f"{self.prefix}-{number}-{each}": number for each in range(self.dice.randrange(1, 20))}
        hot = {f"{self.prefix}-hot-{each}": number if each % 2 else None for each in range(number % HOT_NAMES)}
        return {**fresh, **hot}

    def write(self, number: int, wishes: dict[str, Any]) -> None:
        """Write them."""
        requests = [
            {"PutRequest": {"Item": item(name, value)}} if value is not None else {"DeleteRequest": {"Key": key(name)}}
            for name, value in wishes.items()
        ]
        answer = self._dynamodb.batch_write_item(RequestItems={self._table: requests})
        assert not answer["UnprocessedItems"]


class TransactionWriter(Writer):
    """Puts, updates and deletes orders in transactions; ``together`` names what is there as a whole or not at all."""

    def __init__(self, server: Server, table: str, name: str) -> None:
        super().__init__(server, name)
        self._dynamodb, self._table = server.client("dynamodb"), table
        self.together: list[list[str]] = []

    def wishes(self, number: int) -> dict[str, Any]:
        """Some new orders, and some that are written again and again."""
        fresh = [f"{self.prefix}-{number}-{each}" for each in range(self.dice.randrange(2, 12))]
        self.together.append(fresh)
        hot = {f"{self.prefix}-hot-{each}": (number, None)[each % 3 == 2] for each in range(number % HOT_NAMES)}
        return {**dict.fromkeys(fresh, number), **hot}

    def write(self, number: int, wishes: dict[str, Any]) -> None:
        """Write them."""
        actions = [self._action(name, value, at) for at, (name, value) in enumerate(wishes.items())]
        self._dynamodb.transact_write_items(TransactItems=actions)

    def _action(self, name: str, value: Any, at: int) -> dict[str, Any]:
        if value is None:
            return {"Delete": {"TableName": self._table, "Key": key(name)}}
        if at % 2:
            return {"Update": {"TableName": self._table, "Key": key(name), **update(value)}}
        return {"Put": {"TableName": self._table, "Item": item(name, value)}}


class ObjectWriter(Writer):
    """Puts, replaces and deletes objects of all sizes."""

    def __init__(self, server: Server, bucket: str, name: str) -> None:
        super().__init__(server, name)
        self._s3, self._bucket = server.client("s3"), bucket

    def wishes(self, number: int) -> dict[str, Any]:
        """One object: the seed of its bytes, and how many; every tenth is deleted."""
        size = self.dice.choice((0, 10, 5000, 300_000, 3_000_000))
        return {self.name(number): None if number % 10 == 1 else (number, size)}

    def write(self, number: int, wishes: dict[str, Any]) -> None:
        """Write it."""
        ((name, value),) = wishes.items()
        if value is None:
            self._s3.delete_object(Bucket=self._bucket, Key=name)
        else:
            self._s3.put_object(Bucket=self._bucket, Key=name, Body=body(*value))


def explains(history: Iterable[Wish], rows: list[Any], stored: Any) -> bool:
    """Answer whether a history can have left these rows, in this order, and this value; None is a removal, or nothing.

    Every wish that was acknowledged was done, any other was done or not; what changes nothing leaves no row.
    """
    possible: set[tuple[int, Any]] = {(0, None)}  # how many rows are explained, and what is stored then
    for wish in history:
        done = set()
        for at, value in possible:
            if wish.value == value:
                done.add((at, value))
            elif at < len(rows) and rows[at] == wish.value:
                done.add((at + 1, wish.value))
        possible = done if wish.acknowledged else done | possible
    return (len(rows), stored) in possible


def ends(history: list[Wish]) -> list[Any]:
    """Answer what may be there after a history."""
    last = max((at for at, wish in enumerate(history) if wish.acknowledged), default=-1)
    return [history[last].value if last >= 0 else None, *(wish.value for wish in history[last + 1 :])]


def key(name: str) -> Row:
    """Answer an order's key."""
    return {"order_id": {"S": name}}


def item(name: str, value: int) -> Row:
    """Answer an order."""
    return {**key(name), "quantity": {"N": str(value)}, "status": {"S": "NEW"}}


def update(value: int) -> Row:
    """Answer what an update of an order says."""
    return {
        "UpdateExpression": "SET quantity = :q, #s = :s",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": {":q": {"N": str(value)}, ":s": {"S": "PAID"}},
    }


def body(seed: int, size: int) -> bytes:
    """Answer bytes that can be told from others."""
    block = hashlib.sha256(str(seed).encode()).digest()
    return (block * (size // len(block) + 1))[:size]
