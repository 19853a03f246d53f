"""Whatever a handler does harms its own invocation only: the next good event is answered and nothing is left behind."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tailrace.lambda_.execution import Ending

SOURCE = Path(__file__).with_name("misbehaving.py").read_text()
PATIENCE_S = 60  # whoever ends by himself isn't hurried, however busy the machine is
ENDINGS: dict[str, tuple[Ending, str]] = {
    "exits": (Ending.EXITED, "exit status 7"),
    "exits_quietly": (Ending.EXITED, ""),
    "leaves": (Ending.EXITED, "exit status 3"),
    "kills_itself": (Ending.EXITED, "signal: killed"),
    "crashes": (Ending.EXITED, "signal: segmentation fault"),
    "aborts": (Ending.EXITED, "signal: aborted"),
    "sets_an_alarm": (Ending.EXITED, "signal: alarm clock"),
    "kills_its_group": (Ending.EXITED, "signal: killed"),
    "kills_its_parent": (Ending.EXITED, "signal: killed"),
    "terminates_its_parent": (Ending.EXITED, "signal: terminated"),
    "leaves_its_group_and_kills_its_parent": (Ending.EXITED, "signal: killed"),
    "closes_everything": (Ending.EXITED, "exit status 1"),
    "closes_the_channel_and_sleeps": (Ending.TIMED_OUT, ""),
    "writes_everywhere": (Ending.EXITED, "signal: killed"),
    "forges_an_answer": (Ending.EXITED, "signal: killed"),
    "writes_a_line_without_end": (Ending.EXITED, "signal: killed"),
    "truncates_everything": (Ending.ANSWERED, "null"),
    "makes_everything_nonblocking": (Ending.ANSWERED, "null"),
    "recurses": (Ending.RAISED, "RecursionError"),
    "recurses_without_a_limit": (Ending.OUT_OF_MEMORY, "signal: killed"),
    "recurses_in_c": (Ending.EXITED, "signal: segmentation fault"),
    "loops": (Ending.TIMED_OUT, ""),
    "ignores_signals": (Ending.TIMED_OUT, ""),
    "holds_the_interpreter": (Ending.TIMED_OUT, ""),
    "reads_its_input": (Ending.ANSWERED, '""'),
    "prints_without_end": (Ending.TIMED_OUT, ""),
    "prints_megabytes": (Ending.ANSWERED, "null"),
    "prints_bytes": (Ending.ANSWERED, "null"),
    "closes_its_output": (Ending.ANSWERED, "null"),
    "replaces_its_output": (Ending.ANSWERED, "null"),
    "answers_too_much": (Ending.TOO_LARGE, ""),
    "raises_too_much": (Ending.TOO_LARGE, ""),
    "takes_all_memory": (Ending.OUT_OF_MEMORY, "signal: killed"),
    "takes_all_memory_at_once": (Ending.OUT_OF_MEMORY, "signal: killed"),
    "lets_a_child_take_all_memory": (Ending.OUT_OF_MEMORY, "signal: killed"),
    "raises_what_cannot_be_told": (Ending.EXITED, "exit status 1"),
    "raises_an_interrupt": (Ending.EXITED, "signal: interrupt"),
    "raises_a_group": (Ending.RAISED, "ExceptionGroup"),
    "answers_a_coroutine": (Ending.RAISED, "Object of type coroutine is not JSON serializable"),
    "starts_a_daemon": (Ending.ANSWERED, "1"),
    "starts_a_thread_that_loops": (Ending.ANSWERED, "1"),
    "starts_a_thread_and_leaves": (Ending.TIMED_OUT, ""),
    "prints_after_answering": (Ending.ANSWERED, "1"),
    "breaks_modules": (Ending.ANSWERED, "1"),
    "changes_its_folder": (Ending.ANSWERED, "1"),
    "removes_its_variables": (Ending.RAISED, "ValueError"),
    "lowers_its_limits": (Ending.EXITED, ""),
    "stops_itself": (Ending.TIMED_OUT, ""),
    "stops_its_parent": (Ending.ANSWERED, "1"),
    "answers_no_number": (Ending.ANSWERED, "NaN"),
    "answers_bytes": (Ending.ANSWERED, "not JSON"),
    "answers_too_deeply": (Ending.RAISED, "Runtime.MarshalError"),
    "answers_itself": (Ending.RAISED, "Circular reference detected"),
    "answers_without_end": (Ending.TIMED_OUT, ""),
    "answers_odd_keys": (Ending.RAISED, "Runtime.MarshalError"),
    "answers_half_a_character": (Ending.ANSWERED, "ud800"),
    "answers_what_fights_back": (Ending.RAISED, "Runtime.MarshalError"),
    "raises_half_a_character": (Ending.RAISED, "ValueError"),
    "replaces_its_output_and_raises": (Ending.RAISED, "ValueError"),
    "closes_its_output_and_raises": (Ending.RAISED, "ValueError"),
    "raises_no_exception": (Ending.EXITED, "exit status 1"),
    "writes_without_end": (Ending.TIMED_OUT, ""),
    "writes_errors_without_end": (Ending.TIMED_OUT, ""),
    "lets_a_child_write_without_end": (Ending.ANSWERED, "1"),
    "opens_files_without_end": (Ending.RAISED, "Too many open files"),
    "starts_threads_without_end": (Ending.RAISED, "can't start new thread"),
    "exits_in_a_thread": (Ending.EXITED, "exit status 9"),
    "answers_and_exits": (Ending.ANSWERED, "1"),
    "forks_in_a_thread": (Ending.ANSWERED, "1"),
    "removes_its_code": (Ending.ANSWERED, "1"),
    "limits_its_memory": (Ending.RAISED, "MemoryError"),
    "replaces_builtins": (Ending.EXITED, "exit status 1"),
    "traces_everything": (Ending.RAISED, "traced"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_misbehaviour(run: Callable[..., None], name: str) -> None:
    async def work(functions: Any) -> None:
        ending, text = ENDINGS[name]
        bad = await functions.invoke(SOURCE, {"do": name}, timeout_s=1 if ending is Ending.TIMED_OUT else PATIENCE_S)
        assert bad.ending is ending, bad
        assert text in (bad.how or bad.body.decode(errors="replace")), bad
        assert len(bad.output) < 1_200_000
        good = await functions.invoke(SOURCE, {"do": "behaves"}, timeout_s=PATIENCE_S)
        assert good.body == b'"good"', good

    run(work)


def test_forks_that_come_back_or_get_away(
    run: Callable[..., None], left: Callable[[], list[int]], until: Callable[..., Awaitable[None]]
) -> None:
    async def work(functions: Any) -> None:
        source = """
            def handler(event, context):
                if os.fork() == 0:
                    if event.get("away"):
                        os.setsid()
                        if os.fork() == 0:
                            time.sleep(60)
                    if event.get("stay"):
                        time.sleep(60)
                return event
        """
        assert (await functions.invoke(source, {"back": 1})).body == b'{"back": 1}'
        assert (await functions.invoke(source, {"stay": 1})).body == b'{"stay": 1}'
        assert (await functions.invoke(source, {"away": 1})).body == b'{"away": 1}'
        await until(lambda: len(left()) >= 4)  # the guard, the function, and those two

    run(work)


def test_children_do_not_outlive_a_time_out(
    run: Callable[..., None], left: Callable[[], list[int]], until: Callable[..., Awaitable[None]]
) -> None:
    async def work(functions: Any) -> None:
        source = """
            def handler(event, context):
                subprocess.Popen(["sleep", "60"], start_new_session=True)
                subprocess.run(["sleep", "60"])
        """
        assert (await functions.invoke(source, timeout_s=1)).ending is Ending.TIMED_OUT
        await until(lambda: not left())

    run(work)


def test_a_fork_bomb(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        bad = await functions.invoke(SOURCE, {"do": "forks_without_end"}, timeout_s=1)
        assert bad.ending in (Ending.OUT_OF_MEMORY, Ending.TIMED_OUT)

    run(work)


def test_exit_while_loading(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        outcome = await functions.invoke("sys.exit(4)")
        assert (outcome.ending, outcome.how) == (Ending.EXITED, "exit status 4")

    run(work)


def test_loading_without_end(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        outcome = await functions.invoke("while True: pass", timeout_s=1)
        assert outcome.ending is Ending.TIMED_OUT

    run(work, load_s=0.3)
