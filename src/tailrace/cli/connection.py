"""How the tools reach a cloud: boto3 on an endpoint, Tailrace's by default, AWS's own when asked."""

import os
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

import orjson
import typer

DEFAULT_ENDPOINT = "http://127.0.0.1:4566"

EndpointOption = Annotated[
    str | None, typer.Option("--endpoint", help="The cloud to talk to; AWS_ENDPOINT_URL or http://127.0.0.1:4566.")
]
RegionOption = Annotated[str | None, typer.Option("--region", help="The region; boto3's, or us-east-1.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]
AwsOption = Annotated[bool, typer.Option("--aws", help="Talk to AWS itself: no endpoint of ours, boto3's credentials.")]


@dataclass(frozen=True, slots=True)
class Connection:
    """Make boto3 clients for one cloud and region; ``endpoint`` is None for AWS itself."""

    endpoint: str | None
    region: str

    def client(self, service: str) -> Any:
        """Make a boto3 client; a local cloud takes any credentials when none are configured."""
        import boto3
        from botocore.config import Config

        session = boto3.session.Session(region_name=self.region)
        options: dict[str, Any] = {"config": Config(retries={"max_attempts": 4}, read_timeout=900)}
        if self.endpoint is not None:
            options["endpoint_url"] = self.endpoint
            if session.get_credentials() is None:
                options |= {"aws_access_key_id": "tailrace", "aws_secret_access_key": "tailrace"}
        return session.client(service, **options)

    def ask(self, path: str) -> Any:
        """Answer what Tailrace tells under ``/_tailrace/``; ends the command when nothing answers."""
        if self.endpoint is None:
            fail("only a Tailrace can answer this; leave --aws out")
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_tailrace/{path}", timeout=30) as answer:
                return orjson.loads(answer.read())
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            fail(f"no Tailrace answers at {self.endpoint} ({reason}); start one with `tailrace up` or name --endpoint")


def connect(endpoint: str | None, region: str | None, *, aws: bool = False) -> Connection:
    """Choose the cloud: the given endpoint, the environment's, this machine's, or AWS."""
    chosen = None if aws else (endpoint or os.environ.get("AWS_ENDPOINT_URL") or DEFAULT_ENDPOINT).rstrip("/")
    named = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if named is None:
        import botocore.session

        named = botocore.session.get_session().get_config_variable("region") or "us-east-1"
    return Connection(chosen, named)


def fail(reason: str, status: int = 1) -> NoReturn:
    """End the command with one clear line."""
    print(f"tailrace: {reason}", file=sys.stderr)
    raise typer.Exit(status)
