"""Handlers that misbehave, each in its own way; the event says which. They are a function's code, never imported."""

import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time


def handler(event, context):
    return globals()[event["do"]](event, context)


def behaves(event, context):
    return "good"


def exits(event, context):
    os._exit(7)


def exits_quietly(event, context):
    os._exit(0)


def leaves(event, context):
    sys.exit(3)


def kills_itself(event, context):
    os.kill(os.getpid(), signal.SIGKILL)


def crashes(event, context):
    ctypes.string_at(0)


def aborts(event, context):
    os.abort()


def sets_an_alarm(event, context):
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    time.sleep(60)


def kills_its_group(event, context):
    os.killpg(0, signal.SIGKILL)


def kills_its_parent(event, context):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def terminates_its_parent(event, context):
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(60)


def leaves_its_group_and_kills_its_parent(event, context):
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
    os.setpgid(0, os.getppid())
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def closes_everything(event, context):
    os.closerange(0, 1000)


def closes_the_channel_and_sleeps(event, context):
    os.closerange(3, 1000)
    time.sleep(60)


def writes_everywhere(event, context):
    for descriptor in range(3, 60):
        try:
            os.write(descriptor, b"{}\n" * 10)
        except OSError:
            continue
    time.sleep(60)


def forges_an_answer(event, context):
    for descriptor in range(3, 60):
        try:
            os.write(descriptor, b'{"kind": "answered", "size": 999999999999}\n{"kind": "started", "pid": 1}\n')
        except OSError:
            continue
    time.sleep(60)


def writes_a_line_without_end(event, context):
    for descriptor in range(3, 60):
        try:
            os.write(descriptor, b"x" * 100_000)
        except OSError:
            continue
    time.sleep(60)


def truncates_everything(event, context):
    for descriptor in range(3, 60):
        try:
            os.ftruncate(descriptor, 0)
        except OSError:
            continue


def makes_everything_nonblocking(event, context):
    for descriptor in range(60):
        try:
            os.set_blocking(descriptor, False)
        except OSError:
            continue


def recurses(event, context):
    recurses(event, context)


def recurses_without_a_limit(event, context):
    sys.setrecursionlimit(10**9)
    recurses(event, context)


def recurses_in_c(event, context):
    sys.setrecursionlimit(10**9)
    sorted([1], key=lambda one: recurses_in_c(event, context))


def loops(event, context):
    while True:
        pass


def ignores_signals(event, context):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass


def holds_the_interpreter(event, context):
    ctypes.PyDLL(None).sleep(60)


def reads_its_input(event, context):
    return sys.stdin.read()


def prints_without_end(event, context):
    while True:
        print("x" * 10_000)


def prints_megabytes(event, context):
    sys.stdout.write("y" * 5_000_000)


def prints_bytes(event, context):
    os.write(1, bytes(range(256)) * 100)


def closes_its_output(event, context):
    sys.stdout.close()
    sys.stderr.close()


def replaces_its_output(event, context):
    sys.stdout = sys.stderr = None


def answers_too_much(event, context):
    return "x" * 7_000_000


def raises_too_much(event, context):
    raise Exception("x" * 7_000_000)


def takes_all_memory(event, context):
    x = []
    while True:
        x.append(os.urandom(64) * 100_000)


def takes_all_memory_at_once(event, context):
    return len(os.urandom(64) * 10_000_000)


def lets_a_child_take_all_memory(event, context):
    subprocess.run([sys.executable, "-c", "x = b'x' * 900_000_000; import time; time.sleep(60)"])


def forks_without_end(event, context):
    while True:
        os.fork()


def raises_what_cannot_be_told(event, context):
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    raise Mute


def raises_an_interrupt(event, context):
    raise KeyboardInterrupt


def raises_a_group(event, context):
    raise ExceptionGroup("g", [ValueError(1)])


def answers_a_coroutine(event, context):
    async def later():
        return 1

    coroutine = later()
    try:
        return json.loads(json.dumps(coroutine))
    finally:
        coroutine.close()


def starts_a_daemon(event, context):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return 1


def starts_a_thread_that_loops(event, context):
    threading.Thread(target=loops, args=(event, context)).start()
    return 1


def starts_a_thread_and_leaves(event, context):
    threading.Thread(target=time.sleep, args=(60,)).start()
    sys.exit(3)


def prints_after_answering(event, context):
    threading.Thread(target=prints_without_end, args=(event, context), daemon=True).start()
    return 1


def breaks_modules(event, context):
    json.dumps = json.loads = os.read = os.write = os.pread = os.pwrite = time.time = None
    return 1


def changes_its_folder(event, context):
    os.chdir("/")
    return 1


def removes_its_variables(event, context):
    os.environ.clear()
    raise ValueError("v")


def lowers_its_limits(event, context):
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    return 1


def stops_itself(event, context):
    os.kill(os.getpid(), signal.SIGSTOP)
    return 1


def stops_its_parent(event, context):
    os.kill(os.getppid(), signal.SIGSTOP)
    return 1


def answers_no_number(event, context):
    return float("nan")


def answers_bytes(event, context):
    return b"\xff\xfe not JSON"


def answers_too_deeply(event, context):
    answer = []
    for _ in range(100_000):
        answer = [answer]
    return answer


def answers_itself(event, context):
    answer = {}
    answer["self"] = answer
    return answer


def answers_without_end(event, context):
    class Endless(list):
        def __iter__(self):
            while True:
                yield 1

    return dict.fromkeys(Endless())


def answers_odd_keys(event, context):
    return {(1, 2): 3}


def answers_half_a_character(event, context):
    return "\ud800"


def answers_what_fights_back(event, context):
    class Odd(dict):
        def items(self):
            raise MemoryError("no")

    return Odd(a=1)


def raises_half_a_character(event, context):
    raise ValueError("\ud800")


def raises_no_exception(event, context):
    class Base(BaseException):
        pass

    raise Base("b")


def writes_without_end(event, context):
    while True:
        os.write(1, b"z" * 4096)  # not one line


def writes_errors_without_end(event, context):
    while True:
        os.write(2, b"\n" * 4096)


def lets_a_child_write_without_end(event, context):
    subprocess.Popen([sys.executable, "-c", "while True: print('w' * 1000)"])
    return 1


def opens_files_without_end(event, context):
    while True:
        os.open(os.devnull, os.O_RDONLY)


def starts_threads_without_end(event, context):
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


def exits_in_a_thread(event, context):
    threading.Thread(target=os._exit, args=(9,)).start()
    time.sleep(60)


def answers_and_exits(event, context):
    threading.Thread(target=lambda: (time.sleep(0.05), os._exit(0)), daemon=True).start()
    return 1


def forks_in_a_thread(event, context):
    threading.Thread(target=os.fork).start()
    return 1


def removes_its_code(event, context):
    shutil.rmtree(os.environ["LAMBDA_TASK_ROOT"])
    return 1


def limits_its_memory(event, context):
    resource.setrlimit(resource.RLIMIT_AS, (0, 0))
    return "x" * 5_000_000


def replaces_builtins(event, context):
    import builtins

    builtins.len = builtins.memoryview = builtins.isinstance = builtins.str = None
    return 1


def traces_everything(event, context):
    sys.settrace(lambda *_: (_ for _ in ()).throw(RuntimeError("traced")))
    sys.setprofile(lambda *_: None)
    return 1


def replaces_its_output_and_raises(event, context):
    sys.stdout = sys.stderr = None
    raise ValueError("v")


def closes_its_output_and_raises(event, context):
    sys.stdout.close()
    os.close(1)
    os.close(2)
    raise ValueError("v")
