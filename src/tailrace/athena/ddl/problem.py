"""What Hive says when DDL can't be done."""

from __future__ import annotations

from tailrace.athena.syntax.problem import HiveProblem
from tailrace.wire.errors import AwsError

_TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."


def task_failed(text: str) -> HiveProblem:
    """Answer the failure of a DDL task."""
    return HiveProblem(f"{_TASK} {text}")


def semantic(text: str) -> HiveProblem:
    """Answer a statement that has no meaning."""
    return HiveProblem(f"FAILED: SemanticException {text}")


def no_table(name: str) -> HiveProblem:
    """Answer a table that isn't there."""
    return semantic(f"[Error 10001]: Table not found {name}")


def no_database(name: str) -> HiveProblem:
    """Answer a database that isn't there."""
    return semantic(f"[Error 10072]: Database does not exist: {name}")


def refused(error: AwsError) -> HiveProblem:
    """Answer what Glue refused."""
    if error.code in ("AccessDeniedException", "AccessDenied"):
        return HiveProblem(f"FAILED: Insufficient permissions to execute the query. {error.message}")
    return task_failed(f"{error.code}(message:{error.message})")
