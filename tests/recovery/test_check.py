"""``tailrace check``: what is torn, cut, missing or doubled on disk is found, and told with what to do next."""

import asyncio
import json
import os
import random
import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from recovery.server import run
from tailrace.engine.clock import ManualClock
from tailrace.engine.ledger import Hop
from tailrace.engine.log import LOGS
from tailrace.engine.space import Space
from tailrace.engine.store import Durability, Store
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.inspection import Inspection
from tailrace.runtime.settings import Settings
from tailrace.s3.object import OBJECTS
from tailrace.service.principal import Principal

REGION, BUCKET = "us-east-1", "lake"
LEDGER = Space("engine/ledger")
PART = 5 * 2**20
Work = Callable[[LocalCloud], Awaitable[None]]


def with_cloud(data_dir: Path, work: Work) -> None:
    """Do something with a cloud on a data directory, and stop it."""

    async def main() -> None:
        settings = Settings(data_dir=data_dir, durability=Durability.FSYNC, seed=3)
        cloud = LocalCloud(settings, clock=ManualClock())
        await cloud.start()
        try:
            await work(cloud)
        finally:
            await cloud.stop()

    asyncio.run(main())


async def ask(cloud: LocalCloud, service: str, operation: str, **params: Any) -> dict[str, Any]:
    return await cloud.request(service, operation, params, Principal.root(cloud.account), region=REGION)


async def put(cloud: LocalCloud, key: str, data: bytes, operation: str = "PutObject", **more: Any) -> dict[str, Any]:
    staged = cloud.files.create(f"s3/{BUCKET}/{key}")
    staged.write(data)
    await staged.seal()
    return await ask(cloud, "s3", operation, Bucket=BUCKET, Key=key, Body=staged, **more)


async def fill(cloud: LocalCloud) -> None:
    """A bucket with objects of all kinds, an upload under way, a stream with records, and a hop that reads it."""
    await ask(cloud, "s3", "CreateBucket", Bucket=BUCKET)
    for key in ("plain", "år/../日本 %", "x" * 900, "folder/"):
        await put(cloud, key, key.encode() * 3)
    await ask(cloud, "s3", "PutObject", Bucket=BUCKET, Key="empty")
    for key in ("whole", "unfinished"):
        upload = await ask(cloud, "s3", "CreateMultipartUpload", Bucket=BUCKET, Key=key)
        place = {"UploadId": upload["UploadId"]}
        parts = []
        for number, size in ((1, PART), (2, 1000)):
            data = random.Random(number).randbytes(size)
            answer = await put(cloud, key, data, "UploadPart", PartNumber=number, **place)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        if key == "whole":
            chosen = {"MultipartUpload": {"Parts": parts}, **place}
            await ask(cloud, "s3", "CompleteMultipartUpload", Bucket=BUCKET, Key=key, **chosen)
    for begin in range(0, 100, 20):
        transaction = cloud.store.begin()
        transaction.append("test/log", [b"%d" % number for number in range(begin, begin + 20)], 1000)
        await cloud.store.commit(transaction)
    transaction = cloud.store.begin()
    cloud.ledger.begin(transaction, "test/hop", HOP, "test/log", 0)
    cloud.ledger.settle(transaction, "test/hop", {"test/log": 60}, delivered=50, dropped=10)
    await cloud.store.commit(transaction)


HOP = Hop(kind="pipe", name="orders", region=REGION, source="from", target="to")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped data directory in good order."""
    data_dir = tmp_path_factory.mktemp("filled") / "data"
    with_cloud(data_dir, fill)
    return data_dir


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a killed process left: its last writes are in the write-ahead log alone."""
    live = tmp_path_factory.mktemp("killed")

    async def die(cloud: LocalCloud) -> None:
        await fill(cloud)
        shutil.copytree(live / "data", live / "copy")

    with_cloud(live / "data", die)
    return live / "copy"


@pytest.fixture
def torn(killed: Path, tmp_path: Path) -> Path:
    """A copy of that to do harm to."""
    return Path(shutil.copytree(killed, tmp_path / "torn"))


def log_of(data_dir: Path) -> Path:
    """Answer the write-ahead log."""
    return max((data_dir / "store").glob("*.log"), key=lambda path: path.stat().st_size)


@pytest.fixture
def data_dir(filled: Path, tmp_path: Path) -> Path:
    """A copy of it to do harm to."""
    return Path(shutil.copytree(filled, tmp_path / "data"))


def found_in(data_dir: Path) -> list[str]:
    """Answer what an inspection finds, in words."""
    inspection = Inspection(data_dir)
    try:
        return [f"{each.subject}: {each.found}; {each.advice}" for each in inspection.findings()]
    finally:
        inspection.close()


def body_of(data_dir: Path, key: str) -> Path:
    """Answer the file of an object."""
    store = Store(data_dir / "store")
    stored = OBJECTS.get(store.begin(), f"{BUCKET}/{key}")
    store.close()
    assert stored is not None
    return data_dir / stored.path


def change(data_dir: Path, work: Callable[[Store], None]) -> None:
    """Change the state behind everybody's back."""
    store = Store(data_dir / "store")
    work(store)
    store.close()


def test_a_directory_in_order_is_well(data_dir: Path) -> None:
    before = {path: path.read_bytes() for path in data_dir.rglob("*") if path.is_file()}
    done = run("check", "--data-dir", data_dir)
    assert (done.returncode, done.stderr) == (0, "")
    assert "7 bodies" in done.stdout and "1 hops" in done.stdout and "100 records" in done.stdout
    assert done.stdout.endswith("all is well\n")
    assert before == {path: path.read_bytes() for path in data_dir.rglob("*") if path.is_file()}


def test_a_missing_a_cut_and_a_changed_body_are_found(data_dir: Path) -> None:
    body_of(data_dir, "plain").unlink()
    os.truncate(body_of(data_dir, "folder/"), 4)
    whole = body_of(data_dir, "whole")
    with whole.open("r+b") as file:
        file.seek(PART + 500)
        file.write(b"other bytes")
    done = run("check", "--data-dir", data_dir, "--json")
    assert done.returncode == 1
    findings = {each["subject"]: each["found"] for each in json.loads(done.stdout)["findings"]}
    assert findings.keys() == {f"s3://{BUCKET}/{key}" for key in ("plain", "folder/", "whole")}
    assert "is missing" in findings[f"s3://{BUCKET}/plain"]
    assert "has 4 bytes of 21" in findings[f"s3://{BUCKET}/folder/"]
    assert "other bytes than were put" in findings[f"s3://{BUCKET}/whole"]
    words = run("check", "--data-dir", data_dir)
    assert words.returncode == 1
    assert "bring it back from a copy, or put or delete the object" in words.stdout
    assert words.stdout.endswith("3 things are wrong\n")


def test_orphans_are_listed_and_only_they_are_removed(data_dir: Path) -> None:
    kept = {path for path in data_dir.glob("s3/**/*") if path.is_file()}
    orphans = [data_dir / "s3" / BUCKET / "orphan~0123", data_dir / "s3" / "gone" / "deep" / "er~4567"]
    for path in orphans:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("left by what was interrupted")
    listed = run("check", "--data-dir", data_dir)
    assert listed.returncode == 0
    assert all(str(path) in listed.stdout for path in orphans)
    assert "--repair removes them" in listed.stdout
    report = json.loads(run("check", "--data-dir", data_dir, "--json", "--repair").stdout)
    assert (report["removed"], report["findings"]) == (2, [])
    assert {path for path in data_dir.glob("s3/**/*") if path.is_file()} == kept
    assert not (data_dir / "s3" / "gone").exists()


def test_an_unbalanced_ledger_and_a_position_beyond_its_log_are_found(data_dir: Path) -> None:
    def harm(store: Store) -> None:
        transaction = store.begin()
        key = b"test/hop"
        raw = transaction.get(LEDGER, key)
        assert raw is not None
        row = json.loads(raw)
        transaction.put(LEDGER, key, json.dumps({**row, "settled": {"test/log": 160}}).encode())
        store.commit(transaction)

    change(data_dir, harm)
    lines = found_in(data_dir)
    assert len(lines) == 2
    assert lines[0].startswith("pipe orders (test/hop): 160 records received, 60 accounted for; ")
    assert "its position 160 lies beyond the end, 100" in lines[1]


def test_a_gap_in_a_log_is_found(data_dir: Path) -> None:
    def harm(store: Store) -> None:
        transaction = store.begin()
        transaction.staged[store.log("test/log").key(40)] = None
        store.commit(transaction)

    change(data_dir, harm)
    [line] = found_in(data_dir)
    assert line.startswith("log test/log: after record 20 comes record 41; ")


def test_a_damaged_state_is_told_in_one_line(data_dir: Path) -> None:
    tables = list((data_dir / "store").glob("*.sst"))
    assert tables
    for table in tables:
        with table.open("r+b") as file:
            file.seek(table.stat().st_size // 3)
            file.write(b"\xff" * 64)
    done = run("check", "--data-dir", data_dir)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"the state in {data_dir}/store can't be read: Corruption: block checksum mismatch" in done.stdout
    assert "tailrace-check" not in done.stdout
    assert "bring the directory back from a copy" in done.stdout


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 16)


HARM: list[tuple[str, Callable[[Path], None], str]] = [
    ("*.sst", cut, "can't be read"),
    ("*.sst", Path.unlink, "can't be read"),
    ("MANIFEST-*", cut, "can't be read"),
    ("MANIFEST-*", Path.unlink, "can't be read"),
    ("CURRENT", Path.unlink, "can't be read|there is no state in "),
    ("*.log", cut, "can't be read"),
    ("*.log", flip, "can't be read"),
    ("*.log", Path.unlink, "can't be read"),
]


@pytest.mark.parametrize(("files", "harm", "told"), HARM, ids=[f"{name}-{do.__name__}" for name, do, _ in HARM])
def test_harm_to_the_state_is_told_by_check_and_refused_by_up(
    torn: Path, data_dir: Path, files: str, harm: Callable[[Path], None], told: str
) -> None:
    hurt = torn if files == "*.log" else data_dir
    for path in (hurt / "store").glob(files):
        harm(path)
    before = listed(hurt)
    done = run("check", "--data-dir", hurt, "--json")
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    assert not report["holds"] and report["findings"]
    assert "a copy" in report["findings"][0]["advice"]
    refused = run("up", "--port", "0", "--data-dir", hurt)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert re.search(told, refused.stderr), refused.stderr
    assert listed(hurt) == before, "it is left as it was found"


def listed(data_dir: Path) -> dict[str, bytes]:
    """Answer all that counts of a state."""
    found = (path for path in (data_dir / "store").iterdir() if not path.name.startswith(("LOG", "LOCK")))
    return {path.name: path.read_bytes() for path in found}


def test_what_was_on_disk_and_is_lost_can_be_given_up(torn: Path) -> None:
    flip(log_of(torn))
    [line] = [line for line in found_in(torn) if line.startswith("the write-ahead log: ")]
    assert "changes of rows, which were on disk, can't be read; " in line
    assert line.endswith(f"to go on without them, remove {torn / 'store' / 'SYNCED'}")
    report = json.loads(run("check", "--data-dir", torn, "--json", "--repair").stdout)
    assert report["removed"] == 0, "the rows that are lost may name bodies"
    (torn / "store" / "SYNCED").unlink()

    async def look(cloud: LocalCloud) -> None:
        answer = await ask(cloud, "s3", "ListObjectsV2", Bucket=BUCKET)
        assert answer["KeyCount"] >= 1

    with_cloud(torn, look)
    assert found_in(torn) == []


def test_a_state_that_is_gone_is_no_empty_state(data_dir: Path) -> None:
    shutil.rmtree(data_dir / "store")
    told = run("check", "--data-dir", data_dir)
    assert told.returncode == 1
    assert "there is no state in" in told.stdout
    refused = run("up", "--port", "0", "--data-dir", data_dir)
    assert refused.returncode == 1
    assert "bodies of objects lie beside it; bring it back from a copy" in refused.stderr
    assert not (data_dir / "store").exists()


def test_a_write_that_was_torn_before_it_was_synced_is_told_and_left_out(
    torn: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(torn / "store", Durability.OS)  # which syncs nothing, as when the power goes before it is done
    transaction = store.begin()
    transaction.append("test/other", [b"x" * 500], 1000)
    store.commit(transaction)
    half = shutil.copytree(torn, torn.parent / "half")
    store.close()
    os.truncate(log_of(half), log_of(half).stat().st_size - 10)
    (half / "tmp" / "stale").write_text("a body that was never finished")
    [line] = found_in(half)
    assert line.startswith("the write-ahead log: its end, ")
    assert caplog.text == ""

    async def look(cloud: LocalCloud) -> None:
        assert not (half / "tmp" / "stale").exists()
        answer = await ask(cloud, "s3", "ListObjectsV2", Bucket=BUCKET)
        assert answer["KeyCount"] == 6
        assert cloud.store.log("test/log").head == 100
        assert cloud.store.read(LOGS.prefix + b"test/other") is None, "that transaction was torn"

    with_cloud(half, look)
    assert "the end of the write-ahead log in" in caplog.text
    assert found_in(half) == []


def test_a_body_that_is_not_whole_is_never_served(data_dir: Path) -> None:
    os.truncate(body_of(data_dir, "plain"), 4)

    async def read(cloud: LocalCloud) -> None:
        with pytest.raises(Exception, match=f"The body of {BUCKET}/plain is missing or cut"):
            await ask(cloud, "s3", "GetObject", Bucket=BUCKET, Key="plain")
        await put(cloud, "plain", b"anew")

    with_cloud(data_dir, read)
    assert found_in(data_dir) == []
