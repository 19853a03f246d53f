"""The Python runtime of Lambda inside its process: events, answers, errors, context and logging as on AWS."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tailrace.lambda_.execution import Ending, Outcome

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
GOOD = "handler = lambda event, context: {'event': event}"


def error_of(outcome: Outcome) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(outcome.body)
    return error


def test_events_are_answered_and_the_process_stays_warm(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        counter = """
            calls = 0
            def handler(event, context):
                global calls
                calls += 1
                return [calls - 1, os.getpid()]
        """
        began = time.monotonic()
        outcomes = [await functions.invoke(counter) for _ in range(3)]
        took_ms = (time.monotonic() - began) * 1000
        answers = [json.loads(outcome.body) for outcome in outcomes]
        assert [count for count, _ in answers] == [0, 1, 2]
        assert len({pid for _, pid in answers}) == 1
        assert outcomes[0].init_ms is not None and outcomes[1].init_ms is None
        assert 0 < outcomes[1].duration_ms < took_ms
        assert 1 < outcomes[1].memory_mb < 128

    run(work)


@pytest.mark.parametrize(
    ("expression", "body"),
    [
        ("None", b"null"),
        ("'text'", b'"text"'),
        ("{'a': [1, 2.5, True]}", b'{"a": [1, 2.5, true]}'),
        ("{'ü': '\\U0001f600'}", b'{"\\u00fc": "\\ud83d\\ude00"}'),
        ("{'d': decimal.Decimal('1.10'), 'e': [decimal.Decimal('1E+3')]}", b'{"d": 1.10, "e": [1E+3]}'),
        ("{'n': decimal.Decimal('NaN'), 'i': float('inf')}", b'{"n": NaN, "i": Infinity}'),
        ("{'b': b'abc'}", b'{"b": "abc"}'),
        ("b'raw'", b"raw"),
        ("(1, 2)", b"[1, 2]"),
        ("10**30", b"1" + b"0" * 30),
    ],
)
def test_answers_are_marshalled_as_on_aws(run: Callable[..., None], expression: str, body: bytes) -> None:
    async def work(functions: Any) -> None:
        outcome = await functions.invoke(f"handler = lambda event, context: {expression}")
        assert (outcome.ending, outcome.body) == (Ending.ANSWERED, body)

    run(work)


def test_newer_runtimes_keep_characters(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        newer = {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"}
        outcome = await functions.invoke("handler = lambda event, context: 'ü'", variables=newer)
        assert outcome.body == '"ü"'.encode()

    run(work)


def test_an_exception_is_told_with_its_frames(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        source = """
            class Refused(Exception):
                pass

            def inner():
                raise Refused("Handler fails")

            def handler(event, context):
                inner()
        """
        outcome = await functions.invoke(source)
        assert outcome.ending is Ending.RAISED
        assert error_of(outcome) == {
            "errorMessage": "Handler fails",
            "errorType": "Refused",
            "requestId": "id-0",
            "stackTrace": [
                '  File "/var/task/app.py", line 10, in handler\n    inner()\n',
                '  File "/var/task/app.py", line 7, in inner\n    raise Refused("Handler fails")\n',
            ],
        }
        assert outcome.output.decode() == (
            "[ERROR] Refused: Handler fails\x1eTraceback (most recent call last):\x1e"
            '\u00a0\u00a0File "/var/task/app.py", line 10, in handler\x1e\u00a0\u00a0\u00a0\u00a0inner()\x1e'
            '\u00a0\u00a0File "/var/task/app.py", line 7, in inner\x1e'
            '\u00a0\u00a0\u00a0\u00a0raise Refused("Handler fails")\n'
        )
        again = await functions.invoke(source)
        assert again.init_ms is None  # an environment is kept after an exception

    run(work)


UNLOADED = {
    "import no": ("app.handler", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'no'"),
    "x = 1": ("app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
    "x = 2": ("no.f", "Runtime.ImportModuleError", "Unable to import module 'no': No module named 'no'"),
    "def handler(:": (
        "app.handler",
        "Runtime.UserCodeSyntaxError",
        "Syntax error in module 'app': invalid syntax (app.py, line 2)",
    ),
    "x = 3": (
        "handler",
        "Runtime.MalformedHandlerName",
        "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
    ),
    "x = 4": ("sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
    "1 / 0": ("app.handler", "ZeroDivisionError", "division by zero"),
}


@pytest.mark.parametrize("source", UNLOADED)
def test_a_handler_that_cannot_be_loaded(run: Callable[..., None], source: str) -> None:
    handler, kind, message = UNLOADED[source]

    async def work(functions: Any) -> None:
        for _ in range(2):
            outcome = await functions.invoke(source, handler=handler)
            assert outcome.ending is Ending.UNLOADED
            error = error_of(outcome)
            assert (error["errorType"], error["errorMessage"], error["requestId"]) == (kind, message, "")
        output = outcome.init_output.decode() + outcome.output.decode()
        assert output.startswith("LAMBDA_WARNING: Unhandled exception.")
        assert f"[ERROR] {kind}: {message}" in output
        if kind.endswith("SyntaxError"):
            assert error["stackTrace"] == ['  File "/var/task/app.py" Line 2\n    def handler(:']

    run(work)


def test_handlers_in_packages(run: Callable[..., None], tmp_path: Path) -> None:
    async def work(functions: Any) -> None:
        deployment = functions.deployment("x = 'packed'", handler="inner/deep.answer")
        folder = (await deployment.prepare()).folder
        (folder / "inner").mkdir()
        (folder / "inner" / "deep.py").write_text("import app\ndef answer(event, context):\n    return app.x\n")
        assert (await functions.invoke("x = 'packed'", handler="inner/deep.answer")).body == b'"packed"'

    run(work)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("{1, 2}", "Object of type set is not JSON serializable"),
        ("__import__('datetime').datetime(2026, 1, 1)", "Object of type datetime is not JSON serializable"),
        ("(lambda x: x.append(x) or x)([])", "Circular reference detected"),
        ("{(1, 2): 3}", "keys must be str, int, float, bool or None, not tuple"),
    ],
)
def test_answers_that_json_cannot_carry(run: Callable[..., None], expression: str, message: str) -> None:
    async def work(functions: Any) -> None:
        outcome = await functions.invoke(f"handler = lambda event, context: {expression}")
        assert outcome.ending is Ending.RAISED
        assert error_of(outcome) == {
            "errorMessage": f"Unable to marshal response: {message}",
            "errorType": "Runtime.MarshalError",
            "requestId": "id-0",
            "stackTrace": [],
        }

    run(work)


def test_events_that_are_not_json(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        assert (await functions.invoke(GOOD, b"<xml>")).ending is Ending.UNREADABLE
        assert (await functions.invoke(GOOD, b'{"a": ')).ending is Ending.UNREADABLE
        assert json.loads((await functions.invoke(GOOD, b"")).body)["event"] == {}
        assert json.loads((await functions.invoke(GOOD, b"[1]")).body)["event"] == [1]

    run(work)


def test_the_context_in_full(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        source = """
            def handler(event, context):
                time.sleep(0.01)
                names = ["aws_request_id", "function_name", "function_version", "invoked_function_arn",
                         "memory_limit_in_mb", "log_group_name", "log_stream_name"]
                client = context.client_context
                return {
                    **{name: getattr(context, name) for name in names},
                    "left": context.get_remaining_time_in_millis(),
                    "identity": context.identity.cognito_identity_id,
                    "client": client and [client.custom, client.env, client.client.app_title],
                    "repr": repr(context)[:15],
                    "cwd": os.getcwd() == os.environ["LAMBDA_TASK_ROOT"] == sys.path[0],
                }
        """
        given = {"custom": {"a": 1}, "env": {"b": 2}, "client": {"app_title": "title"}}
        context = json.loads((await functions.invoke(source, client_context=given)).body)
        assert 0 < context.pop("left") <= 4990
        stream = context.pop("log_stream_name")
        assert stream.startswith("2026/11/23/[$LATEST]")
        assert context == {
            "aws_request_id": "id-0",
            "function_name": "f",
            "function_version": "$LATEST",
            "invoked_function_arn": ARN,
            "memory_limit_in_mb": "128",
            "log_group_name": "/aws/lambda/f",
            "identity": None,
            "client": [{"a": 1}, {"b": 2}, "title"],
            "repr": "LambdaContext([",
            "cwd": True,
        }

    run(work)


def test_logging_has_the_request_id(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        source = """
            logging.basicConfig(level=logging.DEBUG)
            def handler(event, context):
                logging.info("unseen")
                logging.warning("two\\nlines")
                print("printed")
                context.log("by the context")
        """
        lines = (await functions.invoke(source)).output.decode().splitlines()
        assert lines[0].startswith("[WARNING]\t20") and lines[0].endswith("Z\tid-0\ttwo")
        del lines[0]
        assert lines == ["lines", "printed", "by the context"]  # splitlines breaks at RS too

    run(work)


def test_logging_in_json(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        source = """
            def handler(event, context):
                logging.info("hello", extra={"order": 7})
                raise KeyError("k")
        """
        formatted = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
        lines = (await functions.invoke(source, variables=formatted)).output.decode().splitlines()
        first, second = (json.loads(line) for line in lines)
        assert {key: first[key] for key in ("level", "message", "logger", "requestId", "order")} == {
            "level": "INFO",
            "message": "hello",
            "logger": "root",
            "requestId": "id-0",
            "order": 7,
        }
        assert (second["log_level"], second["errorType"], second["errorMessage"]) == ("ERROR", "KeyError", "'k'")

    run(work)


def test_output_before_the_first_event_is_told_apart(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        source = """
            print("loading")
            def handler(event, context):
                print("handling", end="")
        """
        outcome = await functions.invoke(source)
        assert (outcome.init_output, outcome.output) == (b"loading\n", b"handling")

    run(work)


def test_much_output_keeps_its_ends(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        source = """
            def handler(event, context):
                for number in range(300_000):
                    print(f"line {number:06d}")
        """
        output = (await functions.invoke(source, timeout_s=30)).output
        assert output.startswith(b"line 000000\n") and output.endswith(b"line 299999\n")
        assert b"bytes of output are left out here" in output

    run(work)


def test_large_events_and_answers(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        event = {"text": "ä" * 1_500_000}
        for _ in range(3):
            outcome = await functions.invoke("handler = lambda event, context: len(event['text'])", event)
            assert outcome.body == b"1500000"
        outcome = await functions.invoke("handler = lambda event, context: 'x' * 6_291_554", memory_mb=256)
        assert (outcome.ending, len(outcome.body)) == (Ending.ANSWERED, 6_291_556)
        outcome = await functions.invoke("handler = lambda event, context: 'x' * 6_291_555", memory_mb=256)
        assert outcome.ending is Ending.TOO_LARGE

    run(work)
