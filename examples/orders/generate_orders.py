#!/usr/bin/env python3
"""Write orders to the table with plain boto3: new ones first, then updates of some and deletes of others.

One change in ten is an update or a delete. Progress goes to stderr, a JSON summary of the accepted changes to stdout.
The endpoint, the region and the credentials are boto3's (for a local run: AWS_ENDPOINT_URL=http://127.0.0.1:4566).
"""

import argparse
import json
import random
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import boto3

# product: (category, price in cents)
PRODUCTS = {
    "espresso machine": ("kitchen", 24900),
    "kettle": ("kitchen", 3950),
    "bread knife": ("kitchen", 1899),
    "desk lamp": ("office", 4500),
    "notebook": ("office", 650),
    "fountain pen": ("office", 7225),
    "backpack": ("outdoor", 8990),
    "water bottle": ("outdoor", 1475),
    "tent": ("outdoor", 31900),
    "headphones": ("audio", 12999),
}
COUNTRIES = ("AT", "BR", "DE", "FR", "IN", "JP", "KE", "US")
LATER_STATUS = ("PAID", "SHIPPED", "DELIVERED", "CANCELLED")
BATCH_ITEMS_MAX = 25

Item = dict[str, dict[str, str]]
T = TypeVar("T")


def main() -> None:
    """Run the three steps and print what the table accepted."""
    options = arguments()
    dice = random.Random(options.seed)
    table = boto3.client("dynamodb", region_name=options.region)
    started = time.monotonic()
    order_ids = insert(table, options.table, options.orders, dice)
    # One change in ten comes after the inserts: three updates for each delete, never both of one order.
    later = dice.sample(order_ids, round(options.orders / 9))
    deletes = len(later) // 4
    update(table, options.table, later[deletes:], dice)
    delete(table, options.table, later[:deletes])
    changes = {"inserts": len(order_ids), "updates": len(later) - deletes, "deletes": deletes}
    seconds = round(time.monotonic() - started, 3)
    print(json.dumps({"table": options.table, **changes, "changes": sum(changes.values()), "seconds": seconds}))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Write orders to a DynamoDB table, then update and delete some.")
    parser.add_argument("--table", default="orders", help="name of the table (default: orders)")
    parser.add_argument("--orders", type=int, default=5000, help="number of new orders (default: 5000)")
    parser.add_argument("--seed", type=int, help="the same seed makes the same orders (default: new ones each time)")
    parser.add_argument("--region", help="AWS region (default: boto3's, or us-east-1)")
    options = parser.parse_args()
    options.region = options.region or boto3.session.Session().region_name or "us-east-1"
    return options


def insert(table: Any, name: str, count: int, dice: random.Random) -> list[str]:
    """Write new orders in batches and answer their ids."""
    items = [new_order(dice) for _ in range(count)]
    for start in progress("inserted", range(0, count, BATCH_ITEMS_MAX), count, BATCH_ITEMS_MAX):
        batch = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH_ITEMS_MAX]]
        write_batch(table, {name: batch}, dice)
    return [item["order_id"]["S"] for item in items]


def write_batch(table: Any, requests: dict[str, Any], dice: random.Random) -> None:
    """Send a batch until the table has taken all of it, waiting longer each time it has not."""
    wait_s = 0.05
    while requests := table.batch_write_item(RequestItems=requests).get("UnprocessedItems", {}):
        time.sleep(wait_s * dice.uniform(0.5, 1.5))
        wait_s = min(wait_s * 2, 5.0)


def update(table: Any, name: str, order_ids: list[str], dice: random.Random) -> None:
    """Move orders on to another status."""
    for order_id in progress("updated", order_ids, len(order_ids)):
        table.update_item(
            TableName=name,
            Key={"order_id": {"S": order_id}},
            UpdateExpression="SET #status = :status, updated_at = :now",
            ConditionExpression="attribute_exists(order_id)",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": dice.choice(LATER_STATUS)}, ":now": {"S": now()}},
        )


def delete(table: Any, name: str, order_ids: list[str]) -> None:
    """Delete orders."""
    for order_id in progress("deleted", order_ids, len(order_ids)):
        table.delete_item(TableName=name, Key={"order_id": {"S": order_id}})


def new_order(dice: random.Random) -> Item:
    """Make up an order, about 300 bytes."""
    product, (category, cents) = dice.choice(list(PRODUCTS.items()))
    quantity = dice.randint(1, 9)
    created_at = now()
    return {
        "order_id": {"S": str(uuid.UUID(int=dice.getrandbits(128), version=4))},
        "customer_id": {"S": f"customer-{dice.randint(1, 2000):05d}"},
        "product": {"S": product},
        "category": {"S": category},
        "quantity": {"N": str(quantity)},
        "unit_price": {"N": money(cents)},
        "total": {"N": money(cents * quantity)},
        "currency": {"S": "EUR"},
        "country": {"S": dice.choice(COUNTRIES)},
        "status": {"S": "NEW"},
        "created_at": {"S": created_at},
        "updated_at": {"S": created_at},
    }


def money(cents: int) -> str:
    """Answer cents as a decimal number: 1899 is 18.99."""
    return f"{cents // 100}.{cents % 100:02d}"


def now() -> str:
    """Answer the time in UTC, to the microsecond: 2026-01-02T03:04:05.678901Z."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def progress(done: str, steps: Sequence[T], total: int, step: int = 1) -> Iterator[T]:
    """Pass the steps through and show how far they are, ten times on the way."""
    shown = 0
    for index, value in enumerate(steps, start=1):
        yield value
        reached = min(index * step, total)
        if reached == total or reached - shown >= total / 10:
            shown = reached
            print(f"{done} {reached:,} of {total:,}", file=sys.stderr)


if __name__ == "__main__":
    main()
