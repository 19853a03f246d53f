"""Crawlers start: when asked to, or when their schedule says so."""

import uuid

import msgspec

from tailrace.engine.job import Job
from tailrace.engine.transaction import Transaction
from tailrace.glue.crawl.run import JOB
from tailrace.glue.crawler import CRAWLERS, READY, RUNNING, RUNS, Crawler, Run, run_key, runs_of
from tailrace.glue.schedule import parsed
from tailrace.service.cloud import Cloud

SCHEDULE_JOB = "glue/schedule"
_RUNS_KEPT = 200


def start(cloud: Cloud, transaction: Transaction, crawler: Crawler) -> None:
    """Stage that a crawler runs from now on; its oldest runs are forgotten."""
    run_id = str(uuid.UUID(int=cloud.random.getrandbits(128), version=4))
    run = Run(id=run_id, crawler=crawler.name, started=cloud.clock.now())
    CRAWLERS.put(transaction, crawler.key, msgspec.structs.replace(crawler, state=RUNNING, current=run))
    RUNS.put(transaction, run_key(crawler, run), run)
    for key, _ in list(runs_of(transaction, crawler))[:-_RUNS_KEPT]:
        RUNS.delete(transaction, key)
    payload = {"crawler": crawler.key, "run": run_id}
    cloud.jobs.schedule(transaction, JOB, f"{crawler.key}/{run_id}", payload)


def plan(cloud: Cloud, transaction: Transaction, crawler: Crawler) -> None:
    """Stage when a crawler is started next, if it has a schedule that is on."""
    due = parsed(crawler.schedule).after(cloud.clock.now()) if crawler.schedule and crawler.scheduled else None
    if due is not None:
        payload = {"crawler": crawler.key, "version": crawler.version}
        cloud.jobs.schedule(transaction, SCHEDULE_JOB, _schedule_id(crawler), payload, round(due * 1000))


def forget_plan(cloud: Cloud, transaction: Transaction, crawler: Crawler) -> None:
    """Stage that a crawler isn't started by the schedule that it had."""

    def cancel() -> None:
        cloud.jobs.cancel(SCHEDULE_JOB, _schedule_id(crawler))

    transaction.on_commit(cancel)


async def start_when_due(cloud: Cloud, job: Job) -> None:
    """Start a crawler unless it runs, and plan its next start."""
    transaction = cloud.store.begin()
    crawler = CRAWLERS.get(transaction, job.payload["crawler"])
    if crawler is None or crawler.version != job.payload["version"]:
        return
    if crawler.state == READY:
        start(cloud, transaction, crawler)
    plan(cloud, transaction, crawler)
    await cloud.store.commit(transaction)


def _schedule_id(crawler: Crawler) -> str:
    # Of this version only: a changed schedule is another job, so that none waits for the wrong instant.
    return f"{crawler.key}/{crawler.version}"
