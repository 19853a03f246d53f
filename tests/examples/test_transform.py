"""The example's transform: every change of an order becomes one exact JSON row, and nothing makes it fail a batch."""

import base64
import json
from decimal import Decimal
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

APP = run_path(str(Path(__file__).parents[2] / "examples/orders/transform/app.py"))
FIELDS: tuple[str, ...] = APP["FIELDS"]


def invoke(*changes: Any) -> list[dict[str, Any]]:
    """Run the handler over changes, given as JSON values or raw bytes."""
    bodies = [change if isinstance(change, bytes) else json.dumps(change).encode() for change in changes]
    records = [
        {"recordId": str(at), "approximateArrivalTimestamp": 1, "data": base64.b64encode(body).decode()}
        for at, body in enumerate(bodies)
    ]
    answer: list[dict[str, Any]] = APP["handler"]({"invocationId": "i", "records": records}, None)["records"]
    assert [record["recordId"] for record in answer] == [record["recordId"] for record in records]
    return answer


def row(record: dict[str, Any]) -> dict[str, Any]:
    """Read the row of an accepted record, numbers exactly."""
    assert record["result"] == "Ok"
    text = base64.b64decode(record["data"]).decode()
    assert text.endswith("}\n") and text.count("\n") == 1
    decoded: dict[str, Any] = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return decoded


def change(image: Any, event_name: str = "INSERT", **stream: Any) -> dict[str, Any]:
    """Make a DynamoDB stream record as a pipe passes it on."""
    key = "OldImage" if event_name == "REMOVE" else "NewImage"
    dynamodb = {"ApproximateCreationDateTime": 1767323045, "SequenceNumber": "9" * 21, key: image, **stream}
    return {"eventID": "e" * 32, "eventName": event_name, "dynamodb": dynamodb}


ORDER = {"order_id": {"S": "o-1"}, "total": {"N": "37.98"}, "status": {"S": "NEW"}}


@pytest.mark.parametrize("event_name", ["INSERT", "MODIFY", "REMOVE"])
def test_a_change_becomes_a_row(event_name: str) -> None:
    assert row(invoke(change(ORDER, event_name))[0]) == {
        "event_id": "e" * 32,
        "event_name": event_name,
        "sequence_number": "9" * 21,
        "event_time": "2026-01-02T03:04:05Z",
        "order_id": "o-1",
        "total": Decimal("37.98"),
        "status": "NEW",
    }


def test_a_modified_order_is_told_by_its_new_image() -> None:
    old = {"order_id": {"S": "o-1"}, "status": {"S": "NEW"}}
    new = {"order_id": {"S": "o-1"}, "status": {"S": "PAID"}}
    assert row(invoke(change(new, "MODIFY", OldImage=old))[0])["status"] == "PAID"


@pytest.mark.parametrize(
    ("seconds", "time"),
    [(0, "1970-01-01T00:00:00Z"), (1767323045.25, "2026-01-02T03:04:05.250Z"), (1767323045.0, "2026-01-02T03:04:05Z")],
)
def test_event_time_is_iso_8601(seconds: float, time: str) -> None:
    assert row(invoke(change(ORDER, ApproximateCreationDateTime=seconds))[0])["event_time"] == time


UNREADABLE: dict[str, Any] = {
    "empty": b"",
    "not UTF-8": b"\xff\xfe\x00",
    "not JSON": b"hello",
    "another JSON value": [1],
    "endless nesting": b"[" * 200_000,
    "no image": {"eventID": "e", "eventName": "INSERT", "dynamodb": {"SequenceNumber": "1"}},
    "no event name": {"eventID": "e", "dynamodb": {"NewImage": ORDER}},
    "not an order": change({"id": {"S": "x"}}),
    "a delete without its old image": change(ORDER, "REMOVE") | {"dynamodb": {"Keys": {"order_id": {"S": "o-1"}}}},
    "an unknown type": change({"order_id": {"X": "o-1"}}),
    "two types": change({"order_id": {"S": "o-1", "N": "1"}}),
    "no number": change({"order_id": {"S": "o-1"}, "total": {"N": "1,5"}}),
    "not a number": change({"order_id": {"S": "o-1"}, "total": {"N": "NaN"}}),
    "a member smuggled in as a number": change({"order_id": {"S": "o-1"}, "total": {"N": '1,"status":"PAID"'}}),
    "half a character": change({"order_id": {"S": "\ud800"}}),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_it_cannot_read_comes_back_as_failed_and_as_it_came(name: str) -> None:
    body = UNREADABLE[name]
    before, failed, after = invoke(change(ORDER), body, change(ORDER))
    assert failed["result"] == "ProcessingFailed"
    assert base64.b64decode(failed["data"]) == (body if isinstance(body, bytes) else json.dumps(body).encode())
    assert before["result"] == after["result"] == "Ok"


# DynamoDB numbers: up to 38 digits, between 1e-130 and 1e126.
numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=8)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
binaries = st.binary(max_size=20)


def base64_text(raw: bytes) -> str:
    """Spell binary as the wire does."""
    return base64.b64encode(raw).decode()


# Each value twice: as DynamoDB writes it, and as a row shows it.
scalars = st.one_of(
    texts.map(lambda value: ({"S": value}, value)),
    numbers.map(lambda value: ({"N": f"{value:f}"}, value)),
    binaries.map(lambda value: ({"B": base64_text(value)}, base64_text(value))),
    st.booleans().map(lambda value: ({"BOOL": value}, value)),
    st.just(({"NULL": True}, None)),
    st.lists(texts, min_size=1, max_size=3, unique=True).map(lambda values: ({"SS": values}, values)),
    st.lists(numbers, min_size=1, max_size=3).map(lambda values: ({"NS": [f"{value:f}" for value in values]}, values)),
    st.lists(binaries, min_size=1, max_size=3)
    .map(lambda values: ({"BS": [*map(base64_text, values)]},) * 2)
    .map(lambda pair: (pair[0], pair[1]["BS"])),
)
attributes = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda pairs: ({"L": [typed for typed, _ in pairs]}, [v for _, v in pairs])),
        st.dictionaries(texts, inner, max_size=3).map(
            lambda pairs: ({"M": {k: typed for k, (typed, _) in pairs.items()}}, {k: v for k, (_, v) in pairs.items()})
        ),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([name for name in FIELDS if name != "order_id"]), attributes))
def test_unmarshalling_is_lossless(fields: dict[str, tuple[dict[str, Any], Any]]) -> None:
    image = {"order_id": {"S": "o-1"}} | {name: typed for name, (typed, _) in fields.items()}
    shown = row(invoke(change(image))[0])
    assert {name: value for name, value in shown.items() if name in fields} == {
        name: value for name, (_, value) in fields.items()
    }


@given(st.binary(max_size=200))
def test_no_record_makes_it_raise(body: bytes) -> None:
    (answer,) = invoke(body)
    assert answer["result"] in ("Ok", "ProcessingFailed")


@pytest.mark.parametrize("text", ["1E+30", "-0", "0.10", "12345678901234567890123456789012345678", "1e-7"])
def test_numbers_keep_their_digits(text: str) -> None:
    (answer,) = invoke(change({**ORDER, "total": {"N": text}}))
    assert f'"total":{text},' in base64.b64decode(answer["data"]).decode()
