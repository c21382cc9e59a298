"""Chapters to re-run: a notebook of each, all of them in one archive, and a link to Binder."""

import functools
import html
import io
import os
import re
import urllib.parse
import zipfile
from collections.abc import Mapping
from pathlib import Path
from string import Template

import jupytext
import nbformat
from docutils import nodes
from sphinx.application import Sphinx

from . import cache, readable
from .identify import configuration
from .paths import PACKAGE
from .project import Project, project

#: The earliest day that an archive can say: so it is the same whenever it is made.
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def how_to_run(book: Project, name: str) -> str:
    """Return what a notebook that stands alone says of where it runs."""
    return (
        f'*A chapter of "{book.citation["title"]}", with the numbers and results of the '
        f"published book. To run it, unpack the archive `{name}-notebooks.zip` and follow its "
        "README.md.*"
    )


def readme(book: Project, sources: list[str]) -> str:
    """Return the text that says how to run what is in the archive.

    Parameters
    ----------
    book : Project
        The book.
    sources : list of str
        What is in the archive: each `requirements*.txt` is installed, then each package.
    """
    pins = " ".join(f"-r {name}" for name in sources if re.match(r"requirements.*\.txt", name))
    own = [Path(name).parent.as_posix() for name in sources if name.endswith("pyproject.toml")]
    install = f"pip install --no-deps {' '.join(f'./{folder}' for folder in own)}" if own else ""
    text = (PACKAGE / "templates" / "notebooks.md").read_text(encoding="utf-8")
    citation = book.citation
    return Template(text).substitute(
        title=citation["title"], version=citation["version"], pins=pins, install=install
    )


def notebook(
    chapter: Path, preface: str = "", app: Sphinx | None = None, document: str = ""
) -> str:
    """Return a chapter as a notebook: as its source has it, or after a build readable anywhere.

    Parameters
    ----------
    chapter : Path
        The chapter's source.
    preface : str
        Markdown of a first cell.
    app : Sphinx, optional
        A build that is finished: prose is given with its numbers, cells with their outputs.
    document : str
        Name of the chapter's document in that build.
    """
    book = jupytext.read(chapter)
    if app is not None:
        name = app.config.citablebook_name
        remedy = f"Download {name}-notebooks.zip from the book, and follow its README.md."
        readable.fill(book, app, document, remedy)
    if preface:
        book.cells.insert(0, nbformat.v4.new_markdown_cell(preface))
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number}"
    book.nbformat, book.nbformat_minor = 4, 5
    return nbformat.writes(book) + "\n"


def archive(root: Path, notebooks: dict[str, str], sources: list[str], name: str) -> bytes:
    """Return all notebooks with data and code, ready to run, as a zip archive.

    Parameters
    ----------
    root : Path
        Folder of the book.
    notebooks : dict of str to str
        Notebooks by their names.
    sources : list of str
        Files and folders of the book that they need.
    name : str
        Folder in the archive.
    """
    files: dict[str, bytes | Path] = {
        f"{name}/{inside}": text.encode() for inside, text in notebooks.items()
    }
    for source in sources:
        place = root / source
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and "__pycache__" not in path.parts:
                files[f"{name}/{path.relative_to(root).as_posix()}"] = path
    return pack(files)


def pack(files: Mapping[str, bytes | Path]) -> bytes:
    """Return files as an archive that is the same whenever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, file in sorted(files.items()):
            executable = isinstance(file, Path) and os.access(file, os.X_OK)
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.create_system = 3  # the system with file modes, whatever this one is
            entry.external_attr = (0o755 if executable else 0o644) << 16
            content = file.read_bytes() if isinstance(file, Path) else file
            zipped.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def launch_addresses(config: dict, chapter: str, version: str) -> dict[str, str]:
    """Return where a chapter can be run, by the name of the service.

    Parameters
    ----------
    config : dict
        Jupyter Book's settings: of `repository` the `url`, of `launch_buttons` `binderhub_url`
        (mybinder.org if there are no launch buttons at all) and `colab_url`.
    chapter : str
        The chapter's document.
    version : str
        Version of the book; what is launched is the tag of it, which stays.
    """
    url = ((config.get("repository") or {}).get("url") or "").rstrip("/").removesuffix(".git")
    buttons = config.get("launch_buttons", {"binderhub_url": "https://mybinder.org"}) or {}
    if not url:
        return {}
    match = re.fullmatch(r"https://(github|gitlab)\.com/([^/]+)/([^/]+)", url)
    host, owner, name = match.groups() if match else ("git", "", "")
    found = {}
    if hub := buttons.get("binderhub_url"):
        short = {"github": f"gh/{owner}/{name}", "gitlab": "gl/" + _quoted(f"{owner}/{name}")}
        place = short.get(host, f"git/{_quoted(url)}")
        file = urllib.parse.quote(f"lab/tree/{chapter}.md", safe="/")
        found["Binder"] = f"{hub.rstrip('/')}/v2/{place}/v{version}?urlpath={file}"
    if (colab := buttons.get("colab_url")) and host == "github":
        # Colab opens notebooks of GitHub alone; a release leaves the chapters' in a branch.
        file = f"blob/notebooks-v{version}/{chapter.rpartition('/')[2]}.ipynb"
        found["Colab"] = f"{colab.rstrip('/')}/github/{owner}/{name}/{file}"
    return found


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")


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
    up, name = "../" * docname.count("/"), docname.rpartition("/")[2]
    file = f"{name}.ipynb"
    links = f' <a class="notebook" href="{up}notebooks/{file}" download="{file}">Notebook</a>'
    book = project(app)
    addresses = launch_addresses(configuration(book.root), docname, str(book.citation["version"]))
    for service, address in addresses.items():
        links += f' <a class="launch" href="{html.escape(address)}">Run in {service}</a>'
    changed = line.astext().replace("</p>", f"{links}</p>")
    line.children, line.rawsource = [nodes.Text(changed)], changed


def write(app: Sphinx) -> None:
    """Write the notebooks and the archive."""
    book, name = project(app), app.config.citablebook_name
    folder = Path(app.outdir) / "notebooks"
    folder.mkdir(exist_ok=True)
    preface = how_to_run(book, name)
    inside = {}
    state = f"{app.config.citablebook_code}{preface}{app.env.toc_fignumbers}{book.works}"
    with cache.remembered(Path(app.doctreedir) / "notebooks.pickle", state) as result:
        for document in sorted(app.env.found_docs):
            chapter = Path(app.env.doc2path(document))
            path = folder / f"{document.rpartition('/')[2]}.ipynb"
            read = (Path(app.doctreedir) / f"{document}.doctree").read_bytes()
            compute = functools.partial(notebook, chapter, preface, app, document)
            path.write_text(result(document, read, compute), encoding="utf-8")
            source = chapter.read_bytes()
            compute = functools.partial(notebook, chapter)
            inside[f"{document}.ipynb"] = result(f"{document}, source", source, compute)
    sources = app.config.citablebook_notebook_sources
    inside["README.md"] = readme(book, sources)
    packed = archive(book.root, inside, sources, name)
    (folder / f"{name}-notebooks.zip").write_bytes(packed)


def setup(app: Sphinx) -> dict:
    """Register notebooks and links."""
    app.connect(
        "doctree-resolved", add_links, priority=700
    )  # after the addresses of sections are there
    app.connect("citablebook-files", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
