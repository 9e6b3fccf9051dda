# Start with `make demo` and `make test`; `make rehearsal` runs everything at toy size. All create .venv if needed.
SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONNOUSERSITE := 1
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)

.PHONY: environment install demo rehearsal test test-fast bench gpu-check lint clean

install: environment

demo: environment
	@echo "demo: four small trainings on satellite images, in a few minutes"
	@snakemake --cores all --config scale=demo
	@echo
	@echo "The report:  $(CURDIR)/reports/demo/report.html"
	@echo "As a PDF:    $(CURDIR)/reports/demo/report.pdf"

rehearsal: environment
	@echo "rehearsal: all experiments of the five reports at toy size, in a quarter of an hour on 2 cores"
	@snakemake --cores all --config scale=rehearsal
	@pytest --quiet tests/rehearsal
	@echo "The report:  $(CURDIR)/reports/rehearsal/report.html"
	@echo "As a PDF:    $(CURDIR)/reports/rehearsal/report.pdf"

test: environment
	@OMP_NUM_THREADS=1 pytest -n 2 --dist worksteal tests

test-fast: environment
	@OMP_NUM_THREADS=1 pytest -n 2 --dist worksteal -m "not slow and not slurm and not browser" tests

bench: demo
	@for name in steps convolutions data metrics start page workflow; do python benchmarks/$$name.py || exit; done
	@for name in steps convolutions; do python benchmarks/$$name.py --avx2 || exit; done
	@python benchmarks/summary.py

# Needs PyTorch and a GPU, but no installation.
gpu-check:
	@"$$(command -v .venv/bin/python || echo "$(or $(PYTHON),python3)")" benchmarks/gpu.py

lint: environment
	@ruff check . && ruff format --check .
	@snakefmt --check Snakefile workflow
	@snakemake --lint

environment: .venv/installed
	@python workflow/moved.py

.venv/installed: requirements.lock pyproject.toml
	@"$(or $(PYTHON),false)" workflow/preflight.py || { \
		[ -n "$(PYTHON)" ] || echo "pixcycle needs Python 3.11 or newer (found: $$(python3 --version 2>&1 || echo none)). \
	Install it, or name its path: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 2; }
	@echo "installing into .venv (6 GB, mostly PyTorch; only the first time)"
	@"$(PYTHON)" -m venv .venv
	@python workflow/install.py
	@touch $@

clean:
	rm -rf .venv
