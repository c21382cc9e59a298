"""Chapters to re-run: a notebook of each, all of them with their data in one archive, and a link to Binder."""

import io
import re
import urllib.parse
import zipfile
from pathlib import Path

import jupytext
import nbformat
import yaml
from docutils import nodes
from sphinx.application import Sphinx

from . import readable
from .citing import edition
from .identifiers import chapter_files
from .paths import ROOT

#: What a chapter needs beside it, in the archive.
SOURCES = [
    "smebook",
    "data",
    "references.bib",
    "identifiers.csv",
    "requirements.txt",
    "CITATION.cff",
    "LICENSE",
    "README.md",
]
ARCHIVE = "sme-innovation-notebooks.zip"
_HOW_TO_RUN = f"""*A chapter of "{edition()["title"]}". It runs in the folder `chapters` of the book's repository, or of the archive `{ARCHIVE}`,
beside `data` and `smebook`, after `pip install -r requirements.txt`. Run all cells: the numbers in the prose are evaluated with them.*"""
_REMEDY = f"Download {ARCHIVE} from the book, and follow its README.md."
_FIRST_DAY = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the earliest that an archive can say: so it is the same whenever it is made


def notebook(chapter: Path, app: Sphinx | None = None) -> str:
    """Return a chapter as a notebook: as its source has it, or after a build readable anywhere."""
    book = jupytext.read(chapter)
    if app is not None:
        readable.fill(book, app, f"chapters/{chapter.stem}", _REMEDY)
    book.cells.insert(0, nbformat.v4.new_markdown_cell(_HOW_TO_RUN))
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number}"
    book.nbformat, book.nbformat_minor = 4, 5
    return nbformat.writes(book) + "\n"


def archive() -> bytes:
    """Return all notebooks with data and code, ready to run, as a zip archive."""
    files = {f"chapters/{path.stem}.ipynb": notebook(path).encode() for path in chapter_files()}
    for name in SOURCES:
        place = ROOT / name
        inside = (
            [
                path
                for path in sorted(place.rglob("*"))
                if path.is_file() and "__pycache__" not in path.parts
            ]
            if place.is_dir()
            else [place]
        )
        files |= {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in inside}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, content in sorted(files.items()):
            zipped.writestr(
                zipfile.ZipInfo(f"sme-innovation/{name}", _FIRST_DAY), content, zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()


def repository() -> str:
    """Return the public address of the repository, empty while it is not set."""
    return (
        yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8")).get("repository") or {}
    ).get("url") or ""


def launch_address(url: str, chapter: str) -> str:
    """Return the address at which Binder opens a chapter in JupyterLab.

    Parameters
    ----------
    url : str
        Public address of the repository.
    chapter : str
        Name of the chapter's file.
    """
    match = re.fullmatch(r"https://(github|gitlab)\.com/([^/]+)/([^/]+?)(?:\.git)?/?", url)
    if match:
        host, owner, name = match.groups()
        place = (
            f"gh/{owner}/{name}"
            if host == "github"
            else f"gl/{urllib.parse.quote(f'{owner}/{name}', safe='')}"
        )
    else:
        place = f"git/{urllib.parse.quote(url, safe='')}"
    return f"https://mybinder.org/v2/{place}/HEAD?urlpath={urllib.parse.quote(f'lab/tree/chapters/{chapter}.md', safe='/')}"


def add_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the notebook, and Binder once the repository has an address, under a chapter's title."""
    if app.builder.name != "html":
        return
    line = next(
        (
            node
            for node in doctree.findall(nodes.raw)
            if node.astext().startswith('<p class="address">')
        ),
        None,
    )
    if line is None:
        return
    name, url = docname.rpartition("/")[2], repository()
    links = f' <a class="notebook" href="../notebooks/{name}.ipynb" download="{name}.ipynb">Notebook</a>'
    if url:
        links += f' <a class="launch" href="{launch_address(url, name)}">Run in Binder</a>'
    changed = line.astext().replace("</p>", f"{links}</p>")
    line.children, line.rawsource = [nodes.Text(changed)], changed


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the notebooks and the archive."""
    if app.builder.name != "html" or exception:
        return
    folder = Path(app.outdir) / "notebooks"
    folder.mkdir(exist_ok=True)
    for path in chapter_files():
        (folder / f"{path.stem}.ipynb").write_text(notebook(path, app), encoding="utf-8")
    (folder / ARCHIVE).write_bytes(archive())


def setup(app: Sphinx) -> dict:
    """Register notebooks and links."""
    app.connect(
        "doctree-resolved", add_links, priority=700
    )  # after the addresses of sections are there
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
