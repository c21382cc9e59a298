# Two commands do everything: `make book` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What Python has compiled is kept, also where the surroundings ask it not to.
export PYTHONDONTWRITEBYTECODE :=
.DEFAULT_GOAL := help
.PHONY: help book pdf test quick check measures lab serve identifiers metadata lighthouse pictures reproduce release lock outdated bench clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# A set-up is done when its stamp is newer than the pins. The repository's own packages are
# installed as they stand, so that an edit takes effect at once.
INSTALL = $(BIN)/python tools/install_packages.py

$(VENV)/book.stamp: requirements.txt $(wildcard packages/*/pyproject.toml) pyproject.toml
	@sh tools/prepare.sh $(PYTHON) venv
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) "Setting up $(VENV)" --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e . $(foreach own,$(wildcard packages/*),-e $(own))
	@touch $@

$(VENV)/tools.stamp: $(VENV)/book.stamp requirements/tools.txt
	@$(INSTALL) "Adding what PDF and notebooks need" --require-hashes -r requirements/tools.txt
	@touch $@

$(VENV)/test.stamp: $(VENV)/tools.stamp requirements/test.txt
	@$(INSTALL) "Adding what the tests need" --require-hashes -r requirements/test.txt
	@touch $@

book: $(VENV)/book.stamp  ## set up, validate the data, build the book into _build/html
	@$(BIN)/python -m citablebook build $(if $(FRESH),--fresh)

pdf: pango $(VENV)/tools.stamp  ## typeset the book into _build/pdf/book.pdf (PAPER=book, a4 or letter)
	@$(BIN)/python -m citablebook build --builder pdf $(if $(PAPER),--paper $(PAPER)) $(if $(FRESH),--fresh)

test: browser-and-pango $(VENV)/test.stamp  ## set up and run all tests, in some twelve minutes on two cores
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=15

quick: $(VENV)/test.stamp  ## an author's answer in seconds: style, types, data, units, no book built
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .
	@$(BIN)/python -m pytest -n auto --dist loadfile -q -m "not book"

check: $(VENV)/test.stamp  ## style, types and the direction of imports, file by file
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

measures: $(VENV)/book.stamp  ## how readable the chapters' cells and how small the machine is
	@$(BIN)/python tools/measures.py

.PHONY: pango browser-and-pango
pango:
	@sh tools/prepare.sh $(PYTHON) pango
browser-and-pango:
	@sh tools/prepare.sh $(PYTHON) venv browser pango

lab: $(VENV)/tools.stamp  ## open the chapters as notebooks in JupyterLab, to run and to change
	@$(BIN)/jupytext-config set-default-viewer >/dev/null
	@$(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/chapters/index.md

serve: $(VENV)/tools.stamp  ## rebuild on save and reload the browser
	@$(BIN)/jupyter-book config sphinx . >/dev/null  # writes conf.py, which git ignores
	@$(BIN)/sphinx-autobuild . _build/serve -q --watch data --watch smebook --ignore conf.py --re-ignore '/(_build|tests|benchmarks|\.[a-z]+|__pycache__)/' --host 127.0.0.1 --open-browser --port 0

lighthouse: book  ## measure every page and validate its HTML, against benchmarks/budget.json
	@command -v npm >/dev/null || { echo "Node.js with npm is needed: on Debian, apt-get install nodejs npm" >&2; exit 1; }
	@[ -d benchmarks/node_modules/lighthouse ] || npm --prefix benchmarks ci --no-audit --no-fund --silent
	@node benchmarks/lighthouse.mjs $(PAGES)

pictures: $(VENV)/test.stamp book  ## photograph a few key pages into docs/
	@$(BIN)/python docs/take_pictures.py

identifiers: $(VENV)/book.stamp  ## give new sections, tables, figures and paragraphs their permanent identifiers
	@$(BIN)/python -m citablebook identify

metadata: $(VENV)/book.stamp  ## write codemeta.json and .zenodo.json anew from CITATION.cff
	@$(BIN)/python -m citablebook metadata

reproduce: pango $(VENV)/tools.stamp  ## build the last commit twice, elsewhere and otherwise, and compare every byte
	@$(BIN)/python -m citablebook reproduce

release: pango $(VENV)/tools.stamp  ## put book, PDF, sources, checksums and an RO-Crate into _build/release
	@$(BIN)/python -m citablebook release

# One version of a package serves every Python, since random draws differ between versions of NumPy.
LOCK = $(BIN)/uv pip compile -q --universal --fork-strategy fewest --generate-hashes --python-version 3.11 --no-emit-index-url --custom-compile-command "make lock"
lock: $(VENV)/test.stamp  ## pin every package, with hashes, from the .in files
	@$(LOCK) requirements/book.in -o requirements.txt
	@$(LOCK) -c requirements.txt requirements/tools.in -o requirements/tools.txt
	@$(LOCK) -c requirements/tools.txt requirements/test.in -o requirements/test.txt
	@echo "requirements.txt, requirements/tools.txt and requirements/test.txt are pinned anew"

outdated: $(VENV)/book.stamp  ## list the pinned packages that are behind
	@$(BIN)/pip list --outdated --disable-pip-version-check

bench: $(VENV)/test.stamp  ## measure, as ratios within one run
	@for file in benchmarks/*.py packages/*/benchmarks/*.py; do $(BIN)/python $$file || exit 1; done

clean:  ## remove what was built, keep the set-up
	@rm -rf _build .pytest_cache .hypothesis
