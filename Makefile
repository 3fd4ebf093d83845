# Every target sets up what it needs in .venv; nothing else on the machine is touched.
PYTHON ?= python3
BIN := .venv/bin
IMAGE ?=
DEMO_FLAGS ?=

.PHONY: demo run test soak bench lint lock clean help

help: ## Show the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Drugcheck needs Python 3.11 or newer; set PYTHON=python3.x")'
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml requirements.lock | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

demo: .venv/installed ## Walk the main job once, on a drawn plate or on IMAGE=path
	$(BIN)/drugcheck demo $(if $(IMAGE),--image "$(IMAGE)") $(DEMO_FLAGS)

run: .venv/installed ## Serve the demo lab on http://127.0.0.1:8000 (made first if there is none)
	$(BIN)/drugcheck demo --if-missing
	DRUGCHECK_DATA_DIR=data/demo/lab DRUGCHECK_EXERCISE=true $(BIN)/drugcheck serve

test: .venv/installed-dev ## Run the tests
	$(BIN)/python -m pytest -n 2 -m "not benchmark and not soak" $(PYTEST_FLAGS)

soak: .venv/installed-dev ## Run the long fault, fuzz and random-history tests; figures in data/soak
	mkdir -p data/soak
	$(BIN)/python -m pytest -m soak -s --timeout 7200 $(PYTEST_FLAGS) | tee data/soak/figures.txt

bench: .venv/installed-dev ## Measure, and print what was measured
	$(BIN)/python -m pytest -m benchmark -s -p no:randomly --timeout 3600 $(PYTEST_FLAGS) tests/benchmarks

lint: .venv/installed-dev ## Linters, types, layers, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet

lock: .venv/installed-dev ## Resolve the lock files again (needs uv: pip install uv)
	uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-dev.lock

clean: ## Remove the environment and the demo
	rm -rf .venv data/demo
