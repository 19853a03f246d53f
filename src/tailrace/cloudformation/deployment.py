"""A stack brought from one state to another: a durable job, run again from where it was until the stack is at rest.

The stack's status says what is to be done next; the rows of its resources say how far that is.
"""

from collections.abc import Awaitable, Callable

from tailrace.cloudformation import exports
from tailrace.cloudformation.plan import Plan
from tailrace.cloudformation.progress import Progress
from tailrace.cloudformation.provisioning import Provisioning
from tailrace.cloudformation.removal import Removal
from tailrace.cloudformation.resource_row import GONE
from tailrace.cloudformation.restoration import restore
from tailrace.cloudformation.stack import DELETED, OutputRow, StackRow, move
from tailrace.engine.job import Job
from tailrace.engine.transaction import Transaction
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

JOB = "cloudformation/deployment"


def schedule(cloud: Cloud, transaction: Transaction, stack: StackRow) -> None:
    """Stage the job that brings a stack to rest; it goes on even when this process ends."""
    cloud.jobs.schedule(transaction, JOB, stack.key, {})


def register(cloud: Cloud) -> None:
    """Say who runs deployments."""

    async def run(job: Job) -> None:
        await Deployment(Progress(cloud, job.id)).run()

    cloud.jobs.register(JOB, run)


class Deployment:
    """Everything that is done to one stack until it is at rest."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    async def run(self) -> None:
        """Go from state to state until there is nothing left to do."""
        phases: dict[str, Callable[[StackRow], Awaitable[None]]] = {
            "CREATE_IN_PROGRESS": self._provision,
            "UPDATE_IN_PROGRESS": self._provision,
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": self._clean_up,
            "UPDATE_ROLLBACK_IN_PROGRESS": self._restore,
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": self._clean_up,
            "ROLLBACK_IN_PROGRESS": self._undo_creation,
            "DELETE_IN_PROGRESS": self._delete,
        }
        while (phase := phases.get((stack := self._progress.stack).status)) is not None:
            await phase(stack)

    # ------------------------------------------------------------------ forward
    async def _provision(self, stack: StackRow) -> None:
        creating = stack.status == "CREATE_IN_PROGRESS"
        try:
            plan = self._plan(stack)
        except AwsError as error:
            return self._turn_back(stack, error.message)
        provisioning = Provisioning(self._progress, plan)
        for logical_id in plan.order:
            current = self._progress.stack
            if current.status != stack.status:
                return None
            if current.deadline_ms is not None and self._progress.cloud.clock.now_ms() >= current.deadline_ms:
                return self._turn_back(stack, "Stack creation time exceeded the specified timeout.")
            failed = await provisioning.bring(logical_id)
            if failed is not None:
                verb = "create" if failed.status == "CREATE_FAILED" else "update"
                return self._turn_back(stack, f"The following resource(s) failed to {verb}: [{logical_id}].")
        return self._finish(stack, plan, "CREATE_COMPLETE" if creating else "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

    def _plan(self, stack: StackRow) -> Plan:
        store = self._progress.cloud.store
        return Plan.of(
            stack,
            stack.definition,
            self._progress.cloud.account,
            self._progress.rows(),
            lambda name: exports.value(store.begin(), stack.region, name),
        )

    def _turn_back(self, stack: StackRow, reason: str) -> None:
        """Leave the way forward: roll back, delete or stop, as was asked for."""
        if stack.status == "CREATE_IN_PROGRESS":
            following, asked = {
                "ROLLBACK": ("ROLLBACK_IN_PROGRESS", " Rollback requested by user."),
                "DELETE": ("DELETE_IN_PROGRESS", " Delete requested by user."),
                "DO_NOTHING": ("CREATE_FAILED", ""),
            }[stack.on_failure]
        elif stack.on_failure == "DO_NOTHING":
            following, asked = "UPDATE_FAILED", ""
        else:
            following, asked = "UPDATE_ROLLBACK_IN_PROGRESS", ""
        undoing = following == "DELETE_IN_PROGRESS"
        self._progress.move(stack.status, following, reason + asked, deadline_ms=None, undoing=undoing)

    def _finish(self, stack: StackRow, plan: Plan, following: str) -> None:
        try:
            outputs = plan.outputs()
            self._progress.commit(lambda transaction: self._settle(transaction, stack, plan, outputs, following))
        except AwsError as error:
            self._turn_back(stack, error.message)

    def _settle(
        self, transaction: Transaction, stack: StackRow, plan: Plan, outputs: list[OutputRow], following: str
    ) -> None:
        """Publish what the stack exports, and from here on nothing goes back."""
        current = self._progress.stack
        if current.status != stack.status:
            return
        exports.publish(transaction, stack, outputs, plan.imported)
        for row in self._progress.rows().values():
            superseded = row.former if row.operation == stack.operation and row.step == "replace" else row.superseded
            self._progress.put(transaction, row, former=None, target=None, superseded=superseded)
        now_ms = self._progress.cloud.clock.now_ms()
        move(transaction, current, following, None, now_ms, outputs=outputs, deadline_ms=None)

    # ------------------------------------------------------------------ what is left over
    async def _clean_up(self, stack: StackRow) -> None:
        active = set(self._plan(stack).order)
        rows = self._progress.rows()
        removal = Removal(self._progress, undoing_creation=stack.status.startswith("UPDATE_ROLLBACK"))
        failed = await removal.remove({name: row for name, row in rows.items() if name not in active})
        for name, row in rows.items():
            if name in active and not await removal.discard(row):
                failed.append(name)
        for name, row in self._progress.rows().items():
            if name not in active and row.status in GONE:
                self._progress.drop(row)
        final = stack.status.removesuffix("_CLEANUP_IN_PROGRESS")
        reason = "One or more resources could not be deleted." if failed else None
        now_ms = self._progress.cloud.clock.now_ms()
        self._progress.move(stack.status, final, reason, previous=None, updated_ms=now_ms)

    # ------------------------------------------------------------------ backward
    async def _restore(self, stack: StackRow) -> None:
        failed = await restore(self._progress)
        if failed is not None:
            reason = f"The following resource(s) failed to update: [{failed}]."
            return self._progress.move(stack.status, "UPDATE_ROLLBACK_FAILED", reason)
        definition = stack.previous or stack.definition
        following = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
        return self._progress.move(stack.status, following, definition=definition)

    async def _undo_creation(self, stack: StackRow) -> None:
        removal = Removal(self._progress, undoing_creation=True, forced=stack.retain_except_on_create)
        failed = await removal.remove(self._progress.rows())
        if failed:
            reason = f"The following resource(s) failed to delete: [{', '.join(failed)}]."
            return self._progress.move(stack.status, "ROLLBACK_FAILED", reason)
        return self._progress.move(stack.status, "ROLLBACK_COMPLETE")

    async def _delete(self, stack: StackRow) -> None:
        try:
            self._progress.commit(lambda transaction: exports.publish(transaction, stack, (), ()))
        except AwsError as error:
            return self._progress.move(stack.status, "DELETE_FAILED", error.message)
        removal = Removal(self._progress, undoing_creation=stack.undoing, kept=stack.retained)
        failed = await removal.remove(self._progress.rows())
        if failed:
            reason = f"The following resource(s) failed to delete: [{', '.join(failed)}]."
            return self._progress.move(stack.status, "DELETE_FAILED", reason)
        now_ms = self._progress.cloud.clock.now_ms()
        return self._progress.move(stack.status, DELETED, deleted_ms=now_ms)
