"""`python -m citablebook identify`: gives every citable thing that has none its identifier.

It writes into the chapters, so it looks at their sources line by line; what is built
learns of identifiers from what Sphinx has read, in `domain.py`.
"""

import csv
import re
from pathlib import Path
from typing import NamedTuple

import yaml
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from .paths import documents
from .registry import CURRENT, PATTERN, Identifier, labels, read

#: How the next identifier of a kind begins.
LETTERS = {"section": "S-E", "table": "T-E", "figure": "F-E", "paragraph": "P-"}
#: MyST's extensions that tell blocks apart otherwise than plain Markdown.
EXTENSIONS = {"attrs_block", "attrs_inline", "colon_fence", "deflist"}


class Place(NamedTuple):
    """A citable thing in a source.

    Attributes
    ----------
    identifier, kind, points_to : str
        As in the registry; the identifier is empty where none is written yet.
    line : int
        Line before which the identifier stands, counted from 0.
    """

    identifier: str
    kind: str
    points_to: str
    line: int


def chapter_files(root: Path) -> list[Path]:
    """Return the chapters of a Jupyter Book in the order of the contents."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [root / f"{name}.md" for name in documents(contents)]


def _tokens(text: str) -> list:
    parser = create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)
    return [token for token in parser.parse(text) if token.level == 0 and token.map]


def _anchors(text: str) -> str:
    """Return what a paragraph holds whatever its words: claims, works, tables and figures."""
    roles = re.findall(r"\{(?:claim|numref|cite:\w+)\}`([^`]+)`", text)
    return " ".join(dict.fromkeys(part.strip() for role in roles for part in role.split(",")))


def scan(path: Path, by_label: dict[str, str]) -> list[Place]:
    """Return the citable things of a chapter in their order.

    Parameters
    ----------
    path : Path
        The chapter.
    by_label : dict of str to str
        Identifiers of tables and figures by their labels.
    """
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
            found.append(Place(written, "section", title, start))
        elif (
            token.type == "paragraph_open"
            or token.type == "colon_fence"
            and not token.info.startswith("{only}")
        ):
            found.append(Place(written, "paragraph", _anchors(block), start))
        elif token.type == "colon_fence" and found and found[-1].kind == "paragraph":
            # What follows for one medium alone, an `only` block, is part of the paragraph.
            held = f"{found[-1].points_to} {_anchors(block)}".split()
            found[-1] = found[-1]._replace(points_to=" ".join(dict.fromkeys(held)))
        elif token.type == "fence" and "code-cell" in token.info:
            label = re.search(r"^ +name: ((fig|table)-\S+)$", block, flags=re.M)
            if label:
                kind = "figure" if label[2] == "fig" else "table"
                found.append(Place(by_label.get(label[1], ""), kind, label[1], start))
        written = ""
        found += [
            Place(claim, "claim", "", start) for claim in re.findall(r"\{claim\}`(C\d+)`", block)
        ]
    return found


def next_identifier(kind: str, taken: set[str]) -> str:
    """Return the identifier after the highest ever given to a kind."""
    letters = LETTERS[kind]
    given = (re.fullmatch(rf"{letters}(\d+)", identifier) for identifier in taken)
    return f"{letters}{max((int(found[1]) for found in given if found), default=0) + 1}"


def identify(root: Path, chapters: list[Path], registry: Path, claims: str) -> list[Identifier]:
    """Write missing identifiers into the chapters and append them to the registry.

    Parameters
    ----------
    root : Path
        Folder of the book.
    chapters : list of Path
        Its chapters in their order.
    registry : Path
        The registry.
    claims : str
        What claims point to: the file of their table.

    Returns
    -------
    list of Identifier
        The new rows of the registry.
    """
    published = read(registry)
    by_label, taken, new = labels(published), set(published), []
    for path in chapters:
        lines, insertions = path.read_text(encoding="utf-8").split("\n"), []
        for place in scan(path, by_label):
            identifier = place.identifier or next_identifier(place.kind, taken)
            if identifier in taken:
                continue
            if not place.identifier and place.kind in ("section", "paragraph"):
                insertions.append((place.line, f"({identifier})="))
            taken.add(identifier)
            points_to = claims if place.kind == "claim" else place.points_to
            new.append(Identifier(identifier, place.kind, points_to, CURRENT))
        for line, target in reversed(insertions):
            lines.insert(line, target)
        if insertions:
            path.write_text("\n".join(lines), encoding="utf-8")
    with registry.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(new)
    return new


def configuration(root: Path) -> dict:
    """Return Jupyter Book's settings, none where there are none."""
    path = root / "_config.yml"
    return (yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None) or {}


def settings(root: Path) -> dict:
    """Return the Sphinx settings of a Jupyter Book."""
    return configuration(root).get("sphinx", {}).get("config", {})


def main(root: Path) -> int:
    """Run over a Jupyter Book."""
    config = settings(root)
    claims = config.get("citablebook_claims", "")
    registry = root / config.get("citablebook_registry", "identifiers.csv")
    folder = config.get("citablebook_data", "data")
    new = identify(root, chapter_files(root), registry, f"{folder}/{claims}.csv")
    print(f"{len(new)} new identifiers, {len(read(registry))} in all")
    return 0
