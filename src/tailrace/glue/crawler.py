"""What is remembered of a crawler and of each of its runs, and how AWS's API shows them."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction
from tailrace.glue.entry import PART, missing
from tailrace.service.call import Call

READY, RUNNING, STOPPING = "READY", "RUNNING", "STOPPING"
COMPLETED, FAILED, STOPPED = "COMPLETED", "FAILED", "STOPPED"
LOG_GROUP = "/aws-glue/crawlers"
NEW_FOLDERS_ONLY = "CRAWL_NEW_FOLDERS_ONLY"
_LAST_STATUS = {COMPLETED: "SUCCEEDED", FAILED: "FAILED", STOPPED: "CANCELLED"}
_TARGETS = (
    "S3Targets",
    "JdbcTargets",
    "MongoDBTargets",
    "DynamoDBTargets",
    "CatalogTargets",
    "DeltaTargets",
    "IcebergTargets",
    "HudiTargets",
)
_POLICY = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a crawler. ``changes`` counts and names what it did: TABLE or PARTITION, then ADD, UPDATE, DELETE."""

    id: str
    crawler: str
    started: float
    ended: float | None = None
    state: str = RUNNING
    stopping: bool = False
    error: str | None = None
    changes: dict[str, dict[str, list[str]]] = {}


class Crawler(msgspec.Struct, frozen=True, kw_only=True):
    """A crawler. ``given`` is what its creator and later changes said, by AWS's member names."""

    name: str
    region: str
    role: str
    given: dict[str, Any]
    created: float
    updated: float
    version: int = 1
    state: str = READY
    current: Run | None = None
    last: Run | None = None
    schedule: str | None = None
    scheduled: bool = True
    tags: dict[str, str] = {}

    @property
    def key(self) -> str:
        """Its row key, which is also the id of its jobs."""
        return f"{self.region}/{self.name}"

    @property
    def policy(self) -> dict[str, str]:
        """What to do when data and catalog differ."""
        return {**_POLICY, **self.given.get("SchemaChangePolicy", {})}

    @property
    def recrawl(self) -> str:
        """Whether a later run looks at everything again."""
        behavior: str = self.given.get("RecrawlPolicy", {}).get("RecrawlBehavior", "CRAWL_EVERYTHING")
        return behavior

    @property
    def targets(self) -> list[dict[str, Any]]:
        """The S3 targets."""
        found: list[dict[str, Any]] = self.given.get("Targets", {}).get("S3Targets", [])
        return found


CRAWLERS = Rows("glue/crawlers", Crawler)
RUNS = Rows("glue/crawler-runs", Run)
FOLDERS = Space("glue/crawled-folders")  # what a crawler of new folders only has seen: its key, then the folder


def find_crawler(call: Call, name: str) -> Crawler:
    """Answer a crawler. Raises EntityNotFoundException."""
    found = CRAWLERS.get(call.transaction, call.key(name))
    if found is None:
        raise missing(f"Crawler with name {name} does not exist")
    return found


def run_key(crawler: Crawler, run: Run) -> str:
    """Answer the row key of a run; runs lie in the order of their starts."""
    return f"{crawler.key}{PART}{round(run.started * 1000):015d}/{run.id}"


def runs_of(transaction: Transaction, crawler: Crawler) -> Iterator[tuple[str, Run]]:
    """Answer a crawler's runs, oldest first."""
    return RUNS.scan(transaction, f"{crawler.key}{PART}")


def described(call: Call, crawler: Crawler) -> dict[str, Any]:
    """Answer a crawler as GetCrawler shows it."""
    given = crawler.given
    targets = {name: given.get("Targets", {}).get(name, []) for name in _TARGETS}
    targets["S3Targets"] = [{"Exclusions": [], **each} for each in targets["S3Targets"]]
    shown: dict[str, Any] = {
        "Name": crawler.name,
        "Role": crawler.role,
        "Targets": targets,
        "Classifiers": given.get("Classifiers", []),
        "RecrawlPolicy": {"RecrawlBehavior": crawler.recrawl},
        "SchemaChangePolicy": crawler.policy,
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
        "State": crawler.state,
        "CrawlElapsedTime": _elapsed_ms(call, crawler),
        "CreationTime": crawler.created,
        "LastUpdated": crawler.updated,
        "Version": crawler.version,
        "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
    }
    optional = ("DatabaseName", "Description", "TablePrefix", "Configuration", "CrawlerSecurityConfiguration")
    shown |= {member: given[member] for member in optional if given.get(member)}
    if crawler.schedule:
        state = "SCHEDULED" if crawler.scheduled else "NOT_SCHEDULED"
        shown["Schedule"] = {"ScheduleExpression": crawler.schedule, "State": state}
    return shown if crawler.last is None else {**shown, "LastCrawl": _last_crawl(crawler.last)}


def described_run(run: Run) -> dict[str, Any]:
    """Answer a run as ListCrawls shows it."""
    shown: dict[str, Any] = {
        "CrawlId": run.id,
        "State": run.state,
        "StartTime": run.started,
        "LogGroup": LOG_GROUP,
        "LogStream": run.crawler,
        "MessagePrefix": run.id,
        "DPUHour": 0.0,
    }
    if run.ended is not None:
        shown["EndTime"] = run.ended
        shown["Summary"] = msgspec.json.encode(_summary(run)).decode()
    return shown if run.error is None else {**shown, "ErrorMessage": run.error}


def _summary(run: Run) -> dict[str, Any]:
    return {
        kind: {change: {"Count": len(names), "Details": {"names": names}} for change, names in changes.items()}
        for kind, changes in run.changes.items()
    }


def _last_crawl(run: Run) -> dict[str, Any]:
    shown = {
        "Status": _LAST_STATUS[run.state],
        "LogGroup": LOG_GROUP,
        "LogStream": run.crawler,
        "MessagePrefix": run.id,
        "StartTime": run.started,
    }
    return shown if run.error is None else {**shown, "ErrorMessage": run.error}


def _elapsed_ms(call: Call, crawler: Crawler) -> int:
    current = crawler.current
    return 0 if current is None else max(0, round((call.now - current.started) * 1000))
