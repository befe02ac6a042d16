# Two commands matter: `make demo` and `make test`. `make` alone lists them all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKSPACE ?= data
UV_VERSION := 0.13.9
SQL := dbt_project pipelines data/examples
export UV_COMPILE_BYTECODE := 1
export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo run ui docs test test-laws test-coverage test-slow bench-ingest bench-ingest-large check format lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## create .venv with the locked packages (with hashes)

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("doorstep needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

demo: setup ## simulate the pilot's logs, run the pipeline on them, say where the pages are
	@$(BIN)/doorstep simulate --workspace $(WORKSPACE)
	@$(BIN)/doorstep run --workspace $(WORKSPACE)

run: setup ## take in whatever is new in WORKSPACE (default data/) and publish
	@$(BIN)/doorstep run --workspace $(WORKSPACE)

ui: setup ## open Dagster's UI on http://127.0.0.1:3000
	@$(BIN)/doorstep ui --workspace $(WORKSPACE)

docs: setup ## dbt docs of what WORKSPACE has built: one file, WORKSPACE/build/docs/index.html
	@$(BIN)/doorstep docs --workspace $(WORKSPACE)

test: setup ## all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/integration tests/dbt tests/unit

test-laws: setup ## the laws of order and format, and plain Python beside the SQL, on many more examples, a quarter of an hour
	@DOORSTEP_LAW_FACTOR=20 $(BIN)/python -m pytest tests/unit/test_ingest_laws.py tests/dbt/test_order_laws.py \
	  tests/dbt/test_naive_facts.py tests/dbt/test_naive_metrics.py

test-coverage: setup ## how often the 95 % intervals hold the truth, over thousands of small worlds, a minute
	@$(BIN)/python -m tests.coverage.study

test-slow: setup ## twenty readers beside twenty publications, a backfill in the UI: some minutes
	@$(BIN)/python -m pytest tests/slow

bench-ingest: setup ## ingest beside bare Polars and bare DuckDB, some minutes
	@$(BIN)/python -m tests.benchmarks.bench_ingest

bench-ingest-large: setup ## ingest of 20 million lines in one file, gzip and CSV (5 GB of disk)
	@$(BIN)/python -m tests.benchmarks.bench_ingest --large 20000000

check: setup ## lint, format, types, SQL style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/sqlfluff lint $(SQL)

format: setup ## let the tools mend what they can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --quiet $(SQL)

lock: setup ## resolve requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras --generate-hashes \
	  --no-header --extra dev pyproject.toml -o requirements.lock

clean: ## remove what can be made again (data/ keeps its reference tables and landed logs)
	@rm -rf $(VENV) .cache .pytest_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs data/build data/lake \
	  data/quarantine data/dashboards data/snapshots data/warehouse.duckdb build dist *.egg-info
