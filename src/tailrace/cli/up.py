"""``tailrace up``: run the cloud in the foreground until it is told to stop."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tailrace.engine.errors import EngineError
from tailrace.engine.store import Durability
from tailrace.runtime.settings import ACCOUNT, PORT, Settings

if TYPE_CHECKING:
    from tailrace.runtime.cloud import LocalCloud


def up(
    template: Annotated[Path | None, typer.Argument(help="A CloudFormation template to deploy once it serves.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on; another than loopback needs --auth iam.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = PORT,
    data_dir: Annotated[Path, typer.Option(help="Where all state is kept.")] = Path(".tailrace"),
    durability: Annotated[
        Durability, typer.Option(help="fsync survives a power cut, os survives kill -9, memory keeps nothing.")
    ] = Durability.FSYNC,
    auth: Annotated[
        Literal["none", "iam"],
        typer.Option(help="none: all callers are the root. iam: signatures and policies decide."),
    ] = "none",
    clock: Annotated[
        Literal["system", "manual"], typer.Option(help="manual: time passes only when POST /_tailrace/clock says so.")
    ] = "system",
    account: Annotated[str, typer.Option(help="The account id of this cloud: 12 digits.")] = ACCOUNT,
) -> None:
    """Run Tailrace in the foreground. It prints one line with `ready` and its endpoint once it serves.

    Example: tailrace up examples/orders/template.yaml --port 4566
    """
    if auth == "none" and not _is_loopback(host):
        _refuse(f"a host other than loopback ({host}) requires --auth iam, so that only signed requests are served")
    if template is not None and not template.is_file():
        _refuse(f"there is no template at {template}")
    if len(account) != 12 or not account.isdigit():
        _refuse(f"an account id has 12 digits, not {account!r}")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = Settings(
        data_dir=data_dir, durability=durability, host=host, port=port, auth=auth, account=account, clock=clock
    )
    try:
        import uvloop

        if not uvloop.run(_run(settings, template)):
            _refuse(f"{template} was not deployed, so Tailrace stops; mend it and start again")
    except EngineError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"cannot listen on {host}:{port}: {error.strerror or error}; name another --port")


async def _run(settings: Settings, template: Path | None) -> bool:
    """Serve until told to stop; False when the template could not be deployed."""
    from tailrace.runtime.collector import spare_what_is_loaded
    from tailrace.runtime.running import running

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with running(settings) as cloud:
        spare_what_is_loaded()
        if cloud.root_key_path is not None:
            print(f"the root's access key is in {cloud.root_key_path}", flush=True)
        print(f"tailrace ready at {cloud.endpoint}", flush=True)
        if template is not None and not await _deployed(template, cloud, stopped):
            return False
        await stopped.wait()
    return True


async def _deployed(template: Path, cloud: "LocalCloud", stopped: asyncio.Event) -> bool:
    """Deploy as a user would, in a process of its own; True also when it was told to stop meanwhile."""
    environment = {**os.environ, **cloud.root_environment()}
    command = (sys.executable, "-m", "tailrace", "deploy", str(template), "--endpoint", cloud.endpoint)
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    stopping = asyncio.create_task(stopped.wait())
    ending = asyncio.create_task(process.wait())
    await asyncio.wait((stopping, ending), return_when=asyncio.FIRST_COMPLETED)
    if not ending.done():
        process.terminate()
        await ending
        return True
    stopping.cancel()
    return ending.result() == 0


def _is_loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse(reason: str) -> None:
    print(f"tailrace: {reason}", file=sys.stderr)
    raise typer.Exit(1)
