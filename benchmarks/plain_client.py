"""A client that costs next to nothing: one connection, signatures that nobody checks, JSON and bytes as they are."""

import http.client
import json
from typing import Any


class PlainClient:
    """One request at a time."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def post(self, service: str, target: str, body: dict[str, Any], version: str = "1.0") -> dict[str, Any]:
        """Ask an AWS JSON service for something."""
        headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": target}
        answer: dict[str, Any] = json.loads(self._ask("POST", "/", service, json.dumps(body).encode(), headers))
        return answer

    def get_object(self, bucket: str, key: str) -> bytes:
        """Fetch an object; its key is given as it stands in a URL."""
        return self._ask("GET", f"/{bucket}/{key}", "s3", None, {})

    def _ask(self, method: str, path: str, service: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        scope = f"bench/20260101/us-east-1/{service}/aws4_request"
        claim = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        self._connection.request(method, path, body, {"Authorization": claim, **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, (answer.status, content[:300])
        return content
