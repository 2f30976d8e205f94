# Luotsi's tasks. `make run` and `make test` are all that a new machine needs; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell for name in python3.10 "$$HOME/.pyenv/shims/python3.10"; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import venv' >/dev/null 2>&1 && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME_STAMP := $(VENV)/.installed-runtime
DEV_STAMP := $(VENV)/.installed-dev
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

.PHONY: names help run test setup setup-dev train lint format bench bench-console bench-phone bench-streams evaluate eval-privacy fuzz screenshots lock clean check-python

help: ## list the tasks
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## install, train if needed, start everything on this machine and print the address
	@$(BIN)/luotsi run

# Two at a time, file by file: each needs up to 3 GB of memory with its servers. What fails is tried once more, as
# browsers and servers have bounds of time that a busy machine may miss; a fault fails twice.
PYTEST_ARGUMENTS ?= -n 2 --dist loadfile --reruns 1 --reruns-delay 2

test: setup-dev train lint ## install, lint and run every test
	@PYTHONHASHSEED=0 $(BIN)/python -m pytest $(PYTEST_ARGUMENTS)

setup: $(RUNTIME_STAMP) ## install what Luotsi runs on into .venv

setup-dev: $(DEV_STAMP) ## install what the tests and checks need, too

train: setup ## train the model when content or configuration changed
	@$(BIN)/luotsi train

lint: setup-dev ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup-dev ## let ruff format and mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup-dev ## measure Luotsi beside stock Rasa (10 minutes; QUESTIONS=file.tsv and BENCH_ARGUMENTS=--fresh add more)
	@$(BIN)/python -m bench $(if $(QUESTIONS),--questions $(QUESTIONS)) $(BENCH_ARGUMENTS)

bench-streams: setup-dev train ## measure 300 event streams beside stock Rasa (20 minutes; STREAMS_ARGUMENTS="--streams 50 --rate 5")
	@$(BIN)/python -m bench.streams $(STREAMS_ARGUMENTS)

bench-console: setup-dev ## measure the staff console over a million events (10 minutes; CONSOLE_ARGUMENTS="--database sqlite")
	@$(BIN)/python -m bench.console $(CONSOLE_ARGUMENTS)

bench-phone: setup-dev train ## measure how long a customer with a slow phone waits for the first answer (3 minutes)
	@$(BIN)/python -m bench.slow_phone $(PHONE_ARGUMENTS)

names: setup-dev ## train the recogniser of names anew from its lists and messages (five minutes)
	@$(BIN)/python -m components.privacy.names.training.train

evaluate: setup train ## cross-validate the understanding, per language
	@$(BIN)/luotsi evaluate cross-validate

eval-privacy: setup-dev ## measure what personal data survives, beside Presidio (3 minutes; MESSAGES=path for other messages)
	@$(BIN)/python -m bench.privacy $(MESSAGES) $(EVAL_ARGUMENTS)

fuzz: setup-dev ## look for texts that the anonymiser fails on (SECONDS=60; what it finds is printed)
	@mkdir -p results/fuzz/corpus
	@$(BIN)/python -m fuzz.fuzz_anonymise -max_total_time=$(or $(SECONDS),60) -max_len=400 -len_control=0 \
		-timeout=60 -artifact_prefix=results/fuzz/ results/fuzz/corpus

screenshots: setup-dev train ## take the README's pictures of the chat page
	@$(BIN)/python -m tests.screenshots

lock: setup-dev ## resolve requirements*.in into hash-locked files without addresses
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--python-version 3.10 requirements.in --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--python-version 3.10 requirements-dev.in --output-file requirements-dev.lock

clean: ## remove what was installed, trained and cached (conversations in .luotsi stay)
	rm -rf $(VENV) models .rasa .mypy_cache .ruff_cache .pytest_cache *.egg-info

check-python:
	@test -n "$(PYTHON)" || { \
		echo "Python 3.10 is needed and was not found (Rasa 3.6 does not run on newer ones)."; \
		echo "Install it: 'pyenv install 3.10', or 'uv python install 3.10' and then 'make run PYTHON=<its path>',"; \
		echo "or on Ubuntu 22.04 'sudo apt install python3.10 python3.10-venv'."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' || { \
		echo "PYTHON=$(PYTHON) is not Python 3.10."; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "Python's venv module is incomplete: on Debian and Ubuntu 'sudo apt install python3.10-venv'."; exit 2; }

$(VENV)/.created: | check-python
	@echo "[1/3] Making the virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

$(RUNTIME_STAMP): requirements.lock pyproject.toml | $(VENV)/.created
	@echo "[2/3] Installing the locked packages (about 3 GB, one to two minutes) …"
	@$(BIN)/uv pip install --quiet --require-hashes --compile-bytecode --python $(BIN)/python -r requirements.lock
	@echo "[3/3] Installing the luotsi command …"
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@touch $@

$(DEV_STAMP): requirements-dev.lock $(RUNTIME_STAMP)
	@echo "Installing the test tools …"
	@$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements-dev.lock
	@$(BIN)/python -m tests.deployment.compose_schema
	@touch $@
