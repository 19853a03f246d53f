"""Clients under load that remember what was acknowledged, and what may or may not have been done."""

import hashlib
import random
import threading
import time
from abc import ABC, abstractmethod
from typing import Any

from recovery.server import Server

Row = dict[str, Any]


class Writer(threading.Thread, ABC):
    """Writes until told to end. ``acknowledged``: name -> value, None when deleted; ``unknown``: never answered."""

    def __init__(self, server: Server, name: str) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.acknowledged: dict[str, Any] = {}
        self.unknown: dict[str, list[Any]] = {}
        self.changes = 0
        self.server = server
        self.prefix = name
        self.dice = random.Random(name)

    def run(self) -> None:
        number = 0
        while not self.ended.is_set():
            number += 1
            wishes = self.wishes(number)
            for name, value in wishes.items():
                self.unknown.setdefault(name, []).append(value)
            try:
                self.write(wishes)
            except Exception:
                # Killed in between: it happened, or it did not.
                time.sleep(0.02)
                continue
            for name, value in wishes.items():
                self.acknowledged[name] = value
                del self.unknown[name]
            self.changes += len(wishes)

    @abstractmethod
    def wishes(self, number: int) -> dict[str, Any]:
        """Answer what to write next: names, none of which has an unknown outcome, and values."""

    @abstractmethod
    def write(self, wishes: dict[str, Any]) -> None:
        """Write it."""

    def possible(self, name: str) -> list[Any]:
        """Answer what may be there under a name."""
        return [self.acknowledged.get(name), *self.unknown.get(name, ())]

    def names(self) -> set[str]:
        """Answer all names that were ever written."""
        return {*self.acknowledged, *self.unknown}

    def fresh(self, number: int) -> str:
        """Answer a name: every fourth is one that was written before."""
        name = f"{self.prefix}-{number if number % 4 else number - 2}"
        return f"{self.prefix}-{number}" if name in self.unknown else name


class OrderWriter(Writer):
    """Puts, updates and deletes single orders."""

    def __init__(self, server: Server, table: str, name: str) -> None:
        super().__init__(server, name)
        self._dynamodb, self._table = server.client("dynamodb"), table

    def wishes(self, number: int) -> dict[str, Any]:
        """One order; every twelfth is deleted."""
        return {self.fresh(number): None if number % 12 == 0 else number}

    def write(self, wishes: dict[str, Any]) -> None:
        """Write it with the operation that fits."""
        ((name, value),) = wishes.items()
        place = {"TableName": self._table, "Key": {"order_id": {"S": name}}}
        if value is None:
            self._dynamodb.delete_item(**place)
        elif value % 3:
            self._dynamodb.put_item(TableName=self._table, Item=item(name, value))
        else:
            self._dynamodb.update_item(
                **place,
                UpdateExpression="SET quantity = :q, #s = :s",
                ExpressionAttributeNames={"#s": "status"},
                ExpressionAttributeValues={":q": {"N": str(value)}, ":s": {"S": "PAID"}},
            )


class BatchWriter(Writer):
    """Puts orders in batches, and every other time in transactions, that are there as a whole or not at all."""

    def __init__(self, server: Server, table: str, name: str) -> None:
        super().__init__(server, name)
        self._dynamodb, self._table = server.client("dynamodb"), table

    def wishes(self, number: int) -> dict[str, Any]:
        """A number of orders of their own."""
        return {f"{self.prefix}-{number}-{each}": number for each in range(self.dice.randrange(2, 25))}

    def write(self, wishes: dict[str, Any]) -> None:
        """Write them."""
        items = [item(name, value) for name, value in wishes.items()]
        if items[0]["quantity"]["N"][-1] in "02468":
            actions = [{"Put": {"TableName": self._table, "Item": each}} for each in items]
            self._dynamodb.transact_write_items(TransactItems=actions)
            return
        requests = [{"PutRequest": {"Item": each}} for each in items]
        answer = self._dynamodb.batch_write_item(RequestItems={self._table: requests})
        assert not answer["UnprocessedItems"]


class ObjectWriter(Writer):
    """Puts, replaces and deletes objects of all sizes."""

    def __init__(self, server: Server, bucket: str, name: str) -> None:
        super().__init__(server, name)
        self._s3, self._bucket = server.client("s3"), bucket

    def wishes(self, number: int) -> dict[str, Any]:
        """One object: the seed of its bytes, and how many; every tenth is deleted."""
        size = self.dice.choice((0, 10, 5000, 300_000, 3_000_000))
        return {self.fresh(number): None if number % 10 == 0 else (number, size)}

    def write(self, wishes: dict[str, Any]) -> None:
        """Write it."""
        ((name, value),) = wishes.items()
        if value is None:
            self._s3.delete_object(Bucket=self._bucket, Key=name)
        else:
            self._s3.put_object(Bucket=self._bucket, Key=name, Body=body(*value))


def item(name: str, value: int) -> Row:
    """Answer an order."""
    return {"order_id": {"S": name}, "quantity": {"N": str(value)}, "status": {"S": "NEW"}}


def body(seed: int, size: int) -> bytes:
    """Answer bytes that can be told from others."""
    block = hashlib.sha256(str(seed).encode()).digest()
    return (block * (size // len(block) + 1))[:size]
