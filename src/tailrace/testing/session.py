"""A boto3 session of one cloud: whatever client or resource it makes leads there."""

from typing import Any

import boto3.session
import botocore.session
from botocore.configprovider import ConstantProvider

from tailrace.runtime.settings import REGION


class Session(boto3.session.Session):  # type: ignore[misc]
    """boto3's, with an endpoint and credentials of its own."""

    def __init__(self, endpoint: str) -> None:
        core = botocore.session.Session()
        # No profile: the environment's may lead elsewhere, or not be there.
        core.get_component("config_store").set_config_provider("profile", ConstantProvider(None))
        super().__init__("test", "test", region_name=REGION, botocore_session=core)
        self._endpoint = endpoint

    def client(self, service_name: str, *arguments: Any, **options: Any) -> Any:
        """Make a client; boto3's own ``resource`` makes its clients here too."""
        if options.get("endpoint_url") is None:
            options["endpoint_url"] = self._endpoint
        return super().client(service_name, *arguments, **options)
