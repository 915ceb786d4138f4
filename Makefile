# Recipes for people and for CI alike; `make` alone lists them. Each does its own set-up and runs again in seconds.
PYTHON ?= python3
ARGS ?=
# Most tests wait for a server now and then: three at a time keep two cores busy. `make test SIDE_BY_SIDE=` is one by one.
SIDE_BY_SIDE ?= -n 3 --dist loadfile
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
SETUP = $(PYTHON) -m deploy.provision
RUN = .venv/bin
export UV_SYSTEM_CERTS ?= 1

.PHONY: help setup demo up bench score score-gate score-visits test check checks chaos check-deploy console pictures rules format lock fresh

help: ## list the recipes
	@echo "Liftline: make RECIPE [ARGS=\"…\"]"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## fetch and build what the demo needs, without starting anything
	@$(SETUP) demo $(ARGS)

demo: ## a simulated city and one rescue, with the console; ARGS=--once ends by itself
	@$(SETUP) demo
	@exec $(RUN)/liftline demo $(ARGS)

up: ## everything on this machine, for real controllers; ARGS="--api-port 8080 …"
	@$(SETUP) demo
	@exec $(RUN)/liftline up $(ARGS)

bench: ## how much it takes, how fast an alarm is on disk; JSON=FILE keeps the figures, ARGS="--quick"
	@$(SETUP) bench
	@exec $(RUN)/liftline bench --json $(or $(JSON),build/bench.json) $(ARGS)

score: ## are trapped people found, and only they: simulated lives, judged; JSON=FILE keeps the figures, ARGS="--set test"
	@$(SETUP) bench
	@exec $(RUN)/liftline score --json $(or $(JSON),build/score.json) $(ARGS)

score-gate: ## the short fixed form of it, for CI: fails with what was missed
	@$(SETUP) check
	@exec $(RUN)/liftline score --gate

score-visits: ## are ghost visits told from honest ones: simulated firms, judged; ARGS="--set test"
	@$(SETUP) bench
	@exec $(RUN)/liftline score-visits --json $(or $(JSON),build/score-visits.json) $(ARGS)

test: ## all tests, on the real broker and database; ARGS="tests/unit -k …"
	@$(SETUP) test
	@$(RUN)/pytest $(SIDE_BY_SIDE) $(ARGS)

check: checks ## format, lint, types, import contracts, unit tests: under a minute
	$(RUN)/pytest -q tests/unit tests/property

checks: ## the same without the tests
	@$(SETUP) check
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports

chaos: ## break broker, database, network and workers two hundred times, and count what is lost; ARGS="--faults 50"
	@$(SETUP) test
	@$(RUN)/python -m deploy.chaos $(ARGS)

check-deploy: ## the compose file, as docker-compose reads it
	@$(SETUP) deploy
	$(RUN)/pytest -q tests/contract/test_deploy_compose.py

console: ## build the console when its sources changed
	@$(SETUP) console

pictures: ## take the pictures of the guides from the running demo
	@$(SETUP) test
	@$(RUN)/python docs/pictures/make.py
	@LIFTLINE_RESCUE_PHONE=96333 $(RUN)/python docs/pictures/offices.py
	@$(RUN)/python docs/pictures/visit.py

rules: ## draw the strip chart of each rule into docs/pictures/rules
	@$(SETUP) bench
	@$(RUN)/python -m deploy.pictures

format: ## bring the sources into shape
	@$(SETUP) check
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

lock: ## renew uv.lock within the ranges of pyproject.toml
	@uv=$$($(SETUP) lock) && "$$uv" lock --upgrade

fresh: ## try demo and test on a bare Debian 12 (root; needs debootstrap); ARGS="setup"
	@deploy/fresh.sh $(ARGS)
