"""A named key space of the one store: a prefix, so that one atomic batch may touch any of them."""

from dataclasses import dataclass, field

# The last byte of a prefix is 0x00 and names never contain it, so no space's keys can fall into another's.
_END = b"\x00"
_AFTER_END = b"\x01"


@dataclass(frozen=True, slots=True)
class Space:
    """Name a key space, for example ``Space("kinesis/streams")``: the service, a slash, the noun."""

    name: str
    prefix: bytes = field(init=False, repr=False)
    stop: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        raw = self.name.encode()
        if not raw or b"\x00" in raw:
            raise ValueError(f"not a name for a space: {self.name!r}")
        object.__setattr__(self, "prefix", raw + _END)
        object.__setattr__(self, "stop", raw + _AFTER_END)
