"""The door: the only way into a service, for HTTP requests, consumers under their role, CloudFormation and tests alike.

It validates against botocore's model, authorises, dispatches, commits and meters.
"""

import logging
import os
import random
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from tailrace.cloudwatch.meter import Meter
from tailrace.engine.clock import Clock, ManualClock, SystemClock
from tailrace.engine.consumer import Consumers
from tailrace.engine.data_directory import DataDirectory
from tailrace.engine.errors import EngineError, StoreDamaged
from tailrace.engine.faults import Faults
from tailrace.engine.files import Files
from tailrace.engine.job import Jobs
from tailrace.engine.ledger import Ledger
from tailrace.engine.store import Durability, Durable, Store
from tailrace.engine.transaction import Transaction
from tailrace.iam.authorization import Authorizer
from tailrace.iam.key import ensure_root_key
from tailrace.runtime import services
from tailrace.runtime.settings import Settings
from tailrace.runtime.tasks import Tasks
from tailrace.runtime.workers import Workers
from tailrace.service.call import Call
from tailrace.service.fault import FAULTS
from tailrace.service.principal import Principal
from tailrace.service.service import Operation, Service
from tailrace.wire.errors import AwsError
from tailrace.wire.model import model_of

_logger = logging.getLogger(__name__)
_BEHIND_S = 1.0  # how far the machine's clock may be behind without a word


class LocalCloud:
    """One account on one machine: everything put together over one data directory."""

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, rooms: Iterable[Service] | None = None
    ) -> None:
        """Open the state. Raises StoreBusy, FormatUnknown, StoreDamaged; nothing runs before ``start``."""
        self.settings = settings
        self.account = settings.account
        self.root_key_path: Path | None = None
        self.endpoint = f"http://{settings.host}:{settings.port}"
        self.directory = DataDirectory(settings.data_dir)
        try:
            self._assert_state()
            self.store = Store(self.directory.store, settings.durability)
        except BaseException:
            self.directory.close()
            raise
        self._tell_what_was_dropped()
        self.clock: Clock = clock or self._own_clock()
        self.store.now_ms = self.clock.now_ms
        self.random = random.Random(settings.seed)
        self.faults = Faults(FAULTS)
        self.ledger = Ledger()
        self.files = Files(self.directory.path, synced=settings.durability is Durability.FSYNC)
        self.jobs = Jobs(self.store, self.clock)
        self.consumers = Consumers(self.clock)
        self.services = {room.name: room for room in (services.load() if rooms is None else rooms)}
        self.tasks = Tasks()
        self.workers = Workers(self)
        self.authorizer = Authorizer()
        self.meters = Meter()

    async def start(self) -> None:
        """Resume what ran when the cloud was last stopped."""
        if self.settings.auth == "iam":
            self.root_key_path = self._keep_root_key()
        for room in self.services.values():
            for begin in room.starts:
                await begin(self)
        self.jobs.resume()

    async def stop(self) -> None:
        """Stop everything where it stands and close the state; it goes on from there next time."""
        await self.jobs.stop()  # first, for jobs start consumers
        await self.consumers.stop_all()
        await self.workers.close()
        await self.tasks.close()
        self.store.close()
        self.directory.close()

    def call(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        principal: Principal,
        *,
        region: str,
        transaction: Transaction | None = None,
    ) -> dict[str, Any]:
        """Carry out a sync operation; see ``tailrace.service.cloud.Cloud``."""
        found = self._operation(service, operation)
        if found.waits:
            raise TypeError(f"{service} {operation} waits for something: await cloud.request instead")
        if transaction is None:
            own = self.store.begin()
            result = self._decide(found, service, params, principal, region, own)
            self._commit(own)
            return result
        mark = transaction.mark()
        try:
            self._admit(transaction, found, service, params, principal, region)
            staged: dict[str, Any] = found.handler(self._a_call(found, service, params, principal, region, transaction))
            return staged
        except BaseException:
            transaction.rollback(mark)
            raise

    async def request(
        self, service: str, operation: str, params: dict[str, Any], principal: Principal, *, region: str
    ) -> dict[str, Any]:
        """Carry out any operation and answer when its effects are on disk; see ``tailrace.service.cloud.Cloud``."""
        found = self._operation(service, operation)
        try:
            if found.waits:
                self._admit(self.store.begin(), found, service, params, principal, region)
                waited: dict[str, Any] = await found.handler(
                    self._a_call(found, service, params, principal, region, None)
                )
                return waited
            transaction = self.store.begin()
            result = self._decide(found, service, params, principal, region, transaction)
            durable = self._commit(transaction)
            # Let go of while the processor's cache holds it: the next request finds that memory warm.
            del params, transaction
            await durable
            return result
        except EngineError as error:
            raise _translated(error) from error

    def assume_role(
        self,
        role_arn: str,
        service_principal: str,
        session: str,
        *,
        region: str,
        source_arn: str | None = None,
        transaction: Transaction | None = None,
    ) -> Principal:
        """Answer a session of a role for an AWS service; see ``tailrace.service.cloud.Cloud``."""
        context = {"aws:SourceAccount": self.account, "aws:RequestedRegion": region}
        if source_arn is not None:
            context["aws:SourceArn"] = source_arn
        return self.authorizer.assume(transaction or self.store.begin(), role_arn, service_principal, session, context)

    def credentials(self, access_key_id: str) -> tuple[str, str | None, Principal] | None:
        """Answer (secret, session token or None, principal) of an access key; None when there is no such active key.

        Raises AwsError ExpiredToken for temporary credentials that have ended.
        """
        return self.authorizer.credentials(self.store.begin(), access_key_id, self.clock.now())

    def meter(
        self, region: str, namespace: str, metric: str, dimensions: Mapping[str, str], value: float, unit: str = "Count"
    ) -> None:
        """Count something for CloudWatch."""
        self.meters.add(region, namespace, metric, dimensions, value, unit, self.clock.now())

    def root_environment(self) -> dict[str, str]:
        """Answer the environment variables with which a child process calls as the root; empty when all may."""
        if self.root_key_path is None:
            return {}
        key = orjson.loads(self.root_key_path.read_bytes())
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def _assert_state(self) -> None:
        """Refuse to begin anew beside the bodies of a state that is gone."""
        lasting = self.settings.durability is not Durability.MEMORY
        if lasting and not self.directory.store.exists() and any((self.directory.path / "s3").glob("*")):
            raise StoreDamaged(
                f"there is no state in {self.directory.store}, but bodies of objects lie beside it; bring it back from "
                "a copy, or move the directory away to begin anew"
            )

    def _own_clock(self) -> Clock:
        """Make a clock that goes on where the last process stopped, should the machine's have been set back since."""
        last = self.store.last_ms / 1000
        if self.settings.clock == "manual":
            return ManualClock(max(time.time(), last))
        behind_s = last - time.time()
        if behind_s > _BEHIND_S:
            _logger.warning(
                "the machine's clock is %.0f s behind the last write in %s: Tailrace's time goes on from there, ahead "
                "of the machine's, so that nothing has to wait for it; set the clock right if it is wrong",
                behind_s,
                self.store.path,
            )
        return SystemClock(not_before=last)

    def _tell_what_was_dropped(self) -> None:
        if self.store.dropped_bytes:
            _logger.warning(
                "the end of the write-ahead log in %s, %d bytes or more, could not be read and was left out: it was "
                "torn before anybody was told that it is on disk, unless that was --durability os",
                self.store.path,
                self.store.dropped_bytes,
            )

    def _keep_root_key(self) -> Path:
        """Write the root's access key where only the owner of the data directory can read it."""
        transaction = self.store.begin()
        key_id, secret = ensure_root_key(transaction, self.account, self.clock.now())
        self._commit(transaction)
        path = self.directory.path / "root-key.json"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(orjson.dumps({"AccessKeyId": key_id, "SecretAccessKey": secret}))
        return path

    def _operation(self, service: str, operation: str) -> Operation:
        room = self.services.get(service)
        found = room.operations.get(operation) if room else None
        if found is None:
            raise AwsError(
                "UnknownOperationException", f"Tailrace does not carry out {service} {operation} yet.", status=501
            )
        return found

    def _decide(
        self,
        found: Operation,
        service: str,
        params: dict[str, Any],
        principal: Principal,
        region: str,
        transaction: Transaction,
    ) -> dict[str, Any]:
        try:
            self._admit(transaction, found, service, params, principal, region)
            result: dict[str, Any] = found.handler(self._a_call(found, service, params, principal, region, transaction))
            return result
        except BaseException:
            transaction.abort()
            raise

    def _admit(
        self,
        transaction: Transaction,
        found: Operation,
        service: str,
        params: dict[str, Any],
        principal: Principal,
        region: str,
    ) -> None:
        if not found.internal:
            model_of(service).validate(found.name, params)
        if principal.kind != "root":
            required = self.services[service].required(found.name, params, region, self.account)
            now = self.clock.now()
            context = {
                "aws:RequestedRegion": region,
                "aws:PrincipalAccount": principal.account,
                "aws:SecureTransport": "false",
                "aws:EpochTime": str(int(now)),
                "aws:CurrentTime": datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            self.authorizer.authorize(transaction, principal, required, context, protocol_style=_style(service))

    def _a_call(
        self,
        found: Operation,
        service: str,
        params: dict[str, Any],
        principal: Principal,
        region: str,
        transaction: Transaction | None,
    ) -> Call:
        request_id = f"{self.random.getrandbits(128):032x}"
        return Call(
            service,
            found.name,
            params,
            principal,
            region,
            self.account,
            request_id,
            self.clock.now(),
            self,
            transaction,
        )

    def _commit(self, transaction: Transaction) -> Durable:
        return self.store.commit(transaction)


_QUERY = frozenset({"iam", "sts", "cloudformation"})


def _style(service: str) -> str:
    return "s3" if service == "s3" else "query" if service in _QUERY else "json"


def _translated(error: EngineError) -> AwsError:
    return AwsError("ServiceUnavailable", str(error), status=503)
