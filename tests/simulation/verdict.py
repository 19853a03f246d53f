"""The verdict on a run: whether every accepted change is where it belongs, once, in order, and nothing else is."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from simulation.evidence import Event, Evidence
from simulation.history import Fate, History, Key, Write
from simulation.history import key_of as key_of_image
from simulation.life import Life
from simulation.plan import Plan
from simulation.sql import current_orders
from simulation.values import Image, canonical

Chains = dict[Key, list[Event]]


def verdict(plan: Plan, life: Life, history: History, found: Evidence) -> list[str]:
    """Answer what is wrong; nothing when all is well."""
    chains: Chains = {}
    for event in found.events:
        chains.setdefault(key_of(event), []).append(event)
    return [
        *found.wrong_files,
        *_ledger(plan, life, found),
        *_chained(chains, found.items),
        *_explained(chains, history),
        *_delivered(plan, life, found),
        *_ordered(plan, found),
        *_lake_is_table(plan, found),
    ]


def key_of(event: Event) -> Key:
    """Answer the key of the item that an event is about."""
    return key_of_image(event["dynamodb"]["Keys"])


def _number(event: Event) -> int:
    return int(event["dynamodb"]["SequenceNumber"])


def _old(event: Event) -> Image | None:
    return event["dynamodb"].get("OldImage")


def _new(event: Event) -> Image | None:
    return event["dynamodb"].get("NewImage")


def _ledger(plan: Plan, life: Life, found: Evidence) -> Iterator[str]:
    """Each hop has received what the hop before it gave, and says what became of each record."""
    store = life.cloud.store
    received: Counter[str] = Counter()
    counts: dict[str, Counter[str]] = {}
    for consumer_id, standing in life.cloud.ledger.standings(store.begin()):
        if standing.received != standing.accounted:
            yield f"{consumer_id} received {standing.received}, accounts for {standing.accounted}"
        received[standing.hop.kind] += standing.received
        count = counts.setdefault(standing.hop.kind, Counter())
        for end in ("delivered", "filtered", "dropped", "failed"):
            count[end] += getattr(standing, end)
    passed = sum(map(len, found.passed))
    expected = {"pipe": len(found.events), "delivery stream": passed}
    for kind, number in expected.items():
        if received[kind] != number:
            yield f"the {kind} received {received[kind]} of {number} records"
    delivery, pipe = counts.get("delivery stream", Counter()), counts.get("pipe", Counter())
    facts = (
        ("the pipe delivered", pipe["delivered"], len(_passed_once(found)) if plan.doubles else passed),
        ("the delivery stream delivered", delivery["delivered"], sum(len(each.rows) for each in found.rows)),
        ("the delivery stream failed", delivery["failed"], sum(len(each.events) for each in found.errors)),
    )
    for words, said, counted in facts:
        if said != counted:
            yield f"{words} {said} records, there are {counted}"


def _chained(chains: Chains, items: list[Image]) -> Iterator[str]:
    """Each event begins where the one before it ended; the last one says what the table says."""
    states: dict[Key, Any] = {}
    for key, chain in chains.items():
        before: Image | None = None
        for event in chain:
            old, new = _old(event), _new(event)
            name = "MODIFY" if old and new else "INSERT" if new else "REMOVE"
            if canonical(old) != canonical(before):
                yield f"{key}: {event['eventID']} does not follow the event before it"
            if event["eventName"] != name or canonical(old) == canonical(new):
                yield f"{key}: {event['eventID']} is no {event['eventName']}"
            before = new
        if before is not None:
            states[key] = canonical(before)
    table = {key_of_image(item): canonical(item) for item in items}
    for key in states.keys() | table.keys():
        if states.get(key) != table.get(key):
            yield f"{key}: the table and the last event differ"
    numbers = [_number(event) for chain in chains.values() for event in chain]
    if len(set(numbers)) != len(numbers):
        yield "sequence numbers repeat"


def _explained(chains: Chains, history: History) -> Iterator[str]:
    """Each event is what one write made of what was there; each acknowledged write has its event, each refused none."""
    events: dict[int, list[Event]] = {}
    for chain in chains.values():
        for event in chain:
            number = _writer(event)
            if number is not None:
                events.setdefault(number, []).append(event)
    writers = {write.number: write for write in history.writes}
    repeats = _repeats(history)
    for number, made in events.items():
        write = writers.get(number)
        if write is None:
            yield f"nobody wrote {number}"
            continue
        if len(made) > 1 + repeats.get(number, 0):
            yield f"write {number} ({write.kind}, {write.fate.value}) has {len(made)} events"
        for event in made:
            if canonical(write.apply(_old(event))) != canonical(_new(event)) or key_of(event) != write.key:
                yield f"{event['eventID']} is not what write {number} makes of what was there"
            if write.requires is not None and write.requires != bool(_old(event)) and not repeats[number]:
                yield f"write {number} was carried out although its condition did not hold"
    for write in history.writes:
        yield from _fate(write, events, repeats)
    yield from _groups(history, events)
    yield from _removals(chains, history)
    yield from _real_time(chains, writers, repeats)


def _writer(event: Event) -> int | None:
    new = _new(event)
    return None if new is None else int(new["op"]["N"])


def _repeats(history: History) -> Counter[int]:
    """Answer how many later writes repeat each put: they carry its number and may each have an event."""
    found: Counter[int] = Counter()
    for write in history.writes:
        number = _carried(write)
        if number != write.number and number:
            found[number] += 1
    return found


def _carried(write: Write) -> int:
    if write.kind != "put":
        return write.number if write.kind == "update" else 0
    image = write.apply(None)
    return 0 if image is None else int(image["op"]["N"])


def _fate(write: Write, events: dict[int, list[Event]], repeats: Counter[int]) -> Iterator[str]:
    if write.kind == "delete" or repeats[write.number] or _carried(write) != write.number:
        return  # told by the chain, by what the answer said, or together with the write that it repeats
    count = len(events.get(write.number, ()))
    if write.fate is Fate.ACKNOWLEDGED and count != 1:
        yield f"acknowledged write {write.number} ({write.kind} {write.key}) has {count} events"
    if write.fate is Fate.REFUSED and count:
        yield f"refused write {write.number} ({write.kind} {write.key}) has an event"
    if count and write.tells and canonical(write.replaced) != canonical(_old(events[write.number][0])):
        yield f"write {write.number} was told that it replaced something else"


def _groups(history: History, events: dict[int, list[Event]]) -> Iterator[str]:
    """A transaction is all there or not at all."""
    groups: dict[int, list[Write]] = {}
    for write in history.writes:
        if write.group is not None and write.kind != "delete":
            groups.setdefault(write.group, []).append(write)
    for group, writes in groups.items():
        there = {write.number in events for write in writes}
        if len(there) > 1:
            yield f"transaction {group} is there in part"


def _removals(chains: Chains, history: History) -> Iterator[str]:
    """Each removal is a delete's; each delete that was told what it removed has its removal."""
    deletes: dict[Key, list[Write]] = {}
    for write in history.writes:
        if write.kind == "delete" and write.fate is not Fate.REFUSED:
            deletes.setdefault(write.key, []).append(write)
    for key in chains.keys() | deletes.keys():
        removed = Counter(int((_old(event) or {})["op"]["N"]) for event in chains.get(key, ()) if _new(event) is None)
        free = 0
        for write in deletes.get(key, ()):
            if not write.tells:
                free += 1
            elif write.replaced is not None:
                number = int(write.replaced["op"]["N"])
                removed[number] -= 1
                if removed[number] < 0:
                    yield f"acknowledged delete {write.number} of {key} has no event"
        if sum(max(count, 0) for count in removed.values()) > free:
            yield f"{key} was removed by nobody"


def _real_time(chains: Chains, writers: dict[int, Write], repeats: Counter[int]) -> Iterator[str]:
    """A write that was answered before another was asked for comes before it."""
    for key, chain in chains.items():
        latest_invoked = -1
        for event in chain:
            number = _writer(event)
            write = writers.get(number) if number is not None else None
            if write is None or repeats[write.number]:
                continue
            if write.answered is not None and write.answered < latest_invoked:
                yield f"{key}: write {write.number} comes after one that was asked for later"
            latest_invoked = max(latest_invoked, write.invoked)


def _delivered(plan: Plan, life: Life, found: Evidence) -> Iterator[str]:
    """Each event is in S3 once, or among the failed once, or in the queue, or it was filtered or dropped by right."""
    expected = Counter(event["eventID"] for event in found.events)
    buried = set(_buried(plan, found))
    filtered = {event["eventID"] for event in found.events if plan.filters and not _kept(event)} - buried
    for event_id in buried | filtered:
        del expected[event_id]
    passed = Counter(event["eventID"] for shard in found.passed for event in shard)
    pipe_failed = sum(
        standing.failed
        for _, standing in life.cloud.ledger.standings(life.cloud.store.begin())
        if standing.hop.kind == "pipe"
    )
    once = _passed_once(found) if plan.doubles else passed
    if plan.dead_letters or not pipe_failed:
        yield from _compared("passed on to Kinesis", expected, once)
        if len(buried) != pipe_failed:
            yield f"{pipe_failed} records failed in the pipe, {len(buried)} are told of in the queue"
    elif once - expected or (expected - once).total() != pipe_failed:
        yield f"{pipe_failed} records failed in the pipe, {(expected - once).total()} are missing in Kinesis"
    if plan.backup:
        yield from _compared("backed up", passed, Counter(event["eventID"] for event in found.backup))
    dropped = {event["eventID"] for event in found.events if plan.handler == "changes" and _flag(event, "dropped")}
    events = {event["eventID"]: event for event in found.events}
    rows = Counter(_event_id(row) for each in found.rows for row in each.rows)
    failed = Counter(event["eventID"] for each in found.errors for event in each.events)
    for event_id in dropped & passed.keys():
        passed[event_id] = failed[event_id]  # it is dropped as often as the function was asked and did not fail
    yield from _compared("in S3 or failed", passed, rows + failed)
    for event_id in rows:
        if plan.handler == "changes" and event_id in events and _flag(events[event_id], "poison"):
            yield f"{event_id} is poison and in S3"


def _passed_once(found: Evidence) -> Counter[str]:
    """Answer the changes in Kinesis, each counted once however often it is there."""
    return Counter({event["eventID"] for shard in found.passed for event in shard})


def _buried(plan: Plan, found: Evidence) -> Iterator[str]:
    for letter in found.letters:
        batch = letter["DDBStreamBatchInfo"]
        first, last = int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])
        told = [event["eventID"] for event in found.events if first <= _number(event) <= last]
        assert len(told) == batch["batchSize"], letter
        yield from told


def _kept(event: Event) -> bool:
    return event["eventName"] != "REMOVE" and "hidden" not in (_new(event) or {})


def _flag(event: Event, name: str) -> bool:
    image = _new(event) or _old(event) or {}
    return name in image and (name == "dropped" or "dropped" not in image)


def _event_id(row: dict[str, Any]) -> str:
    return str(row.get("eventID") or row["event_id"])


def _compared(words: str, expected: Counter[str], there: Counter[str]) -> Iterator[str]:
    lost, extra = expected - there, there - expected
    if lost:
        yield f"not {words}: {lost.total()} of {expected.total()} changes, {next(iter(lost))} for one"
    if extra:
        yield f"{words} without a reason: {extra.total()} changes, {next(iter(extra))} for one"


def _ordered(plan: Plan, found: Evidence) -> Iterator[str]:
    """The changes of one item are in order in Kinesis, and in S3 in the order in which Kinesis has them."""
    if not plan.reorders:
        for shard in found.passed:
            yield from _rising("Kinesis", [(key_of(event), _number(event)) for event in shard])
    road: dict[Key, list[str]] = {}
    keys: dict[str, Key] = {}
    for shard in found.passed:  # parents before their children
        for event in shard:
            key = keys[event["eventID"]] = key_of(event)
            road.setdefault(key, []).append(event["eventID"])
    yield from _following("S3", road, [_event_id(row) for each in found.rows for row in each.rows], keys)
    yield from _following("S3's errors", road, [each["eventID"] for one in found.errors for each in one.events], keys)


def _following(where: str, road: dict[Key, list[str]], event_ids: list[str], keys: dict[str, Key]) -> Iterator[str]:
    ahead = {key: iter(events) for key, events in road.items()}
    for event_id in event_ids:
        key = keys.get(event_id)  # what nobody passed on is told of elsewhere
        if key is not None and event_id not in ahead[key]:
            yield f"in {where} the changes of {key} are out of order"
            return


def _rising(where: str, places: list[tuple[Key, int]]) -> Iterator[str]:
    last: dict[Key, int] = {}
    for key, number in places:
        if number < last.get(key, 0):
            yield f"in {where} the changes of {key} are out of order"
            return
        last[key] = number


def _lake_is_table(plan: Plan, found: Evidence) -> Iterator[str]:
    """The last row of each item, by sequence number, says what the table says: as SQL reads it for the example."""
    newest = {key_of(event): event for event in found.events}
    table = {key_of_image(item): item for item in found.items}
    if plan.handler == "orders":
        there = {_event_id(row) for each in found.rows for row in each.rows}
        settled = {key[0] for key, event in newest.items() if event["eventID"] in there}
        yield from current_orders(plan, found, {key[0]: item for key, item in table.items()}, settled)
        return
    delivered = [row for each in found.rows for row in each.rows]
    delivered += [event for each in found.errors for event in each.events]
    for row in delivered:
        key = key_of(row)
        if _number(row) == _number(newest[key]) and canonical(_new(row)) != canonical(table.get(key)):
            yield f"{key}: the lake and the table differ"
