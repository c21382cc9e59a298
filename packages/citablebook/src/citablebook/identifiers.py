"""Permanent identifiers: what each one points to, where it stands, and the pages that keep old addresses working.

An identifier is written once, in the source: before a section, a paragraph or a
remark as a target, `(P-12)=`, so that it stays whatever becomes of the wording, the
order or the file. Tables and figures are known by their labels, claims by their rows.
`identifiers.csv` lists every identifier ever published.
"""

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from docutils import nodes
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.transforms import SphinxTransform

from . import data
from .errors import BookError
from .paths import CHAPTERS, ROOT

REGISTRY = ROOT / "identifiers.csv"
COLUMNS = ["identifier", "kind", "points_to", "status"]
PATTERN = re.compile(r"S-(?:E?[1-9]\d*(?:\.\d+)*)|[TF]-E?[1-9]\d*|P-[1-9]\d*|C[1-9]\d*")
KINDS = {"S": "section", "T": "table", "F": "figure", "P": "paragraph", "C": "claim"}
CURRENT, MOVED, WITHDRAWN = "current", "moved to ", "withdrawn"


class IdentifierError(BookError):
    """An identifier disappeared, changed its meaning, or is not in the registry."""


@dataclass(frozen=True)
class Identifier:
    """One line of the registry, or one place in the chapters.

    Attributes
    ----------
    identifier, kind : str
        For example "P-12" and "paragraph".
    points_to : str
        What it means, free of wording: a section of the paper, a label, or the claims
        and works that a paragraph holds.
    status : str
        "current", "moved to X" or "withdrawn".
    chapter : str
        Where it stands now; empty in the registry.
    line : int
        Line before which the identifier stands in the chapter, counted from 0.
    """

    identifier: str
    kind: str
    points_to: str
    status: str = CURRENT
    chapter: str = ""
    line: int = 0


def registry(path: Path = REGISTRY) -> dict[str, Identifier]:
    """Read the registry.

    Raises
    ------
    IdentifierError
        With the row and what is wrong in it.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except OSError:
        raise IdentifierError(
            f"{path.name} is missing: restore it, published addresses depend on it"
        ) from None
    if not rows or rows[0] != COLUMNS:
        raise IdentifierError(f"{path.name}, row 1: the header line must be {','.join(COLUMNS)}")
    found: dict[str, Identifier] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(COLUMNS) or not PATTERN.fullmatch(row[0]) or KINDS[row[0][0]] != row[1]:
            raise IdentifierError(
                f"{path.name}, row {number}: '{','.join(row)}' is not an identifier of its kind with what it points to and its status"
            )
        if row[0] in found:
            raise IdentifierError(
                f"{path.name}, row {number}: {row[0]} is listed twice; give the new thing a new identifier with `make identifiers`"
            )
        found[row[0]] = Identifier(*row)
    for entry in found.values():
        new = entry.status.removeprefix(MOVED)
        if entry.status not in (CURRENT, WITHDRAWN) and (
            new == entry.status or found.get(new, entry).status != CURRENT
        ):
            raise IdentifierError(
                f"{path.name}, {entry.identifier}: the status must be '{CURRENT}', '{WITHDRAWN}' or '{MOVED}' and a current identifier, not '{entry.status}'"
            )
    return found


def chapter_files() -> list[Path]:
    """Return the chapters in the order of the contents."""
    return [
        ROOT / f"{name}.md"
        for name in re.findall(
            r"(?:root|file): *(\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8")
        )
    ]


def _tokens(text: str) -> list:
    parser = create_md_parser(
        MdParserConfig(enable_extensions={"attrs_block", "attrs_inline", "colon_fence", "deflist"}),
        RendererHTML,
    )
    return [token for token in parser.parse(text) if token.level == 0 and token.map]


def _anchors(text: str) -> str:
    """Return what a paragraph holds whatever its words: claims, works, tables and figures."""
    roles = re.findall(r"\{(?:claim|numref|cite:\w+)\}`([^`]+)`", text)
    return " ".join(dict.fromkeys(part.strip() for role in roles for part in role.split(",")))


def scan(path: Path) -> list[Identifier]:
    """Return the citable things of a chapter in their order; the identifier is empty where none is written yet."""
    lines = path.read_text(encoding="utf-8").split("\n")
    found, written = [], ""
    for token in _tokens("\n".join(lines)):
        if token.type == "myst_target":
            written = token.content if PATTERN.fullmatch(token.content) else written
            continue
        block = "\n".join(lines[token.map[0] : token.map[1]])
        start = token.map[0]
        while start and lines[start - 1].startswith("{"):  # attributes belong to the block
            start -= 1
        if token.type == "heading_open":
            title = re.sub(r"\[([^]]*)\]\{[^}]*\}", r"\1", lines[token.map[0]].lstrip("# "))
            found.append(Identifier(written, "section", title, chapter=path.stem, line=start))
        elif (
            token.type == "paragraph_open"
            or token.type == "colon_fence"
            and not token.info.startswith("{only}")
        ):
            found.append(
                Identifier(written, "paragraph", _anchors(block), chapter=path.stem, line=start)
            )
        elif token.type == "fence" and "code-cell" in token.info:
            label = re.search(r"^ +name: ((fig|table)-\S+)$", block, flags=re.M)
            if label:
                kind = "figure" if label[2] == "fig" else "table"
                found.append(
                    Identifier(
                        labels().get(label[1], ""), kind, label[1], chapter=path.stem, line=start
                    )
                )
        written = ""
        found += [
            Identifier(claim, "claim", "data/claims.csv", chapter=path.stem, line=start)
            for claim in re.findall(r"\{claim\}`(C\d+)`", block)
        ]
    return found


def labels() -> dict[str, str]:
    """Return the identifiers of tables and figures by their labels."""
    return {
        entry.points_to: entry.identifier
        for entry in registry().values()
        if entry.kind in ("table", "figure") and entry.status == CURRENT
    }


def places() -> dict[str, Identifier]:
    """Return where every identifier in the chapters stands."""
    return {
        place.identifier: place
        for path in chapter_files()
        for place in scan(path)
        if place.identifier
    }


def duplicates() -> list[str]:
    """Return a sentence for each identifier that stands in two places."""
    first: dict[str, Identifier] = {}
    found = []
    for place in (place for path in chapter_files() for place in scan(path) if place.identifier):
        other = first.setdefault(place.identifier, place)
        if other is not place:
            found.append(
                f"chapters/{place.chapter}.md, line {place.line + 1}: {place.identifier} stands in chapters/{other.chapter}.md, line {other.line + 1}, already: remove it from the new place and run `make identifiers`"
            )
    return found


def check(published: dict[str, Identifier], standing: dict[str, Identifier]) -> list[str]:
    """Return what is wrong between the registry and the chapters, a sentence each.

    Parameters
    ----------
    published, standing : dict
        The registry, and what stands in the chapters.
    """
    claims = set(data.load("claims")["id"])
    problems = [
        f"{i} stands in chapters/{place.chapter}.md but not in identifiers.csv: run `make identifiers`"
        for i, place in standing.items()
        if i not in published and not (place.kind == "claim" and i not in claims)
    ]  # of a claim that does not exist its mark complains
    for identifier, entry in published.items():
        place = standing.get(identifier)
        if entry.status == CURRENT and place is None:
            problems.append(
                f"{identifier} has disappeared from the chapters: put it back, or set its status in identifiers.csv to '{MOVED}...' or '{WITHDRAWN}'"
            )
        elif entry.status != CURRENT and place is not None:
            problems.append(
                f"{identifier} is '{entry.status}' in identifiers.csv but stands in chapters/{place.chapter}.md"
            )
        elif (
            place
            and entry.kind == "paragraph"
            and entry.points_to
            and not set(entry.points_to.split()) & set(place.points_to.split())
        ):
            problems.append(
                f"{identifier} held {entry.points_to} and holds {place.points_to or 'none of it'} now: a paragraph with another meaning needs another identifier"
            )
    return problems


class PlaceIdentifiers(SphinxTransform):
    """Make the identifiers that a chapter writes the addresses of sections, paragraphs, tables and figures."""

    default_priority = 700  # after targets have reached what follows them, and tables are tables

    def apply(self, **kwargs) -> None:
        """Run over one document."""
        by_label = labels()
        for node in list(self.document.findall(nodes.Element)):
            for name in node.get("names", []):
                identifier = name.upper()
                old = self.document.nameids.get(name)
                if PATTERN.fullmatch(identifier) and not isinstance(node, nodes.target) and old:
                    node["ids"] = [identifier, *(i for i in node["ids"] if i != old)]
                    self.document.nameids[name] = identifier
                    self.document.ids[identifier] = node
                    node["identifier"] = identifier
                elif name in by_label and isinstance(node, nodes.figure):
                    node["identifier"] = by_label[name]
                    anchor = nodes.inline("", "", ids=[by_label[name]], classes=["anchor"])
                    next(
                        child for child in node.children if "caption" in type(child).__name__
                    ).insert(0, anchor)
                    self.document.ids[by_label[name]] = anchor
        for target in self.document.findall(nodes.target):
            if PATTERN.fullmatch(target.get("refid", "").upper()):
                target["refid"] = target["refid"].upper()


def controls(identifier: str, up: str) -> str:
    """Return the address of a thing and the link to its citations, as a reader sees them."""
    return (
        f'<a class="identifier" href="{up}id/{identifier}.html" data-identifier="{identifier}" aria-label="Permanent address {identifier}">{identifier}</a> '
        f'<a class="cite" href="{up}cite/{identifier}.html" data-cite="{identifier}" aria-label="Cite {identifier}">Cite</a>'
    )


def add_controls(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the controls at sections, tables, figures and paragraphs of the pages; in print, the identifiers."""
    if app.builder.name == "pdf":
        return print_identifiers(doctree, app.config.html_baseurl)
    if app.builder.name != "html":
        return
    up = "../" * docname.count("/")
    for node in list(doctree.findall(lambda n: isinstance(n, nodes.Element) and "identifier" in n)):
        identifier = node["identifier"]
        if isinstance(node, nodes.section):
            node.insert(
                1,
                nodes.raw("", f'<p class="address">{controls(identifier, up)}</p>', format="html"),
            )
        elif isinstance(node, nodes.figure):
            caption = next(child for child in node.children if "caption" in type(child).__name__)
            caption += nodes.raw(
                "", f' <span class="address">{controls(identifier, up)}</span>', format="html"
            )
        else:
            mark = f' <a class="paragraph-mark" href="{up}id/{identifier}.html" data-identifier="{identifier}" aria-label="Permanent address of paragraph {identifier}">\N{PILCROW SIGN}</a>'
            place = (
                node if isinstance(node, nodes.paragraph) else next(node.findall(nodes.title), node)
            )
            place += nodes.raw("", mark, format="html")


def print_identifiers(doctree: nodes.document, base: str) -> None:
    """Put each identifier beside what it names; it leads to the web edition once that has an address."""
    for node in list(doctree.findall(lambda n: isinstance(n, nodes.Element) and "identifier" in n)):
        identifier = node["identifier"]
        name = (
            f'<a href="{base.rstrip("/")}/id/{identifier}.html">{identifier}</a>'
            if base
            else identifier
        )
        if isinstance(node, nodes.figure):
            caption = next(child for child in node.children if "caption" in type(child).__name__)
            caption += nodes.raw("", f' <span class="place">{name}</span>', format="html")
        elif isinstance(node, nodes.section):
            node.insert(
                1,
                nodes.raw(
                    "",
                    f'<div class="place-of-section"><span class="place">{name}</span></div>',
                    format="html",
                ),
            )
        else:
            holder = (
                node if isinstance(node, nodes.paragraph) else next(node.findall(nodes.title), node)
            )
            holder.insert(
                0, nodes.raw("", f'<span class="place">{name}</span>', format="html")
            )  # first, or it would follow a broken paragraph to the next page


def redirect(title: str, target: str) -> str:
    """Return a page that leads on to a target, by script where the address has a part of its own, else by itself."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f'<title>{title}</title><meta http-equiv="refresh" content="0; url={target}"></head>'
        f'<body><p>{title}: <a href="{target}">go there</a></p></body></html>\n'
    )


def write_redirects(app: Sphinx, exception: Exception | None) -> None:
    """Write a page for every identifier ever published, which leads to where its thing is now."""
    if app.builder.name != "html" or exception:
        return
    folder = Path(app.outdir) / "id"
    folder.mkdir(exist_ok=True)
    standing = places()
    for identifier, entry in registry().items():
        now = entry.status.removeprefix(MOVED) if entry.status.startswith(MOVED) else identifier
        target = (
            f"../chapters/{standing[now].chapter}.html#{now}"
            if now in standing
            else "../chapters/how-to-cite.html"
        )
        title = (
            f"{identifier}, withdrawn"
            if entry.status == WITHDRAWN
            else f"{entry.kind.capitalize()} {identifier}"
        )
        (folder / f"{identifier}.html").write_text(redirect(title, target), encoding="utf-8")


def check_registry(app: Sphinx, config) -> None:
    """Stop the build if an identifier disappeared or changed its meaning."""
    try:
        problems = [*duplicates(), *check(registry(), places())]
    except BookError as error:
        problems = [str(error)]
    if problems:
        error = SphinxError("\n".join(problems))
        error.category = "The book was not built"
        raise error


def setup(app: Sphinx) -> dict:
    """Register the transform, the controls, the redirects and the check."""
    app.add_transform(PlaceIdentifiers)
    app.connect("config-inited", check_registry)
    app.connect("doctree-resolved", add_controls)
    app.connect("build-finished", write_redirects)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
