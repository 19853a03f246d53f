"""Crawlers come, are described, changed, started, stopped and go; their runs are listed and measured."""

import functools
import statistics
from collections.abc import Iterator
from typing import Any

import msgspec

from tailrace.glue.classifiers import find_classifier
from tailrace.glue.crawl import configuration, starting, target
from tailrace.glue.crawl.memory import Memory
from tailrace.glue.crawl.run import JOB, NOT_ASSUMED, SERVICE_PRINCIPAL, SESSION, crawl
from tailrace.glue.crawler import (
    CRAWLERS,
    FOLDERS,
    NEW_FOLDERS_ONLY,
    READY,
    RUNS,
    STOPPING,
    Crawler,
    described,
    described_run,
    find_crawler,
    runs_of,
)
from tailrace.glue.entry import PART, already, delete_prefix, invalid, missing
from tailrace.glue.page import opened, paged
from tailrace.glue.registry import SERVICE, role_arn
from tailrace.glue.schedule import parsed as parsed_schedule
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

_LOG_ONLY = (
    'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior value and '
    "LOG UpdateBehavior value."
)
_EVENT_MODE = "CRAWL_EVENT_MODE"


@SERVICE.on_start
async def resume(cloud: Cloud) -> None:
    """Register what runs and starts crawlers."""
    cloud.jobs.register(JOB, functools.partial(crawl, cloud))
    cloud.jobs.register(starting.SCHEDULE_JOB, functools.partial(starting.start_when_due, cloud))


@SERVICE.operation("CreateCrawler")
def create_crawler(call: Call) -> dict[str, Any]:
    """Create a crawler; its role must be assumable and its targets there."""
    params, name = call.params, call.params["Name"]
    if CRAWLERS.get(call.transaction, call.key(name)) is not None:
        raise already(f"Crawler with name {name} already exists")
    given = {member: value for member, value in params.items() if member not in ("Name", "Role", "Schedule", "Tags")}
    crawler = Crawler(
        name=name,
        region=call.region,
        role=_role_name(call, params["Role"]),
        given=given,
        created=call.now,
        updated=call.now,
        schedule=params.get("Schedule") or None,
        tags=params.get("Tags", {}),
    )
    _check(call, crawler)
    CRAWLERS.put(call.transaction, crawler.key, crawler)
    starting.plan(call.cloud, call.transaction, crawler)
    return {}


@SERVICE.operation("UpdateCrawler")
def update_crawler(call: Call) -> dict[str, Any]:
    """Change what is given of a crawler that doesn't run."""
    crawler = find_crawler(call, call.params["Name"])
    if crawler.state != READY:
        text = "Cannot update Crawler while running. Please stop crawl or wait until it completes to update."
        raise AwsError("CrawlerRunningException", text)
    changes = {member: value for member, value in call.params.items() if member not in ("Name", "Role", "Schedule")}
    updated = msgspec.structs.replace(
        crawler,
        given={**crawler.given, **changes},
        role=_role_name(call, call.params["Role"]) if "Role" in call.params else crawler.role,
        schedule=call.params.get("Schedule", crawler.schedule) or None,
    )
    _check(call, updated)
    if crawler.recrawl == NEW_FOLDERS_ONLY and updated.targets != crawler.targets:
        raise invalid('The targets of a crawler with "Crawl new folders only" cannot be changed.')
    _change(call, crawler, updated)
    return {}


@SERVICE.operation("DeleteCrawler")
def delete_crawler(call: Call) -> dict[str, Any]:
    """Delete a crawler that doesn't run, with what it remembers; its tables stay."""
    crawler = find_crawler(call, call.params["Name"])
    if crawler.state != READY:
        raise AwsError("CrawlerRunningException", f"Crawler with name {crawler.name} is running")
    CRAWLERS.delete(call.transaction, crawler.key)
    delete_prefix(call.transaction, RUNS, f"{crawler.key}{PART}")
    remembered = f"{crawler.key}{PART}".encode()
    call.transaction.delete_range(FOLDERS, remembered, remembered + b"\xff")
    Memory(crawler.key).forget(call.transaction)
    starting.forget_plan(call.cloud, call.transaction, crawler)
    return {}


@SERVICE.operation("GetCrawler")
def get_crawler(call: Call) -> dict[str, Any]:
    """Answer a crawler."""
    name = call.params["Name"]
    crawler = CRAWLERS.get(call.transaction, call.key(name))
    if crawler is None:
        raise missing(f"Crawler entry with name {name} does not exist")
    return {"Crawler": described(call, crawler)}


@SERVICE.operation("GetCrawlers")
def get_crawlers(call: Call) -> dict[str, Any]:
    """Answer a page of crawlers by name."""
    return paged("Crawlers", _all(call), call.params.get("MaxResults", 100), lambda each: described(call, each))


@SERVICE.operation("ListCrawlers")
def list_crawlers(call: Call) -> dict[str, Any]:
    """Answer a page of the names of crawlers that have all the tags asked for."""
    tags = call.params.get("Tags", {}).items()
    found = ((key, crawler) for key, crawler in _all(call) if tags <= crawler.tags.items())
    return paged("CrawlerNames", found, call.params.get("MaxResults", 100), lambda each: each.name)


@SERVICE.operation("BatchGetCrawlers")
def batch_get_crawlers(call: Call) -> dict[str, Any]:
    """Answer crawlers by name, and the names that none has."""
    found = {name: CRAWLERS.get(call.transaction, call.key(name)) for name in call.params["CrawlerNames"]}
    return {
        "Crawlers": [described(call, crawler) for crawler in found.values() if crawler is not None],
        "CrawlersNotFound": [name for name, crawler in found.items() if crawler is None],
    }


@SERVICE.operation("StartCrawler")
def start_crawler(call: Call) -> dict[str, Any]:
    """Start a crawler; it runs in the background."""
    crawler = find_crawler(call, call.params["Name"])
    if crawler.state != READY:
        raise AwsError("CrawlerRunningException", f"Crawler with name {crawler.name} has already started")
    starting.start(call.cloud, call.transaction, crawler)
    return {}


@SERVICE.operation("StopCrawler")
def stop_crawler(call: Call) -> dict[str, Any]:
    """Tell a running crawler to stop; it does so before it writes anything."""
    crawler = find_crawler(call, call.params["Name"])
    if crawler.current is None:
        raise AwsError("CrawlerNotRunningException", f"Crawler with name {crawler.name} is not running")
    if crawler.state == STOPPING:
        raise AwsError("CrawlerStoppingException", f"Crawler with name {crawler.name} is stopping")
    current = msgspec.structs.replace(crawler.current, stopping=True)
    CRAWLERS.put(call.transaction, crawler.key, msgspec.structs.replace(crawler, state=STOPPING, current=current))
    return {}


@SERVICE.operation("UpdateCrawlerSchedule")
def update_crawler_schedule(call: Call) -> dict[str, Any]:
    """Change when a crawler is started."""
    crawler = find_crawler(call, call.params["CrawlerName"])
    expression = call.params.get("Schedule") or None
    if expression is not None:
        parsed_schedule(expression)
    _change(call, crawler, msgspec.structs.replace(crawler, schedule=expression))
    return {}


@SERVICE.operation("StartCrawlerSchedule")
def start_crawler_schedule(call: Call) -> dict[str, Any]:
    """Switch a crawler's schedule on."""
    crawler = find_crawler(call, call.params["CrawlerName"])
    if crawler.schedule is None:
        raise AwsError("NoScheduleException", f"Crawler with name {crawler.name} has no schedule")
    if crawler.scheduled:
        raise AwsError("SchedulerRunningException", f"The schedule of crawler {crawler.name} is already running")
    _change(call, crawler, msgspec.structs.replace(crawler, scheduled=True))
    return {}


@SERVICE.operation("StopCrawlerSchedule")
def stop_crawler_schedule(call: Call) -> dict[str, Any]:
    """Switch a crawler's schedule off."""
    crawler = find_crawler(call, call.params["CrawlerName"])
    if crawler.schedule is None or not crawler.scheduled:
        raise AwsError("SchedulerNotRunningException", f"The schedule of crawler {crawler.name} is not running")
    _change(call, crawler, msgspec.structs.replace(crawler, scheduled=False))
    return {}


@SERVICE.operation("GetCrawlerMetrics")
def get_crawler_metrics(call: Call) -> dict[str, Any]:
    """Answer how long crawlers took and what their last runs did."""
    wanted = set(call.params.get("CrawlerNameList", ()))
    found = ((key, crawler) for key, crawler in _all(call) if not wanted or crawler.name in wanted)
    limit = call.params.get("MaxResults", 100)
    return paged("CrawlerMetricsList", found, limit, lambda crawler: _metrics(call, crawler))


@SERVICE.operation("ListCrawls")
def list_crawls(call: Call) -> dict[str, Any]:
    """Answer a page of a crawler's runs, the newest first."""
    crawler = find_crawler(call, call.params["CrawlerName"])
    before = opened(call.params.get("NextToken")) or "\U0010ffff"
    newest_first = reversed(list(runs_of(call.transaction, crawler)))
    filters = call.params.get("Filters", ())
    found = ((key, run) for key, run in newest_first if key < before and _passes(described_run(run), filters))
    return paged("Crawls", found, call.params.get("MaxResults", 20), described_run)


_FILTERED = {"CRAWL_ID": "CrawlId", "STATE": "State", "START_TIME": "StartTime", "END_TIME": "EndTime"}


def _passes(shown: dict[str, Any], filters: list[dict[str, str]]) -> bool:
    for each in filters:
        actual = shown.get(_FILTERED.get(each["FieldName"], ""))
        if actual is None:
            return False
        wanted: Any = each["FieldValue"]
        if isinstance(actual, float):
            wanted = _instant(wanted)
        holds = {
            "EQ": actual == wanted,
            "NE": actual != wanted,
            "GT": actual > wanted,
            "GE": actual >= wanted,
            "LT": actual < wanted,
            "LE": actual <= wanted,
        }
        if not holds[each["FilterOperator"]]:
            return False
    return True


def _instant(text: str) -> float:
    """Answer the seconds that a filter's time means, which counts them or their thousandths."""
    try:
        number = float(text)
    except ValueError:
        raise invalid(f"The FieldValue {text} is no time: give seconds or milliseconds since the epoch.") from None
    return number / 1000 if number > 1e11 else number


def _all(call: Call) -> Iterator[tuple[str, Crawler]]:
    return CRAWLERS.scan(call.transaction, call.key(""), opened(call.params.get("NextToken")))


def _change(call: Call, crawler: Crawler, updated: Crawler) -> None:
    updated = msgspec.structs.replace(updated, version=crawler.version + 1, updated=call.now)
    CRAWLERS.put(call.transaction, updated.key, updated)
    starting.forget_plan(call.cloud, call.transaction, crawler)
    starting.plan(call.cloud, call.transaction, updated)


def _role_name(call: Call, role: str) -> str:
    """Answer a role's name with its path, as crawlers show it, whatever the form it was given in."""
    return role_arn(role, call.account).partition(":role/")[2]


def _check(call: Call, crawler: Crawler) -> None:
    given = crawler.given
    other = [kind for kind, listed in given.get("Targets", {}).items() if listed and kind != "S3Targets"]
    if other:
        raise invalid(f"Tailrace does not carry out {', '.join(other)} yet; S3Targets it does.")
    if not crawler.targets:
        raise invalid("At least one crawl target must be specified.")
    if not given.get("DatabaseName"):
        raise invalid("DatabaseName must be specified for crawlers of Amazon S3 targets.")
    for name in given.get("Classifiers", ()):
        find_classifier(call, name)
    configuration.parsed(given.get("Configuration"))
    if crawler.schedule is not None:
        parsed_schedule(crawler.schedule)
    if crawler.recrawl == NEW_FOLDERS_ONLY and set(crawler.policy.values()) != {"LOG"}:
        raise invalid(_LOG_ONLY)
    if crawler.recrawl == _EVENT_MODE:
        raise invalid(f"Tailrace does not carry out RecrawlBehavior {_EVENT_MODE} yet.")
    _check_targets(call, crawler)


def _check_targets(call: Call, crawler: Crawler) -> None:
    try:
        principal = call.cloud.assume_role(
            role_arn(crawler.role, call.account),
            SERVICE_PRINCIPAL,
            SESSION,
            region=call.region,
            transaction=call.transaction,
        )
    except AwsError as error:
        raise invalid(NOT_ASSUMED) from error
    for each in (target.parsed(given) for given in crawler.targets):
        try:
            call.do("s3", "HeadBucket", {"Bucket": each.bucket}, principal)
        except AwsError as error:
            if error.status == 404:
                raise invalid(f"S3 bucket {each.bucket} does not exist.") from error
            text = f"Unable to validate existence of s3 target {each.path} because: {error.message}"
            raise invalid(text) from error


def _metrics(call: Call, crawler: Crawler) -> dict[str, Any]:
    lengths = [run.ended - run.started for _, run in runs_of(call.transaction, crawler) if run.ended is not None]
    tables = crawler.last.changes.get("TABLE", {}) if crawler.last else {}
    return {
        "CrawlerName": crawler.name,
        "TimeLeftSeconds": 0.0,
        "StillEstimating": crawler.current is not None,
        "LastRuntimeSeconds": lengths[-1] if lengths else 0.0,
        "MedianRuntimeSeconds": statistics.median(lengths) if lengths else 0.0,
        "TablesCreated": len(tables.get("ADD", ())),
        "TablesUpdated": len(tables.get("UPDATE", ())),
        "TablesDeleted": len(tables.get("DELETE", ())),
    }
