"""Outputs that other stacks import: names are unique in a region, and what is imported stays as it is."""

from collections.abc import Iterable, Iterator

import msgspec

from tailrace.cloudformation.errors import export_missing, invalid
from tailrace.cloudformation.stack import OutputRow, StackRow
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction


class ExportRow(msgspec.Struct, frozen=True, kw_only=True):
    """An exported output."""

    name: str
    value: str
    stack_id: str
    stack_name: str


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stack that imports an export."""

    export: str
    stack_name: str


_EXPORTS = Rows("cloudformation/exports", ExportRow)
_IMPORTS = Rows("cloudformation/imports", ImportRow)


def exported(transaction: Transaction, region: str) -> Iterator[ExportRow]:
    """Answer a region's exports by name."""
    return (row for _, row in _EXPORTS.scan(transaction, f"{region}/"))


def value(transaction: Transaction, region: str, name: str) -> str:
    """Answer an export's value. Raises ValidationError when there is none."""
    row = _EXPORTS.get(transaction, f"{region}/{name}")
    if row is None:
        raise export_missing(name)
    return row.value


def importers(transaction: Transaction, region: str, name: str) -> list[str]:
    """Answer the names of the stacks that import an export."""
    return [row.stack_name for _, row in _IMPORTS.scan(transaction, f"{region}/{name}/")]


def publish(transaction: Transaction, stack: StackRow, outputs: Iterable[OutputRow], imported: Iterable[str]) -> None:
    """Put a stack's exports and imports in the place of those it had. Raises ValidationError when that may not be."""
    wanted = {output.export_name: output.value for output in outputs if output.export_name is not None}
    for row in list(exported(transaction, stack.region)):
        if row.stack_id != stack.id:
            if row.name in wanted:
                raise invalid(f"Export with name {row.name} is already exported by stack {row.stack_name}")
        elif wanted.get(row.name) != row.value:
            _release(transaction, stack, row.name, "updated" if row.name in wanted else "deleted")
    for name, text in wanted.items():
        export = ExportRow(name=name, value=text, stack_id=stack.id, stack_name=stack.name)
        _EXPORTS.put(transaction, f"{stack.region}/{name}", export)
    _import(transaction, stack, set(imported))


def _release(transaction: Transaction, stack: StackRow, name: str, verb: str) -> None:
    if users := importers(transaction, stack.region, name):
        raise invalid(f"Export {name} cannot be {verb} as it is in use by {', '.join(users)}")
    _EXPORTS.delete(transaction, f"{stack.region}/{name}")


def _import(transaction: Transaction, stack: StackRow, names: set[str]) -> None:
    for key, row in list(_IMPORTS.scan(transaction, f"{stack.region}/")):
        if key.endswith(f"/{stack.uuid}") and row.export not in names:
            _IMPORTS.delete(transaction, key)
    for name in names:
        row = ImportRow(export=name, stack_name=stack.name)
        _IMPORTS.put(transaction, f"{stack.region}/{name}/{stack.uuid}", row)
