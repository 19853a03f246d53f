"""A load made in advance: requests as bytes, sent over several connections from a process of its own."""

import json
import multiprocessing
import random
import selectors
import socket
import time
from typing import Any

PRODUCTS = ("espresso machine", "kettle", "bread knife", "desk lamp", "notebook", "fountain pen")


def order(number: int) -> dict[str, Any]:
    """Answer an order of about 300 bytes."""
    dice = random.Random(number)
    quantity, cents = dice.randint(1, 9), dice.randint(500, 30000)
    return {
        "order_id": {"S": f"order-{number:012d}"},
        "customer_id": {"S": f"customer-{dice.randint(1, 2000):05d}"},
        "product": {"S": dice.choice(PRODUCTS)},
        "category": {"S": "kitchen"},
        "quantity": {"N": str(quantity)},
        "unit_price": {"N": f"{cents // 100}.{cents % 100:02d}"},
        "total": {"N": f"{cents * quantity // 100}.{cents * quantity % 100:02d}"},
        "currency": {"S": "EUR"},
        "country": {"S": "DE"},
        "status": {"S": "NEW"},
        "created_at": {"S": "2026-01-02T03:04:05.678901Z"},
        "updated_at": {"S": "2026-01-02T03:04:05.678901Z"},
    }


def request(service: str, target: str, body: Any, version: str = "1.0") -> bytes:
    """Answer an AWS JSON request as bytes; its signature is not checked."""
    raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    scope = f"bench/20260101/us-east-1/{service}/aws4_request"
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-{version}\r\n"
        f"X-Amz-Target: {target}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, "
        f"Signature=0\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


def batches(table: str, first: int, count: int) -> list[bytes]:
    """Answer BatchWriteItem requests that write orders by number, 25 each."""
    return [
        request(
            "dynamodb",
            "DynamoDB_20120810.BatchWriteItem",
            {"RequestItems": {table: [{"PutRequest": {"Item": order(each)}} for each in range(at, at + 25)]}},
        )
        for at in range(first, first + count, 25)
    ]


def send(port: int, requests: list[bytes], connections: int) -> float:
    """Send requests over connections of a process of their own; answer the seconds that it took."""
    parent, child = multiprocessing.Pipe()
    sender = multiprocessing.Process(target=_send, args=(port, requests, connections, child))
    sender.start()
    child.close()  # so that the end of a process that breaks is seen
    seconds: float = parent.recv()
    sender.join()
    return seconds


def _send(port: int, requests: list[bytes], connections: int, report: Any) -> None:
    report.send(send_here(port, requests, connections))


def send_here(port: int, requests: list[bytes], connections: int) -> float:
    """Send requests over connections of this process; answer the seconds that it took."""
    waiting = list(reversed(requests))
    selector = selectors.DefaultSelector()
    began = time.perf_counter()
    open_count = 0
    for _ in range(min(connections, len(waiting))):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(waiting.pop())
        selector.register(connection, selectors.EVENT_READ, (connection, bytearray()))
        open_count += 1
    while open_count:
        for key, _ in selector.select():
            connection, answer = key.data
            answer += connection.recv(1 << 20)
            if not complete(answer):
                continue
            assert answer.startswith(b"HTTP/1.1 200"), bytes(answer[:300])
            answer.clear()
            if waiting:
                connection.sendall(waiting.pop())
            else:
                selector.unregister(connection)
                connection.close()
                open_count -= 1
    return time.perf_counter() - began


def complete(answer: bytearray) -> bool:
    """Answer whether an answer with a Content-Length is there as a whole."""
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    at = answer.lower().find(b"content-length: ", 0, head)
    length = int(answer[at + 16 : answer.find(b"\r\n", at)])
    return len(answer) >= head + 4 + length
