"""The bytes that scans read: whole files, but of Parquet only the chunks of the columns read."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.athena.worker.connection import connection
from tailrace.athena.worker.parquet_files import column_in
from tailrace.athena.worker.parquet_footers import Schema, footers
from tailrace.athena.worker.scan_plan import Group, ScanPlan

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


def scanned_bytes(plans: Sequence[ScanPlan]) -> int:
    """Answer the bytes that scans read."""
    return sum(
        _parquet_bytes(group, set(plan.used)) if group.serde == _PARQUET else sum(file.size for file in group.files)
        for plan in plans
        for group in plan.groups
    )


def _parquet_bytes(group: Group, used: set[int]) -> int:
    wanted: dict[Schema, list[str]] = {}
    total = 0
    for footer in footers(connection(), [file.path for file in group.files if file.size]):
        if footer.schema not in wanted:
            columns = [column_in(footer.schema, group, column) for column in group.columns if column.index in used]
            wanted[footer.schema] = [column[0].lower() for column in columns if column is not None]
        total += sum(footer.sizes.get(name, 0) for name in wanted[footer.schema])
    return total
