"""The tasks of a query's worker process, and what its failures mean."""

from __future__ import annotations

from typing import Any

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.service.cloud import Cloud
from tailrace.service.task import TaskError, TaskTimeout, TaskWorkerDied

_FUNCTIONS = {
    "prune": "tailrace.athena.worker.queries:prune",
    "select": "tailrace.athena.worker.queries:select",
    "explain": "tailrace.athena.worker.queries:explain",
    "write": "tailrace.athena.worker.writing:write",
}
TIMEOUT_S = 30 * 60.0


class WorkerTasks:
    """Runs tasks of one query. QueryFailure carries Athena's text when one fails."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def run(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Run a task and answer its result."""
        try:
            return await self._cloud.tasks.run(_FUNCTIONS[name], payload, timeout_s=TIMEOUT_S)
        except TaskTimeout as error:
            raise QueryFailure("Query timeout") from error
        except TaskWorkerDied as error:
            raise QueryFailure(f"EXCEEDED_MEMORY_LIMIT: Query exceeded local memory limit ({error.message})") from error
        except TaskError as error:
            if error.type_name in (QueryFailure.__name__, AnalysisProblem.__name__):
                raise QueryFailure(error.message) from error
            raise QueryFailure(f"GENERIC_INTERNAL_ERROR: {error.type_name}: {error.message}") from error
