"""Classifiers come, are described, changed and go: JSON paths and CSV rules.

Grok patterns and XML are refused: nothing here reads such files.
"""

from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.glue.entry import already, invalid, missing
from tailrace.glue.page import opened, paged
from tailrace.glue.registry import SERVICE
from tailrace.glue.schema import json_path
from tailrace.service.call import Call

KINDS = ("JsonClassifier", "CsvClassifier")
_REFUSED = ("GrokClassifier", "XMLClassifier")


class Classifier(msgspec.Struct, frozen=True, kw_only=True):
    """A classifier: its kind by AWS's member name, and its rules."""

    name: str
    kind: str
    rules: dict[str, Any]
    created: float
    updated: float
    version: int = 1

    @property
    def described(self) -> dict[str, Any]:
        """As GetClassifier shows it."""
        facts = {"CreationTime": self.created, "LastUpdated": self.updated, "Version": self.version}
        return {self.kind: {**self.rules, **facts}}


CLASSIFIERS = Rows("glue/classifiers", Classifier)


@SERVICE.operation("CreateClassifier")
def create_classifier(call: Call) -> dict[str, Any]:
    """Create a classifier of one kind."""
    kind, rules = _given(call)
    name = rules["Name"]
    if CLASSIFIERS.get(call.transaction, call.key(name)) is not None:
        raise already(f"Classifier with name {name} already exists")
    made = Classifier(name=name, kind=kind, rules=rules, created=call.now, updated=call.now)
    CLASSIFIERS.put(call.transaction, call.key(name), made)
    return {}


@SERVICE.operation("GetClassifier")
def get_classifier(call: Call) -> dict[str, Any]:
    """Answer a classifier."""
    return {"Classifier": find_classifier(call, call.params["Name"]).described}


@SERVICE.operation("GetClassifiers")
def get_classifiers(call: Call) -> dict[str, Any]:
    """Answer a page of classifiers by name."""
    found = CLASSIFIERS.scan(call.transaction, call.key(""), opened(call.params.get("NextToken")))
    return paged("Classifiers", found, call.params.get("MaxResults", 100), lambda each: each.described)


@SERVICE.operation("UpdateClassifier")
def update_classifier(call: Call) -> dict[str, Any]:
    """Change what is given of a classifier; its kind stays."""
    kind, rules = _given(call)
    known = find_classifier(call, rules["Name"])
    if known.kind != kind:
        raise invalid(f"Classifier {known.name} is a {known.kind}, not a {kind}")
    updated = msgspec.structs.replace(
        known, rules={**known.rules, **rules}, updated=call.now, version=known.version + 1
    )
    CLASSIFIERS.put(call.transaction, call.key(known.name), updated)
    return {}


@SERVICE.operation("DeleteClassifier")
def delete_classifier(call: Call) -> dict[str, Any]:
    """Delete a classifier."""
    known = find_classifier(call, call.params["Name"])
    CLASSIFIERS.delete(call.transaction, call.key(known.name))
    return {}


def find_classifier(call: Call, name: str) -> Classifier:
    """Answer a classifier. Raises EntityNotFoundException."""
    found = CLASSIFIERS.get(call.transaction, call.key(name))
    if found is None:
        raise missing(f"Classifier with name {name} does not exist")
    return found


def _given(call: Call) -> tuple[str, dict[str, Any]]:
    given = [(kind, call.params[kind]) for kind in (*KINDS, *_REFUSED) if call.params.get(kind)]
    if len(given) != 1:
        raise invalid("Exactly one classifier must be specified.")
    kind, rules = given[0]
    if kind in _REFUSED:
        raise invalid(f"Tailrace does not carry out {kind} yet; JsonClassifier and CsvClassifier it does.")
    if "JsonPath" in rules:
        try:
            json_path.parsed(rules["JsonPath"])
        except ValueError as error:
            raise invalid(f"Invalid JSON path: {error}") from error
    return kind, rules
