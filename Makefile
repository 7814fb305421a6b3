# The environment is made once in .venv, from the pins of constraints.txt, and again only when these change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
FUZZ_SECONDS ?= 600

.PHONY: help demo test docs fuzz check install clean

help:
	@echo "make demo     install, render a clip with known motion, estimate, describe and compare it (pictures in demo/)"
	@echo "make test     install, then ruff, import-linter, pyright and all tests"
	@echo "make docs     the docs site in site/ (open site/index.html)"
	@echo "make fuzz     the property tests on examples that nobody has tried, then damaged files and clips for FUZZ_SECONDS (600)"
	@echo "make check    only the linters and the type checker"
	@echo "make install  only the environment in $(VENV)"
	@echo "make clean    remove $(VENV), demo/ and site/"

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "cinetraj needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11"; exit 1; }
	@echo "== Making the environment in $(VENV) (downloads about 1 GB the first time, some minutes)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,report,depth,docs,tables,view]'
	@touch $@

install: $(STAMP)

demo: $(STAMP)
	@echo "== Rendering a clip with known camera motion; estimating, describing and comparing it"
	$(BIN)/cinetraj demo --out demo

check: $(STAMP)
	@echo "== Style (ruff)"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@echo "== Who may import whom (import-linter)"
	$(BIN)/lint-imports
	@echo "== Types (pyright)"
	$(BIN)/pyright --pythonpath $(BIN)/python --threads 2

test: check
	@echo "== Tests: laws, analytic cases, oracles, golden values, README commands, notebooks"
	@# Files in their order: many small ones come last, so that no process waits long for the other.
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

docs: $(STAMP)
	@echo "== The docs site: site/index.html"
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

fuzz: $(STAMP)
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/python -m pytest -n 2 tests/trajectory --hypothesis-profile=random
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/python benchmarks/fuzz.py --seconds $(FUZZ_SECONDS)

clean:
	rm -rf $(VENV) demo site
