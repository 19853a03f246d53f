"""A request in, a response out: route, believe, read, carry out, write. Every failure ends in the protocol's form."""

import logging
import random
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

from tailrace.runtime import http_limits as limits
from tailrace.runtime.http_answer import OpenSlice
from tailrace.runtime.http_body import inflate, settle
from tailrace.runtime.http_upload import BodyFiles, Upload
from tailrace.service.principal import Principal
from tailrace.wire import fault, sigv2, sigv4
from tailrace.wire.claim import Claim, claim_of
from tailrace.wire.distrust import Distrust, worded
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request, Response
from tailrace.wire.model import model_of
from tailrace.wire.request_id import request_id
from tailrace.wire.route import ADMIN, REST_XML, Route, route_of
from tailrace.wire.sigv4 import Signed

_REGION = "us-east-1"
_REGION_FORM = re.compile(r"[a-z0-9-]{1,32}")
_UPLOADS = frozenset({"PutObject", "UploadPart"})
_TEMPORARY = "ASIA"  # what the ids of temporary keys begin with
_UNSIGNED_OPERATIONS = frozenset({"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})
_NOWHERE = Route(None, REST_XML, None, {})
_NO_PAGES = "Tailrace takes no calls from web pages unless it runs with --auth iam."
_LOG = logging.getLogger(__name__)

Auth = Literal["none", "iam"]
Admin = Callable[[str, str, str, bytes], Awaitable[Response]]
Credentials = tuple[str, str | None, Principal]


class Served(Protocol):
    """The cloud behind the endpoint."""

    account: str

    @property
    def files(self) -> BodyFiles:
        """Where bodies are kept."""

    async def request(
        self, service: str, operation: str, params: dict[str, Any], principal: Principal, *, region: str
    ) -> dict[str, Any]:
        """Carry out an operation. Raises AwsError."""

    def credentials(self, access_key_id: str) -> Credentials | None:
        """Answer what is known of an access key. Raises AwsError ExpiredToken."""


class Arrival:
    """A request whose head has arrived: where it goes, who claims to send it, and its upload if it has one."""

    __slots__ = ("body_bytes_max", "claim", "request", "route", "signed", "upload")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.claim = claim_of(request)
        is_function = request.path.startswith(limits.FUNCTIONS) and "x-amz-target" not in request.headers
        self.body_bytes_max = limits.LAMBDA_BODY_BYTES_MAX if is_function else limits.BODY_BYTES_MAX
        self.route: Route | None = None
        self.signed: tuple[Signed | None, Principal] | None = None
        self.upload: Upload | None = None

    def where(self) -> Route:
        """Answer where it goes."""
        if self.route is None:
            self.route = route_of(self.request, self.claim)
        return self.route

    def check_size(self, size: int) -> None:
        """Raise AwsError when its body is too large to be held in memory."""
        if size > self.body_bytes_max:
            text = f"Request must be smaller than {self.body_bytes_max} bytes"
            raise AwsError("RequestEntityTooLargeException", text, 413)

    def discard(self) -> None:
        """Remove what was uploaded: nothing names it."""
        if self.upload is not None:
            self.upload.discard()
            self.upload = None


class Door:
    """Answer requests for a cloud."""

    def __init__(self, cloud: Served, auth: Auth, admin: Admin) -> None:
        self._cloud = cloud
        self._auth = auth
        self._admin = admin
        self._root = Principal.root(cloud.account)
        self._dice = random.Random()

    def arrive(self, request: Request, announced: int) -> tuple[Arrival, Exception | None]:
        """Take a head and the announced size of its body, or answer why not. An object's body gets its file now."""
        arrival = Arrival(request)
        try:
            if request.method == "PUT" and not request.path.startswith(ADMIN):
                self._begin_upload(arrival)
            if arrival.upload is None:
                arrival.check_size(announced)
        except Exception as error:
            return arrival, error  # which the arrival doesn't hold, for the error's trace holds the arrival
        return arrival, None

    def _begin_upload(self, arrival: Arrival) -> None:
        route = arrival.where()
        if route.service == "s3" and route.operation in _UPLOADS:
            arrival.signed = self._believe(arrival, route)
            name = f"s3/{route.labels['Bucket']}/{route.labels['Key']}"
            arrival.upload = Upload(self._cloud.files, name, arrival.request, arrival.signed[0])

    async def answer(self, arrival: Arrival, *, is_local: bool = True) -> tuple[Response, OpenSlice | None]:
        """Answer a request whose body has arrived, from this machine or another. It never raises."""
        if arrival.request.path.startswith(ADMIN):
            return await self._answer_admin(arrival.request, is_local), None
        route = arrival.where()
        number = request_id(route.service, self._dice)
        try:
            response = await self._carry_out(arrival, route, number)
            if isinstance(response.body, bytes):
                return response, None
            try:
                return response, OpenSlice(response.body)
            except FileNotFoundError:  # the object was replaced in this moment: the new one is meant
                response = await self._carry_out(arrival, route, number)
                return response, None if isinstance(response.body, bytes) else OpenSlice(response.body)
        except Exception as error:
            return self._refusal(error, route, number), None

    def refuse(self, error: Exception, arrival: Arrival | None) -> Response:
        """Answer the response for what can't be taken; without an arrival the protocol isn't known."""
        route = _NOWHERE if arrival is None else arrival.where()
        return self._refusal(error, route, request_id(route.service, self._dice))

    def _refusal(self, error: Exception, route: Route, number: str) -> Response:
        if isinstance(error, Distrust):
            error = worded(error, route.service)
        if not isinstance(error, AwsError):
            _LOG.error("%s %s failed, request %s", route.service, route.operation, number, exc_info=error)
            error = fault.internal(route.service)
        model = model_of(route.service) if route.service is not None else None
        return route.codec.refuse(model, error, number)

    async def _carry_out(self, arrival: Arrival, route: Route, number: str) -> Response:
        try:
            signed, principal = arrival.signed or self._believe(arrival, route)
            if route.error is not None:
                raise route.error.anew()
            if route.operation is None or route.service is None:
                raise AwsError("UnknownOperationException", "The request names no operation.")
            operation = model_of(route.service).operation(route.operation)
            arrival.request.labels = route.labels
            if arrival.upload is not None:
                await arrival.upload.finish()
            elif route.service == "s3":
                settle(arrival.request, signed)
            elif arrival.request.headers.get("content-encoding") == "gzip":
                inflate(arrival.request, arrival.body_bytes_max)
            region = region_of(arrival.claim)
            # The parameters belong to the call alone, which lets go of them before it waits.
            result = await self._cloud.request(
                route.service, operation.name, route.codec.read(operation, arrival.request), principal, region=region
            )
            arrival.upload = None  # what was uploaded is named by a row now
            return route.codec.write(operation, result, number)
        finally:
            arrival.discard()

    def _believe(self, arrival: Arrival, route: Route) -> tuple[Signed | None, Principal]:
        request = arrival.request
        if self._auth == "none":
            if is_from_page(request) and not (route.service == "s3" and request.method in ("GET", "HEAD")):
                raise AwsError("AccessDeniedException", _NO_PAGES, 403)
            return None, self._taken(arrival)
        if arrival.claim is None and route.operation in _UNSIGNED_OPERATIONS:
            return None, Principal("service", "anonymous", "anonymous", self._cloud.account)
        found: list[Credentials] = []

        def look_up(access_key: str) -> tuple[str, str | None] | None:
            try:
                credentials = self._cloud.credentials(access_key)
            except AwsError:
                raise Distrust("expired_token") from None
            if credentials is None:
                return None
            found.append(credentials)
            return credentials[0], credentials[1]

        verify = sigv2.verify if sigv2.is_second_version(request) else sigv4.verify
        signed = verify(request, look_up, time.time())
        return signed, found[0][2]

    def _taken(self, arrival: Arrival) -> Principal:
        """Answer who calls when nobody is asked to prove it: the root, or the session that a temporary key is for."""
        claim = arrival.claim
        if claim is None or not claim.access_key.startswith(_TEMPORARY):
            return self._root
        try:
            credentials = self._cloud.credentials(claim.access_key)
        except AwsError:
            raise Distrust("expired_token") from None
        return self._root if credentials is None else credentials[2]

    async def _answer_admin(self, request: Request, is_local: bool) -> Response:
        if is_from_page(request) or not (is_local or self._auth == "none"):
            return Response(403, [("Content-Type", "application/json")], b'{"message": "only from this machine"}')
        try:
            return await self._admin(request.method, request.path, request.query, request.body)
        except Exception as error:
            _LOG.error("%s %s failed", request.method, request.path, exc_info=error)
            return Response(500, [("Content-Type", "application/json")], b'{"message": "see the log"}')


def is_from_page(request: Request) -> bool:
    """Answer whether a browser sent a request on behalf of a page: where nothing is signed, no page may act."""
    return "origin" in request.headers or request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def region_of(claim: Claim | None) -> str:
    """Answer the region that a request is for."""
    return claim.region if claim is not None and _REGION_FORM.fullmatch(claim.region) else _REGION
