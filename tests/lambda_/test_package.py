"""Deployment packages: what is refused, and that nothing is ever written outside the folder."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tailrace.lambda_ import package
from tailrace.wire.errors import AwsError

BAD = "Could not unzip uploaded file. Please check your file, then try to upload again."
Zipped = Callable[[dict[str, Any]], bytes]


@pytest.mark.parametrize(
    "name", ["../evil.py", "/etc/evil.py", "a/../../evil.py", "..\\evil.py", "a\\..\\..\\evil.py", "\\evil.py", ".."]
)
def test_names_that_lead_outside(zipped: Zipped, name: str) -> None:
    with pytest.raises(AwsError) as caught:
        package.check(zipped({"app.py": "", name: "x"}))
    assert caught.value.message == BAD


@pytest.mark.parametrize(
    "data", [b"text", b"PK\x03\x04 cut", b"PK\x05\x06" + b"\x00" * 10], ids=["text", "cut", "no directory"]
)
def test_what_is_no_archive(data: bytes) -> None:
    with pytest.raises(AwsError) as caught:
        package.check(data)
    assert caught.value.message == BAD


def test_empty_archives(zipped: Zipped) -> None:
    for data in (b"", zipped({})):
        with pytest.raises(AwsError) as caught:
            package.check(data)
        assert caught.value.message == "Uploaded file must be a non-empty zip"


def test_broken_contents(zipped: Zipped) -> None:
    data = bytearray(zipped({"app.py": "x = 1\n" * 100}))
    data[45] ^= 0xFF
    with pytest.raises(AwsError) as caught:
        package.check(bytes(data))
    assert caught.value.message == BAD


def test_a_file_and_a_folder_of_one_name(zipped: Zipped) -> None:
    with pytest.raises(AwsError) as caught:
        package.check(zipped({"a": "x", "a/b.py": "y"}))
    assert caught.value.message == BAD


@pytest.mark.parametrize(
    "names",
    [
        ["a/" * 300 + "b"],
        ["x" * 5000],
        ["a", "a/b"],
        ["a/b", "a!", "a"],
        ["a/b/c/d", "z", "a/b/c/d/e/f"],
        ["a/./b", "a/b/c"],
        ["./"],
        ["a\x00b/../../c", "../x"],
    ],
    ids=["deep", "long", "below a file", "a file above", "far below", "another spelling", "nothing", "after a zero"],
)
def test_names_that_have_no_place(zipped: Zipped, names: list[str]) -> None:
    with pytest.raises(AwsError) as caught:
        package.check(zipped(dict.fromkeys(names, "x")))
    assert caught.value.message == BAD


def test_names_that_have_one(zipped: Zipped) -> None:
    package.check(
        zipped(dict.fromkeys(["a/b", "a!", "ab", "a/", "a/b.py", "..a", "a..", "b/../".replace("../", "")], "x"))
    )


def test_more_entries_than_anybody_has(monkeypatch: pytest.MonkeyPatch, zipped: Zipped) -> None:
    def never(*arguments: Any) -> None:
        raise AssertionError("its directory is read")

    data = zipped({"app.py": ""}) + b"PK\x01\x02" * 100_001
    monkeypatch.setattr(zipfile, "ZipFile", never)
    with pytest.raises(AwsError) as caught:
        package.check(data)
    assert caught.value.message == BAD


@pytest.mark.parametrize("count, size", [(1, 20_000_000), (2500, 0)], ids=["large", "many"])
def test_what_takes_long_is_not_tested_at_once(monkeypatch: pytest.MonkeyPatch, count: int, size: int) -> None:
    def never(archive: zipfile.ZipFile) -> None:
        raise AssertionError("it is read in the server")

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as writer:
        for number in range(count):
            writer.writestr(f"{number}", b"\x00" * size)
    monkeypatch.setattr(zipfile.ZipFile, "testzip", never)
    package.check(made.getvalue())


def test_too_much_when_unpacked() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for number in range(3):
            writer.writestr(f"{number}", b"\x00" * 100_000_000)
    with pytest.raises(AwsError) as caught:
        package.check(archive.getvalue())
    assert caught.value.message == "Unzipped size must be smaller than 262144000 bytes"


def test_modes_and_folders(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        program = zipfile.ZipInfo("bin/run")
        program.external_attr = 0o4777 << 16
        writer.writestr(program, "#!/bin/sh\n")
        writer.writestr(zipfile.ZipInfo("empty/"), "")
        writer.writestr("a/b/c.txt", "deep")
    data = archive.getvalue()
    package.check(data)
    package.unpack({"archive": io.BytesIO(data), "folder": str(tmp_path)})
    assert (tmp_path / "bin/run").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "empty").is_dir()
    assert (tmp_path / "a/b/c.txt").read_text() == "deep"


def test_large_packages_run_too(make: Callable[..., str], invoke: Any, zipped: Zipped) -> None:
    data = bytes(range(256)) * 4096 * 6
    noise = bytes((byte * 31 + index * 7 + (index >> 8)) & 0xFF for index, byte in enumerate(data[:3_000_000]))
    code = zipped({"app.py": "import os\ndef handler(event, context): return os.path.getsize('noise')", "noise": noise})
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as writer, zipfile.ZipFile(io.BytesIO(code)) as reader:
        for name in reader.namelist():
            writer.writestr(name, reader.read(name))
    assert len(archive.getvalue()) > 2**20
    assert invoke(make(Code={"ZipFile": archive.getvalue()})) == 3_000_000
