"""Tags of crawlers, by ARN; other things of Glue have none here."""

import re
from typing import Any

import msgspec

from tailrace.glue.crawler import CRAWLERS, Crawler
from tailrace.glue.entry import invalid, missing
from tailrace.glue.registry import SERVICE
from tailrace.service.call import Call

_TAGS_MAX = 50
_ARN = re.compile(r"arn:aws[\w-]*:glue:(?P<region>[^:]+):\d{12}:crawler/(?P<name>.+)", re.DOTALL)


@SERVICE.operation("TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags to a crawler."""
    crawler = _find(call)
    tags = {**crawler.tags, **call.params["TagsToAdd"]}
    if len(tags) > _TAGS_MAX:
        raise invalid(f"The number of tags exceeds the limit of {_TAGS_MAX}.")
    CRAWLERS.put(call.transaction, crawler.key, msgspec.structs.replace(crawler, tags=tags))
    return {}


@SERVICE.operation("UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Remove tags of a crawler."""
    crawler = _find(call)
    gone = set(call.params["TagsToRemove"])
    tags = {key: value for key, value in crawler.tags.items() if key not in gone}
    CRAWLERS.put(call.transaction, crawler.key, msgspec.structs.replace(crawler, tags=tags))
    return {}


@SERVICE.operation("GetTags")
def get_tags(call: Call) -> dict[str, Any]:
    """Answer a crawler's tags."""
    return {"Tags": _find(call).tags}


def _find(call: Call) -> Crawler:
    arn = call.params["ResourceArn"]
    found = _ARN.fullmatch(arn)
    crawler = CRAWLERS.get(call.transaction, f"{found['region']}/{found['name']}") if found else None
    if crawler is None:
        raise missing(f"Resource {arn} not found.")
    return crawler
