"""One run of a crawler: a durable job. What it finds is written in the transaction that ends it, so a run that is
killed and begun again ends as if it had been run once.
"""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from tailrace.engine.errors import EngineError
from tailrace.engine.job import Job
from tailrace.engine.transaction import Transaction
from tailrace.glue.classifiers import CLASSIFIERS
from tailrace.glue.crawl.attaching import attached
from tailrace.glue.crawl.catalog import CONFLICTS, Catalog
from tailrace.glue.crawl.configuration import parsed as parsed_configuration
from tailrace.glue.crawl.grouping import Group, Rules, Seen, grouped
from tailrace.glue.crawl.journal import Journal
from tailrace.glue.crawl.looking import Looking, Stopped, folder_of, in_new_folders, sampled
from tailrace.glue.crawl.memory import Memory
from tailrace.glue.crawl.storage import Author
from tailrace.glue.crawl.target import Target
from tailrace.glue.crawl.target import parsed as parsed_target
from tailrace.glue.crawl.writing import UPDATED_BY, Found, Writing
from tailrace.glue.crawler import (
    COMPLETED,
    CRAWLERS,
    FAILED,
    FOLDERS,
    NEW_FOLDERS_ONLY,
    READY,
    RUNS,
    STOPPED,
    STOPPING,
    Crawler,
    Run,
    run_key,
)
from tailrace.glue.entry import PART
from tailrace.glue.registry import role_arn
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

JOB = "glue/crawl"
SESSION = "AWS-Crawler"
SERVICE_PRINCIPAL = "glue.amazonaws.com"
NOT_ASSUMED = "Service is unable to assume provided role. Please verify role's TrustPolicy"
_ATTEMPTS = 5
_INTERNAL = "Internal Service Exception"
_logger = logging.getLogger(__name__)


async def crawl(cloud: Cloud, job: Job) -> None:
    """Run a crawler; the job's payload names its row and its run."""
    key, run_id = job.payload["crawler"], job.payload["run"]
    crawler = CRAWLERS.get(cloud.store.begin(), key)
    if crawler is None or crawler.current is None or crawler.current.id != run_id:
        return
    try:
        role = role_arn(crawler.role, cloud.account)
        principal = cloud.assume_role(role, SERVICE_PRINCIPAL, SESSION, region=crawler.region)
    except AwsError:
        transaction = cloud.store.begin()
        _stage_end(cloud, transaction, crawler, FAILED, NOT_ASSUMED, {})
        await cloud.store.commit(transaction)
        return
    await Crawl(cloud, crawler, crawler.current, principal).run()


class Crawl:
    """A run under way, under the crawler's role."""

    def __init__(self, cloud: Cloud, crawler: Crawler, run: Run, principal: Principal) -> None:
        self._cloud = cloud
        self._crawler = crawler
        self._run = run
        self._principal = principal
        self._configuration = parsed_configuration(crawler.given.get("Configuration"))
        self._targets = [parsed_target(each) for each in crawler.targets]
        self._journal = Journal(cloud, crawler.region, principal, crawler.name, run.id)
        self._folders: dict[str, set[str]] = {}
        self._memory = Memory(crawler.key)
        self._listed: set[str] = set()

    async def run(self) -> None:
        """Look, group, write, and end in a state that says how it went."""
        self._journal.benchmark(f"Running Start Crawl for Crawler {self._crawler.name}")
        await self._journal.flush()
        state, error = COMPLETED, None
        try:
            seen = await self._look()
            self._check()
            await self._set_state(STOPPING)
            await self._write(seen)
        except Stopped:
            state = STOPPED
        except EngineError:
            raise  # the state can't be written now; the job is run again
        except AwsError as refused:
            state, error = FAILED, refused.message
        except Exception:
            _logger.exception("crawler %s failed", self._crawler.name)
            state, error = FAILED, _INTERNAL
        if state != COMPLETED:
            if error is not None:
                self._journal.error(error)
            transaction = self._cloud.store.begin()
            self._stage_end(transaction, state, error, {})
            await self._cloud.store.commit(transaction)

    async def _look(self) -> list[tuple[Target, list[Seen]]]:
        crawler, memory = self._crawler, self._memory
        looking = Looking(
            self._cloud, crawler.region, self._principal, self._classifiers(), memory, self._journal, self._check
        )
        found = []
        for target in self._targets:
            listed = await looking.walk(target)
            self._listed.update(f"{target.bucket}/{each.key}" for each in listed)
            if crawler.recrawl == NEW_FOLDERS_ONLY:
                listed = in_new_folders(listed, self._known_folders(target))
                self._folders.setdefault(target.bucket, set()).update(folder_of(each.key) for each in listed)
            listed = sampled(listed, target.sample_size, self._cloud.random)
            found.append((target, await looking.look(target, listed)))
        return found

    async def _write(self, seen: Sequence[tuple[Target, list[Seen]]]) -> None:
        name = self._crawler.given["DatabaseName"].lower()
        self._journal.benchmark(f"Classification complete, writing results to database {name}")
        self._journal.info(_configured(self._crawler))
        for attempts_left in reversed(range(_ATTEMPTS)):
            writing = await self._plan(name, seen)
            transaction = self._cloud.store.begin()
            try:
                writing.catalog.apply(transaction)
            except AwsError as error:
                transaction.abort()
                if error.code not in CONFLICTS or not attempts_left:
                    raise
                continue  # somebody else has changed the catalog meanwhile: look again
            break
        changes = self._told(writing)
        self._keep_folders(transaction)
        self._memory.forget_others(transaction, self._listed)
        self._stage_end(transaction, COMPLETED, None, changes)
        await self._cloud.store.commit(transaction)

    async def _plan(self, name: str, seen: Sequence[tuple[Target, list[Seen]]]) -> Writing:
        crawler = self._crawler
        catalog = Catalog(self._cloud, crawler.region, self._principal, name)
        tables = await catalog.tables()
        found = [each for target, objects in seen for each in self._found(target, objects, tables)]
        writing = Writing(catalog, crawler, self._configuration, self._cloud.clock.now())
        await writing.write(found, tables)
        if crawler.recrawl != NEW_FOLDERS_ONLY:
            writing.take_leave(tables, [f"s3://{target.bucket}/{target.folder}" for target in self._targets])
        return writing

    def _told(self, writing: Writing) -> dict[str, dict[str, list[str]]]:
        for kind, text in writing.lines:
            self._journal.note(kind, text)
        self._journal.benchmark("Finished writing to Catalog")
        changes = {kind: dict(found) for kind, found in writing.changes.items()}
        for kind, counted in changes.items():
            self._journal.info(f"Run Summary For {kind}:")
            for change, names in counted.items():
                self._journal.info(f"{change}: {len(names)}")
        return changes

    def _stage_end(
        self, transaction: Transaction, state: str, error: str | None, changes: dict[str, dict[str, list[str]]]
    ) -> None:
        self._journal.benchmark("Crawler has finished running and is in state READY")
        self._journal.stage(transaction)
        _stage_end(self._cloud, transaction, self._crawler, state, error, changes)

    def _found(self, target: Target, seen: list[Seen], tables: dict[str, dict[str, Any]]) -> list[Found]:
        author = Author(self._crawler.name, self._run.id, target.exclusions, target.bucket)
        groups: list[Group] = []
        if self._crawler.recrawl == NEW_FOLDERS_ONLY:
            mine = [each for each in tables.values() if each.get("Parameters", {}).get(UPDATED_BY) == author.crawler]
            groups, seen = attached(mine, target.bucket, seen)
        rules = Rules(self._configuration.combine, self._configuration.level)
        return [Found(group, author) for group in (*groups, *grouped(target.folder, seen, rules))]

    def _classifiers(self) -> list[dict[str, Any]]:
        transaction, region = self._cloud.store.begin(), self._crawler.region
        names = self._crawler.given.get("Classifiers", ())
        found = (CLASSIFIERS.get(transaction, f"{region}/{name}") for name in names)
        # When each was made says nothing about a file, and workers take JSON only.
        return [{each.kind: each.rules} for each in found if each is not None]

    def _known_folders(self, target: Target) -> set[str]:
        prefix = f"{self._crawler.key}{PART}{target.bucket}/".encode()
        scanned = self._cloud.store.begin().scan(FOLDERS, prefix, prefix + b"\xff")
        return {key[len(prefix) :].decode() for key, _ in scanned}

    def _keep_folders(self, transaction: Transaction) -> None:
        for bucket, folders in self._folders.items():
            for folder in folders:
                transaction.put(FOLDERS, f"{self._crawler.key}{PART}{bucket}/{folder}".encode(), b"")

    def _check(self) -> None:
        current = CRAWLERS.get(self._cloud.store.begin(), self._crawler.key)
        if current is None or current.current is None or current.current.stopping:
            raise Stopped

    async def _set_state(self, state: str) -> None:
        transaction = self._cloud.store.begin()
        current = CRAWLERS.get(transaction, self._crawler.key)
        if current is not None:
            CRAWLERS.put(transaction, current.key, msgspec.structs.replace(current, state=state))
            await self._cloud.store.commit(transaction)


def _stage_end(
    cloud: Cloud,
    transaction: Transaction,
    crawler: Crawler,
    state: str,
    error: str | None,
    changes: dict[str, dict[str, list[str]]],
) -> None:
    current = CRAWLERS.get(transaction, crawler.key)
    if current is None or current.current is None:
        return
    ended = msgspec.structs.replace(current.current, state=state, error=error, ended=cloud.clock.now(), changes=changes)
    RUNS.put(transaction, run_key(current, ended), ended)
    ready = msgspec.structs.replace(current, state=READY, current=None, last=ended)
    CRAWLERS.put(transaction, current.key, ready)


def _configured(crawler: Crawler) -> str:
    policy = msgspec.json.encode(crawler.policy).decode()
    configuration = crawler.given.get("Configuration")
    if not configuration:
        return f"Crawler configured with SchemaChangePolicy {policy}."
    return (
        f"Crawler configured with Configuration {configuration} and SchemaChangePolicy {policy}. Note that values in "
        "the Configuration override values in the SchemaChangePolicy for S3 Targets."
    )
