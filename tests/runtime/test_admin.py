"""What is asked for under ``/_tailrace/`` is done, or refused with what to do instead: no wish is passed over."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tailrace.runtime.admin import Admin

REFUSALS: list[tuple[str, str, bytes, int, str]] = [
    ("GET", "nonsense", b"", 404, "there is no GET /_tailrace/nonsense; there is GET /_tailrace/health, "),
    ("GET", "settle", b"", 404, "POST /_tailrace/settle"),
    ("POST", "clock", b"{", 400, "the body is not JSON: "),
    ("POST", "clock", b"[1]", 400, "the body must be a JSON object"),
    ("POST", "clock", b"{}", 400, "advance_s must be a number between 0 and 34,560,000, not null"),
    ("POST", "clock", b'{"advance_s": -1}', 400, "advance_s must be a number between 0 and 34,560,000, not -1"),
    ("POST", "clock", b'{"advance_s": "1"}', 400, 'advance_s must be a number between 0 and 34,560,000, not "1"'),
    ("POST", "clock", b'{"advance_s": true}', 400, "advance_s must be a number between 0 and 34,560,000, not true"),
    ("POST", "clock", b'{"advance_s": 1e300}', 400, "advance_s must be a number between 0 and 34,560,000, not 1e+300"),
    ("POST", "clock", b'{"seconds": 1}', 400, "the body may have advance_s, not seconds"),
    ("GET", "status", b'{"name": "x"}', 400, "the body may have no members, not name"),
    ("POST", "settle", b'{"patience_s": null}', 400, "patience_s must be a number between 0 and 3,600, not null"),
    ("POST", "faults", b'{"name": "nonsense"}', 400, "there is no fault nonsense; there are duplicates, "),
    ("POST", "faults", b'{"rate": 0.5}', 400, "name the fault to switch on; GET /_tailrace/faults lists those"),
    ("POST", "faults", b'{"name": "duplicates", "rate": 1.5}', 400, "rate must be a number between 0 and 1, not 1.5"),
]


def ask(open_cloud: Callable[..., Any], method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
    async def asked() -> tuple[int, dict[str, Any]]:
        async with open_cloud() as cloud:
            response = await Admin(cloud)(method, f"/_tailrace/{path}", "", body)
            return response.status, json.loads(response.body)

    return asyncio.run(asked())


@pytest.mark.parametrize(("method", "path", "body", "status", "words"), REFUSALS)
def test_what_cannot_be_done_is_refused(
    open_cloud: Callable[..., Any], method: str, path: str, body: bytes, status: int, words: str
) -> None:
    answered, answer = ask(open_cloud, method, path, body)
    assert answered == status
    assert words in answer["message"]


def test_faults_are_switched(open_cloud: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            admin = Admin(cloud)

            async def switch(**wishes: Any) -> dict[str, tuple[float, int]]:
                response = await admin("POST", "/_tailrace/faults", "", json.dumps(wishes).encode())
                faults = json.loads(response.body)["faults"]
                return {each["name"]: (each["rate"], each["seed"]) for each in faults if each["rate"]}

            assert await switch(name="duplicates") == {"duplicates": (1.0, 0)}
            both = {"duplicates": (1.0, 0), "s3:error": (0.5, 9)}
            assert await switch(name="s3:error", rate=0.5, seed=9) == both
            assert await switch(name="duplicates", rate=0) == {"s3:error": (0.5, 9)}
            assert await switch() == {}

    asyncio.run(scenario())
