"""A cloud that runs: its state open, its consumers going, its endpoint served; and all of it stopped in order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tailrace.runtime.admin import Admin
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.server import bind
from tailrace.runtime.settings import Settings


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[LocalCloud]:
    """Run a cloud and its endpoint. Raises StoreBusy, FormatUnknown, or OSError when the port can't be had."""
    cloud = LocalCloud(settings)
    try:
        server = await bind(cloud, settings.host, settings.port, settings.auth, Admin(cloud))
        cloud.endpoint = f"http://{settings.host}:{server.port}"
        try:
            await cloud.start()
            await server.start()
            yield cloud
        finally:
            await server.close()
    finally:
        await cloud.stop()
