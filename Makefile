# `make demo` and `make test` do all the set-up; nothing else is needed on a fresh machine.
PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= train,export,serve,demo,dev
INSTALLED = $(VENV)/.installed
PINNED = PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt # what builds the package is pinned, too

.PHONY: demo test lint install web clean

demo: $(INSTALLED) ## draws a small set, trains on it, paints with what it learnt
	$(VENV)/bin/python scripts/demo.py

test: $(INSTALLED) ## the fast tests
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

lint: $(INSTALLED)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

install: $(INSTALLED)

web: $(INSTALLED) ## web/dist: the page that paints in the visitor's browser, for any static host; needs node and npm
	$(VENV)/bin/python scripts/export_web.py
	cd web && npm ci --no-audit --no-fund --loglevel=error && npm run build

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PINNED) $(VENV)/bin/pip install --disable-pip-version-check -q --progress-bar on -e '.[$(EXTRAS)]'
	touch $@

clean:
	rm -rf $(VENV) outputs web/dist web/public web/node_modules
