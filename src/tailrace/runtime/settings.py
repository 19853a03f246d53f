"""What one Tailrace is started with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tailrace.engine.store import Durability

ACCOUNT = "123456789012"
REGION = "us-east-1"
PORT = 4566


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of ``tailrace up``; the seed makes ids and dice repeatable, None takes the machine's."""

    data_dir: Path
    durability: Durability = Durability.FSYNC
    host: str = "127.0.0.1"
    port: int = PORT
    auth: Literal["none", "iam"] = "none"
    account: str = ACCOUNT
    clock: Literal["system", "manual"] = "system"
    seed: int | None = None
