# Run `make` alone to list the tasks.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
LOCK := requirements/dev.txt
export MLFLOW_DISABLE_TELEMETRY := true
export BENTOML_DO_NOT_TRACK := True

.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs bench lock mlflow clean

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.ready ## build .venv/ from the committed lock

.venv/.ready: $(LOCK) requirements/uv.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet requirements/uv.txt $(LOCK)
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## the whole way on a simulated company, then serve it on port 3000
	$(BIN)/tierwise demo --home demo

test: setup ## the whole test suite
	$(BIN)/python -m pytest -n 2

check: setup ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: setup ## rewrite the generated pages in docs/
	$(BIN)/python -m docs

bench: setup ## the benchmarks, as ratios measured in one run
	$(BIN)/python -m benchmarks

lock: setup ## rewrite the hash-pinned lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/uv.in -o requirements/uv.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra serve -o requirements/serve.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --all-extras --group dev -o $(LOCK)

mlflow: setup ## open MLflow's pages on the runs in mlruns/
	$(BIN)/mlflow ui --backend-store-uri sqlite:///mlruns/mlflow.db

clean: ## remove what the tasks made, but not mlruns/
	rm -rf .venv demo build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
