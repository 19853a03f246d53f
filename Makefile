# make demo: the whole path, from nothing to the verdict.  make test: all tests.  make check: what CI runs.
# make bench ARGS="start growth": all benchmarks, or those named, with their limits and marks.
# make simulate SEED=1 RUNS=1000: the pipeline in virtual time under faults and deaths, a seed a run.
# make fuzz SEED=1 EXAMPLES=1000: every operation asked for in odd ways, so many times.
PYTHON ?= python3
PORT ?= 4566
BIN := .venv/bin

.PHONY: demo test simulate fuzz bench check lint types template format clean

demo: .venv/installed
	PORT=$(PORT) $(BIN)/tailrace demo

test: .venv/developed
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

simulate: .venv/developed
	PYTHONPATH=tests $(BIN)/python -m simulation $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS))

fuzz: .venv/developed
	PYTHONPATH=tests $(BIN)/python -m fuzz $(if $(SEED),--seed $(SEED)) $(if $(EXAMPLES),--examples $(EXAMPLES)) \
	  $(if $(ONLY),--only "$(ONLY)")

bench: .venv/installed
	$(BIN)/python -m benchmarks $(ARGS)

check: lint types template test

lint: .venv/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/developed
	$(BIN)/mypy

template: .venv/developed
	$(BIN)/cfn-lint examples/orders/template.yaml

format: .venv/developed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .tailrace .mypy_cache .ruff_cache .pytest_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --editable .
	touch $@

.venv/developed: pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch .venv/installed $@
