"""The markup of a page made fit for print: one namespace of ids, page numbers, no controls.

Works on the very HTML that the web pages hold, so that text, tables and numbers of
the PDF are those of the pages.
"""

import csv
import io
import posixpath
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, NavigableString, Tag

from .data import inert

HANGUL = r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]"
KOREAN = re.compile(rf"{HANGUL}+(?:[ ,.:·]+{HANGUL}+)*")
#: Tables with more columns than this are set in smaller type.
COLUMNS_UPRIGHT = 6
#: Tables with more columns than this are set on a page that is turned.
COLUMNS_TURNED = 10
#: Tables with no more rows and letters than these are not broken across pages.
ROWS_TOGETHER, LETTERS_TOGETHER = 18, 900

#: Texts in a cell are set in one line up to this length, where the others leave room.
LETTERS_OF_A_PHRASE = 22


@dataclass
class Chapter:
    """One chapter: its document name, its depth in the contents (1: a chapter) and its markup."""

    docname: str
    depth: int
    body: Tag
    part: str = ""
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Book:
    """What the markup of a chapter depends on in the whole book.

    Attributes
    ----------
    slugs : mapping of str to str
        Prefix of the ids of each document.
    drawn : mapping of str to bytes
        Data of the figures, by the names of their files.
    places : mapping of str to str
        The document in which each identifier stands.
    without, attached : sequence of str
        CSS selectors of what is left out, and of figures whose tables are attached instead.
    """

    slugs: Mapping[str, str]
    drawn: Mapping[str, bytes] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    attached: Sequence[str] = ()


def prepare(html: str, docname: str, depth: int, part: str, book: Book) -> Chapter:
    """Return a chapter for print.

    Parameters
    ----------
    html : str
        Body of the web page.
    docname : str
        Name of the Sphinx document.
    depth : int
        1 for a chapter, 2 for a section in a file of its own.
    part : str
        Title of the part that begins with this chapter, "" if none does.
    book : Book
        The book that it is a chapter of.
    """
    soup = BeautifulSoup(
        f'<section id="{book.slugs[docname]}" class="chapter depth-{depth}">{html}</section>',
        "html.parser",
        on_duplicate_attribute="ignore",
    )
    strip(soup)
    attached = leave_out(soup, book.without, book.attached)
    chapter = Chapter(docname, depth, soup.section, part, attached)
    take_files(chapter, soup, book.drawn)
    for step in (
        keep_signs,
        take_code,
        drop_controls,
        plain_numbers,
        footnotes,
        notes_of_marks,
        one_drawing,
        captions,
    ):
        step(chapter, soup)
    namespace(chapter, book.slugs)
    links(chapter, soup, book.slugs, book.places)
    anchor_headings(chapter)
    tables(chapter, soup)
    headings(chapter)
    return chapter


def keep_signs(chapter: Chapter, soup: BeautifulSoup) -> None:
    """Keep the signs of claims on the line of the word before them."""
    for sign in chapter.body.select("sup.claim-sign"):
        before = sign.previous_sibling
        match = (
            re.search(r"(?<=\s)(\S+)\s*$", before) if isinstance(before, NavigableString) else None
        )
        if match:
            together = soup.new_tag("span", attrs={"class": "unbroken"})
            sign.insert_before(together)
            together.extend([match[1] + " ", sign.extract()])
            before.replace_with(before[: match.start()])


def take_files(chapter: Chapter, soup: BeautifulSoup, drawn: Mapping[str, bytes]) -> None:
    """Keep the data of the figures as files to attach, and name them under their figures.

    Their names begin with `figure-`, since a figure may be named as a table of the data.
    """
    for details in chapter.body.select("details.chart-data"):
        link = details.select_one('a[download$=".csv"]')
        name = f"figure-{link['download']}"
        chapter.files[name] = drawn[link["download"]]
        note = soup.new_tag("p", attrs={"class": "attached"})
        note.string = f"Data: {name}, attached to this file."
        details.replace_with(note)


def take_code(chapter: Chapter, soup: BeautifulSoup) -> None:
    """Put in the place of code where it is: in the source of the chapter, which is attached."""
    name = f"{posixpath.basename(chapter.docname)}.md"
    for code in chapter.body.select("div.cell_input"):
        if not code.find_parent("details"):
            note = soup.new_tag("p", attrs={"class": "attached"})
            note.string = f"Code: {name}, attached to this file."
            code.replace_with(note)


def drop_controls(chapter: Chapter, soup: BeautifulSoup) -> None:
    """Remove what only a screen needs: permalinks, code (it is attached), scripts."""
    for control in chapter.body.select(
        "a.headerlink, details, button, script, form, a.cite, .citation-actions, .ledger-files,"
        " div.cell:not(:has(.cell_output, .attached)), .toctree-wrapper, .chart-state, .second,"
        " .short, .squares, figure p.address"
    ):
        if not control.decomposed:
            control.decompose()


def strip(body: Tag) -> None:
    """Remove what print never shows and what is most of a page: folded code, narrow drawings.

    What is sought by selectors afterwards is sought among a third of the elements.
    """
    for part in body.find_all(["details", "svg", "script", "button"]):
        classes = part.get("class", []) if not part.decomposed else ["chart-data"]
        if part.name in ("script", "button") or "above-input" in classes or "narrow" in classes:
            part.decompose()


def leave_out(body: Tag, selectors: Iterable[str], attached: Iterable[str]) -> dict[str, bytes]:
    """Leave out of print what stands elsewhere in the book or is attached to it.

    Parameters
    ----------
    body : bs4.Tag
        Content of a page.
    selectors : iterable of str
        CSS selectors of what is left out.
    attached : iterable of str
        CSS selectors of figures whose tables are attached as files: their captions stay.

    Returns
    -------
    dict of str to bytes
        The files to attach, by name. A table of the data is a file of the book already,
        which its caption names.
    """
    for selector in selectors:
        for part in body.select(selector):
            if not part.decomposed:
                part.decompose()
    files = {}
    for selector in attached:
        for figure in body.select(selector):
            name = f"{figure['id']}.csv"
            caption = figure.select_one("figcaption p")
            for table in figure.select("table"):
                if not caption.find("code", string=re.compile(r"\.csv$")):
                    files[name] = rows_of(table)
            for table in figure.select(".table-scroll, table"):
                if not table.decomposed:
                    table.decompose()
            note = Tag(name="span", attrs={"class": "file"})
            note.string = f"Attached: {name}." if name in files else "Attached."
            caption.extend([" ", note])
            figure["class"] = [*figure.get("class", []), "caption-alone"]
    return files


def rows_of(table: Tag) -> bytes:
    """Return a table as comma-separated values."""
    for extra in table.select(".note, .cite"):
        extra.decompose()
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for row in table.select("tr"):
        cells = row.find_all(["td", "th"])
        writer.writerow(inert(" ".join(cell.get_text(" ").split())) for cell in cells)
    return written.getvalue().encode()


def plain_numbers(chapter: Chapter, soup: BeautifulSoup) -> None:
    """Set numbers as plain text; citations keep their links."""
    for number in chapter.body.select("span.number"):
        for note in number.select(".note"):
            if not number.mark:
                note.decompose()
        if number.a and "citation-link" not in number["class"]:
            number.a.unwrap()


def footnotes(chapter: Chapter, soup: BeautifulSoup) -> None:
    """Set footnotes at the foot of their page, and addresses of external links as footnotes."""
    for mark in chapter.body.select("a.footnote-reference"):
        note = chapter.body.find(id=mark["href"][1:])
        foot = soup.new_tag("span", attrs={"class": "footnote"})
        for paragraph in note.find_all("p"):
            foot.extend([*paragraph.contents, " "])
        mark.replace_with(foot)
    for note in chapter.body.select("aside.footnote, aside.footnote-list"):
        if not note.decomposed:
            note.decompose()
    for link in chapter.body.select("p > a.reference.external, li > a.reference.external"):
        if link.find_parent(class_="citation") or link.get_text() in link["href"]:
            continue
        foot = soup.new_tag("span", attrs={"class": "footnote"})
        foot.string = link["href"]
        link.insert_after(foot)


def notes_of_marks(chapter: Chapter, soup: BeautifulSoup) -> None:
    """Print the reasons of marked cells as lettered notes under the table."""
    for table in chapter.body.select("table"):
        letters: dict[str, str] = {}
        for note in table.select(".number > .note"):
            reason = note.extract().get_text()
            letter = letters.setdefault(reason, _letter(len(letters)))
            mark = next(
                m
                for m in table.select(".number > mark")
                if not m.find_next_sibling("sup", class_="note-letter")
                and m.parent.get("data-noted") is None
            )
            mark.parent["data-noted"] = ""
            sign = soup.new_tag("sup", attrs={"class": "note-letter"})
            sign.string = letter
            mark.insert_after(sign)
        if letters:
            notes = soup.new_tag("div", attrs={"class": "table-notes"})
            for reason, letter in letters.items():
                line = soup.new_tag("p")
                sign = soup.new_tag("sup")
                sign.string = letter
                line.extend([sign, f" {reason}"])
                notes.append(line)
            (table.find_parent(class_="table-scroll") or table).insert_after(notes)


def _letter(number: int) -> str:
    return chr(ord("a") + number % 26) * (number // 26 + 1)


def one_drawing(chapter: Chapter, soup: BeautifulSoup) -> None:
    """Keep the wide drawing of a chart, in the book's typeface, with its text as its title."""
    for number, drawing in enumerate(chapter.body.select("svg")):
        if "narrow" in drawing.get("class", []):
            drawing.decompose()
            continue
        title = soup.new_tag("title")
        title.string = drawing.attrs.pop("aria-label", "")
        drawing.insert(0, title)
        for node in drawing.find_all(attrs={"font-family": True}):
            node["font-family"] = "Book Sans, Book Sans Korean"
        for node in [
            drawing,
            *drawing.find_all(True),
        ]:  # the same drawing may stand in two chapters
            for key, value in node.attrs.items():
                if isinstance(value, str) and "url(#" in value:
                    node[key] = value.replace(
                        "url(#", f"url(#{chapter.docname.replace('/', '-')}-{number}-"
                    )
            if "id" in node.attrs:
                node["id"] = f"{chapter.docname.replace('/', '-')}-{number}-{node['id']}"


def captions(chapter: Chapter, soup: BeautifulSoup) -> None:
    """Give tables a caption of their own and set those of figures as paragraphs."""
    for figure in chapter.body.select("figure"):
        figure.name = "div"
        figure["class"] = [*figure.get("class", []), "float"]
        cell = figure.find_parent(class_="cell")
        if cell is not None and not cell.find_all("figure"):  # it stands alone in its cell
            cell.insert_before(figure.extract())
            cell.decompose()
        caption = figure.find("figcaption")
        if caption is None:
            continue
        for inner in reversed(
            caption.select(":scope > div")
        ):  # docutils leaves the caption of a table open
            caption.insert_after(inner.extract())
        table = figure.find("table")
        caption.name = "caption" if table else "div"
        caption["class"] = ["caption"]
        if table:
            table.insert(0, caption.extract())
        else:
            figure.append(caption.extract())
            if note := figure.find(class_="attached"):
                caption.append(note.extract())


def namespace(chapter: Chapter, slugs: Mapping[str, str]) -> None:
    """Prefix every id with its document."""
    slug = slugs[chapter.docname]
    for node in chapter.body.find_all(id=True):
        if not node.find_parent("svg") and node.name != "svg":
            node["id"] = f"{slug}.{node['id']}"


def links(
    chapter: Chapter, soup: BeautifulSoup, slugs: Mapping[str, str], places: Mapping[str, str]
) -> None:
    """Point links at places in the book, references with page numbers; drop those to files."""
    folder = posixpath.dirname(chapter.docname)
    for link in chapter.body.select("a[href]"):
        address = link["href"]
        if re.match(r"[a-z]+:", address):
            continue
        page, _, anchor = address.partition("#")
        document = chapter.docname
        if page:
            target = posixpath.normpath(posixpath.join(folder, page))
            document = target.removesuffix(".html") if target.endswith(".html") else ""
            if document.startswith("id/"):
                anchor = document.removeprefix("id/")
                document = places.get(anchor, "")
        if document not in slugs:
            link.unwrap()
            continue
        link["href"] = f"#{slugs[document]}.{anchor}" if anchor else f"#{slugs[document]}"
        if (
            "internal" in link.get("class", [])
            and "claim" not in link["class"]
            and not link.find_parent(class_="bibtex-citation")
            and not link.find_parent(["table", "svg"])
        ):
            link["class"] = [
                *link["class"],
                "paged",
                "inside" if _inside_brackets(link) else "outside",
            ]


def anchor_headings(chapter: Chapter) -> None:
    """Move the ids of sections to their headings.

    A page number is asked for the box that has the id, and that of a section begins on
    the page before where its heading is kept with what follows it.
    """
    for heading in chapter.body.find_all(re.compile("^h[1-6]$")):
        section = heading.parent
        if section.name != "section" or "chapter" in section.get("class", []):
            continue
        for anchor in [child for child in section.find_all("span", id=True, recursive=False)]:
            heading.append(anchor.extract())
        if "id" in section.attrs:
            heading["id"] = section.attrs.pop("id")


def drop_unused_anchors(body: Tag) -> None:
    """Take their ids from the cells of tables to which nothing in the book leads."""
    used = {link["href"][1:] for link in body.select('a[href^="#"]')}
    for cell in body.select("td[id], th[id], tr[id], table[id]"):
        if cell["id"] not in used:
            del cell["id"]


def _inside_brackets(link: Tag) -> bool:
    """Tell whether a link stands in round brackets, where its page number needs none of its own."""
    before = []
    for piece in link.previous_elements:
        if isinstance(piece, Tag) and piece.name in ("p", "li", "caption", "dd"):
            break
        if isinstance(piece, NavigableString):
            before.append(str(piece))
    text = "".join(reversed(before))
    return text.count("(") > text.count(")")


def tables(chapter: Chapter, soup: BeautifulSoup) -> None:
    """Say of each table how it is to be set, and where keys and names of files may be broken."""
    for table in chapter.body.select("table"):
        rows = table.select("tbody > tr")
        columns = max((len(row.find_all(["td", "th"])) for row in rows), default=0)
        table["class"] = [*table.get("class", []), *(["wide"] if columns > COLUMNS_UPRIGHT else [])]
        if columns > COLUMNS_TURNED:
            holder = table.find_parent(class_="float") or table
            holder["class"] = [*holder.get("class", []), "turned"]
        elif len(rows) <= ROWS_TOGETHER and len(table.get_text()) < LETTERS_TOGETHER:
            table["class"] = [*table["class"], "together"]
        for scroll in table.find_parents(class_="table-scroll"):
            scroll.attrs = {"class": "table-scroll"}
        for text in [
            t
            for cell in table.select("td, tbody th")
            for t in cell.find_all(string=re.compile(r"\w[;_]\w"))
        ]:
            pieces = re.split(r"(?<=[;_])(?=\w)", str(text))
            new = [pieces[0]]
            for piece in pieces[1:]:
                new += [soup.new_tag("wbr"), piece]
            text.replace_with(*new)
        _share_width(table, rows)


def _share_width(table: Tag, rows: list[Tag]) -> None:
    """Give the columns of a table of prose room for their text, at least for the longest word."""
    heads = table.select("thead th")
    cells = ([cell.get_text() for cell in row.find_all(["td", "th"])] for row in rows)
    columns = list(zip(*cells, strict=False))
    if len(heads) != len(columns) or max(max(map(len, column)) for column in columns) < 40:
        return
    rooms = []
    for head, column in zip(heads, columns, strict=True):
        word = max(
            _letters_wide(piece)
            for text in (head.get_text(), *column)
            for piece in re.split(r"\s|(?<=[;_-])", text)
        )
        widths = [_letters_wide(text) for text in column]
        short = min(max(widths), LETTERS_OF_A_PHRASE)
        rooms.append(max(word + 1, short, (sum(widths) / len(widths)) ** 0.85))
    for head, room in zip(heads, rooms, strict=True):
        head["style"] = f"width:{100 * room / sum(rooms):.1f}%"


def _letters_wide(text: str) -> int:
    """Return how many Latin letters a text is wide: those of Hangul count two."""
    return sum(2 if unicodedata.east_asian_width(letter) == "W" else 1 for letter in text)


def headings(chapter: Chapter) -> None:
    """Lower the headings of sections that are files of their own."""
    for heading in chapter.body.find_all(re.compile("^h[1-5]$")):
        heading.name = f"h{min(int(heading.name[1]) + chapter.depth - 1, 6)}"


def mark_korean(body: Tag, soup: BeautifulSoup) -> None:
    """Wrap each Korean passage that is not yet marked."""
    for text in body.find_all(string=KOREAN):
        if text.find_parent(lang="ko") or text.find_parent("svg"):
            continue
        pieces, end = [], 0
        for match in KOREAN.finditer(str(text)):
            span = soup.new_tag("span", lang="ko")
            span.string = match[0]
            pieces += [str(text)[end : match.start()], span]
            end = match.end()
        text.replace_with(*[p for p in [*pieces, str(text)[end:]] if p])
