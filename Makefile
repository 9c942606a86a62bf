# Every target is listed by `make help`. Stamp files make a second run instant.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
BIN := .venv/bin
# Compiled code is kept even where the surroundings forbid it: a service starts in 1.4 s instead of 3.4.
unexport PYTHONDONTWRITEBYTECODE
SOURCES := $(wildcard services tests scripts bench)
# Whole installations, walked over HTTP and by a browser, take as long as everything else: a target of their own.
INSTALLED := tests/integration/clauses tests/integration/operations tests/api tests/browser tests/acceptance
TESTS ?= tests $(addprefix --ignore=,$(INSTALLED))
# Fast and pure first; tests/conftest.py keeps this order whatever is asked for.
PYTEST_ARGS ?= -n 2 --dist loadscope --durations=25
# SABOTAGE=held, receipt, chain, early or lost does wrong on purpose, in a folder of its own: the check must fail.
SABOTAGE ?=
DATA ?= var/demo$(if $(SABOTAGE),-$(SABOTAGE))
DEMO_LANG ?= en
UP_DATA ?= .camledger
PORT ?= 0
SEED ?=
ROUNDS ?= 3

.PHONY: help
help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: .venv/.installed .venv/.kafka ## Build .venv from the hashed lock and fetch Kafka's jars, once

.PHONY: demo
demo: setup ## Run the main job on real footage in about a minute and prove it from the log (DATA=, DEMO_LANG=zh-Hant)
	$(BIN)/python -m services.cli demo --data $(DATA) --lang $(DEMO_LANG) $(if $(SABOTAGE),--sabotage $(SABOTAGE))

.PHONY: up
up: setup ## Run everything until Ctrl-C, with a status page in the browser (UP_DATA=, PORT=)
	$(BIN)/python -m services.cli up --data $(UP_DATA) --port $(PORT)

.PHONY: kill-demo
kill-demo: setup ## Kill processes at random in the demo and ask for the same verdict (SEED=, ROUNDS=3)
	$(BIN)/python scripts/kill_demo.py $(if $(SEED),--seed $(SEED)) --rounds $(ROUNDS)

.PHONY: test
test: setup ## Run the tests against a real broker and a real database (TESTS=path, PYTEST_ARGS=...)
	$(BIN)/python -m pytest $(TESTS) $(PYTEST_ARGS)

.PHONY: acceptance
acceptance: setup ## Walk whole installations: every clause and caller, replay, a real browser in both languages, the demo and its killers
	$(BIN)/python -m pytest $(INSTALLED) $(PYTEST_ARGS)

.PHONY: lint
lint: .venv/.installed ## Check style, types and the direction of imports
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: fmt
fmt: .venv/.installed ## Format the sources and repair what can be repaired
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

.PHONY: stack
stack: setup ## Run the embedded broker and database alone in ./var/stack until Ctrl-C
	$(BIN)/python -m services.runtime.embedded --data var/stack

.PHONY: schemas
schemas: .venv/.installed ## Write the Avro schemas, examples and AsyncAPI document from the events in the code
	$(BIN)/python -m services.runtime.schemas

.PHONY: registry
registry: .venv/.installed ## Fetch the schema registry that the integration test runs (160 MB, kept)
	$(BIN)/python scripts/fetch_registry.py

.PHONY: object-store
object-store: .venv/.installed ## Build the S3 gateway that storage is tested against (once, minutes, needs Go)
	$(BIN)/python -m scripts.fetch_object_stores versitygw

.PHONY: identity-provider
identity-provider: .venv/.installed ## Fetch the OpenID provider that people sign in at in tests (once, needs npm)
	$(BIN)/python -m scripts.fetch_identity_provider

.PHONY: test-minio
test-minio: .venv/.installed ## Hold the same storage tests against another S3 server, MinIO (built once, needs Go)
	$(BIN)/python -m scripts.fetch_object_stores minio
	CAMLEDGER_TEST_OBJECT_STORE=minio $(BIN)/python -m pytest tests/contract/test_storage.py tests/contract/test_storage_bucket.py

.PHONY: faults-runtime
faults-runtime: setup ## Break the runtime on purpose under load and count what is lost (FAULTS_ARGS="--rate 235 --pause 12")
	$(BIN)/python -m bench.faults_runtime $(FAULTS_ARGS)

.PHONY: faults
faults: setup ## Break three brokers, Postgres, network, disk, clock and services under people's hands (SEED=, MINUTES=3, AGAIN=, SABOTAGE=)
	$(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED)) --minutes $(or $(MINUTES),3) $(if $(AGAIN),--again $(AGAIN)) $(if $(SABOTAGE),--sabotage $(SABOTAGE))

.PHONY: explore
explore: .venv/.installed ## Explore every interleaving of small worlds with the real kernel (WORLDS=all, GUARDS=1)
	$(BIN)/python -m tests.simulation.explorer $(if $(GUARDS),$(if $(filter all,$(GUARDS)),guards-all,guards),$(WORLDS))

.PHONY: properties
properties: .venv/.installed ## Try every property with fresh examples; `make test` has the same ones each time (SEED=)
	seed=$(or $(SEED),$$(od -An -N4 -tu4 /dev/urandom | tr -d " ")); echo SEED=$$seed; \
	CAMLEDGER_TEST_FRESH_EXAMPLES=1 $(BIN)/python -m pytest -q --hypothesis-seed=$$seed $$(grep -rl "^from hypothesis" tests/unit)

.PHONY: calendar
calendar: .venv/.installed ## Hold every change of every clock, 1990 to 2060, against a wall calendar (100 CPU minutes; PART=1/8, PROCESSES=)
	$(BIN)/python -m tests.almanac --part $(or $(PART),1/1) $(if $(PROCESSES),--processes $(PROCESSES))

.PHONY: mutants
mutants: setup ## Plant faults in a copy of the source, one by one and in pairs: a named test must notice each (ONLY=, STALE=1, PAIRS=all, REPORT=1)
	$(BIN)/python -m tests.mutants --pairs $(or $(PAIRS),listed) $(if $(STALE),--stale) $(if $(REPORT),--report) $(if $(ONLY),--only $(ONLY))

.PHONY: viewing-decisions
viewing-decisions: .venv/.installed ## Ask Cedar and a plain model the same random questions about viewings (QUESTIONS=1000000)
	$(BIN)/python -m tests.viewing $(if $(QUESTIONS),--requests $(QUESTIONS))

.PHONY: races
races: setup ## Race holds against deletions through custody's own code from two processes; without the gate it must break (RACES=20000)
	$(BIN)/python -m tests.simulation.races --races $(or $(RACES),20000) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.simulation.races --races 500 $(if $(SEED),--seed $(SEED)) --without-gate

.PHONY: fsck
fsck: setup ## Hold every table and the audit tree against the log (FSCK_DATA=var/demo; running or at rest)
	$(BIN)/camledger fsck --data $(or $(FSCK_DATA),var/demo)

.PHONY: lock
lock: .venv/.installed ## Resolve every dependency afresh: requirements/*.txt and Kafka's jars (needs uv)
	scripts/lock.sh
	$(BIN)/python scripts/lock_kafka_jars.py

.PHONY: clean
clean: ## Remove the environment and what the tools left; downloads and data folders stay
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.venv/.installed: requirements/dev.txt pyproject.toml scripts/setup.sh
	scripts/setup.sh
	@touch $@

.venv/.kafka: services/runtime/embedded/kafka-jars.sha256 services/runtime/embedded/training.py | .venv/.installed
	$(BIN)/python -m services.runtime.embedded --prefetch
	@touch $@

.PHONY: simulate
simulate: .venv/.installed ## Run access and custody in one thread with everything going wrong (SEED=1 STEPS=2000000 SEEDS= WORLD= FAULT= RETENTION=)
	$(BIN)/python -m tests.simulation --seed $(or $(SEED),1) --steps $(or $(STEPS),2000000) --seeds $(or $(SEEDS),0) \
		--world $(or $(WORLD),20000) --fault "$(FAULT)" $(if $(RETENTION),--retention)

.PHONY: helm-check
helm-check: .venv/.installed ## Lint and render the chart, hold it against Kubernetes' schemas (builds its tools once, needs Go)
	scripts/helm_check.sh

.PHONY: helm-apiserver
helm-apiserver: .venv/.installed ## Install the chart on a real Kubernetes API server (builds it once: 7 CPU minutes, 2 GB; needs Go)
	scripts/helm_apiserver.sh

.PHONY: bench
bench: setup ## Measure sweep, live path, holds, memory, viewing (BENCH="sweep live hold needle idle simulation viewing console")
	$(BIN)/python -m bench $(BENCH)
