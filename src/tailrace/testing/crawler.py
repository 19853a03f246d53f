"""A crawler for tests: run to its end."""

import time
from typing import Any

_LOOK_S = 0.01


class CrawlFailed(AssertionError):
    """The crawl did not succeed; the text says why."""


def crawl(glue: Any, name: str) -> None:
    """Run a crawler and return when it is ready again. Raises CrawlFailed."""
    glue.start_crawler(Name=name)
    while (crawler := glue.get_crawler(Name=name)["Crawler"])["State"] != "READY":
        time.sleep(_LOOK_S)
    last = crawler["LastCrawl"]
    if last["Status"] != "SUCCEEDED":
        raise CrawlFailed(f"crawler {name} ended with {last['Status']}: {last.get('ErrorMessage', 'it says no more')}")
