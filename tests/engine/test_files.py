"""Body files: unique, plain to find, and never outside their folder."""

import asyncio
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.engine.errors import StoreFull
from tailrace.engine.files import Files, escaped


@given(st.text(max_size=300))
def test_no_name_leaves_its_folder(name: str) -> None:
    parts = escaped(name).split("/")
    assert len(parts) == len(name.split("/"))
    for part in parts:
        assert part not in ("", ".", "..")
        assert len(part.encode()) < 200
        assert "\x00" not in part and "~" not in part


@given(st.lists(st.text(max_size=20), min_size=2, max_size=2, unique=True))
def test_different_names_are_different_files(names: list[str]) -> None:
    assert escaped(names[0]) != escaped(names[1])


@pytest.mark.parametrize("synced", [True, False])
def test_a_sealed_body_is_found_and_its_empty_folders_go_with_it(tmp_path: Path, synced: bool) -> None:
    files = Files(tmp_path / "root", synced=synced)
    staged = files.create("s3/bucket/a/b c.json")
    staged.write(b"hello ")
    staged.write(b"world")
    asyncio.run(staged.seal())
    assert staged.path.startswith("s3/bucket/a/b c.json~")
    assert files.path(staged.path).read_bytes() == b"hello world"
    assert (staged.size, staged.md5()) == (11, hashlib.md5(b"hello world").digest())
    files.remove(staged.path)
    assert not files.path("s3/bucket").exists()


def test_a_discarded_body_leaves_nothing(tmp_path: Path) -> None:
    files = Files(tmp_path / "root", synced=False)
    unsealed, sealed = files.create("s3/b/k"), files.create("s3/b/k")
    asyncio.run(sealed.seal())
    unsealed.discard()
    sealed.discard()
    assert [path for path in (tmp_path / "root").rglob("*") if path.is_file()] == []


def test_what_a_dead_process_was_writing_goes_at_the_next_start(tmp_path: Path) -> None:
    Files(tmp_path / "root", synced=False).create("s3/b/k").write(b"half")
    Files(tmp_path / "root", synced=False)
    assert [path for path in (tmp_path / "root").rglob("*") if path.is_file()] == []


def test_on_a_full_disk_a_body_is_refused_and_can_be_discarded(tmp_path: Path) -> None:
    files = Files(tmp_path / "root", synced=False)
    staged = files.create("s3/b/k")
    with Path("/dev/full").open("wb", buffering=0) as full:
        staged._file = io.BufferedWriter(full, 1 << 18)
        staged.write(b"too much")
        with pytest.raises(StoreFull, match="No space left on device"):
            asyncio.run(staged.seal())
        staged.discard()
    assert [path for path in (tmp_path / "root").rglob("*") if path.is_file()] == []
    (tmp_path / "root" / "tmp").rmdir()
    with pytest.raises(StoreFull):
        files.create("s3/b/k")


def test_a_body_of_which_a_part_found_no_room_is_never_sealed(tmp_path: Path) -> None:
    files = Files(tmp_path / "root", synced=False)
    staged = files.create("s3/b/k")
    with Path("/dev/full").open("wb", buffering=0) as full:
        file, staged._file = staged._file, io.BufferedWriter(full, 8)
        with pytest.raises(StoreFull):
            staged.write(b"too much to be kept")
    staged._file = file
    staged.write(b"there is room again")
    with pytest.raises(StoreFull, match="the disk was full while this body was written"):
        asyncio.run(staged.seal())
    staged.discard()
