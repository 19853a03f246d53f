# make demo: the whole path, from nothing to the verdict.  make test: all tests.  make check: what CI runs.
PYTHON ?= python3
PORT ?= 4566
BIN := .venv/bin

.PHONY: demo test check lint types template format clean

demo: .venv/installed
	PORT=$(PORT) $(BIN)/tailrace demo

test: .venv/developed
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

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
