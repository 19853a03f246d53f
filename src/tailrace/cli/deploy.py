"""``tailrace deploy``: a template and its local code to a stack by a change set, on this machine as on AWS."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from tailrace.cli.artefacts import Artefact, PackagingError, hashed, package
from tailrace.cli.connection import AwsOption, Connection, EndpointOption, JsonOption, RegionOption, connect, fail
from tailrace.cli.stack_events import Follower, Lines, Picture

_BODY_BYTES_MAX = 51_200
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_SUCCEEDED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_POLL_S_LOCAL, _POLL_S_AWS = 0.1, 2.0


def deploy(
    template: Annotated[Path, typer.Argument(help="A CloudFormation or SAM template.")],
    stack: Annotated[str | None, typer.Option(help="The stack's name; the template's folder or file name.")] = None,
    parameter: Annotated[list[str] | None, typer.Option(help="A parameter as NAME=VALUE; may be repeated.")] = None,
    endpoint: EndpointOption = None,
    region: RegionOption = None,
    aws: AwsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Deploy a template: package its local code, create and execute a change set, show the events and the outputs.

    Example: tailrace deploy examples/orders/template.yaml --stack orders --parameter BufferIntervalInSeconds=5
    """
    if not template.is_file():
        fail(f"there is no template at {template}")
    given = dict(_pair(each) for each in parameter or ())
    connection = connect(endpoint, region, aws=aws)
    with clear_errors(connection):
        deployment = Deployment(connection, stack or name_of(template), template, as_json)
        status = deployment.run(given)
        deployment.report(status)
    raise typer.Exit(0 if status in _SUCCEEDED else 1)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        fail(f"--parameter {text}: write NAME=VALUE", 2)
    return name, value


def name_of(template: Path) -> str:
    """Answer the stack's name for a template: what the file is called, or its folder when it is called template."""
    name = template.stem if template.stem != "template" else template.resolve().parent.name
    return name.replace("_", "-").replace(".", "-")


@contextmanager
def clear_errors(connection: Connection) -> Iterator[None]:
    """Meanwhile, let what AWS refuses end the command with one clear line."""
    from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

    try:
        yield
    except ClientError as error:
        fail(f"{error.response['Error']['Code']}: {error.response['Error']['Message']}")
    except EndpointConnectionError:
        where = connection.endpoint or "AWS"
        fail(f"nothing answers at {where}; start one with `tailrace up`, or name --endpoint")
    except (BotoCoreError, PackagingError) as error:
        fail(str(error))


@dataclass(slots=True)
class Deployment:
    """One template on its way to one stack."""

    connection: Connection
    stack: str
    template: Path
    as_json: bool

    def run(self, given: dict[str, str]) -> str:
        """Deploy and answer the status in which the stack ended; the present one when nothing changed."""
        formation = self.connection.client("cloudformation")
        present = _status(formation, self.stack)
        if present == "ROLLBACK_COMPLETE":
            fail(f"stack {self.stack} is in ROLLBACK_COMPLETE and can only be deleted; delete it and deploy again")
        creates = present in (None, "REVIEW_IN_PROGRESS")
        request = self._template()
        change_set = formation.create_change_set(
            StackName=self.stack,
            ChangeSetName=f"tailrace-deploy-{int(time.time() * 1000)}",
            ChangeSetType="CREATE" if creates else "UPDATE",
            Capabilities=_CAPABILITIES,
            Parameters=_parameters(formation, request, given, None if creates else self.stack),
            **request,
        )
        described = self._evaluated(formation, change_set)
        if described["Status"] == "FAILED":
            formation.delete_change_set(ChangeSetName=change_set["Id"], StackName=self.stack)
            if any(text in described.get("StatusReason", "") for text in _NO_CHANGES):
                self._say(f"No changes: stack {self.stack} is as the template says.")
                return str(present)
            if present is None:
                formation.delete_stack(StackName=self.stack)  # it holds nothing but the change set that failed
            fail(described.get("StatusReason", "the change set failed and does not say why"))
        return self._execute(formation, change_set)

    def report(self, status: str) -> None:
        """Print the outputs; as JSON with the stack and its status."""
        stacks = self.connection.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", ())}
        if self.as_json:
            import json

            found = {"StackName": self.stack, "StackId": stacks[0]["StackId"], "StackStatus": status}
            print(json.dumps({**found, "Outputs": outputs}, indent=2))
            return
        width = max(map(len, outputs), default=0)
        for name, value in outputs.items():
            print(f"{name:{width}}  {value}")
        if status not in _SUCCEEDED:
            print(f"tailrace: stack {self.stack} ended in {status}", file=sys.stderr)

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def _poll_s(self) -> float:
        return _POLL_S_AWS if self.connection.endpoint is None else _POLL_S_LOCAL

    def _template(self) -> dict[str, str]:
        """Send the local code, and the template itself when it is large; answer how a request names it."""
        bucket = Bucket(self.connection)
        text, artefacts = package(self.template.read_text(), self.template.parent, bucket.name)
        for artefact in artefacts:
            bucket.send(artefact)
        if len(text.encode()) <= _BODY_BYTES_MAX:
            return {"TemplateBody": text}
        return {"TemplateURL": bucket.send(hashed(text.encode(), ".template"))}

    def _evaluated(self, formation: Any, change_set: dict[str, Any]) -> dict[str, Any]:
        while True:
            described: dict[str, Any] = formation.describe_change_set(
                ChangeSetName=change_set["Id"], StackName=self.stack
            )
            if described["Status"] in ("CREATE_COMPLETE", "FAILED"):
                return described
            time.sleep(self._poll_s())

    def _execute(self, formation: Any, change_set: dict[str, Any]) -> str:
        follower = Follower(formation, change_set["StackId"])
        stream = sys.stderr if self.as_json else sys.stdout
        with ThreadPoolExecutor(1) as beside, Picture() if stream.isatty() else Lines(stream) as view:
            # The call may take as long as a small stack does; its events are shown meanwhile.
            call = beside.submit(formation.execute_change_set, ChangeSetName=change_set["Id"], StackName=self.stack)
            while True:
                for event in follower.new():
                    view.show(event)
                    status = str(event["ResourceStatus"])
                    if event.get("PhysicalResourceId") == change_set["StackId"] and not status.endswith("_IN_PROGRESS"):
                        return status
                if call.done():
                    call.result()
                time.sleep(self._poll_s())


@dataclass(slots=True)
class Bucket:
    """The bucket for code and large templates, one an account and region, made when it is first needed."""

    connection: Connection
    _name: str | None = None

    def name(self) -> str:
        """Answer the bucket's name, and make it if it isn't there."""
        if self._name is None:
            account = self.connection.client("sts").get_caller_identity()["Account"]
            self._name = f"tailrace-artefacts-{account}-{self.connection.region}"
            self._make(self._name)
        return self._name

    def send(self, artefact: Artefact) -> str:
        """Send an artefact unless it is there already; answer its URL."""
        from botocore.exceptions import ClientError

        s3, bucket = self.connection.client("s3"), self.name()
        try:
            s3.head_object(Bucket=bucket, Key=artefact.key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            s3.put_object(Bucket=bucket, Key=artefact.key, Body=artefact.body)
        return f"{s3.meta.endpoint_url}/{bucket}/{artefact.key}"

    def _make(self, name: str) -> None:
        from botocore.exceptions import ClientError

        s3, region = self.connection.client("s3"), self.connection.region
        try:
            s3.head_bucket(Bucket=name)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=name, **place)


def _status(formation: Any, stack: str) -> str | None:
    from botocore.exceptions import ClientError

    try:
        return str(formation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise


def _parameters(
    formation: Any, request: dict[str, str], given: dict[str, str], stack: str | None
) -> list[dict[str, Any]]:
    """Answer the parameters: those given, and for those that the stack already has, what it has."""
    declared = {each["ParameterKey"] for each in formation.get_template_summary(**request)["Parameters"]}
    if unknown := sorted(given.keys() - declared):
        fail(f"the template has no parameter {', '.join(unknown)}; it has {', '.join(sorted(declared)) or 'none'}")
    chosen: list[dict[str, Any]] = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    if stack is not None:
        known = formation.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", ())
        kept = [each["ParameterKey"] for each in known if each["ParameterKey"] in declared - given.keys()]
        chosen += [{"ParameterKey": name, "UsePreviousValue": True} for name in kept]
    return chosen
