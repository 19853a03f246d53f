"""Change records: the event JSON that Lambda, Pipes and the Streams API hand out, spliced from item bytes as stored.

A sequence number is 13 digits of the shard's birth in milliseconds and 15 of the log's sequence: position and number
are one, and numbers grow from shard to shard. (Recorded shape: facts of AWS 2025, eventVersion 1.1.)
"""

from tailrace.dynamodb.stream import ShardRow, StreamRow

_POSITION_DIGITS = 15
_POSITIONS: int = 10**_POSITION_DIGITS
_MASK = 2**64 - 1
_SPREAD = 0x9E3779B97F4A7C15  # odd, so that multiplying by it is one-to-one: event ids never repeat within a shard

_EXPIRED = b',"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"}'
_EXPIRED_ON_WIRE = b',"userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"}'


class RecordFormat:
    """The records of one shard: what all of them share is written once."""

    __slots__ = ("_end", "_middle", "_salt_high", "_salt_low", "_sequence", "_view_end", "new", "old")

    def __init__(self, stream: StreamRow, shard: ShardRow, region: str) -> None:
        self.new = stream.view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
        self.old = stream.view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")
        self._salt_high = (shard.salt * _SPREAD) & _MASK
        self._salt_low = shard.salt
        self._sequence = f"{shard.created_ms:013d}"
        self._middle = (
            '","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"'
            f'{region}","dynamodb":{{"ApproximateCreationDateTime":'
        )
        self._view_end = f',"StreamViewType":"{stream.view}"}}'.encode()
        self._end = _arn_end(stream.arn)

    def write(
        self,
        position: int,
        second: int,
        keys: bytes,
        keys_size: int,
        new: tuple[int, bytes] | None,
        old: tuple[int, bytes] | None,
        *,
        expired: bool = False,
    ) -> bytes:
        """Answer the record of one change: its place in the log, its time, its key, and (size, JSON) of its images."""
        name = "MODIFY" if new and old else "INSERT" if new else "REMOVE"
        event_id = ((position * _SPREAD) & _MASK) ^ self._salt_low
        head = f'{{"eventID":"{self._salt_high:016x}{event_id:016x}","eventName":"{name}{self._middle}{second},"Keys":'
        size = keys_size
        parts = [head.encode(), keys]
        if new and self.new:
            size += new[0]
            parts += (b',"NewImage":', new[1])
        if old and self.old:
            size += old[0]
            parts += (b',"OldImage":', old[1])
        tail = f',"SequenceNumber":"{self._sequence}{position:0{_POSITION_DIGITS}d}","SizeBytes":{size}'
        parts += (tail.encode(), self._view_end, _EXPIRED if expired else b"", self._end)
        return b"".join(parts)


def sequence_number(shard: ShardRow, position: int) -> str:
    """Answer the sequence number of a place in a shard's log."""
    return f"{shard.created_ms:013d}{position:0{_POSITION_DIGITS}d}"


def position_of(shard: ShardRow, number: str) -> int:
    """Answer the place in a shard's log that a sequence number stands for; one before the shard's birth is 0."""
    begin, position = divmod(int(number), _POSITIONS)
    if begin == shard.created_ms:
        return position
    return 0 if begin < shard.created_ms else _POSITIONS


def on_wire(record: bytes, arn: str) -> bytes:
    """Answer a record as GetRecords writes it: without the stream's ARN, and a user identity in capital letters."""
    record = record.removesuffix(_arn_end(arn))
    if record.endswith(_EXPIRED):
        record = record[: -len(_EXPIRED)] + _EXPIRED_ON_WIRE
    return record + b"}"


def _arn_end(arn: str) -> bytes:
    return f',"eventSourceARN":"{arn}"}}'.encode()
