"""A client of the table: it writes what its dice say, one request after the other, and remembers what it was told."""

import asyncio
import random
from typing import Any

from simulation.disk import Disk
from simulation.function import FIELDS
from simulation.history import Fate, History, Key, Write, key_of
from simulation.pipeline import REGION, TABLE, decoded
from simulation.plan import Plan
from simulation.values import Image, Value, attributes
from tailrace.engine.errors import StoreBroken
from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

_THINKING_S = (0.0, 0.0, 0.001, 0.02, 0.7)


class Client:
    """One client in one life. It writes keys of its own, and hot ones that others write too."""

    def __init__(self, name: int, plan: Plan, cloud: LocalCloud, disk: Disk, history: History) -> None:
        self._name = name
        self._plan = plan
        self._cloud = cloud
        self._disk = disk
        self._history = history
        self._dice = random.Random(f"client/{plan.seed}/{name}/{len(history.writes)}")

    async def run(self) -> None:
        """Write until there is nothing more to write, or the process has died."""
        kinds = (self._put, self._put, self._put, self._update, self._delete, self._repeat, self._batch, self._transact)
        for _ in range(self._plan.writes):
            if self._disk.dead:
                return
            await self._dice.choice(kinds)()
            await self._cloud.clock.sleep(self._dice.choice(_THINKING_S))
            for _ in range(self._dice.randrange(5)):
                await asyncio.sleep(0)

    # What it writes

    async def _put(self) -> None:
        write, item = self._putting(self._key())
        params: dict[str, Any] = {"Item": item, "ReturnValues": "ALL_OLD"}
        if self._dice.random() < 0.15:
            write.requires = self._dice.random() < 0.5
            params["ConditionExpression"] = "attribute_exists(#op)" if write.requires else "attribute_not_exists(#op)"
            params["ExpressionAttributeNames"] = {"#op": "op"}
        await self._send("PutItem", params, [write])

    async def _repeat(self) -> None:
        """Put again what was put last: as a rule nothing changes, and then there must be no record of it."""
        key = self._own_key()
        before = next((each for each in reversed(self._history.writes) if each.key == key), None)
        if before is None or before.kind != "put" or before.fate is not Fate.ACKNOWLEDGED:
            return
        item = before.apply(None)
        write = self._noted("put", key, before.apply)
        await self._send("PutItem", {"Item": item, "ReturnValues": "ALL_OLD"}, [write])

    async def _update(self) -> None:
        key = self._key()
        write, params = self._updating(key)
        await self._send("UpdateItem", {"Key": self._key_image(key), **params, "ReturnValues": "ALL_OLD"}, [write])

    async def _delete(self) -> None:
        key = self._key()
        write = self._noted("delete", key, lambda _: None)
        await self._send("DeleteItem", {"Key": self._key_image(key), "ReturnValues": "ALL_OLD"}, [write])

    async def _batch(self) -> None:
        writes, requests = [], []
        for key in {self._key(): None for _ in range(self._dice.randrange(1, 26))}:
            if self._dice.random() < 0.8:
                write, item = self._putting(key)
                requests.append({"PutRequest": {"Item": item}})
            else:
                write = self._noted("delete", key, lambda _: None)
                requests.append({"DeleteRequest": {"Key": self._key_image(key)}})
            writes.append(write)
        await self._send("BatchWriteItem", {"RequestItems": {TABLE: requests}}, writes, named=False)

    async def _transact(self) -> None:
        writes, actions, group = [], [], self._history.number()
        for key in {self._key(): None for _ in range(self._dice.randrange(1, 5))}:
            chance = self._dice.random()
            if chance < 0.5:
                write, item = self._putting(key)
                actions.append({"Put": {"TableName": TABLE, "Item": item}})
            elif chance < 0.9:
                write, params = self._updating(key)
                actions.append({"Update": {"TableName": TABLE, "Key": self._key_image(key), **params}})
            else:
                write = self._noted("delete", key, lambda _: None)
                actions.append({"Delete": {"TableName": TABLE, "Key": self._key_image(key)}})
            write.group = group
            writes.append(write)
        await self._send("TransactWriteItems", {"TransactItems": actions}, writes, named=False)

    # How it asks

    async def _send(self, operation: str, params: dict[str, Any], writes: list[Write], *, named: bool = True) -> None:
        if named:
            params = {"TableName": TABLE, **params}
        fate, answer = Fate.ACKNOWLEDGED, {}
        try:
            root = Principal.root(self._cloud.account)
            answer = decoded(await self._cloud.request("dynamodb", operation, params, root, region=REGION))
        except AwsError as error:
            fate = Fate.UNKNOWN if isinstance(error.__cause__, StoreBroken) else Fate.REFUSED
            if fate is Fate.REFUSED and error.status >= 500 and "by chance" not in error.message:
                raise
        if self._disk.dead:
            return
        writes = self._undone(writes, answer)
        if fate is Fate.ACKNOWLEDGED and "ReturnValues" in params:
            writes[0].tells, writes[0].replaced = True, answer.get("Attributes")
        if fate is not Fate.UNKNOWN:
            self._history.answer(writes, fate)

    def _undone(self, writes: list[Write], answer: dict[str, Any]) -> list[Write]:
        """Take the writes that a batch left undone for refused: they are not sent again. Answer the others."""
        left = answer.get("UnprocessedItems", {}).get(TABLE, ())
        parts = [
            request["PutRequest"]["Item"] if "PutRequest" in request else request["DeleteRequest"]["Key"]
            for request in left
        ]
        keys = {key_of(part) for part in parts}
        self._history.answer([write for write in writes if write.key in keys], Fate.REFUSED)
        return [write for write in writes if write.key not in keys]

    # What it makes up

    def _noted(self, kind: str, key: Key, apply: Any) -> Write:
        history = self._history
        return history.add(Write(history.number(), kind, key, apply, history.tick()))

    def _putting(self, key: Key) -> tuple[Write, Image]:
        item: Image = {}
        write = self._noted("put", key, lambda _: item)
        item |= {**self._attributes(), **self._key_image(key), "op": {"N": str(write.number)}}
        return write, item

    def _updating(self, key: Key) -> tuple[Write, dict[str, Any]]:
        added, base = self._attributes(), self._key_image(key)
        step = self._dice.randrange(1, 5)

        def apply(before: Image | None) -> Image:
            image = {**(before or base), **added, "op": {"N": str(write.number)}}
            count = int(image.get("counter", {"N": "0"})["N"]) + step
            return {**image, "counter": {"N": str(count)}}

        write = self._noted("update", key, apply)
        names = {"#op": "op", "#c": "counter"}
        values: dict[str, Value] = {":op": {"N": str(write.number)}, ":zero": {"N": "0"}, ":step": {"N": str(step)}}
        parts = ["#op = :op", "#c = if_not_exists(#c, :zero) + :step"]
        for at, (name, value) in enumerate(added.items()):
            names[f"#n{at}"], values[f":v{at}"] = name, value
            parts.append(f"#n{at} = :v{at}")
        expression = f"SET {', '.join(parts)}"
        return write, {
            "UpdateExpression": expression,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }

    def _attributes(self) -> Image:
        dice, made = self._dice, attributes(self._dice, huge=self._plan.huge)
        if self._plan.handler == "orders":
            return dict(zip(FIELDS[1:], made.values(), strict=False))
        for flag, chance in (("dropped", 0.04), ("poison", 0.04), ("hidden", 0.1)):
            if dice.random() < chance:
                made[flag] = {"BOOL": True}
        return made

    def _key(self) -> Key:
        if self._dice.random() < 0.3:
            return f"hot-{self._dice.randrange(self._plan.hot_keys)}", self._range()
        return self._own_key()

    def _own_key(self) -> Key:
        return f"客{self._name}-{self._dice.randrange(self._plan.own_keys)}", self._range()

    def _range(self) -> str:
        return str(self._dice.randrange(3)) if self._plan.has_range else ""

    def _key_image(self, key: Key) -> Image:
        image = {"order_id": {"S": key[0]}}
        return {**image, "line": {"N": key[1]}} if self._plan.has_range else image
