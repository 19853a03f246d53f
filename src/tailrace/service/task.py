"""How a task that was run in a worker process fails: what the caller of ``cloud.tasks.run`` catches."""

from typing import Any


class TaskError(Exception):
    """The function raised: ``type_name`` is its exception's class, ``data`` its ``data`` if JSON can carry that."""

    def __init__(self, type_name: str, message: str, data: Any = None) -> None:
        super().__init__(f"{type_name}: {message}" if message else type_name)
        self.type_name = type_name
        self.message = message
        self.data = data


class TaskTimeout(TaskError):
    """The function took longer than it was given; its worker was killed."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__("TaskTimeout", f"not done after {timeout_s:g} s")


class TaskWorkerDied(TaskError):
    """The worker ended while the function ran (out of memory, a crash, os._exit)."""

    def __init__(self, how: str) -> None:
        super().__init__("TaskWorkerDied", f"the worker process ended while it worked: {how}")
