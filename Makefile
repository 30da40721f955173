# `make` alone lists what there is. Everything runs in .venv, which the first target that needs
# it creates; only Python 3.11+ and make have to be there (GNU make 3.81, macOS's own, suffices).

DATA ?=
DATA_ROOT ?=
SEEDS ?=
RESULTS ?=
WORKERS ?=
PYTEST_ARGS ?=

# The first candidate that runs and is new enough: version managers put names on PATH for
# versions that are not there, so finding a name proves nothing.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && break; done; echo "$$python")

VENV_PYTHON := .venv/bin/python
SUITE := $(VENV_PYTHON) -m benchmarks
# What is not given is left to the suite, which has the defaults.
RUN_ARGS = $(if $(DATA_ROOT),--data-root "$(DATA_ROOT)") $(if $(SEEDS),--seeds "$(SEEDS)") \
	$(if $(RESULTS),--results "$(RESULTS)") $(if $(WORKERS),--workers "$(WORKERS)")
TABLE_ARGS = $(if $(DATA),--data "$(DATA)") $(RUN_ARGS)

.DEFAULT_GOAL := help
.PHONY: help setup table3 ablation tune real-voc \
	data-coco data-voc2007 data-nuswide mini-data mini-weights \
	test lint format constraints wheel clean distclean

help: ## list the targets and the variables
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s%s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  DATA=auto|mini|coco  DATA_ROOT=folder  SEEDS=number  RESULTS=folder  WORKERS=processes"
	@echo "  PYTEST_ARGS=...  PYTHON=..."
	@echo "  for example: make table3 DATA=coco DATA_ROOT=/data/coco SEEDS=5"

# ---- set-up: each stage leaves a stamp; a stage is redone when what it was made from changes ----

SET_UP_FROM := pyproject.toml constraints.txt scripts/set_up.py

define SET_UP
@"$(PYTHON)" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 || { echo "Python 3.11 or newer is needed,\
 and '$(PYTHON)' is not: install one from https://www.python.org/downloads/,\
 or name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
@"$(PYTHON)" scripts/set_up.py
endef

.venv/.stamp-run: $(SET_UP_FROM)
	$(SET_UP) run

.venv/.stamp-test: .venv/.stamp-run
	$(SET_UP) test

.venv/.stamp-lint: .venv/.stamp-test
	$(SET_UP) lint

setup: .venv/.stamp-run ## create .venv and install the project (the other targets do it by themselves)

# ---- results ----

table3: .venv/.stamp-run ## train and test every row of Table 3; writes results/table3.{md,csv,json}
	$(SUITE) table3 $(TABLE_ARGS)

ablation: .venv/.stamp-run ## No RNN against CNN-RNN, with the recall by object size
	$(SUITE) ablation $(TABLE_ARGS)

tune: .venv/.stamp-run ## search each row's settings on held-out training data; writes them into the table's YAML
	$(SUITE) tune $(TABLE_ARGS)

real-voc: .venv/.stamp-run ## train CNN-RNN and a linear model on real VOC2007 photos (DATA_ROOT, or CNN_RNN_REAL_DATA)
	$(SUITE) real-voc $(RUN_ARGS)

# ---- data ----

data-coco: .venv/.stamp-run ## download COCO 2014 into DATA_ROOT (default: data/coco2014, where coco.yaml looks)
	$(VENV_PYTHON) -m data_modules coco --root "$(or $(DATA_ROOT),data/coco2014)"

data-voc2007: .venv/.stamp-run ## download PASCAL VOC 2007 into DATA_ROOT (default: data/voc2007)
	$(VENV_PYTHON) -m data_modules voc2007 --root "$(or $(DATA_ROOT),data/voc2007)"

data-nuswide: .venv/.stamp-run ## say how to get NUS-WIDE, and what of it DATA_ROOT (default: data/nuswide) lacks
	$(VENV_PYTHON) -m data_modules nuswide --root "$(or $(DATA_ROOT),data/nuswide)"

mini-data: .venv/.stamp-run ## draw the embedded data set now (otherwise drawn on first use)
	$(VENV_PYTHON) -m data_modules.mini

mini-weights: .venv/.stamp-run ## train the mini VGG16 again on single-object pictures
	$(VENV_PYTHON) -m benchmarks.pretrain_mini

# ---- the work on the code ----

test: .venv/.stamp-test ## run the tests (PYTEST_ARGS="-m 'not slow' tests/cnn_rnn" for a part)
	$(VENV_PYTHON) -m pytest $(PYTEST_ARGS)

lint: .venv/.stamp-lint ## ruff (lint and format) and strict mypy on the whole tree
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy

format: .venv/.stamp-lint ## format the code and mend what ruff can mend
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .

constraints: .venv/.stamp-lint ## write constraints.txt from what is installed now in .venv
	$(VENV_PYTHON) scripts/write_constraints.py

wheel: .venv/.stamp-run ## build the wheel into dist/
	$(VENV_PYTHON) -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove what builds and tests leave behind; results and .venv stay
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src data_modules benchmarks tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## clean, and remove .venv too
	rm -rf .venv
