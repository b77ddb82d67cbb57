# Every target sets up what it needs: a machine with Python 3.11 or newer, git and make is enough, and for the tests of faulty disks a C compiler.
PYTHON ?= python3
# Another interpreter than the default one has an environment of its own: make test PYTHON=python3.13
ifeq ($(PYTHON),python3)
VENV := .venv
else
VENV := .venv-$(or $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'),$(error PYTHON=$(PYTHON) does not run))
endif
BIN := $(VENV)/bin
CLIENTS := .venv-clients
LOG ?= build/enable-all-features.db
SCENARIO ?= scenarios/enable-all-features.toml
# Tests start many processes; where Python may keep no compiled modules, each of them takes twice as long to start.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help simulate test quick lowest campaign coverage check constraints format docs bench curve profile performance-page clean

help:
	@echo "make simulate   run $(SCENARIO) on an SQLite log"
	@echo "make test       all tests (PYTHON=python3.13 on that interpreter)"
	@echo "make quick      what most changes break: tests that take milliseconds, in some 40 seconds"
	@echo "make lowest     a part of the tests with the lowest versions that pyproject.toml allows"
	@echo "make check      format, lint, types, generated docs"
	@echo "make bench      budgets and peers, one line each (QUICK=1 for a short run)"
	@echo "make curve      seconds and memory from a thousand accounts to a million (QUICK=1: to 100,000)"
	@echo "make profile    where the time goes      make performance-page   their figures into docs/performance.md"
	@echo "make campaign   the random tests, long: schedules, faults of the disk, flipped bits, the second model"
	@echo "make coverage   all tests, and which lines they leave out"
	@echo "make constraints  constraints.txt with the newest versions that go together (PYTHON=python3.11)"
	@echo "make format     format the code      make docs   regenerate docs/operations.md and types"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "orgsim needs Python 3.11 or newer; make PYTHON=python3.13 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# One stamp for each set of packages; a changed pyproject.toml or constraints.txt installs again.
$(VENV)/installed: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/installed-%: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$*]'
	@touch $@

# The clients that need another botocore than the newest; pip reads dependency groups from 25.1 on.
$(CLIENTS)/bin/python:
	$(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'

$(CLIENTS)/installed: $(CLIENTS)/bin/python pyproject.toml constraints-clients.txt
	$(CLIENTS)/bin/python -m pip install --quiet --constraint constraints-clients.txt --group clients --editable .
	@touch $@

simulate: $(VENV)/installed
	@mkdir -p $(dir $(LOG))
	@rm -f build/enable-all-features.db*
	$(BIN)/orgsim simulate $(SCENARIO) --log $(LOG)

test: $(VENV)/installed-test $(CLIENTS)/installed
	$(BIN)/python -m pytest -q -n logical --dist worksteal

quick: $(VENV)/installed-test $(CLIENTS)/installed
	$(BIN)/python -m pytest -q -n logical --dist worksteal -m "not slow"

# Left out: "Connection: Upgrade, close", which uvicorn closes at once only from 0.53 on, and what depends on the insides of aiosqlite and anyio.
LOWEST := .venv-lowest
BOUNDS := import tomllib; print(*(each.replace(">=", "==") for each in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]))
lowest:
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet $$($(PYTHON) -c '$(BOUNDS)') boto3==1.35 botocore==1.35 \
		pytest pytest-xdist pytest-timeout trio hypothesis blockbuster setuptools
	$(LOWEST)/bin/python -m pip install --quiet --editable '.[boto]'
	$(LOWEST)/bin/python -m pytest -W default -n 2 -k "not (test_upgrade or batching or threads_end)" \
		tests/api/test_simulation.py tests/api/test_population.py tests/engine/runtime tests/engine/log \
		$(addprefix tests/api/cli/test_,show.py init_and_check.py) \
		$(addprefix tests/api/server/test_server_,bad_input.py verify.py control.py)

campaign: $(VENV)/installed-test
	ORGSIM_CAMPAIGN=$${ORGSIM_CAMPAIGN:-2000} $(BIN)/python -m pytest -q -s -m campaign --timeout 0

coverage: $(VENV)/installed-test $(CLIENTS)/installed
	$(BIN)/python -m pytest -q -n logical --cov --cov-report=term:skip-covered --cov-report=html:build/coverage

check: $(VENV)/installed-test $(VENV)/installed-check
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python docs/generate.py --check

format: $(VENV)/installed-check
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/installed
	$(BIN)/python docs/generate.py

# The newest versions that go together, for the oldest Python: newer ones take the same. To be followed by make test.
constraints:
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	build/constraints/bin/python -m pip install --quiet --group clients .
	build/constraints/bin/python -m pip list --format=freeze --exclude pip --exclude setuptools --exclude orgsim > constraints-clients.txt
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet --upgrade pip
	build/constraints/bin/python -m pip install --quiet '.[verify,plots,sweep,test,check,bench]'
	build/constraints/bin/python -m pip list --format=freeze --exclude pip --exclude orgsim > constraints.txt

bench: $(VENV)/installed-bench
	@mkdir -p build
	$(BIN)/python benchmarks/run.py --json build/bench.json $(if $(QUICK),--quick)

# A quick curve does not replace the one that is published.
curve: $(VENV)/installed-bench
	$(BIN)/python benchmarks/curve.py $(if $(QUICK),--quick --into build)

profile: $(VENV)/installed-bench
	$(BIN)/python benchmarks/hot_spots.py --json build/profile.json $(if $(QUICK),--accounts 30000)

performance-page: $(VENV)/installed-bench
	$(BIN)/python benchmarks/report.py

clean:
	rm -rf .venv .venv-* build dist *.egg-info
