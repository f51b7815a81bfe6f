# The front door. Every target sets up what it needs itself and may be repeated.

SHELL := /bin/bash
PATH := $(CURDIR)/.venv/bin:$(PATH)
export PATH
# Python keeps what it compiled, whatever this machine's settings say: tests start it a thousand times.
export PYTHONDONTWRITEBYTECODE :=
# What needs no lab runs side by side. One more than CI has processors: much of it waits for servers that start.
PYTEST := pytest -q -m "not lab" --numprocesses 3 --dist worksteal

.PHONY: help setup demo check unit test coverage mutants lab bench evidence docs requirements clean

help: ## Say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: ## Make .venv from the hashed requirements
	@tools/setup.sh

demo: setup ## Bring a real cloud up at 2025.1, upgrade it to 2026.1, report what users felt
	@tools/demo.sh

check: setup ## Lint, types, contracts between rooms, and the tests that take seconds
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-cache
	$(PYTEST) tests/unit tests/golden tests/cases tests/docs

test: check ## Everything: drivers against real servers, stories with power cuts, the real lab
	$(PYTEST) --ignore tests/contract/probes tests/contract tests/scenario
	pytest -q -m "not lab" tests/contract/probes # by itself: what it measures is time
	pytest -v -m lab --durations=15

coverage: setup ## Every line and branch of plan, engine and strategies is run by a test that needs no lab
	coverage run -m pytest -q -m "not lab" tests/unit tests/golden tests/scenario
	coverage report

mutants: setup ## Change one thing in engine/ at a time; writes what no test notices to docs/evidence/4-mutants.json
	python tools/mutants.py --json docs/evidence/4-mutants.json

lab: setup ## Bring the lab up at 2025.1 and leave it running
	liftlock lab up

bench: setup ## Measure, as ratios side by side in one run
	@for file in bench/*.py; do echo "== $$file"; python $$file; done

evidence: setup ## Long rounds on the real lab; writes docs/evidence/<commit>.json
	python tools/evidence.py

docs: setup ## Run every command block of the documentation that needs no lab
	pytest -q tests/docs

requirements: setup ## Remake the hashed requirement files
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    pyproject.toml --output-file requirements/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    --extra lab --extra dev pyproject.toml --output-file requirements/dev.txt

clean: ## Take the lab down; images and releases stay cached
	-liftlock lab down
