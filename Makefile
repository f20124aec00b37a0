# Two commands do everything on a machine with Python 3.10 or newer, git and make:
#   make demo    fill a PDF form through a real Airflow and the local service
#   make test    run the tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# A venv of its own: other providers bring much that development does not need.
BENCH := $(VENV)-benchmark
# Another one: Celery, Redis and PostgreSQL are for one command alone.
DISTRIBUTED := $(VENV)-distributed
# Several processes: one waits for Airflow most of the time.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

.PHONY: help demo test slow unit e2e lint format docs types benchmark matrix chaos screenshots distributed constraints clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt dev/requirements.in
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Python 3.10 or newer is needed; choose one with: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --constraint constraints.txt pip
	@echo "Installing Airflow and the development tools into $(VENV); this takes a minute or two."
	$(BIN)/python -m pip install --quiet --constraint constraints.txt \
		--requirement dev/requirements.in --group dev --editable '.[local]'
	@touch $@

demo: $(READY) ## Fill a PDF form through a real Airflow; no account needed
	$(BIN)/python -m dev.demo

test: $(READY) ## Run the tests, those with a real Airflow too
	$(PYTEST) -m "not slow"

slow: $(READY) ## Run what takes longest, above all crashes, kills and timeouts on a real Airflow
	$(BIN)/python -m pytest -m slow

unit: $(READY) ## Run the tests that need no running Airflow
	$(PYTEST) -m "not e2e"

e2e: $(READY) ## Run the tests with a real scheduler, triggerer and worker
	$(BIN)/python -m pytest -m e2e

lint: $(READY) ## Check format and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(READY) ## Mend format and what style can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY) ## Take the code in README.md and docs/ from the example DAGs
	$(BIN)/python -m dev.docs

types: $(READY) ## Check types, strictly
	$(BIN)/mypy

$(BENCH)/.ready: pyproject.toml constraints.txt dev/requirements.in
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade --constraint constraints.txt pip
	$(BENCH)/bin/python -m pip install --quiet --constraint constraints.txt \
		--requirement dev/requirements.in --group benchmark --editable '.[local]'
	@touch $@

benchmark: $(BENCH)/.ready ## Compare waiting with other providers and the SDK; takes some minutes
	$(BENCH)/bin/python -m benchmarks

matrix: $(READY) ## Test one wheel on every supported Airflow and Python; takes two hours. To choose: make matrix ARGS=--help
	$(BIN)/python -m dev.matrix $(ARGS)

chaos: $(READY) ## Kill Airflow's processes while the service misbehaves; was each task paid once? To choose: make chaos ARGS=--help
	$(BIN)/python -m dev.chaos $(ARGS)

$(DISTRIBUTED)/.ready: pyproject.toml constraints.txt dev/requirements.in
	$(PYTHON) -m venv $(DISTRIBUTED)
	$(DISTRIBUTED)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade --constraint constraints.txt pip
	$(DISTRIBUTED)/bin/python -m pip install --quiet --constraint constraints.txt \
		--requirement dev/requirements.in --group distributed --editable '.[local]'
	@touch $@

distributed: $(DISTRIBUTED)/.ready ## Run the tests on PostgreSQL, Redis, two Celery workers and two triggerers; takes some minutes
	$(DISTRIBUTED)/bin/python -m dev.distributed $(ARGS)

screenshots: $(READY) ## Check the web interface in Chromium, and take the pictures in docs/images. To choose: make screenshots ARGS=--help
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group screenshots
	$(BIN)/python -m dev.screenshots $(ARGS)

constraints: $(READY) ## Renew the pinned versions of the development environment
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --no-header --no-annotate --no-emit-index-url \
		pyproject.toml dev/requirements.in --extra local --group dev --group benchmark --group distributed --output-file constraints.new
	@{ echo "# Development versions, for every supported Python. Renew with: make constraints"; cat constraints.new; } > constraints.txt
	@rm constraints.new

clean: ## Remove what these commands made
	rm -rf $(VENV) $(BENCH) $(DISTRIBUTED) .demo .chaos .mypy_cache .pytest_cache .ruff_cache build dist
