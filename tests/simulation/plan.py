"""What one run is made of, all drawn from its seed: the pipeline's settings, the workload, the faults, the deaths."""

import random
from dataclasses import dataclass
from typing import Any

from simulation.disk import MOMENTS, Doom
from tailrace.engine.store import Durability
from tailrace.service.fault import Fault

# What only a simulated cloud can do wrong, beside the faults that users may switch on.
SIMULATED = {
    "function:slow": "a function takes its time",
    "function:exited": "a function's process ends",
    "function:garbled": "a function's answer is not what Firehose may expect",
    "door:s3 PutObject": "a hop may not put an object, for a reason that no AWS error tells",
    "door:kinesis ShardLogs": "a hop finds no way to the shards of the stream",
    "door:dynamodbstreams ShardLogs": "a hop finds no way to the shards of the table's stream",
    "door:assume role": "a hop may not assume its role",
    "store:full": "there is no room for a commit",
    "files:full": "there is no room for a body",
}
FAULTS = (
    Fault.KINESIS_THROTTLE,
    Fault.KINESIS_PARTIAL,
    Fault.DUPLICATES,
    Fault.DYNAMODB_THROTTLE,
    Fault.DYNAMODB_BATCH,
    Fault.LAMBDA_THROTTLE,
    Fault.LAMBDA_ERROR,
    Fault.LAMBDA_TIMEOUT,
    Fault.S3_ERROR,
    Fault.S3_SLOW_DOWN,
    *SIMULATED,
)
_OCCURRENCES = {"commit": 400, "sync": 250, "body": 12, "turn": 1500}


@dataclass(frozen=True)
class Plan:
    """One run."""

    seed: int
    handler: str
    has_range: bool
    shards: int
    batch_size: int
    window_s: int
    bisects: bool
    retries: int
    dead_letters: bool
    filters: bool
    buffer_mb: int
    buffer_s: int
    transform_mb: str
    transform_s: int
    compression: str
    backup: bool
    durability: Durability
    power_cut: bool
    lives: int
    clients: int
    hot_keys: int
    own_keys: int
    writes: int
    huge: bool
    faults: dict[str, float]
    disturbances: bool

    @property
    def doubles(self) -> bool:
        """Whether Kinesis may hold a change more than once."""
        return Fault.DUPLICATES in self.faults

    @property
    def reorders(self) -> bool:
        """Whether Kinesis may hold the changes of an item in another order: refused or repeated ones come later."""
        return self.doubles or Fault.KINESIS_PARTIAL in self.faults


def plan_of(seed: int, **chosen: Any) -> Plan:
    """Draw a run from its seed; what is chosen is not left to chance."""
    dice = random.Random(f"plan/{seed}")
    orders = dice.random() < 0.25
    huge = not orders and dice.random() < 0.15
    retries = dice.choice((1, 3) if huge else (-1, -1, 2, 6))
    durability = dice.choice((Durability.OS, Durability.FSYNC))
    count = dice.choice((0, 1, 3, 6))
    drawn: dict[str, Any] = {
        "seed": seed,
        "handler": "orders" if orders else "changes",
        "has_range": not orders and dice.random() < 0.3,
        "shards": dice.choice((1, 1, 2, 3)),
        "batch_size": dice.choice((1, 7, 100, 500)),
        "window_s": dice.choice((0, 0, 0, 3)),
        "bisects": dice.random() < 0.5,
        "retries": retries,
        "dead_letters": dice.random() < 0.5,
        "filters": dice.random() < 0.25,
        "buffer_mb": 1,
        "buffer_s": dice.choice((0, 1, 10, 60)),
        "transform_mb": dice.choice(("0.2", "1", "3")),
        "transform_s": dice.choice((0, 0, 1, 30)),
        "compression": dice.choice(("UNCOMPRESSED", "UNCOMPRESSED", "GZIP", "ZIP")),
        "backup": dice.random() < 0.15,
        "durability": durability,
        "power_cut": durability is Durability.FSYNC and dice.random() < 0.7,
        "lives": dice.choice((1, 2, 3, 5)),
        "clients": dice.choice((1, 3, 6)),
        "hot_keys": dice.choice((1, 3)),
        "own_keys": dice.choice((2, 8)),
        "writes": 10 if huge else dice.choice((10, 25, 50)),
        "huge": huge,
        "faults": {str(name): dice.choice((0.02, 0.1, 0.4)) for name in dice.sample(FAULTS, count)},
        "disturbances": dice.random() < 0.5,
    }
    return Plan(**{**drawn, **chosen})


def doom_of(dice: random.Random) -> Doom | None:
    """Draw the moment at which a life ends; None lets it end in order."""
    if dice.random() < 0.1:
        return None
    moment = dice.choice(MOMENTS)
    most = _OCCURRENCES[moment.partition(":")[0]]
    return Doom(moment, int(most ** dice.random()))
