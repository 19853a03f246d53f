"""What only Tailrace can tell and do, asked for over HTTP under ``/_tailrace/`` like from any other language."""

import json
from typing import Any, TypedDict


class Refused(ValueError):
    """Tailrace does not carry it out; the text says what to do instead."""


class Hop(TypedDict):
    """One hop of the ledger: received = delivered + filtered + dropped + failed + in_flight, at every moment.

    ``kind`` is what it is (pipe, delivery stream, event source mapping), ``note`` says why records wait, if they do.
    """

    id: str
    kind: str
    name: str
    region: str
    source: str
    target: str
    running: bool
    received: int
    delivered: int
    filtered: int
    dropped: int
    failed: int
    in_flight: int
    lag_ms: int
    note: str | None


def ask(endpoint: str, method: str, path: str, wishes: dict[str, Any] | None = None) -> Any:
    """Send one request under ``/_tailrace/`` and answer its JSON. Raises Refused with Tailrace's words."""
    import urllib.error
    import urllib.request

    body = None if wishes is None else json.dumps(wishes).encode()
    request = urllib.request.Request(f"{endpoint}/_tailrace/{path}", data=body, method=method)
    # No proxy: what listens is on this machine, whatever the environment says about the rest of the world.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        raise Refused(json.loads(refused.read())["message"]) from None
