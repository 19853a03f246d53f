"""A crawler's Configuration: JSON text that says how to group and what to change (Glue guide, configuration)."""

from dataclasses import dataclass
from typing import Any

import orjson

from tailrace.glue.entry import invalid

COMBINE = "CombineCompatibleSchemas"
MERGE_NEW = "MergeNewColumns"
INHERIT = "InheritFromTable"

# What may stand where: member -> the values or the type it may have, or the members below.
_FORM: dict[str, Any] = {
    "Version": (int, float),
    "Grouping": {"TableGroupingPolicy": (COMBINE,), "TableLevelConfiguration": (int,)},
    "CrawlerOutput": {
        "Tables": {"AddOrUpdateBehavior": (MERGE_NEW,), "TableThreshold": (int,)},
        "Partitions": {"AddOrUpdateBehavior": (INHERIT,)},
    },
    "CreatePartitionIndex": (bool,),
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a Configuration says; the defaults are those of an empty one."""

    combine: bool = False
    level: int | None = None
    merge_new_columns: bool = False
    inherit: bool = False
    tables_max: int | None = None
    index: bool = True


def parsed(text: str | None) -> Configuration:
    """Answer what a Configuration says. Raises InvalidInputException."""
    if not text or not text.strip():
        return Configuration()
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid(f"Configuration is not valid JSON: {error}") from error
    _check("Configuration", "", given, _FORM)
    grouping, output = given.get("Grouping", {}), given.get("CrawlerOutput", {})
    tables, partitions = output.get("Tables", {}), output.get("Partitions", {})
    return Configuration(
        combine=grouping.get("TableGroupingPolicy") == COMBINE,
        level=grouping.get("TableLevelConfiguration"),
        merge_new_columns=tables.get("AddOrUpdateBehavior") == MERGE_NEW,
        inherit=partitions.get("AddOrUpdateBehavior") == INHERIT,
        tables_max=tables.get("TableThreshold"),
        index=given.get("CreatePartitionIndex", True),
    )


def _check(name: str, path: str, given: Any, form: dict[str, Any]) -> None:
    if not isinstance(given, dict):
        raise invalid(f"{name} must be a JSON object.")
    unknown = [key for key in given if key not in form]
    if unknown:
        raise invalid(f"{name} contains unsupported keys: {', '.join(unknown)}.")
    for key, value in given.items():
        allowed, below = form[key], f"{path}{key}"
        if isinstance(allowed, dict):
            _check(below, f"{below}.", value, allowed)
        elif isinstance(allowed[0], type):
            if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
                raise invalid(f"{below} has an unsupported value: {value}.")
        elif value not in allowed:
            raise invalid(f"{below} has an unsupported value: {value}.")
