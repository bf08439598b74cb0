# `make serve` and `make test` work on a fresh clone: they need python3 (3.11 or newer) with venv, and a package index.

HOST ?= 127.0.0.1
PORT ?= 8000
PYTHON ?= python3
TESTS ?= tests
# Both cores of a small machine; each test process computes on one thread, or they would crowd each other out.
WORKERS ?= 2
PYTEST_FLAGS ?=
BENCH_FLAGS ?=

BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check

# One lock for all systems and Python versions; hashes, and no address of an index.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --constraints requirements/constraints.txt

.DEFAULT_GOAL := help
.PHONY: help serve test check fix format lint types contracts docs soak fuzz lock clean bench-training bench-serving

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

serve: .venv/.runtime ## start the service on $(HOST):$(PORT) with the shipped network
	@exec $(BIN)/numeral serve --host $(HOST) --port $(PORT) --home .numeral

test: .venv/.dev ## run the tests (the long ones: `make soak`)
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_FLAGS) $(TESTS)

check: format lint types contracts test ## everything that must hold before a change lands

format: .venv/.dev ## is the code formatted? (`make fix` formats it)
	@$(BIN)/ruff format --check .

lint: .venv/.dev ## ruff
	@$(BIN)/ruff check .

types: .venv/.dev ## mypy, strict
	@$(BIN)/mypy

contracts: .venv/.dev ## who may import whom
	@$(BIN)/lint-imports --no-cache

docs: .venv/.dev ## links and examples in the documentation
	@$(BIN)/python -m pytest -q tests/docs

soak: .venv/.dev ## the long tests that `make test` leaves out
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -m soak $(PYTEST_FLAGS) $(TESTS)

bench-training: .venv/.dev ## learning beside torch, jax and scikit-learn, which PEERS=python has (benchmarks/README.md)
	@$(BIN)/python -m benchmarks.training $(if $(PEERS),--peers $(PEERS)) $(BENCH_FLAGS)

bench-serving: .venv/.dev ## answering beside other servers, whose environments lie in PEERS=folder (benchmarks/README.md)
	@$(BIN)/python -m benchmarks.serving $(if $(PEERS),--peers $(PEERS)) $(BENCH_FLAGS)

fuzz: .venv/.dev ## send a service three minutes of requests made from its OpenAPI document (SEED= repeats one run)
	@SEED=$(SEED) $(BIN)/python -m pytest -m soak $(PYTEST_FLAGS) $(TESTS)/service/test_fuzzing.py

fix: .venv/.dev ## format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lock: .venv/.dev ## choose the versions in requirements/ anew (UPGRADE=--upgrade takes newer ones)
	@$(PIP_INSTALL) uv
	$(COMPILE) $(UPGRADE) pyproject.toml --group dev --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --constraints requirements/dev.txt --output-file requirements/runtime.txt
	$(COMPILE) --group build --constraints requirements/dev.txt --output-file requirements/build.txt

clean: ## remove the environment and the caches; .numeral/ (what was learned) stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

# A stamp is newer than the lock it was installed from, so a second start installs nothing.
.venv/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml
	$(call install,runtime build)
	@touch $@

.venv/.dev: requirements/dev.txt pyproject.toml
	$(call install,dev)
	@touch $@

define install
@test -x $(BIN)/python || $(PYTHON) -m venv .venv
@echo "Installing into .venv, from requirements/: $(1) ..."
@$(PIP_INSTALL) --require-hashes --only-binary :all: $(patsubst %,--requirement requirements/%.txt,$(1))
@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
endef
