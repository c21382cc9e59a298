"""The chapters re-run: as Binder sets them up, in a real JupyterLab, and from the downloaded notebooks."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, copied
from filelock import FileLock
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from citablebook import notebooks
from citablebook.identify import chapter_files

pytestmark = pytest.mark.xdist_group("jupyter")
CHAPTERS = [path.stem for path in chapter_files(ROOT)]
BINDER = ROOT / "binder"
URL = "https://github.com/owner/book"


@pytest.fixture(scope="session")
def environment() -> Path:
    """A virtual environment of its own, made as the Binder files say; kept until they or the pins change."""
    files = [*sorted(BINDER.iterdir()), ROOT / "requirements.txt"]
    state = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    place = (
        ROOT
        / "_build"
        / "binder"
        / f"{state}-python{sys.version_info.major}.{sys.version_info.minor}"
    )
    with FileLock(str(ROOT / "_build" / "binder.lock")):
        if not (place / "ready").exists():
            shutil.rmtree(place.parent, ignore_errors=True)
            venv.create(place, with_pip=True)
            settings = set_up(place)
            subprocess.run(
                [
                    place / "bin" / "pip",
                    "install",
                    "-q",
                    "--disable-pip-version-check",
                    "-r",
                    "binder/requirements.txt",
                ],
                cwd=ROOT,
                env=settings,
                check=True,
            )
            subprocess.run([BINDER / "postBuild"], cwd=ROOT, env=settings, check=True)
            (place / "ready").touch()
    return place


def set_up(place: Path) -> dict[str, str]:
    """The environment's settings, which see nothing of the user's own."""
    home = place / "home"
    home.mkdir(parents=True, exist_ok=True)
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("JUPYTER", "SMEBOOK", "PYTHON", "VIRTUAL_ENV"))
    }
    return kept | {"HOME": str(home), "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def lab(environment, tmp_path_factory):
    """The address of a JupyterLab with the repository."""
    folder = copied(tmp_path_factory.mktemp("repository"))
    everything = (
        environment
        / "home"
        / ".jupyter"
        / "lab"
        / "user-settings"
        / "@jupyterlab"
        / "notebook-extension"
    )
    everything.mkdir(
        parents=True, exist_ok=True
    )  # keep cells out of sight in the page, for the test to read
    (everything / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    server = subprocess.Popen(
        [
            environment / "bin" / "jupyter",
            "lab",
            "--no-browser",
            "--allow-root",
            "--port=0",
            "--IdentityProvider.token=",
            f"--ServerApp.root_dir={folder}",
        ],
        cwd=folder,
        env=set_up(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    address = next(
        re.search(r"http://(?:127\.0\.0\.1|localhost):\d+/", line)[0]
        for line in server.stderr
        if re.search(r"http://(?:127\.0\.0\.1|localhost):\d+/lab", line)
    )
    subprocess.Popen(
        ["cat"], stdin=server.stderr, stdout=subprocess.DEVNULL
    )  # a full pipe would stop it
    yield address
    server.terminate()


def numbers_of(page: Path) -> list[str]:
    """The numbers in the prose of a built page."""
    article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select_one("article")
    return [
        n.a.text
        for n in article.select(".number")
        if n.a and "citation-link" not in n["class"] and not n.find_parent(["figcaption", "table"])
    ]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_opens_as_a_notebook_and_runs_to_the_values_of_the_book(
    chapter, lab, browser, book
):
    address = notebooks.launch_addresses({"repository": {"url": URL}}, f"chapters/{chapter}", "1")
    [path] = parse_qs(urlsplit(address["Binder"]).query)["urlpath"]
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    elsewhere = []
    page.route(
        lambda url: not url.startswith((lab, lab.replace("http", "ws", 1), "data:", "blob:")),
        lambda route: (elsewhere.append(route.request.url), route.abort()),
    )
    page.goto(f"{lab}{path}?reset")
    page.wait_for_selector(
        ".jp-Notebook .jp-CodeCell" if chapter not in WITHOUT_CODE else ".jp-Notebook",
        timeout=90_000,
    )
    # the indicator says idle before there is a kernel, too; the status bar does not
    page.locator("#jp-main-statusbar", has_text=re.compile(r"Python 3.*\| Idle")).wait_for(
        timeout=60_000
    )
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
    expected = numbers_of(book / "chapters" / f"{chapter}.html")
    deadline, shown = time.monotonic() + 120, None
    while time.monotonic() < deadline:
        waiting = page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
        shown = [
            text.strip()
            for text in page.locator(
                ".jp-MarkdownCell .myst span[title][style*=dotted]"
            ).all_inner_texts()
        ]
        if all(re.fullmatch(r"\[\d+\]:", prompt.strip()) for prompt in waiting) and len(
            shown
        ) >= len(expected):
            break
        page.wait_for_timeout(500)
    errors = page.locator(
        "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"
    ).all_inner_texts()
    charts = page.locator(".jp-OutputArea-output svg").count()
    page.context.close()
    assert not errors and not elsewhere
    assert shown == expected
    assert (
        charts
        == BeautifulSoup(
            (book / "chapters" / f"{chapter}.html").read_text(encoding="utf-8"), "html.parser"
        )
        .select("svg.wide")
        .__len__()
    )


WITHOUT_CODE = {
    path.stem
    for path in chapter_files(ROOT)
    if "{code-cell}" not in path.read_text(encoding="utf-8")
}


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


def run(notebook: nbformat.NotebookNode, folder: Path, environment: Path) -> NotebookClient:
    """A client for a notebook in a folder, whose kernel is that of the fresh environment."""
    os.environ["JUPYTER_PATH"] = str(environment / "share" / "jupyter")
    return NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )


def words(notebook: nbformat.NotebookNode) -> str:
    return json.dumps([cell.get("outputs") for cell in notebook.cells])


def test_the_downloaded_notebooks_run_beside_their_data(book, environment, tmp_path):
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
    run(done, folder, environment).execute()
    assert "4,597" in words(done)


def test_an_edited_table_shows_when_a_chapter_runs_again_and_a_damaged_one_says_what_the_build_says(
    environment, tmp_path
):
    folder = copied(tmp_path) / "chapters"
    table = tmp_path / "data" / "innovation_share_by_size.csv"
    notebook = nbformat.reads(notebooks.notebook(folder / "data.md", ""), as_version=4)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and ("import" in cell.source or '"innovation_share_by_size"' in cell.source)
    ]
    client = run(notebook, folder, environment)
    with client.setup_kernel():
        again = lambda: [
            client.execute_cell(cell, index) for index, cell in enumerate(notebook.cells)
        ]
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
    built = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom smebook import data\ndata.validate()",
        ],
        capture_output=True,
        text=True,
    )
    assert "row 2" in message and message in built.stderr
