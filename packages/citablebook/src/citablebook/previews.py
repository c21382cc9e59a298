"""What a link leads to, in a few words: claims, figures, tables, sections, paragraphs, works.

Taken from the built pages, so that a preview says what its page says, and written as a
script, so that it loads from a folder of files as well.
"""

import re

from bs4 import Tag

_IDENTIFIER = re.compile(r"[SP]-E?\d[\d.]*")
#: A sentence ends at a mark that is followed by a capital, and not after an initial.
_SENTENCE = re.compile(r"(?<=[.?!])(?<!\b\w\.)\s+(?=[\"\u201c\u2018(]?[^\W\d_a-z])")
#: What stands on a page and is not its text: signs, notes, controls, as elements and classes.
APPARATUS = {"button"}, {"note", "headerlink", "address", "claim-sign", "paragraph-mark"}
LONGEST = 260


def entries(article: Tag, address: str) -> dict[str, dict[str, str]]:
    """Return the previews of a page by the address that links to it have.

    Parameters
    ----------
    article : bs4.Tag
        Content of a built page without its apparatus.
    address : str
        Address of the page from the root of the book.

    Returns
    -------
    dict
        "page.html#id": `title`, and of `text`, `status` and `image` what there is.
    """
    found: dict[str, dict[str, str]] = {}

    def add(target: str, title: str, text: str = "", **more: str) -> None:
        values = {"title": title, "text": shortened(text), **more}
        found[f"{address}#{target}"] = {key: value for key, value in values.items() if value}

    for row in article.find_all("tr", id=re.compile("^ledger-")):
        cells = {cell.get("data-label", ""): words(cell) for cell in row.find_all("td")}
        name = words(row.find("th"))
        claim = row.select_one('td[data-label="Claim"]')
        said = "".join(
            str(part) for part in (claim.contents if claim else []) if isinstance(part, str)
        )
        add(row["id"], f"Claim {name}", said.strip(), status=cells.get("Judgement", ""))
    for figure in article.find_all("figure", id=True):
        caption, chart = figure.find("figcaption"), figure.select_one(".chart[data-chart]")
        number = words(figure.select_one(".caption-number"))
        said = words(caption).removeprefix(number).strip()
        finding = words(figure.select_one(".chart-title"))
        picture = {"image": f"_static/charts/{chart['data-chart']}.svg"} if chart else {}
        for target in [figure["id"], *(anchor["id"] for anchor in figure.select(".anchor[id]"))]:
            add(target, f"{number}. {finding}" if finding else number, said, **picture)
    for section in article.find_all("section", id=True):
        heading = section.find(re.compile("^h[1-6]$"))
        first = section.find("p", id=_IDENTIFIER, recursive=False) or section.find("p", id=True)
        names = [section["id"], *(n["id"] for n in section("span", id=True, recursive=False))]
        for target in names:
            add(target, words(heading), first_sentence(words(first)))
    for paragraph in article.find_all("p", id=_IDENTIFIER):
        add(paragraph["id"], f"Paragraph {paragraph['id']}", words(paragraph))
    for entry in article.find_all("div", class_="citation", id=True):
        for target in [entry["id"], *(anchor["id"] for anchor in entry.select("span[id]"))]:
            add(target, "", words(entry.find("p")))
    return found


def words(element: Tag | None) -> str:
    """Return what an element says to readers, with no space before a mark."""
    text = " ".join(element.get_text().split()) if element else ""
    return re.sub(r"\s+([.,;:)])", r"\1", text)


def first_sentence(text: str) -> str:
    """Return the first sentence of a text."""
    return _SENTENCE.split(text, maxsplit=1)[0]


def shortened(text: str) -> str:
    """Return a text cut at a word, with an ellipsis, where it is long."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST].rsplit(' ', 1)[0].rstrip(',;:')} \N{HORIZONTAL ELLIPSIS}"
