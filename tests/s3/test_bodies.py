"""Bodies as files: on disk before the row that names them, there as long as a row does, gone some seconds after."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tailrace.engine.errors import StoreFull
from tailrace.engine.files import FileSlice, Staged
from tailrace.runtime.cloud import LocalCloud
from tailrace.s3.leftover import KEPT_S
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

Open = Callable[..., Any]


def call(cloud: LocalCloud, operation: str, transaction: Any = None, **params: Any) -> dict[str, Any]:
    root = Principal.root(cloud.account)
    return cloud.call("s3", operation, params, root, region="us-east-1", transaction=transaction)


async def sealed(cloud: LocalCloud, key: str, data: bytes) -> Staged:
    staged = cloud.files.create(f"s3/lake/{key}")
    staged.write(data)
    await staged.seal()
    return staged


async def put(cloud: LocalCloud, key: str, data: bytes, transaction: Any = None) -> None:
    call(cloud, "PutObject", transaction, Bucket="lake", Key=key, Body=await sealed(cloud, key, data))


def files(cloud: LocalCloud) -> list[Path]:
    root = cloud.files.root / "s3"
    return sorted(path for path in root.rglob("*") if path.is_file()) if root.exists() else []


async def pass_time(cloud: LocalCloud) -> None:
    for _ in range(50):
        await asyncio.sleep(0.002)
        cloud.clock.advance(KEPT_S)  # type: ignore[attr-defined]


def test_a_body_is_a_file_that_a_person_can_open(open_cloud: Open) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            call(cloud, "CreateBucket", Bucket="lake")
            await put(cloud, "orders/year=2026/rows.json", b"{}\n")
            (path,) = files(cloud)
            assert path.read_bytes() == b"{}\n"
            assert path.parent == cloud.files.root / "s3" / "lake" / "orders" / "year=2026"
            assert path.name.startswith("rows.json~")
            got = call(cloud, "GetObject", Bucket="lake", Key="orders/year=2026/rows.json", Range="bytes=1-")
            assert got["Body"] == FileSlice(str(path), 1, 2)

    asyncio.run(scenario())


def test_what_is_replaced_or_deleted_goes_some_seconds_after_the_commit(open_cloud: Open) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            call(cloud, "CreateBucket", Bucket="lake")
            await put(cloud, "k", b"old")
            old = call(cloud, "GetObject", Bucket="lake", Key="k")["Body"]
            await put(cloud, "k", b"new")
            await asyncio.sleep(0.02)
            assert old.read() == b"old"
            await pass_time(cloud)
            assert [path.read_bytes() for path in files(cloud)] == [b"new"]
            call(cloud, "DeleteObjects", Bucket="lake", Delete={"Objects": [{"Key": "k"}, {"Key": "none"}]})
            await pass_time(cloud)
            assert files(cloud) == []
            assert not (cloud.files.root / "s3" / "lake").exists()

    asyncio.run(scenario())


def test_leftovers_of_one_run_are_removed_by_the_next(open_cloud: Open) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            call(cloud, "CreateBucket", Bucket="lake")
            await put(cloud, "k", b"old")
            await put(cloud, "k", b"new")
        async with open_cloud() as cloud:
            await pass_time(cloud)
            assert [path.read_bytes() for path in files(cloud)] == [b"new"]
            assert call(cloud, "HeadObject", Bucket="lake", Key="k")["ContentLength"] == 3

    asyncio.run(scenario())


def test_an_object_is_placed_within_its_callers_transaction(open_cloud: Open) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            call(cloud, "CreateBucket", Bucket="lake")
            await put(cloud, "k", b"old")
            body = await sealed(cloud, "k", b"new")
            transaction = cloud.store.begin()
            call(cloud, "PutObject", transaction, Bucket="lake", Key="k", Body=body)
            assert call(cloud, "HeadObject", Bucket="lake", Key="k")["ETag"] == '"149603e6c03516362a8da23f624db945"'
            transaction.abort()
            await pass_time(cloud)
            assert {path.read_bytes() for path in files(cloud)} == {b"old", b"new"}
            again = cloud.store.begin()
            call(cloud, "PutObject", again, Bucket="lake", Key="k", Body=body)
            cloud.store.commit(again)
            body.discard()  # too late: a row names the file
            await pass_time(cloud)
            assert [path.read_bytes() for path in files(cloud)] == [b"new"]

    asyncio.run(scenario())


def test_a_refused_body_stays_its_makers(open_cloud: Open) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            body = await sealed(cloud, "k", b"hello")
            with pytest.raises(AwsError, match="NoSuchBucket"):
                call(cloud, "PutObject", Bucket="lake", Key="k", Body=body)
            call(cloud, "CreateBucket", Bucket="lake")
            call(cloud, "PutObject", Bucket="lake", Key="k", Body=body)
            assert len(files(cloud)) == 1
            other = await sealed(cloud, "k", b"hello")
            with pytest.raises(AwsError, match="BadDigest"):
                call(cloud, "PutObject", Bucket="lake", Key="k", Body=other, ChecksumCRC32="AAAAAA==")
            other.discard()
            assert len(files(cloud)) == 1

    asyncio.run(scenario())


def test_parts_are_joined_and_their_files_removed(open_cloud: Open) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            call(cloud, "CreateBucket", Bucket="lake")
            upload = {"Bucket": "lake", "Key": "k"}
            upload["UploadId"] = call(cloud, "CreateMultipartUpload", **upload)["UploadId"]
            body = await sealed(cloud, "k", b"only part")
            etag = call(cloud, "UploadPart", **upload, PartNumber=1, Body=body)["ETag"]
            request = {**upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}}
            root = Principal.root(cloud.account)
            calls = [
                cloud.request("s3", "CompleteMultipartUpload", request, root, region="us-east-1") for _ in range(2)
            ]
            done = await asyncio.gather(*calls, return_exceptions=True)
            assert any(isinstance(answer, dict) for answer in done)
            await pass_time(cloud)
            assert [path.read_bytes() for path in files(cloud)] == [b"only part"]

    asyncio.run(scenario())


def test_a_full_disk_refuses_and_keeps_what_was(open_cloud: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            call(cloud, "CreateBucket", Bucket="lake")
            await put(cloud, "k", b"old")
            body = await sealed(cloud, "k", b"new")
            monkeypatch.setattr(cloud.store, "room", lambda: 0)
            cloud.store._unchecked_bytes = 2**30
            with pytest.raises(StoreFull):
                call(cloud, "PutObject", Bucket="lake", Key="k", Body=body)
            assert call(cloud, "GetObject", Bucket="lake", Key="k")["Body"].read() == b"old"

    asyncio.run(scenario())


def test_a_body_that_is_missing_or_cut_is_told_until_it_is_put_again(open_cloud: Open) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            call(cloud, "CreateBucket", Bucket="lake")
            for key in ("whole", "missing", "cut"):
                await put(cloud, key, b"hello")
            paths = {
                key: Path(call(cloud, "GetObject", Bucket="lake", Key=key)["Body"].path) for key in ("missing", "cut")
            }
            paths["missing"].unlink()
            paths["cut"].write_bytes(b"hel")
            for key in paths:
                with pytest.raises(AwsError, match="is missing or cut: bring back"):
                    call(cloud, "GetObject", Bucket="lake", Key=key)
            for key in paths:
                await put(cloud, key, b"again")
                assert call(cloud, "GetObject", Bucket="lake", Key=key)["Body"].read() == b"again"

    asyncio.run(scenario())
