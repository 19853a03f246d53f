"""StartQueryExecution: what can be refused at once is; the rest is a job."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from tailrace.athena.api.problem import invalid
from tailrace.athena.api.workgroups import PRIMARY, find
from tailrace.athena.catalog.caller import CATALOG
from tailrace.athena.catalog.location import Location, parse_location
from tailrace.athena.execution import query as queries
from tailrace.athena.execution.kind import HIVE_FAILED, Kind, kind_of
from tailrace.athena.execution.prepared_row import PREPARED, prepared_key
from tailrace.athena.execution.query import JOB_KIND, TOKENS, Named, PrincipalRow, Query
from tailrace.athena.execution.reuse import reusable
from tailrace.athena.registry import SERVICE
from tailrace.athena.syntax.problem import HiveProblem, SyntaxProblem, Unsupported
from tailrace.athena.syntax.statement import parse
from tailrace.athena.syntax.statement_tree import Execute
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_NO_OUTPUT = (
    "No output location provided. An output location is required either through the Workgroup result configuration "
    "setting or as an API input."
)
_TEXT_BYTES_MAX = 262_144


@SERVICE.operation("StartQueryExecution")
def start_query_execution(call: Call) -> dict[str, Any]:
    """Take a query and answer its id; the same token with the same request answers the same id."""
    earlier = _earlier(call)
    if earlier is not None:
        return {"QueryExecutionId": earlier}
    workgroup = find(call.transaction, call.region, call.params.get("WorkGroup", PRIMARY))
    if workgroup.state != "ENABLED":
        raise invalid("WorkGroup is disabled.")
    kind = _kind(call, workgroup.name)
    location, configuration = _output(call, workgroup.configuration)
    _check_bucket(call, location)
    query = _query(call, workgroup.name, workgroup.configuration, kind, location, configuration)
    reused = reusable(call.transaction, query)
    queries.add(call.transaction, reused or query)
    if reused is None:
        payload = {"region": call.region, "id": query.id}
        call.cloud.jobs.schedule(call.transaction, JOB_KIND, f"{call.region}/{query.id}", payload)
    _remember(call, query.id)
    return {"QueryExecutionId": query.id}


def _fingerprint(call: Call) -> str:
    params = {key: value for key, value in call.params.items() if key != "ClientRequestToken"}
    return hashlib.sha256(orjson.dumps(params, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _earlier(call: Call) -> str | None:
    token = call.params.get("ClientRequestToken")
    found = None if token is None else TOKENS.get(call.transaction, call.key(token))
    if found is None:
        return None
    if found.fingerprint != _fingerprint(call):
        raise invalid("Idempotent parameters do not match")
    return found.id


def _remember(call: Call, query_id: str) -> None:
    token = call.params.get("ClientRequestToken")
    if token is not None:
        TOKENS.put(call.transaction, call.key(token), Named(query_id, _fingerprint(call)))


def _kind(call: Call, workgroup: str) -> Kind:
    """Answer the kind of the statement. InvalidRequestException for what Trino can't parse and Athena refuses."""
    text = call.params["QueryString"]
    if len(text.encode()) > _TEXT_BYTES_MAX:
        raise invalid(f"Your query has exceeded the maximum query length of {_TEXT_BYTES_MAX} bytes.")
    try:
        parsed = parse(text).statement
        if isinstance(parsed, Execute):
            prepared = PREPARED.get(call.transaction, prepared_key(call.region, workgroup, parsed.name))
            if prepared is None:
                raise invalid(f"PreparedStatement {parsed.name} was not found in workGroup {workgroup}")
            parsed = parse(prepared.text).statement
        return kind_of(parsed)
    except SyntaxProblem as error:
        raise invalid(str(error), "MALFORMED_QUERY") from error
    except Unsupported as error:
        raise invalid(str(error), "MALFORMED_QUERY") from error
    except HiveProblem:
        return HIVE_FAILED  # Hive's own parser fails the query, not the request


def _output(call: Call, workgroup: dict[str, Any]) -> tuple[Location, dict[str, Any]]:
    """Answer where the result goes: a workgroup that is enforced decides alone."""
    own: dict[str, Any] = workgroup.get("ResultConfiguration", {})
    asked: dict[str, Any] = call.params.get("ResultConfiguration", {})
    enforced = workgroup.get("EnforceWorkGroupConfiguration", False) and own.get("OutputLocation")
    chosen = own if enforced else {**own, **asked}
    text = chosen.get("OutputLocation")
    if not text:
        raise invalid(_NO_OUTPUT)
    location = parse_location(text)
    if location is None:
        raise invalid("outputLocation is not a valid S3 path.")
    return location, chosen


def _check_bucket(call: Call, location: Location) -> None:
    try:
        call.do("s3", "GetBucketLocation", {"Bucket": location.bucket})
    except AwsError as error:
        raise invalid(f"Unable to verify/create output bucket {location.bucket}") from error


def _query(
    call: Call,
    workgroup: str,
    settings: dict[str, Any],
    kind: Kind,
    location: Location,
    configuration: dict[str, Any],
) -> Query:
    query_id = call.uuid()
    context = call.params.get("QueryExecutionContext", {})
    return Query(
        id=query_id,
        region=call.region,
        text=call.params["QueryString"],
        statement_type=kind.statement,
        substatement_type=kind.substatement,
        workgroup=workgroup,
        catalog=context.get("Catalog", CATALOG).lower(),
        database=context.get("Database"),
        output=_object(kind, location, query_id),
        prefix=str(location),
        result_configuration=configuration,
        enforced=bool(settings.get("EnforceWorkGroupConfiguration")),
        principal=PrincipalRow.of(call.principal),
        parameters=call.params.get("ExecutionParameters", []),
        reuse=call.params.get("ResultReuseConfiguration", {}),
        submitted_ms=call.now_ms,
        token=call.params.get("ClientRequestToken"),
        cutoff=settings.get("BytesScannedCutoffPerQuery"),
    )


def _object(kind: Kind, location: Location, query_id: str) -> str:
    if kind.substatement == "CREATE_TABLE_AS_SELECT":
        return f"{location}tables/{query_id}"
    return f"{location}{query_id}{kind.suffix}"
