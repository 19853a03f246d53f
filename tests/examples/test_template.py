"""The example is made of AWS's own artefacts: its template passes cfn-lint, its SQL parses as Athena's."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot

EXAMPLE = Path(__file__).parents[2] / "examples/orders"


def test_cfn_lint_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    run = subprocess.run([linter, EXAMPLE / "template.yaml"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("path", sorted((EXAMPLE / "queries").glob("*.sql")), ids=lambda path: path.stem)
def test_queries_are_one_athena_statement_each(path: Path) -> None:
    assert [type(statement).__name__ for statement in sqlglot.parse(path.read_text(), dialect="athena")] == ["Select"]
