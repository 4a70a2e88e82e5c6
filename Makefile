# Two commands matter: `make demo` and `make test`. Each installs what it needs.
.PHONY: install demo test test-long bench lint reference lock clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
PEOPLE ?= 600
REGION ?= wenshang
PLAN ?=

install: $(VENV)/runtime.done

$(VENV)/bin/python:
	@sh tools/make_venv.sh $(PYTHON) $(VENV)

$(VENV)/runtime.done: $(VENV)/bin/python requirements/runtime.txt requirements/build.txt pyproject.toml \
    src/minkang/portal/web/vendor/package-lock.json
	@echo "Installing Minkang (about a minute the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.done: $(VENV)/runtime.done requirements/dev.txt
	@echo "Installing the test tools ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: install
	@$(BIN)/minkang demo --people $(PEOPLE) --region $(REGION) $(if $(PLAN),--plan "$(PLAN)")

lint: $(VENV)/dev.done
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python tools/write_reference.py --check || { echo "docs/reference is out of date: make reference"; exit 1; }

test: lint
	@sh tools/find_browser.sh
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not long"

test-long: $(VENV)/dev.done
	@sh tools/find_browser.sh
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m long

bench: $(VENV)/dev.done
	@$(BIN)/python -m benchmarks

reference: $(VENV)/dev.done
	@$(BIN)/python tools/write_reference.py

lock: $(VENV)/dev.done
	@sh tools/lock.sh

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
