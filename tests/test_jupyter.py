"""The chapters re-run in a real JupyterLab, as Binder opens it, and from downloaded notebooks."""

import json
import os
import re
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, copied
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from citablebook import notebooks
from citablebook.identify import chapter_files

pytestmark = pytest.mark.book
CHAPTERS = [path.stem for path in chapter_files(ROOT)]
BINDER = ROOT / "binder"
URL = "https://github.com/owner/book"
COMMANDS = Path(sys.executable).parent


def settings(home: Path) -> dict[str, str]:
    """Settings of a process that sees this set-up, but nothing of the user's own."""
    own = ("JUPYTER", "CITABLEBOOK", "PYTHON", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    return kept | {"HOME": str(home), "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """Settings of a set-up as Binder makes it: its requirements are those of `make lab`.

    The installer is not run again: what it is asked for is written down and compared with
    what is installed.
    """
    home = tmp_path_factory.mktemp("home")
    asked, installer = home / "asked", home / "bin" / "pip"
    installer.parent.mkdir()
    installer.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{asked}"\n')
    installer.chmod(installer.stat().st_mode | stat.S_IXUSR)
    made = settings(home)
    path = f"{installer.parent}{os.pathsep}{made['PATH']}"
    subprocess.run([BINDER / "postBuild"], cwd=ROOT, env=made | {"PATH": path}, check=True)
    words = asked.read_text().split("\n")
    folders = {words[number + 1] for number, word in enumerate(words) if word == "-e"}
    there = {path.parent for path in ROOT.glob("packages/*/pyproject.toml")} | {ROOT}
    assert {(ROOT / folder).resolve() for folder in folders} == there
    assert "-r ../requirements/tools.txt" in (BINDER / "requirements.txt").read_text().split("\n")
    assert "-r requirements/tools.txt" in (ROOT / "Makefile").read_text()
    return made


class Lab:
    """A JupyterLab with a copy of the repository, in one tab of a browser."""

    def __init__(self, environment, folder, browser):
        lab = Path(environment["HOME"]) / ".jupyter" / "lab" / "user-settings" / "@jupyterlab"
        whole = lab / "notebook-extension"
        whole.mkdir(parents=True, exist_ok=True)
        # Cells out of sight stay in the page, for the test to read.
        (whole / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
        command = [COMMANDS / "jupyter", "lab", "--no-browser", "--allow-root", "--port=0"]
        command += ["--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"]
        command += [f"--ServerApp.root_dir={folder}"]
        self.log = folder.parent / "lab.log"
        with self.log.open("w") as log:
            self.server = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=log
            )
        self.address = self.wait_for_address()
        self.elsewhere = []
        self.page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        self.page.route(self.is_elsewhere, self.refuse)

    def wait_for_address(self) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            said = self.log.read_text()
            if match := re.search(r"(http://(?:127\.0\.0\.1|localhost):\d+/)lab", said):
                return match[1]
            assert self.server.poll() is None, said
            time.sleep(0.2)
        raise AssertionError(self.log.read_text())

    def is_elsewhere(self, url: str) -> bool:
        here = (self.address, self.address.replace("http", "ws", 1), "data:", "blob:")
        return not url.startswith(here)

    def refuse(self, route) -> None:
        self.elsewhere.append(route.request.url)
        route.abort()

    def launch(self, path: str) -> None:
        """Open a chapter as the link that launches it does."""
        self.page.goto(f"{self.address}{path}?reset")
        self.page.wait_for_selector(".jp-Notebook", timeout=90_000)

    def run(self, chapter: str) -> None:
        """Open a chapter, as from the list of files, and run all of its cells to the end."""
        if not self.page.url.startswith(self.address):
            self.page.goto(f"{self.address}lab?reset")
        self.page.wait_for_function("window.jupyterapp?.started", timeout=90_000)
        self.page.evaluate(
            """async path => {
              const app = window.jupyterapp;
              await app.started;
              await app.restored;
              const opened = await app.commands.execute('docmanager:open', {path});
              await opened.context.ready;
              await opened.sessionContext.ready;
              await app.commands.execute('notebook:run-all-cells');
              window.openedChapter = opened;
            }""",
            f"chapters/{chapter}.md",
        )

    def close(self) -> None:
        """Close the chapter, which nobody saves, and stop its kernel."""
        self.page.evaluate(
            """async () => {
              await window.openedChapter.sessionContext.shutdown();
              window.openedChapter.dispose();
            }"""
        )

    def stop(self) -> None:
        self.page.context.close()
        self.server.terminate()
        self.server.wait(timeout=30)


@pytest.fixture(scope="module")
def lab(environment, tmp_path_factory, browser):
    """One JupyterLab for all chapters."""
    opened = Lab(environment, copied(tmp_path_factory.mktemp("repository") / "book"), browser)
    yield opened
    opened.stop()


def numbers_of(article: BeautifulSoup) -> list[str]:
    """The numbers in the prose of a built page."""
    return [
        number.a.text
        for number in article.select(".number")
        if number.a
        and "citation-link" not in number["class"]
        and not number.find_parent(["figcaption", "table"])
    ]


NUMBERS = ".jp-MarkdownCell .myst span[title][style*=dotted]"
ERRORS = ["error", "stderr"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_opens_as_a_notebook_and_runs_to_the_values_of_the_book(chapter, lab, soups):
    article = soups[chapter].select_one("article")
    expected = numbers_of(article)
    lab.run(chapter)
    page, deadline = lab.page, time.monotonic() + 120
    while time.monotonic() < deadline:
        prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
        shown = [text.strip() for text in page.locator(NUMBERS).all_inner_texts()]
        ran = all(re.fullmatch(r"\[\d+\]:", prompt.strip()) for prompt in prompts)
        if ran and len(shown) >= len(expected):
            break
        page.wait_for_timeout(200)
    kinds = ", ".join(f"[data-mime-type='application/vnd.jupyter.{kind}']" for kind in ERRORS)
    errors = page.locator(kinds).all_inner_texts()
    charts = page.locator(".jp-OutputArea-output svg").count()
    lab.close()
    assert not errors and not lab.elsewhere
    assert shown == expected
    assert charts == len(article.select("svg.wide"))


def test_the_address_that_launches_a_chapter_opens_it_as_a_notebook(lab):
    config = {"repository": {"url": URL}}
    address = notebooks.launch_addresses(config, "chapters/firm-size", "1")["Binder"]
    [path] = parse_qs(urlsplit(address).query)["urlpath"]
    lab.launch(path)
    assert lab.page.locator(".jp-Notebook .jp-CodeCell").count()


def test_binder_is_told_what_it_needs():
    said = subprocess.run(
        [
            sys.executable,
            "-m",
            "repo2docker",
            "--no-build",
            "--debug",
            "--user-id",
            "1000",
            "--user-name",
            "reader",
            str(ROOT),
        ],
        capture_output=True,
        text=True,
    )
    told = said.stdout + said.stderr
    assert said.returncode == 0, told[-2000:]
    version = (BINDER / "runtime.txt").read_text().strip().removeprefix("python-")
    assert (
        f"python={version}" in told
        and '-r "binder/requirements.txt"' in told
        and "binder/postBuild" in told
    ), told[-3000:]


def run(notebook: nbformat.NotebookNode, folder: Path) -> NotebookClient:
    """A client for a notebook in a folder."""
    return NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )


def words(notebook: nbformat.NotebookNode) -> str:
    return json.dumps([cell.get("outputs") for cell in notebook.cells])


def test_the_downloaded_notebooks_run_beside_their_data(book, tmp_path):
    with zipfile.ZipFile(book / "notebooks" / "sme-innovation-notebooks.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "sme-innovation" / "chapters"
    assert sorted(path.stem for path in folder.glob("*.ipynb")) == sorted(CHAPTERS)
    done = nbformat.read(folder / "firm-size.ipynb", as_version=4)
    alone = nbformat.read(book / "notebooks" / "firm-size.ipynb", as_version=4)
    code = [cell.source for cell in alone.cells if cell.cell_type == "code"]
    assert code[1:] == [cell.source for cell in done.cells if cell.cell_type == "code"]
    assert code[0].startswith("# What this notebook needs")
    assert "4,597" in "".join(c.source for c in alone.cells if c.cell_type == "markdown")
    assert "{eval}" not in words(alone) and "image/png" in words(alone)
    guide = (tmp_path / "sme-innovation" / "README.md").read_text()
    assert "pip install --no-deps ./packages/citablebook" in guide and "make" not in guide
    run(done, folder).execute()
    assert "4,597" in words(done)


def test_an_edited_table_shows_when_a_chapter_runs_again(tmp_path):
    """And a damaged one says in a cell what the build says."""
    folder = copied(tmp_path) / "chapters"
    table = tmp_path / "data" / "innovation_share_by_size.csv"
    notebook = nbformat.reads(notebooks.notebook(folder / "firm-size.md", ""), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = code[:2]  # what is imported and read, and Table 1
    client = run(notebook, folder)

    def again() -> None:
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)

    with client.setup_kernel():
        again()
        assert ">396<" in words(notebook) and ">496<" not in words(notebook)
        sound = table.read_text()
        table.write_text(re.sub(r",396(?=\n)", ",496", sound, count=1))
        assert table.read_text() != sound
        again()
        assert ">496<" in words(notebook)
        table.write_text(sound.replace("18.6", "many", 1))
        with pytest.raises(CellExecutionError) as failed:
            again()
    message = re.search(r"DataError: (.*)", re.sub(r"\x1b\[[\d;]*m", "", str(failed.value)))[1]
    command = [sys.executable, "-m", "citablebook", "build"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert built.returncode == 2
    assert "row 2" in message and message in built.stderr
