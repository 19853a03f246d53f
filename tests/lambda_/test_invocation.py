"""Invoke over the wire: answers, failures, logs, limits; what misbehaves is shown at length by tests/runtime."""

import base64
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_an_answer(functions: Any, make: Callable[..., str]) -> None:
    name = make()
    answer = functions.invoke(FunctionName=name, Payload=b'{"a": "\xc3\xbc", "b": [1, 2.5, null]}')
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["Payload"].read() == b'{"a": "\xc3\xbc", "b": [1, 2.5, null]}'
    assert "FunctionError" not in answer and "LogResult" not in answer
    assert functions.invoke(FunctionName=name)["Payload"].read() == b"{}"


def test_the_environment_is_kept(make: Callable[..., str], invoke: Any) -> None:
    name = make("n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n")
    assert [invoke(name) for _ in range(3)] == [1, 2, 3]


def test_a_failure(functions: Any, make: Callable[..., str]) -> None:
    name = make("def handler(event, context):\n    raise ValueError('no')")
    answer = functions.invoke(FunctionName=name, LogType="Tail")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    error = json.loads(answer["Payload"].read())
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", error["requestId"])
    assert error == {
        "errorMessage": "no",
        "errorType": "ValueError",
        "requestId": error["requestId"],
        "stackTrace": ["  File \"/var/task/app.py\", line 2, in handler\n    raise ValueError('no')\n"],
    }
    log = base64.b64decode(answer["LogResult"]).decode()
    assert log.startswith(f"START RequestId: {error['requestId']} Version: $LATEST\n[ERROR] ValueError: no\nTraceback")
    assert f"END RequestId: {error['requestId']}\nREPORT RequestId: {error['requestId']}\tDuration: " in log


def test_the_report_of_a_cold_and_a_warm_start(functions: Any, make: Callable[..., str]) -> None:
    name = make("def handler(event, context): print('hello')")
    cold, warm = (
        base64.b64decode(functions.invoke(FunctionName=name, LogType="Tail")["LogResult"]).decode() for _ in range(2)
    )
    pattern = (
        r"START RequestId: (\S+) Version: \$LATEST\nhello\nEND RequestId: \1\n"
        r"REPORT RequestId: \1\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: \d+ MB\t"
    )
    assert re.fullmatch(pattern + r"Init Duration: \d+\.\d\d ms\t\n", cold)
    assert re.fullmatch(pattern + r"\n", warm)


def test_the_tail_is_4_kb(functions: Any, make: Callable[..., str]) -> None:
    name = make("def handler(event, context): print('x' * 100_000)")
    log = base64.b64decode(functions.invoke(FunctionName=name, LogType="Tail")["LogResult"])
    assert len(log) == 4096 and b"REPORT" in log


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("while True: pass", "Sandbox.Timedout", r"RequestId: \S{36} Error: Task timed out after 1\.00 seconds"),
        ("os._exit(127)", "Runtime.ExitError", r"RequestId: \S{36} Error: Runtime exited with error: exit status 127"),
        ("os._exit(0)", "Runtime.ExitError", r"RequestId: \S{36} Error: Runtime exited without providing a reason"),
        ("os.kill(0, 9)", "Runtime.ExitError", r"RequestId: \S{36} Error: Runtime exited with error: signal: killed"),
        (
            "x = [os.urandom(64) * 10**6 for _ in range(99)]",
            "Runtime.ExitError",
            r"RequestId: \S{36} Error: Runtime exited with error: signal: killed",
        ),
        (
            "return 'x' * 7_000_000",
            "Function.ResponseSizeTooLarge",
            r"Response payload size exceeded maximum allowed payload size \(6291556 bytes\)\.",
        ),
        ("return {1}", "Runtime.MarshalError", "Unable to marshal response: Object of type set is not JSON .*"),
    ],
)
def test_the_forms_of_failure(make: Callable[..., str], functions: Any, body: str, kind: str, message: str) -> None:
    timeout_s = 1 if kind == "Sandbox.Timedout" else 60  # a busy machine takes its time
    name = make(f"import os\ndef handler(event, context):\n    if event: return 'good'\n    {body}", Timeout=timeout_s)
    answer = functions.invoke(FunctionName=name)
    error = json.loads(answer["Payload"].read())
    assert (answer["StatusCode"], answer["FunctionError"], error["errorType"]) == (200, "Unhandled", kind)
    assert re.fullmatch(message, error["errorMessage"]), error
    assert functions.invoke(FunctionName=name, Payload=b"1")["Payload"].read() == b'"good"'


def test_a_module_that_cannot_be_loaded(functions: Any, make: Callable[..., str]) -> None:
    name = make("import nowhere")
    answer = functions.invoke(FunctionName=name)
    assert json.loads(answer["Payload"].read()) == {
        "errorMessage": "Unable to import module 'app': No module named 'nowhere'",
        "errorType": "Runtime.ImportModuleError",
        "requestId": "",
        "stackTrace": [],
    }


def test_only_asking(functions: Any, make: Callable[..., str]) -> None:
    answer = functions.invoke(FunctionName=make(), InvocationType="DryRun")
    assert answer["StatusCode"] == 204 and answer["Payload"].read() == b""


def test_events_are_json(functions: Any, make: Callable[..., str]) -> None:
    name = make()
    for kind in ("RequestResponse", "Event"):
        with pytest.raises(ClientError) as caught:
            functions.invoke(FunctionName=name, Payload=b"<no>", InvocationType=kind)
        error = caught.value.response["Error"]
        assert error["Code"] == "InvalidRequestContentException"
        assert error["Message"].startswith("Could not parse request body into json: Could not parse payload into json:")
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", 6_291_456), ("Event", 1_048_576)])
def test_events_have_a_size(functions: Any, make: Callable[..., str], kind: str, limit: int) -> None:
    name = make("def handler(event, context): return len(event)")
    fits = b'"' + b"x" * (limit - 2) + b'"'
    assert functions.invoke(FunctionName=name, Payload=fits, InvocationType=kind)["StatusCode"] in (200, 202)
    with pytest.raises(ClientError) as caught:
        functions.invoke(FunctionName=name, Payload=fits + b" ", InvocationType=kind)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert caught.value.response["Error"] == {
        "Code": "RequestTooLargeException",
        "Message": f"{limit + 1} byte payload is too large for the {kind} invocation type (limit {limit} bytes)",
    }


def test_client_contexts(functions: Any, make: Callable[..., str]) -> None:
    name = make("def handler(event, context): return context.client_context.custom")
    given = base64.b64encode(json.dumps({"custom": {"a": "b"}}).encode()).decode()
    answer = functions.invoke(FunctionName=name, ClientContext=given)
    assert json.loads(answer["Payload"].read()) == {"a": "b"}
    with pytest.raises(ClientError) as caught:
        functions.invoke(FunctionName=name, ClientContext="!!")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_the_environment_reaches_tailrace(make: Callable[..., str], invoke: Any) -> None:
    source = """
        import boto3, os
        def handler(event, context):
            found = boto3.client("lambda").get_function(FunctionName=context.invoked_function_arn)
            key = os.environ["AWS_ACCESS_KEY_ID"]
            return [found["Configuration"]["FunctionName"], os.environ["AWS_REGION"], key[:4]]
    """
    name = make(source, Timeout=20)
    assert invoke(name) == [name, "us-east-1", "ASIA"]


def test_functions_invoke_functions(make: Callable[..., str], invoke: Any) -> None:
    source = """
        import boto3, json
        client = boto3.client("lambda")
        def handler(event, context):
            if event["depth"] == 0:
                return "bottom"
            event["depth"] -= 1
            answer = client.invoke(FunctionName=context.function_name, Payload=json.dumps(event))
            return json.loads(answer["Payload"].read())
    """
    assert invoke(make(source, Timeout=30), {"depth": 4}) == "bottom"


def test_many_at_once(make: Callable[..., str], invoke: Any) -> None:
    name = make("import time\ndef handler(event, context):\n    time.sleep(0.05)\n    return event")
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda number: invoke(name, {"number": number}), range(40)))
    assert answers == [{"number": number} for number in range(40)]


def test_packages_with_folders_and_programs(functions: Any, make: Callable[..., str], zipped: Any, invoke: Any) -> None:
    program = zipped(
        {
            "src/app.py": "from src.deep import inner\ndef handler(event, context):\n    return inner.value()",
            "src/deep/inner.py": "import os\ndef value():\n    return sorted(os.listdir('src'))",
            "src/deep/__init__.py": "",
            "src/data.txt": "data",
        }
    )
    name = make(Code={"ZipFile": program}, Handler="src/app.handler")
    assert set(invoke(name)) - {"__pycache__"} == {"app.py", "data.txt", "deep"}


def test_code_that_a_handler_ruins_is_whole_again(functions: Any, make: Callable[..., str], invoke: Any) -> None:
    source = """
        import os, shutil
        def handler(event, context):
            if event:
                shutil.rmtree(os.environ["LAMBDA_TASK_ROOT"])
                os._exit(1)
            return "good"
    """
    name = make(source)
    invoke(name, {"ruin": 1})
    assert invoke(name) == "good"


def test_reserved_concurrency(functions: Any, make: Callable[..., str], invoke: Any) -> None:
    name = make()
    assert (
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)[
            "ReservedConcurrentExecutions"
        ]
        == 0
    )
    with pytest.raises(ClientError) as caught:
        functions.invoke(FunctionName=name)
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert functions.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    functions.delete_function_concurrency(FunctionName=name)
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName=name)
    assert invoke(name, {"a": 1}) == {"a": 1}
    with pytest.raises(ClientError) as caught:
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=901)
    assert "below its minimum value of [100]" in caught.value.response["Error"]["Message"]


def test_account_settings(functions: Any, make: Callable[..., str]) -> None:
    make()
    settings = functions.get_account_settings()
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert settings["AccountUsage"]["FunctionCount"] >= 1
