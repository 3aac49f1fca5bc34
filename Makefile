# All that a machine needs is Python 3.11+ and make; the targets install the rest into .venv, from the lock files.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest
LOCKS := $(wildcard requirements/*.txt)

# Made again only when the lock files or pyproject.toml have changed.
RUNTIME := $(VENV)/.runtime-is-installed
DEV := $(VENV)/.dev-is-installed
BENCH := $(VENV)/.bench-is-installed

# pyright asks its registry for news of itself unless told not to.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := help
.PHONY: help demo serve install test check check-format check-lint check-mypy check-pyright \
	check-imports check-contract check-breaking check-generated bench crash soak proto lock wheel \
	wheel-test clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1:\2/p' $(MAKEFILE_LIST) | \
		while IFS=: read -r name what; do printf '  make %-11s %s\n' "$$name" "$$what"; done

demo: $(RUNTIME) ## a server, a small crisis, and what was known when
	@$(BIN)/communique demo $(ARGS)

serve: $(RUNTIME) ## the server on 127.0.0.1:50551, its data in ./communique-data
	@$(BIN)/communique serve $(ARGS)

install: $(DEV) ## everything that development needs, into .venv

test: $(DEV) ## the tests, on all cores; ARGS goes to pytest
	$(PYTEST) --numprocesses auto $(ARGS)

check: check-format check-lint check-mypy check-pyright check-imports check-contract check-breaking check-generated ## format, lint, types, import rules, contract

check-format: $(DEV)
	$(BIN)/ruff format --check .

check-lint: $(DEV)
	$(BIN)/ruff check .

check-mypy: $(DEV)
	$(BIN)/mypy

check-pyright: $(DEV)
	$(BIN)/pyright

check-imports: $(DEV)
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/rooms.py

check-contract: $(DEV)
	$(BIN)/buf lint

# The contract may only grow: compared with the last release, or before the first one with the last commit.
check-breaking: $(DEV)
	@base=$$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null || echo HEAD); \
	if ! git cat-file -e "$$base:proto" 2>/dev/null; then \
		echo "buf breaking: skipped, as $$base has no proto/ to compare with"; exit 0; \
	fi; \
	old=$$(mktemp -d) && trap 'rm -rf "$$old"' EXIT && \
	git archive "$$base" buf.yaml proto | tar -x -C "$$old" && \
	echo "$(BIN)/buf breaking --against $$base" && $(BIN)/buf breaking --against "$$old"

check-generated: $(DEV)
	$(PYTEST) --quiet tests/test_contract_generated.py

bench: $(BENCH) ## measure, beside what one would pick instead; SIZE is events (1000000 takes long), ARGS goes to the benchmark
	$(BIN)/python -m bench $(if $(SIZE),--size $(SIZE)) $(ARGS)

crash: $(DEV) ## kill the server at random moments, for many rounds (long)
	$(PYTEST) -m crash --timeout=0 $(ARGS)

soak: EXAMPLES ?= 5000
soak: $(DEV) ## new random histories against the oracle, and subscriptions under fire (long)
	@seed=$${SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')} && \
	echo "make soak SEED=$$seed EXAMPLES=$(EXAMPLES)" && \
		HYPOTHESIS_PROFILE=soak SOAK_EXAMPLES=$(EXAMPLES) $(PYTEST) --numprocesses auto \
		--timeout=0 --hypothesis-seed="$$seed" -m "not crash" tests/property \
		tests/end_to_end/test_under_fire.py $(ARGS)

proto: $(DEV) ## generate the contract's code again
	$(BIN)/python tools/generate_contract.py

# uv is asked for the public registry alone, whatever this machine adds to it. A pin stays until its range
# forbids it: `make lock ARGS=--upgrade` takes the newest. The first file leads, the others follow its pins.
LOCK = env -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS -u UV_INDEX "$$uv/bin/uv" --no-config pip compile --quiet \
	--universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" $(ARGS) pyproject.toml
lock: ## resolve the dependencies and write requirements/*.txt
	@uv=$$(mktemp -d) && trap 'rm -rf "$$uv"' EXIT && \
	$(PYTHON) -m venv "$$uv" && "$$uv/bin/pip" install --quiet --disable-pip-version-check uv && \
	$(LOCK) --extra server --extra export --group dev --output-file requirements/dev.txt && \
	$(LOCK) --extra server --constraint requirements/dev.txt --output-file requirements/server.txt && \
	$(LOCK) --extra server --extra export --group test --constraint requirements/dev.txt --output-file requirements/test.txt && \
	$(LOCK:pyproject.toml=) --group build --constraint requirements/dev.txt --output-file requirements/build.txt && \
	$(LOCK:pyproject.toml=) --group bench --constraint requirements/dev.txt --output-file requirements/bench.txt

wheel: $(RUNTIME) ## build dist/*.tar.gz, and dist/*.whl out of it
	@rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist

# Only the tests and their settings are copied: what they import can come from nowhere but the wheel.
# Not the random histories: they look for faults of the rules, and a wheel has the same rules.
wheel-test: wheel ## the tests against the installed wheel, far from the sources
	@far=$$(mktemp -d) && trap 'rm -rf "$$far"' EXIT && \
	$(PYTHON) -m venv "$$far/venv" && pip="$$far/venv/bin/python -m pip --disable-pip-version-check" && \
	$$pip install --quiet --require-hashes -r requirements/test.txt && \
	$$pip install --quiet --no-deps --no-index dist/*.whl && $$pip check && \
	cp -R tests pyproject.toml "$$far" && cd "$$far" && \
	env -u PYTHONPATH venv/bin/python -m pytest --numprocesses auto -p no:cacheprovider \
		tests/contract tests/unit tests/end_to_end tests/crash $(ARGS)

clean: ## remove what make made; the server's data stays
	rm -rf $(VENV) dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(RUNTIME): pyproject.toml $(LOCKS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'make: Python 3.11 or newer is needed: name one, as in "make PYTHON=python3.12 demo".' >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
		echo 'make: this Python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv.' >&2; exit 1; }
	@echo 'Installing the server into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements/build.txt -r requirements/server.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUNTIME)
	@echo 'Installing the development tools into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(BENCH): $(DEV)
	@echo 'Installing what the benchmark compares with into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements/bench.txt
	@touch $@
