"""Sequence numbers: AWS's layout, and from number to position and back."""

from hypothesis import given
from hypothesis import strategies as st

from tailrace.kinesis import sequence
from tailrace.service.kinesis_record import decode, encode, number_base, sequence_number, shard_base

SECONDS = st.integers(1, 2**36 - 1)
SHARDS = st.integers(0, 2**31 - 1)


def test_starting_numbers_are_those_of_a_real_stream() -> None:
    # aws-cli examples/kinesis/describe-stream.rst; created at 0x5db759cd
    assert [sequence.starting(0x5DB759CD, shard) for shard in range(3)] == [
        "49600871682957036442365024926191073437251060580128653314",
        "49600871682979337187563555549332609155523708941634633746",
        "49600871683001637932762086172474144873796357303140614178",
    ]


@given(created=SECONDS, shard=SHARDS, position=st.integers(1, 2**63 - 1), time=SECONDS)
def test_a_number_says_where_the_record_is(created: int, shard: int, position: int, time: int) -> None:
    number = sequence_number(shard_base(created, shard), position, time * 1000 + 999)
    assert sequence.parse(str(number)) == (shard, created, position, time)
    assert len(str(number)) == 56 or created > 2**34


@given(created=SECONDS, shard=SHARDS, first=st.integers(1, 2**62), time=SECONDS)
def test_numbers_grow_with_the_position(created: int, shard: int, first: int, time: int) -> None:
    base = shard_base(created, shard)
    earlier, later = (sequence_number(base, place, time * 1000) for place in (first, first + 1))
    assert int(sequence.starting(created, shard)) < earlier < later < int(sequence.ending(created, shard, time))


@given(created=SECONDS, shard=SHARDS)
def test_the_base_is_in_the_starting_number(created: int, shard: int) -> None:
    assert number_base(sequence.starting(created, shard)) == shard_base(created, shard)


@given(number=st.integers(0, 2**190))
def test_foreign_numbers_are_told_from_ours(number: int) -> None:
    parsed = sequence.parse(str(number))
    assert (
        parsed is None
        or sequence_number(shard_base(parsed.created_s, parsed.shard), parsed.sequence, parsed.time_s * 1000) == number
    )


@given(key=st.text(max_size=256), data=st.binary(max_size=64), explicit=st.none() | st.integers(0, 2**128 - 1))
def test_a_record_survives_the_log(key: str, data: bytes, explicit: int | None) -> None:
    assert decode(encode(key, data, explicit)) == (key, data)
