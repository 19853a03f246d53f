"""A start that can't be is refused in one clear line: data in use, a port in use, another format, no writing."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recovery.server import Server, run
from tailrace.engine.data_directory import FORMAT


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("running") / "data")
    server.start()
    yield server
    server.end()


def refusal(verb: str, *arguments: str | Path) -> str:
    """Answer the one line in which a command is refused."""
    refused = run(verb, *arguments)
    assert refused.returncode == (2 if verb == "check" else 1), refused.stdout + refused.stderr
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    return refused.stderr


def test_a_second_process_on_the_same_data_is_refused(server: Server) -> None:
    assert f"is in use by process {server.pid}" in refusal("up", "--port", "0", "--data-dir", server.data_dir)


def test_a_port_in_use_ends_with_one_clear_line(server: Server, tmp_path: Path) -> None:
    assert str(server.port) in refusal("up", "--port", str(server.port), "--data-dir", tmp_path / "other")


@pytest.mark.parametrize("verb", ["up", "check"])
@pytest.mark.parametrize(
    ("stamp", "told"),
    [
        (str(FORMAT + 1), f"has format {FORMAT + 1}, this Tailrace reads format {FORMAT}; install the version that"),
        ("0", f"has format 0, this Tailrace reads format {FORMAT}; install the version that"),
        ("two", "has no format that can be read"),
    ],
)
def test_another_format_is_refused_and_nothing_is_touched(tmp_path: Path, verb: str, stamp: str, told: str) -> None:
    (tmp_path / "format").write_text(f"{stamp}\n")
    (tmp_path / "store").mkdir()
    options = ("--port", "0") if verb == "up" else ()
    assert told in refusal(verb, *options, "--data-dir", tmp_path)
    assert list((tmp_path / "store").iterdir()) == []
    assert (tmp_path / "format").read_text() == f"{stamp}\n"


def test_an_older_format_is_brought_up_to_date(tmp_path: Path) -> None:
    before = Server(tmp_path / "data")
    before.start()
    before.client("sqs").create_queue(QueueName="kept")
    before.stop()
    (tmp_path / "data" / "format").write_text("1\n")
    told = refusal("check", "--data-dir", tmp_path / "data")
    assert f"has format 1; `tailrace up` brings it to format {FORMAT}" in told
    assert (tmp_path / "data" / "format").read_text() == "1\n"
    after = Server(tmp_path / "data")
    after.start()
    assert len(after.client("sqs").list_queues()["QueueUrls"]) == 1
    after.stop()
    assert (tmp_path / "data" / "format").read_text() == f"{FORMAT}\n"
    assert run("check", "--data-dir", tmp_path / "data").returncode == 0


def test_a_folder_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    assert "there is no data directory at" in refusal("check", "--data-dir", tmp_path)
    (tmp_path / "store").mkdir()
    assert "has no format stamp" in refusal("up", "--port", "0", "--data-dir", tmp_path)
    (tmp_path / "file").write_text("not a folder")
    assert "can't be written to" in refusal("up", "--port", "0", "--data-dir", tmp_path / "file")


def test_a_directory_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    with unwritable(tmp_path) as folder:
        assert "can't be written to: " in refusal("up", "--port", "0", "--data-dir", folder)


@contextmanager
def unwritable(folder: Path) -> Iterator[Path]:
    """Make a folder read-only: by its permissions, or for root, who needs none, by a mount where that is allowed."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
    elif subprocess.run(["mount", "--bind", folder, folder], capture_output=True).returncode:
        yield Path("/proc/tailrace")
    else:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=True)


def test_a_read_only_directory_can_be_looked_at(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    server = Server(data_dir)
    server.start()
    server.client("s3").create_bucket(Bucket="lake")
    server.client("s3").put_object(Bucket="lake", Key="k", Body=b"whole")
    server.stop()
    with unwritable(data_dir) as folder:
        if folder == data_dir:
            told = run("check", "--data-dir", folder)
            assert (told.returncode, told.stderr) == (0, "")
            assert "1 bodies" in told.stdout and told.stdout.endswith("all is well\n")
        assert "can't be written to: " in refusal("up", "--port", "0", "--data-dir", folder)


def test_a_start_that_died_before_its_stamp_was_written_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "format").write_text("")
    (tmp_path / "lock").write_text("123")
    server = Server(tmp_path)
    server.start()
    server.stop()
    assert (tmp_path / "format").read_text() == f"{FORMAT}\n"


def test_help_tells_what_the_status_means_and_gives_examples() -> None:
    told = " ".join(run("check", "--help").stdout.split())
    assert "Status 0: all is well. 1: something is wrong, and it says what to do. 2: it could not be looked at." in told
    assert "tailrace check --data-dir backup/.tailrace --json" in told
