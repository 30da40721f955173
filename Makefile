# `make` alone lists what there is. Everything runs in .venv, which the first target that needs
# it creates; only Python 3.11+ and make have to be there (GNU make 3.81, macOS's own, suffices).

DATA ?=
DATA_ROOT ?=
SEEDS ?=
RESULTS ?=
WORKERS ?=
LAUNCHER ?=
ADDRESS ?=
TRAIN ?=
TEST ?=
BACKBONE ?=
WEIGHTS ?=
PREPROCESSING ?=
TABLE ?=
WANDB ?=
PYTEST_ARGS ?=

# The first candidate that runs and is new enough: version managers put names on PATH for
# versions that are not there, so finding a name proves nothing.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && break; done; echo "$$python")

VENV_PYTHON := .venv/bin/python
SUITE := $(VENV_PYTHON) -m benchmarks
# What is not given is left to the suite, which has the defaults.
option = $(if $($1),--$2 "$($1)")
RUN_ARGS = $(call option,SEEDS,seeds) $(call option,RESULTS,results) $(call option,WORKERS,workers) \
	$(call option,LAUNCHER,launcher) $(call option,ADDRESS,address)
DATA_ARGS = $(call option,DATA,data) $(call option,DATA_ROOT,data-root)
TABLE_ARGS = $(DATA_ARGS) $(RUN_ARGS) $(call option,TRAIN,train) $(call option,TEST,test) \
	$(call option,BACKBONE,backbone) $(call option,WEIGHTS,weights) \
	$(call option,PREPROCESSING,preprocessing) $(call option,WANDB,wandb)
# Ray is installed where it is asked for.
RUN_STAMP := .venv/.stamp-$(if $(filter ray,$(LAUNCHER)),tools,run)

.DEFAULT_GOAL := help
.PHONY: help setup table1 table2 table3 table4 tables ablation verify tune \
	study-orders study-beam study-sizes study-cells study-scoring study-recall studies \
	report figures wandb dashboard demo \
	data-coco data-voc2007 data-nuswide mini-data mini-weights mini-head \
	test lint format constraints wheel clean distclean

help: ## list the targets and the variables
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-16s%s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  DATA=auto|mini|coco|...  DATA_ROOT=folder  SEEDS=number  RESULTS=folder  WORKERS=processes"
	@echo "  TRAIN=split  TEST=split  BACKBONE=name  WEIGHTS=file  PREPROCESSING=rule  TABLE=name"
	@echo "  LAUNCHER=local|ray  ADDRESS=host:port  WANDB=offline|online  PYTEST_ARGS=...  PYTHON=..."
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

.venv/.stamp-tools: .venv/.stamp-run
	$(SET_UP) tools

.venv/.stamp-test: .venv/.stamp-tools
	$(SET_UP) test

.venv/.stamp-lint: .venv/.stamp-test
	$(SET_UP) lint

setup: .venv/.stamp-run ## create .venv and install the project (the other targets do it by themselves)

# ---- results ----

table1: $(RUN_STAMP) ## Table 1: NUS-WIDE, 81 concepts
	$(SUITE) table1 $(TABLE_ARGS)

table2: $(RUN_STAMP) ## Table 2: NUS-WIDE, 1,000 tags
	$(SUITE) table2 $(TABLE_ARGS)

table3: $(RUN_STAMP) ## Table 3: MS-COCO; writes results/table3.{md,csv,json}
	$(SUITE) table3 $(TABLE_ARGS)

table4: $(RUN_STAMP) ## Table 4: PASCAL VOC 2007
	$(SUITE) table4 $(TABLE_ARGS)

tables: $(RUN_STAMP) ## all four tables
	$(SUITE) tables $(call option,DATA,data) $(RUN_ARGS) $(call option,WANDB,wandb)

ablation: $(RUN_STAMP) ## No RNN against CNN-RNN, with the recall by object size
	$(SUITE) ablation $(DATA_ARGS) $(RUN_ARGS)

study-orders: $(RUN_STAMP) ## label orders: fixed, drawn, easiest first, aligned, an ensemble
study-beam: $(RUN_STAMP) ## beam width from 1 to 10
study-sizes: $(RUN_STAMP) ## embedding and hidden sizes
study-cells: $(RUN_STAMP) ## LSTM, the paper's cell, GRU, linear
study-scoring: $(RUN_STAMP) ## how a ranking of all labels comes out of the search
study-recall: $(RUN_STAMP) ## recall by object size, with and without recurrence
study-orders study-beam study-sizes study-cells study-scoring study-recall:
	$(SUITE) study $(@:study-%=%) $(DATA_ARGS) $(RUN_ARGS)

studies: study-orders study-beam study-sizes study-cells study-scoring study-recall ## all studies

verify: $(RUN_STAMP) ## run the tables on mini again and compare with the committed numbers
	$(SUITE) verify --full $(RUN_ARGS)

tune: $(RUN_STAMP) ## search each row's settings of TABLE on held-out training data; writes them into its YAML
	$(SUITE) tune $(call option,TABLE,table) $(DATA_ARGS) $(RUN_ARGS)

report: $(RUN_STAMP) ## one HTML page of everything in results: results/report.html
	$(SUITE) report $(call option,RESULTS,results)

figures: $(RUN_STAMP) ## Figures 6-10 and Table 5 of the paper into results/figures
	$(SUITE) figures $(DATA_ARGS) $(RUN_ARGS)

wandb: $(RUN_STAMP) ## log what lies in results to W&B (WANDB=online; otherwise offline)
	$(SUITE) wandb $(call option,RESULTS,results) $(call option,WANDB,wandb)

dashboard: .venv/.stamp-tools ## the W&B workspace of the suite: saved where there is a server, else written to a file
	$(SUITE) dashboard $(call option,RESULTS,results)

demo: .venv/.stamp-tools ## open a local page: drop a photo, see its labels step by step
	.venv/bin/cnn-rnn demo

# ---- data ----

data-coco: .venv/.stamp-run ## download COCO 2014 into DATA_ROOT (default: data/coco2014, where coco.yaml looks)
	$(VENV_PYTHON) -m data_modules coco --root "$(or $(DATA_ROOT),data/coco2014)"

data-voc2007: .venv/.stamp-run ## download PASCAL VOC 2007 into DATA_ROOT (default: data/voc2007)
	$(VENV_PYTHON) -m data_modules voc2007 --root "$(or $(DATA_ROOT),data/voc2007)"

data-nuswide: .venv/.stamp-run ## say how to get NUS-WIDE, and what of it DATA_ROOT (default: data/nuswide) lacks
	$(VENV_PYTHON) -m data_modules nuswide --root "$(or $(DATA_ROOT),data/nuswide)"

mini-data: .venv/.stamp-run ## draw the embedded data set now (otherwise drawn on first use)
	$(VENV_PYTHON) -m data_modules.mini

mini-head: .venv/.stamp-run ## train the packaged CNN-RNN of drawn scenes again (after mini-weights)
	$(VENV_PYTHON) -m benchmarks.mini_head

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
