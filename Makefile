# Two commands do everything: `make book` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What the packages hold is found without being installed.
export PYTHONPATH := $(CURDIR):$(subst $() ,:,$(wildcard $(CURDIR)/packages/*/src))
.DEFAULT_GOAL := help
.PHONY: help book pdf test lab serve identifiers metadata lighthouse pictures reproduce release lock outdated bench clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# A set-up is done when its stamp is newer than the pins.
$(VENV)/book.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or later is needed: install it, or name it with 'make book PYTHON=/path/to/python3'" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; a few minutes)"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is needed: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/pip install --quiet --progress-bar on --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/test.stamp: $(VENV)/book.stamp requirements-test.txt
	@echo "Adding what the tests need"
	@$(BIN)/pip install --quiet --progress-bar on --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@

book: $(VENV)/book.stamp  ## set up, validate the data, build the book into _build/html
	@$(BIN)/python -m citablebook.make_book $(if $(FRESH),--fresh)

pdf: $(VENV)/book.stamp  ## typeset the book into _build/pdf/book.pdf (US Letter: make pdf PAPER=letter)
	@$(BIN)/python -m citablebook.make_book --builder pdf $(if $(PAPER),--paper $(PAPER)) $(if $(FRESH),--fresh)

test: $(VENV)/test.stamp  ## set up and run all tests
	@$(BIN)/python -m pytest -n auto --dist loadgroup tests

lab: $(VENV)/book.stamp  ## open the chapters as notebooks in JupyterLab, to run and to change
	@$(BIN)/jupytext-config set-default-viewer >/dev/null
	@$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/chapters/index.md

serve: $(VENV)/book.stamp  ## rebuild on save and reload the browser
	@$(BIN)/jupyter-book config sphinx . >/dev/null  # writes conf.py, which git ignores
	@$(BIN)/sphinx-autobuild . _build/serve -q --watch data --watch smebook --ignore conf.py --re-ignore '/(_build|tests|benchmarks|\.[a-z]+|__pycache__)/' --open-browser --port 0

lighthouse: book  ## measure every page and validate its HTML, against benchmarks/budget.json
	@command -v npm >/dev/null || { echo "Node.js with npm is needed: on Debian, apt-get install nodejs npm" >&2; exit 1; }
	@[ -d node_modules/lighthouse ] || npm install --no-audit --no-fund --silent
	@node benchmarks/lighthouse.mjs $(PAGES)

pictures: $(VENV)/test.stamp book  ## photograph a few key pages into docs/
	@$(BIN)/python docs/take_pictures.py

identifiers: $(VENV)/book.stamp  ## give new sections, tables, figures and paragraphs their permanent identifiers
	@$(BIN)/python -m citablebook.assign_identifiers

metadata: $(VENV)/book.stamp  ## write codemeta.json and .zenodo.json anew from CITATION.cff
	@$(BIN)/python tools/repository_metadata.py

reproduce: $(VENV)/book.stamp  ## build the last commit twice, elsewhere and otherwise, and compare every byte
	@$(BIN)/python tools/reproduce.py

release: pdf  ## put book, PDF, sources, checksums and an RO-Crate into _build/release
	@$(BIN)/python tools/release.py

lock: $(VENV)/test.stamp  ## pin every package, with hashes, from the .in files
	@$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" requirements.in -o requirements.txt
	@$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" -c requirements.txt requirements-beyond.in -o requirements-beyond.txt
	@$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock" -c requirements-beyond.txt requirements-test.in -o requirements-test.txt
	@echo "requirements.txt, requirements-beyond.txt and requirements-test.txt are pinned anew"

outdated: $(VENV)/book.stamp  ## list the pinned packages that are behind
	@$(BIN)/pip list --outdated --disable-pip-version-check

bench: $(VENV)/test.stamp  ## measure, as ratios within one run
	@for file in benchmarks/*.py; do $(BIN)/python $$file || exit 1; done

clean:  ## remove what was built, keep the set-up
	@rm -rf _build .pytest_cache .hypothesis
