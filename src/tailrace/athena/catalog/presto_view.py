"""Views as the catalog keeps them: base64 of Trino's JSON in a comment."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

import orjson

from tailrace.athena.analysis.context import TableColumn, View
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.type import Type
from tailrace.athena.analysis.type_reading import hive_text, query_type
from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.type_name import type_name

_ORIGINAL = re.compile(r"/\* Presto View: (.*) \*/", re.DOTALL)
EXPANDED = "/* Presto View */"


def encoded(text: str, catalog: str, schema: str, columns: Sequence[tuple[str, Type]]) -> str:
    """Answer the ViewOriginalText of a view."""
    listed = [{"name": name, "type": str(type_)} for name, type_ in columns]
    data = {"originalSql": text, "catalog": catalog, "schema": schema, "columns": listed}
    return f"/* Presto View: {base64.b64encode(orjson.dumps(data)).decode()} */"


def decoded(name: tuple[str, str, str], original: str) -> View:
    """Answer a view from its ViewOriginalText. AnalysisProblem INVALID_VIEW when that can't be read."""
    match = _ORIGINAL.search(original)
    try:
        if match is None:
            raise ValueError(original)
        data: dict[str, Any] = orjson.loads(base64.b64decode(match[1]))
        columns = tuple(TableColumn(each["name"].lower(), _type(each["type"])) for each in data["columns"])
        return View(name, data["originalSql"], data.get("catalog") or name[0], data.get("schema") or name[1], columns)
    except (ValueError, KeyError, TypeError) as error:
        raise AnalysisProblem("INVALID_VIEW", None, f"View '{'.'.join(name)}' is not a Presto view: {error}") from error


def _type(text: str) -> Type:
    return query_type(type_name(Cursor(text)))


def table_input(name: str, original: str, columns: Sequence[tuple[str, Type]]) -> dict[str, Any]:
    """Answer the TableInput of a view."""
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "ViewOriginalText": original,
        "ViewExpandedText": EXPANDED,
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": hive_text(type_)} for column, type_ in columns],
            "Location": "",
            "SerdeInfo": {},
        },
    }
