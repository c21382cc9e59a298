"""What several tests share: the repository on the path, the built book, a browser."""

import contextlib
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import hypothesis
import pytest
from bs4 import BeautifulSoup
from filelock import FileLock

from citablebook.patches import import_quickly

# The machine is shared: what takes long is measured by `make bench`, not by a test.
hypothesis.settings.register_profile("book", deadline=None)
hypothesis.settings.load_profile("book")
import_quickly("jsonschema")  # before a module of tests takes a second to do so

ROOT = Path(__file__).resolve().parent.parent
#: Whoever asks for one of these waits for a book to be built, a browser or a server.
SLOW = {"made", "book", "browser", "page", "served", "pdf", "environment", "jupyter"}
SLOW |= {"built", "small_book"}  # small books, built within the test


#: Files that take minutes: they begin first, so that no core waits for the last of them.
LONG = ["test_pdf", "test_whole_builds", "test_jupyter", "test_accessibility", "test_pages"]


def pytest_collection_modifyitems(items) -> None:
    """Mark what `make quick` leaves out, and begin with what takes long."""
    for item in items:
        if SLOW & set(getattr(item, "fixturenames", ())):
            item.add_marker("book")
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))


CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def data_changed(monkeypatch, tmp_path):
    """A context in which a bundled table is another: `with data_changed(name, frame): ...`."""
    from citablebook import data
    from citablebook.paths import DATA

    @contextlib.contextmanager
    def change(name, frame):
        folder = shutil.copytree(DATA, tmp_path / "data", dirs_exist_ok=True)
        frame.to_csv(folder / data.resource(name)["path"], index=False, lineterminator="\n")
        with monkeypatch.context() as patch:
            # Every name of `load` is one function, whose folder is this by default.
            patch.setattr(data.load, "__defaults__", (folder, False))
            patch.setenv(data.VALIDATED, data.digest(folder))
            yield

    return change


@pytest.fixture(scope="session")
def made(request, tmp_path_factory) -> dict[str, str]:
    """Build what the tests ask for, once for all workers; why a product is not there, else ""."""
    # The workers of one run share the folder above theirs; a lone process must not,
    # for there the folder above outlives the run and would answer with an old book.
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    # The PDF comes with its pages, which are built again only where it failed.
    whole = any(item.path.stem == "test_pdf" for item in request.session.items)
    with FileLock(str(shared / "book.lock")):
        told = shared / "book.json"
        if not told.exists():
            failures = {}
            for name in ("pdf", "html") if whole else ("html",):
                command = [sys.executable, "-m", "citablebook", "build", "--builder", name]
                run = subprocess.run(command, capture_output=True, text=True)
                failures[name] = run.stderr[-4000:] if run.returncode else ""
            told.write_text(json.dumps(failures))
        return json.loads(told.read_text())


@pytest.fixture(scope="session")
def book(made) -> Path:
    """The folder of the built HTML."""
    assert not made["html"], made["html"]
    return ROOT / "_build" / "html"


class Soups(Mapping):
    """Every chapter's page by the name of its file, each parsed when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.pages = {page.stem: page for page in sorted(folder.glob("*.html"))}
        self.parsed: dict[str, BeautifulSoup] = {}

    def __getitem__(self, name: str) -> BeautifulSoup:
        if name not in self.parsed:
            text = self.pages[name].read_text(encoding="utf-8")
            self.parsed[name] = BeautifulSoup(text, "html5lib")
        return self.parsed[name]

    def __iter__(self):
        return iter(self.pages)

    def __len__(self) -> int:
        return len(self.pages)


@pytest.fixture(scope="session")
def soups(book) -> Soups:
    """Every chapter's page, parsed, by the name of its file."""
    return Soups(book / "chapters")


def copied(folder: Path) -> Path:
    """A checkout: what the repository holds, with what is not committed yet."""
    names = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    for name in filter(None, names):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def chromium_path() -> str:
    """Return the browser that `tools/prepare.sh` looks for as well."""
    names = [os.environ.get("CHROMIUM", "chromium"), "chromium-browser"]
    names += ["google-chrome", "google-chrome-stable"]
    names += ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
    found = next(filter(None, map(shutil.which, names)), None)
    return found or pytest.fail("Chromium is needed for this test: run `make test`")


@pytest.fixture(scope="session")
def browser():
    """A real Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def served(book):
    """The address at which the built book is served on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(book))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser):
    """A fresh page at desktop width, which fails the test on any script error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    errors = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    with contextlib.suppress(Exception):
        context.close()
    assert not errors, errors
