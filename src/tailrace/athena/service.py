"""Athena as the cloud loads it: importing the files of its operations registers them."""

from __future__ import annotations

from tailrace.athena.api import (
    catalogs,
    executions,
    named_queries,
    prepared_statements,
    results,
    start,
    tags,
    workgroups,
)
from tailrace.athena.execution.query import JOB_KIND, expire
from tailrace.athena.execution.readiness import Readiness
from tailrace.athena.registry import SERVICE
from tailrace.engine.job import Job
from tailrace.engine.sweep import sweep_hourly
from tailrace.service.cloud import Cloud

__all__ = [
    "SERVICE",
    "catalogs",
    "executions",
    "named_queries",
    "prepared_statements",
    "results",
    "start",
    "tags",
    "workgroups",
]


@SERVICE.on_start
async def _start(cloud: Cloud) -> None:
    readiness = Readiness(cloud)

    async def run(job: Job) -> None:
        await readiness.wait()
        from tailrace.athena.execution.run import QueryRunner

        await QueryRunner(cloud).run(job)

    cloud.jobs.register(JOB_KIND, run)
    sweep_hourly(cloud.jobs, cloud.store, cloud.clock, "athena/expire", expire)
