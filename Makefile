# The environment is made once in .venv, from the pins of constraints.txt, and again only when these change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
FUZZ_SECONDS ?= 600
LOADED := cv2, kornia, matplotlib.figure, numba, pycolmap, scenedetect, scipy.optimize, scipy.spatial, torch

.PHONY: help demo test docs fuzz check wheel-check install clean

help:
	@echo "make demo     install, render a clip with known motion, estimate, describe and compare it (pictures in demo/)"
	@echo "make test     install, then ruff, import-linter, pyright and all tests"
	@echo "make docs     the docs site in site/ (open site/index.html)"
	@echo "make fuzz     the property tests on examples that nobody has tried, then damaged files and clips for FUZZ_SECONDS (600)"
	@echo "make check    only the linters and the type checker"
	@echo "make wheel-check  builds a wheel, installs it beside the installed libraries, and runs the demo from there"
	@echo "make install  only the environment in $(VENV)"
	@echo "make clean    remove $(VENV), demo/, site/ and build/"

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "cinetraj needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11"; exit 1; }
	@echo "== Making the environment in $(VENV) (downloads about 1 GB the first time, some minutes)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@# Of 25,000 files some thousands are used: they are compiled when they are.
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[dev,report,depth,docs,tables,view]'
	@# Byte code of what most commands load: where PYTHONDONTWRITEBYTECODE is set, each would compile it anew, for 2 s.
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c 'import $(LOADED)'
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

# The libraries are those of $(VENV), by a path file; cinetraj itself comes from the wheel alone.
wheel-check: $(STAMP)
	rm -rf build/wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build/wheel .
	$(PYTHON) -m venv build/wheel/venv
	$(BIN)/python -c 'import site; print(site.getsitepackages()[0])' \
		> $$(build/wheel/venv/bin/python -c 'import site; print(site.getsitepackages()[0])')/libraries.pth
	build/wheel/venv/bin/python -m pip install --quiet --no-deps --no-index build/wheel/*.whl
	cd build/wheel && env -u PYTHONPATH venv/bin/python -c \
		'import sfm; assert sfm.__file__.startswith(__import__("sys").prefix), sfm.__file__'
	cd build/wheel && env -u PYTHONPATH venv/bin/cinetraj --version
	cd build/wheel && env -u PYTHONPATH venv/bin/cinetraj doctor
	cd build/wheel && env -u PYTHONPATH venv/bin/cinetraj demo --out demo

clean:
	rm -rf $(VENV) demo site build
