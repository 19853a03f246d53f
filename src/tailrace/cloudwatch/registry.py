"""CloudWatch among the services: its operations register here, and this says which permissions each needs."""

from typing import cast

from tailrace.cloudwatch.meter import Meter
from tailrace.cloudwatch.metric import keep
from tailrace.engine.transaction import Transaction
from tailrace.service.cloud import Cloud
from tailrace.service.service import Service

SERVICE = Service("cloudwatch")


def meter_of(cloud: Cloud) -> Meter:
    """Answer what the services meter with."""
    return cast(Meter, cloud.meters)


def empty(cloud: Cloud, transaction: Transaction) -> None:
    """Stage what was metered since the last time; it is taken back when the transaction is given up."""
    meter = meter_of(cloud)
    samples = meter.drain()
    if samples:
        transaction.on_abort(lambda: meter.restore(samples))
        keep(transaction, samples)
