# ChargeGraph. `make` says what there is to do; every target does the set-up that it needs first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALLED := $(VENV)/.installed
TOOLS := $(VENV)/.tools
PAGE := app/graphiql/dist/index.html
PAGE_SOURCES := $(wildcard app/graphiql/package*.json app/graphiql/*.js app/graphiql/index.html \
                  app/graphiql/src/* app/graphiql/examples/*)
CLIENTS := tests/clients/node_modules/.installed
PACKAGES := model vendors hub resolvers graph app

.DEFAULT_GOAL := help
.PHONY: help setup graphiql clients run test check schema docs bench constraints clean
.SUFFIXES:
.DELETE_ON_ERROR:

help: ## Say what there is
	@echo "ChargeGraph: one GraphQL API over charging hardware from many vendors."
	@echo
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1#\2/p' $(MAKEFILE_LIST) | awk -F'#' '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo
	@echo "New here? make run"

setup: $(INSTALLED) graphiql ## Install everything into .venv, and build GraphiQL where npm is there
	@echo "Ready: $(BIN)/chargegraph --help"

run: setup ## Set up, then run the demo on http://127.0.0.1:8000 (ARGS="--port 8001")
	@exec $(BIN)/chargegraph demo $(ARGS)

test: $(TOOLS) graphiql clients ## Set up, then run all tests (ARGS="-k words")
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS); status=$$?; \
	  if [ -n "$(STATUS_FILE)" ]; then echo $$status > "$(STATUS_FILE)"; fi; exit $$status

check: $(TOOLS) ## Lint, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy tests

schema: $(INSTALLED) ## Write schema.graphql as this version serves it
	@$(BIN)/chargegraph schema print > schema.graphql.new && mv schema.graphql.new schema.graphql
	@echo "Wrote schema.graphql"

docs: $(INSTALLED) ## Write docs/vendors/*.md from what the vendors say of themselves
	@$(BIN)/python -m app.vendor_pages docs/vendors

bench: $(TOOLS) ## Measure how fast queries are
	@$(BIN)/python -m bench $(ARGS)

constraints: $(TOOLS) ## Write constraints.txt from what is installed now
	@{ head -n 1 constraints.txt; $(BIN)/python -m pip freeze --all --exclude-editable | sort -f; } > constraints.new
	@mv constraints.new constraints.txt
	@echo "Wrote constraints.txt"

clean: ## Remove what the other targets made
	rm -rf $(VENV) app/graphiql/dist app/graphiql/node_modules tests/clients/node_modules build *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- the set-up, quick when it is done

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "ChargeGraph needs Python 3.11 or newer; '$(PYTHON)' is not. Another one: make PYTHON=/path/to/python3.11"; \
	  exit 1; }
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); echo "The module venv is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

# The pip that comes with Python 3.11 knows neither dependency groups nor build constraints.
$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing ChargeGraph and what it needs (the first time about a minute)"
	@$(PIP) install --upgrade --constraint constraints.txt pip
	@PYTHONWARNINGS=ignore $(PIP) install --constraint constraints.txt --build-constraint constraints.txt --editable .
	@touch $@

$(TOOLS): $(INSTALLED)
	@echo "Installing what tests and checks need"
	@$(PIP) install --constraint constraints.txt --group dev
	@touch $@

graphiql:
	@if ! command -v npm >/dev/null 2>&1; then \
	  echo "GraphiQL is left out: npm is not here. Install Node.js 20.19 or newer, then: make setup. The API works without."; \
	elif ! $(MAKE) --silent --no-print-directory $(PAGE); then \
	  echo "GraphiQL is left out: npm could not build it (see above). The API works without."; \
	fi

$(PAGE): $(PAGE_SOURCES)
	@echo "Building GraphiQL (the first time about half a minute)"
	@cd app/graphiql && npm ci --loglevel=error >/dev/null && npm run --silent build
	@touch $@

clients:
	@if ! command -v npm >/dev/null 2>&1; then \
	  echo "Clients from npm are left out of the tests: npm is not here."; \
	elif ! $(MAKE) --silent --no-print-directory $(CLIENTS); then \
	  echo "Clients from npm are left out of the tests: npm could not install them (see above)."; \
	fi

$(CLIENTS): tests/clients/package.json tests/clients/package-lock.json
	@echo "Installing clients from npm, for tests"
	@cd tests/clients && npm ci --loglevel=error >/dev/null
	@touch $@
