# The two commands of a newcomer: `make demo` and `make test`; `make rehearsal` runs everything, small. All create .venv.
SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONNOUSERSITE := 1
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)

.PHONY: install demo rehearsal test bench gpu-check lint lock clean

install: .venv/installed

demo: .venv/installed
	@echo "demo: three small trainings on satellite images, a few minutes; a line every ten seconds"
	@snakemake --cores all --config scale=demo
	@echo
	@echo "The report:  $(CURDIR)/reports/demo/report.html"
	@echo "As a PDF:    $(CURDIR)/reports/demo/report.pdf"

rehearsal: .venv/installed
	@echo "rehearsal: all experiments of the five reports at toy size, some ten minutes on 2 cores"
	@snakemake --cores all --config scale=rehearsal
	@pytest --quiet tests/rehearsal
	@echo "The report:  $(CURDIR)/reports/rehearsal/report.html"
	@echo "As a PDF:    $(CURDIR)/reports/rehearsal/report.pdf"

test: .venv/installed
	@OMP_NUM_THREADS=1 pytest -n 2 --dist worksteal tests

bench: demo
	@for name in steps convolutions data metrics start page workflow; do python benchmarks/$$name.py || exit; done
	@for name in steps convolutions; do python benchmarks/$$name.py --avx2 || exit; done
	@python benchmarks/summary.py

# Needs PyTorch and a card, but no installation.
gpu-check:
	@"$$(command -v .venv/bin/python || echo "$(or $(PYTHON),python3)")" benchmarks/gpu.py

lint: .venv/installed
	@ruff check . && ruff format --check .
	@snakefmt --check Snakefile workflow
	@snakemake --lint

# dvc.lock, which git keeps, tells of scale demo: after a change of params or code, and `make demo`, this trains nothing.
lock: .venv/installed
	@trap 'mv params.yaml.kept params.yaml' EXIT; cp -p params.yaml params.yaml.kept; \
	sed -i 's/^scale: [a-z]*/scale: demo/' params.yaml && dvc repro

.venv/installed: requirements.lock pyproject.toml
	@"$(or $(PYTHON),false)" workflow/preflight.py || { \
		[ -n "$(PYTHON)" ] || echo "pixcycle needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || echo none). \
	Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 2; }
	@echo "installing into .venv (6 GB, most of it PyTorch; once)"
	@"$(PYTHON)" -m venv .venv
	@python workflow/install.py
	@touch $@

clean:
	rm -rf .venv
