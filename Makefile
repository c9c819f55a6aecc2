# One word per task; `make help` lists them. Needs Python 3.11-3.13, git and make.
PYTHON ?= python3
ARGS ?=
ROUNDS ?= 100
SEED ?= 1
FROM ?= 1
BIN := .venv/bin
BENCHMARKS = $(filter-out _% spark,$(basename $(notdir $(wildcard benchmarks/*.py))))
INSTALL = $(BIN)/python tools/uv.py pip install --quiet --python .venv

# Nothing from the caller's Python leaks in, and nothing here phones home.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export DO_NOT_TRACK = 1
export DBT_SEND_ANONYMOUS_USAGE_STATS = False
export GX_ANALYTICS_ENABLED = False
export PRE_COMMIT_HOME = $(CURDIR)/.cache/pre-commit
# Where bytecode beside the sources is forbidden it goes here; without any, every start takes
# twice as long.
ifdef PYTHONDONTWRITEBYTECODE
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX = $(CURDIR)/.cache/pycache
endif

.DEFAULT_GOAL := help
.PHONY: help run ui desk test test-browser test-spark test-readers nightly soak lint bench docs examples env lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: .venv/stamp-base ## demo data, if there is none, through every step to a published warehouse
	$(BIN)/cartera run $(ARGS)

ui: .venv/stamp-base ## Airflow with the DAGs, on this machine only
	$(BIN)/cartera ui $(ARGS)

desk: .venv/stamp-base ## install what `cartera desk` needs: the pages for marketers
	$(INSTALL) --require-hashes -r requirements/desk.txt

test: .venv/stamp-dev ## every test but the nightly ones
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

test-spark: .venv/stamp-spark ## the same models on Spark, against DuckDB; needs Java 17
	$(BIN)/python -m pytest -m "spark and not nightly" tests/spark $(ARGS)

test-browser: .venv/stamp-browser ## the desk in a browser; needs Chromium
	$(BIN)/python -m pytest -m "browser and not nightly" tests/integration $(ARGS)

test-readers: .venv/stamp-readers ## older DuckDB versions open what is published
	$(BIN)/python -m pytest -m readers tests/readers $(ARGS)

nightly: .venv/stamp-dev ## the long tests
	$(BIN)/python -m pytest -m "nightly and not spark and not readers and not browser" -n auto --dist loadfile $(ARGS)

soak: .venv/stamp-dev ## the whole chain under random faults: ROUNDS=100 SEED=1 FROM=1
	$(BIN)/python -m tests.soak --rounds $(ROUNDS) --seed $(SEED) --from-round $(FROM) $(ARGS)

lint: .venv/stamp-dev ## ruff, mypy, bandit, sqlfluff, yamllint on all committed files
	$(BIN)/pre-commit run --all-files $(ARGS)

bench: .venv/stamp-dev ## every measurement in benchmarks/ but that of Spark, which needs Java
	@set -e; for name in $(BENCHMARKS); do \
		echo "== $$name"; $(BIN)/python -m "benchmarks.$$name" $(ARGS); done

docs: .venv/stamp-base ## a site of every table, and the pages that are made from the models
	$(BIN)/python tools/data_dictionary.py
	$(BIN)/python tools/metrics_page.py
	$(BIN)/python tools/docs_site.py

examples: .venv/stamp-base ## install what `cartera demo --from complete-journey` reads
	$(INSTALL) --require-hashes -r requirements/examples.txt

env: ## .env with fresh secrets for docker-compose.yml
	@$(PYTHON) tools/make_env.py $(ARGS)

lock: .venv/stamp-build ## pin and hash every requirement again; ARGS=--upgrade moves the pins
	bash requirements/lock.sh $(ARGS)

clean: ## remove .venv and everything generated, but not data/ or .env
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis dbt_project/target \
	    dbt_project/logs logs
	find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +

# .venv grows in steps: the installer, what users need, what developers need, Spark. All only add, so
# that `make run` never takes the developers' tools away, but the third: it makes .venv exactly what
# the lock says.
.venv/stamp-build: requirements/build.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	    echo "Cartera needs Python 3.11, 3.12 or 3.13, and '$(PYTHON)' is not: make PYTHON=python3.12" >&2; \
	    exit 2; }
	$(PYTHON) tools/uv.py bootstrap
	@touch $@

.venv/stamp-base: .venv/stamp-build requirements/base.txt pyproject.toml
	$(INSTALL) --require-hashes -r requirements/base.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/stamp-dev: .venv/stamp-base requirements/dev.txt requirements/examples.txt
	$(BIN)/python tools/uv.py pip sync --quiet --python .venv --require-hashes \
	    requirements/dev.txt requirements/examples.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/stamp-spark: .venv/stamp-dev requirements/spark.txt
	$(INSTALL) --require-hashes -r requirements/spark.txt
	@touch $@

.venv/stamp-browser: .venv/stamp-dev requirements/desk.txt requirements/browser.txt
	$(INSTALL) --require-hashes -r requirements/desk.txt -r requirements/browser.txt
	@touch $@

# A folder for each: one process has one DuckDB. Wheels alone, since an old one would take an hour
# to compile.
.venv/stamp-readers: .venv/stamp-dev $(wildcard requirements/reader-*.txt)
	@set -e; for file in requirements/reader-*.txt; do \
	    folder=.venv/readers/$$(basename $$file .txt); rm -rf $$folder; \
	    $(INSTALL) --target $$folder --only-binary :all: --no-deps --require-hashes -r $$file; done
	@touch $@
