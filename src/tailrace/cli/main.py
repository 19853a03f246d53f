"""The ``tailrace`` command: its verbs, each in a file of its own, loaded only when it is used."""

import importlib
import sys

import typer
from typer.core import TyperGroup

from tailrace import __version__

# verb -> the module and function that carry it out
VERBS = {
    "up": "tailrace.cli.up:up",
    "deploy": "tailrace.cli.deploy:deploy",
    "tail": "tailrace.cli.tail:tail",
    "query": "tailrace.cli.query:query",
    "status": "tailrace.cli.status:status",
    "verify": "tailrace.cli.verify:verify",
    "check": "tailrace.cli.check:check",
    "demo": "tailrace.cli.demo:demo",
}


class _Verbs(TyperGroup):
    """Load a verb when it is named, so that ``tailrace up`` never pays for the others' imports."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(VERBS)

    def get_command(self, ctx: typer.Context, cmd_name: str):  # type: ignore[no-untyped-def, override]
        if cmd_name not in VERBS:
            return None
        module, _, function = VERBS[cmd_name].partition(":")
        verb = typer.Typer(add_completion=False)
        verb.command(name=cmd_name)(getattr(importlib.import_module(module), function))
        return typer.main.get_command(verb)


app = typer.Typer(
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=False,
    help="Every change of a DynamoDB table, in SQL, moments later. On this machine, as on AWS.",
)


@app.callback(invoke_without_command=True)
def front(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    """Every change of a DynamoDB table, in SQL, moments later. On this machine, as on AWS."""
    if version:
        print(f"tailrace {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command; a name that is no verb ends with status 2."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
