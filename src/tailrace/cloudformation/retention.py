"""Deleted stacks, and what happened to any, are remembered for 90 days (CloudFormation guide, "View stacks")."""

from tailrace.cloudformation import change_set
from tailrace.cloudformation.event import EVENTS
from tailrace.cloudformation.resource_row import RESOURCES
from tailrace.cloudformation.stack import STACKS, StackRow
from tailrace.engine.sweep import sweep_hourly
from tailrace.engine.transaction import Transaction
from tailrace.service.cloud import Cloud

KEPT_MS = 90 * 86_400_000


def register(cloud: Cloud) -> None:
    """Look once an hour."""
    sweep_hourly(cloud.jobs, cloud.store, cloud.clock, "cloudformation/expire", _sweep)


def _sweep(transaction: Transaction, now_ms: int) -> None:
    before_ms = now_ms - KEPT_MS
    for _, stack in list(STACKS.scan(transaction)):
        if stack.deleted_ms is not None and stack.deleted_ms < before_ms:
            _forget(transaction, stack)
        else:
            _forget_events(transaction, stack, before_ms)


def _forget(transaction: Transaction, stack: StackRow) -> None:
    for each in change_set.of_stack_key(transaction, stack.key):
        change_set.remove(transaction, each)
    for key, _ in list(RESOURCES.scan(transaction, f"{stack.key}/")):
        RESOURCES.delete(transaction, key)
    for key, _ in list(EVENTS.scan(transaction, f"{stack.key}/")):
        EVENTS.delete(transaction, key)
    STACKS.delete(transaction, stack.key)


def _forget_events(transaction: Transaction, stack: StackRow, before_ms: int) -> None:
    old = []
    for key, event in EVENTS.scan(transaction, f"{stack.key}/"):
        if event.at_ms >= before_ms:
            break
        old.append(key)
    for key in old[:-1]:  # the next event's number and time follow the last one's
        EVENTS.delete(transaction, key)
