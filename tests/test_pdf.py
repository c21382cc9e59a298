"""The PDF: tagged, accessible, with the words and numbers of the pages, the same anywhere."""

import collections
import ctypes
import functools
import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import yaml
from bs4 import BeautifulSoup

from citablebook import build, palette, print_markup, typesetting
from citablebook.paths import CITATION, DATA, ROOT

pytestmark = pytest.mark.book  # what has no need of the whole one typesets one of its own

MARGIN = 15 / 25.4 * 72  # no text stands nearer to the edge of the paper, in points
# Identifiers stand in the outer margin of a book whose paper is smaller than an office's; what
# a printer trims is 5 mm at most.
MARGIN_OF_IDENTIFIERS = 7 / 25.4 * 72
ROUNDING = 0.01  # coordinates in the file are rounded
IDENTIFIER = re.compile(r"[CFPST]-?[A-Z]?[\d.]+|S-[A-Z\d.]+")
FOOT = 14 / 25.4 * 72  # empty below the column
HEAD = 16 / 25.4 * 72


@pytest.fixture(scope="session")
def path(made) -> Path:
    """The PDF."""
    assert not made["pdf"], made["pdf"]
    return ROOT / "_build" / "pdf" / "book.pdf"


@pytest.fixture(scope="session")
def pdf(path):
    with pikepdf.open(path) as opened:
        yield opened


@pytest.fixture(scope="session")
def elements(pdf):
    """The structure elements in reading order."""
    found = []

    def walk(node):
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append(node)
            if "/K" in node:
                walk(node.K)

    walk(pdf.Root.StructTreeRoot.K)
    return found


@pytest.fixture(scope="session")
def pages(book):
    """The articles of the pages in the order of the contents, without what print leaves out."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]
    left_out = [settings[f"citablebook_print_{name}"] for name in ("without", "attached")]
    articles = []
    for place in chapters_in_order():
        article = BeautifulSoup(
            (book / f"{place}.html").read_text(encoding="utf-8"),
            "html.parser",
            on_duplicate_attribute="ignore",
        ).select_one("article")
        for extra in article.select(
            "a.headerlink, details, button, form, a.cite, .citation-actions, .ledger-files,"
            " svg.narrow, .toctree-wrapper, .second, .short, .squares,"
            " .index-of-tables"  # of links to pages; the PDF has the tables attached
        ):
            extra.decompose()
        print_markup.leave_out(article, *left_out)
        articles.append(article)
    return articles


def chapters_in_order() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())

    def files(node):
        for entry in node.get("parts", []) + node.get("chapters", []) + node.get("sections", []):
            yield from ([entry["file"]] if "file" in entry else [])
            yield from files(entry)

    return [toc["root"], *files(toc)]


def letters(text: str) -> str:
    """A text without what typesetting may change: spaces and hyphens."""
    return re.sub(r"[\s\u00ad\u2010\ufffe\u0002-]+", "", text)


@pytest.fixture(scope="session")
def text(path) -> str:
    """What the columns of all pages hold, without running heads, page references and notes."""
    document = pypdfium2.PdfDocument(path)
    columns = []
    for page in document:
        width, height = page.get_size()
        columns.append(
            page.get_textpage().get_text_bounded(
                left=0, right=width, bottom=0, top=height - 15 / 25.4 * 72
            )
        )
    return letters(re.sub(r",? \(?p\.\s\d+\)?", "", "\n".join(columns)))


def test_it_says_that_it_is_pdf_ua_and_is_tagged(pdf, elements):
    with pdf.open_metadata() as xmp:
        assert xmp["pdfuaid:part"] == "1"
    assert pdf.Root.MarkInfo.Marked and pdf.Root.ViewerPreferences.DisplayDocTitle
    assert str(pdf.Root.Lang) == "en" and len(elements) > 500


def test_the_rules_of_pdf_ua_that_a_machine_can_check_find_nothing(path):
    run = subprocess.run(
        [sys.executable, "-m", "pdfua", "check", str(path)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]


def test_headings_begin_at_one_and_skip_no_level(elements):
    levels = [int(str(e.S)[2]) for e in elements if re.fullmatch(r"/H[1-6]", str(e.S))]
    assert levels[0] == 1 and len(levels) > 30
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_figure_has_the_text_of_its_page(elements, pages):
    expected = [drawing["aria-label"] for page in pages for drawing in page.select("svg.wide")]
    assert expected
    assert [str(e.Alt) for e in elements if e.S == "/Figure"] == expected


def test_every_header_of_a_table_says_what_it_heads(elements, pages):
    heads = [e for e in elements if e.S == "/TH"]
    assert {str(e.A.Scope) for e in heads} == {"/Row", "/Column"}
    in_pages = sum(len(page.select("th")) for page in pages)
    assert len(heads) >= in_pages > 0  # heads are repeated where a table goes on


def test_korean_passages_say_that_they_are_korean(elements, pages):
    assert (
        sum(e.get("/Lang") == "ko" for e in elements)
        >= sum(len(page.select('[lang="ko"]')) for page in pages)
        > 0
    )


def test_korean_is_marked_wherever_it_stands():
    soup = BeautifulSoup(
        "<div><p>In 경제, or 지역 산업 정책 it <b lang='ko'>혁신</b></p></div>",
        "html.parser",
    )
    print_markup.mark_korean(soup.div, soup)
    assert [mark.get_text() for mark in soup.select('[lang="ko"]')] == [
        "경제",
        "지역 산업 정책",
        "혁신",
    ]


def test_bookmarks_name_every_section_in_order(pdf, pages):
    titles = []
    with pdf.open_outline() as outline:

        def walk(items):
            for item in items:
                titles.append(letters(item.title))
                walk(item.children)

        walk(outline.root)
    expected = [
        letters(heading.get_text()) for page in pages[1:] for heading in page.select("h1, h2, h3")
    ]
    assert [title for title in titles if title in set(expected)] == expected


def test_metadata_are_those_of_the_citation_file(pdf):
    record = yaml.safe_load(CITATION.read_text(encoding="utf-8"))
    with pdf.open_metadata() as xmp:
        assert xmp["dc:title"] == record["title"] == str(pdf.docinfo["/Title"])
        assert xmp["dc:creator"] == [person["name"] for person in record["authors"]]
        assert set(xmp["dc:subject"]) == set(record["keywords"])
        assert set(xmp["dc:language"]) == {"en", "ko"}
        assert all(licence in xmp["dc:rights"] for licence in record["license"])
        assert len(re.findall("<rdf:RDF", str(xmp))) == 1


def test_data_and_citation_are_attached_as_they_are(pdf):
    files = [CITATION, DATA / "datapackage.json", *DATA.glob("*.csv")]
    for file in files:
        assert pdf.attachments[file.name].get_file().read_bytes() == file.read_bytes(), file.name


def test_every_heading_caption_and_number_of_the_pages_stands_in_order(text, pages):
    for page in pages:
        for hidden in page.select(".note"):
            hidden.decompose()
    whole = [
        letters(heading.get_text()) for page in pages[1:] for heading in page.select("h1, h2, h3")
    ]
    in_contents = text.index(letters("Summary"))
    assert whole
    assert in_order(whole, text[text.index(letters("Summary"), in_contents + 1) :]) is None
    for page in pages:
        captions = [letters(c.get_text()) for c in page.select("span.caption-text")]
        labels = [letters(c.get_text()) for c in page.select("span.caption-number")]
        for label, caption in zip(labels, captions, strict=True):
            assert label + caption in text
    for page in pages:
        # A number with the words right before it, from its own paragraph or cell.
        numbers = [
            with_words(number)
            for number in page.select(
                "p span.number:not(.citation-link), li span.number:not(.citation-link)"
            )
        ]
        assert in_order(numbers, text) is None


def with_words(number) -> str:
    before = []
    for piece in number.previous_siblings:
        if getattr(piece, "name", None) not in (None, "em", "strong"):
            break
        before.insert(0, piece if isinstance(piece, str) else piece.get_text())
    return letters("".join(before))[-25:] + letters(number.get_text())


def listed(raw: list[str]) -> dict[str, int]:
    """The lines of the contents and of the lists of figures and tables: title, page."""
    found = {}
    for line in "\n".join(raw[2:12]).split("\n"):
        match = re.match(r"(.{4,}?)[ .\u2009]*\s(\d{1,3})\s*$", line.strip())
        if match and 0 < int(match[2]) <= len(raw) and len(letters(match[1])) > 8:
            found[letters(match[1])] = int(match[2])
    return found


def test_the_contents_have_the_right_pages(path):
    """Every line is looked up on the page that it names, and not found on the one before."""
    raw = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path)]
    texts, titles = [letters(text) for text in raw], listed(raw)
    sections = {t: p for t, p in titles.items() if re.match(r"\d", t) and t in texts[p - 1]}
    # What is listed of a figure or table stands there after its label and number.
    rest = {t: p for t, p in titles.items() if t not in sections}
    wrong = {t: p for t, p in rest.items() if re.sub(r"^[\d.]+", "", t) not in texts[p - 1]}
    assert len(sections) > 30 and not wrong
    assert any(title not in texts[page - 2] for title, page in sections.items())


def in_order(expected: list[str], text: str) -> str | None:
    """Return the first text that does not follow the ones before it."""
    place = 0
    for piece in expected:
        place = text.find(piece, place)
        if place < 0:
            return piece
        place += len(piece)
    return None


def test_the_search_for_numbers_can_fail(text):
    assert in_order([text[100:140], text[10:40]], text[:200]) and in_order(["no such text"], text)


def test_every_cell_of_the_tables_is_there(text, pages):
    for page in pages:
        for row in page.select("table.book-table tbody tr"):
            for cell in row.select("td.numeric"):
                for note in cell.select(".note"):
                    note.decompose()
            cells = [
                cell.get_text() for cell in row.select("td.numeric") if not cell.select("mark")
            ]
            if len(cells) == len(row.select("td")) > 1:
                assert letters("".join(cells)) in text, cells


def test_fonts_are_embedded_and_none_is_the_machines(pdf):
    names = set()
    for holder in pdf.objects:
        if isinstance(holder, pikepdf.Dictionary) and holder.get("/Type") == "/FontDescriptor":
            names.add(str(holder.FontName))
            assert any(key in holder for key in ("/FontFile2", "/FontFile3")), holder.FontName
    assert names and all(re.match(r"/[A-Z]{6}\+Book-(Serif|Sans|Mono)", name) for name in names), (
        names
    )
    assert any("Korean" in name for name in names)


def test_no_text_leaves_the_page(path):
    for number, page in enumerate(pypdfium2.PdfDocument(path), start=1):
        width, height = page.get_size()
        words = page.get_textpage()
        for i in range(words.count_rects()):
            left, bottom, right, top = words.get_rect(i)
            said = words.get_text_bounded(left, bottom, right, top).strip()
            side = MARGIN_OF_IDENTIFIERS if IDENTIFIER.fullmatch(said) else MARGIN
            assert (
                left >= side - ROUNDING
                and right <= width - side + ROUNDING
                and bottom >= MARGIN / 2
                and top <= height - MARGIN / 2
            ), f"page {number}: {said}"


def test_it_has_at_most_eighty_pages(path):
    assert 40 < len(pypdfium2.PdfDocument(path)) <= 80


def beginnings(pdf) -> set[int]:
    """The pages, from 0, at whose head a chapter or another part of the book begins."""
    found = set()
    with pdf.open_outline() as outline:
        for item in outline.root:
            page, _, _, top, *_ = item.destination
            number = pdf.pages.index(pikepdf.Page(page))
            if float(top) > float(pdf.pages[number].mediabox[3]) * 0.75:
                found.add(number)
    return found


def filled(page) -> float:
    """The part of the height of its column down to which a page holds text."""
    width, height = page.get_size()
    words = page.get_textpage()
    rects = [words.get_rect(i) for i in range(words.count_rects())]
    column = [bottom for _, bottom, _, top in rects if top < height - HEAD]
    return (height - HEAD - min(column, default=height - HEAD)) / (height - HEAD - FOOT)


def test_no_page_is_left_half_empty(path, pdf):
    """But the title, the page behind it, and where the next page begins a chapter."""
    document = pypdfium2.PdfDocument(path)
    ends = {number - 1 for number in beginnings(pdf)} | {len(document) - 1}
    full = [filled(page) for page in document]
    assert [n + 1 for n in range(2, len(full)) if n not in ends and full[n] < 0.6] == []
    assert len(ends) < len(full) / 4 and sum(part > 0.9 for part in full) > len(full) / 2


def test_the_measure_of_full_pages_can_fail():
    made = typesetting.pdf("<h1>Title</h1><p>One line.</p>", record(), {}, "book")
    assert filled(pypdfium2.PdfDocument(made)[0]) < 0.2


def test_typesetting_leaves_the_environment_as_it_was():
    before = dict(os.environ)
    typesetting.pdf("<section><h1>T</h1></section>", record(), {}, "book")
    assert dict(os.environ) == before


def test_text_fills_the_page_on_which_a_figure_has_no_room():
    text = "<p>Before.</p>" * 30
    figure = (
        '<div class="float"><svg width="300" height="300" viewBox="0 0 300 300">'
        '<title>t</title><rect width="300" height="300"/></svg><div class="caption">'
        "Caption.</div></div>"
    )
    markup = f"<section><h1>T</h1>{text}{figure}<p>After one.</p><p>After two.</p></section>"
    pages = [
        page.get_textpage().get_text_range()
        for page in pypdfium2.PdfDocument(typesetting.pdf(markup, record(), {}, "book"))
    ]
    assert len(pages) == 2 and "After one." in pages[0] and "Caption." in pages[1]


def test_no_line_ends_after_its_first_word():
    """At no width, also where the text fits but for its last space."""
    said = "Who means what: the definitions that the paper reports, in our words. "
    lines = [
        f'<p class="caption" style="width:{width / 4}px">{said}<span class="place">T-1</span></p>'
        for width in range(1160, 1240)
    ]
    made = typesetting.pdf(f"<h1>T</h1>{''.join(lines)}", record(), {}, "book")
    text = "".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(made))
    assert text.count("Who means what") == len(lines)


def test_type_is_large_enough_to_read(path):
    """8.5 points for text, 7 for tables; smaller are only signs, and labels within drawings."""
    from pypdfium2 import raw

    sizes = {"Serif": collections.Counter(), "Sans": collections.Counter()}
    for page in list(pypdfium2.PdfDocument(path))[8:20]:
        for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            name = thing.get_font().get_base_name()
            family = "Serif" if "Serif" in name else "Sans"
            scale = thing.get_matrix().d
            size = round(abs(thing.get_font_size() * scale), 1)
            left, _, right, _ = thing.get_bounds()
            sizes[family][size] += right - left
    (text, _), *_ = sizes["Serif"].most_common(1)
    assert text >= 8.5
    small = sum(length for size, length in sizes["Sans"].items() if size < 7)
    assert small < 0.2 * sum(sizes["Sans"].values())


def test_links_are_coloured(path):
    from pypdfium2 import raw

    page = pypdfium2.PdfDocument(path)[9]
    blue = tuple(int(palette.LIGHT["blue"][i : i + 2], 16) for i in (1, 3, 5))
    seen = set()
    for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
        parts = [ctypes.c_uint() for _ in range(4)]
        raw.FPDFPageObj_GetFillColor(thing, *parts)
        seen.add(tuple(part.value for part in parts[:3]))
    assert blue in seen and len(seen) > 1


def test_the_inner_margin_is_the_wider_one(path):
    lefts = {0: [], 1: []}
    for number, page in enumerate(pypdfium2.PdfDocument(path)):
        words = page.get_textpage()
        rects = (words.get_rect(i) for i in range(words.count_rects()))
        lines = [left for left, _, right, _ in rects if right - left > 250]
        if lines:
            lefts[number % 2].append(min(lines))
    odd, even = (sorted(lefts[side])[len(lefts[side]) // 2] for side in (0, 1))
    assert odd - even > 2.5 / 25.4 * 72


def test_what_is_not_printed_is_attached_and_says_so(pdf, book, text):
    """Each table of the pages is printed, or attached with all its rows under the name it says."""
    attached = printed = 0
    for place in chapters_in_order():
        page = BeautifulSoup((book / f"{place}.html").read_text(encoding="utf-8"), "html.parser")
        for figure in page.select("article figure[id]:has(table)"):
            if figure.select_one("svg, .chart"):
                continue
            name = f"{figure['id']}.csv"
            number = letters(figure.select_one(".caption-number").get_text())
            source = figure.select_one("figcaption code")
            if name in pdf.attachments:
                rows = pdf.attachments[name].get_file().read_bytes().decode().splitlines()
                assert len(rows) == len(figure.select("tr")), name
                assert letters(f"Attached: {name}") in text
                attached += 1
            elif source and source.get_text().endswith(".csv"):
                assert Path(source.get_text()).name in pdf.attachments
                attached += 1
            else:
                first = figure.select_one("tbody tr").select("th, td")[0]
                assert letters(first.get_text())[:20] in text, number
                printed += 1
        assert f"{Path(place).name}.md" in pdf.attachments  # with the code
    assert attached > 20 and printed > 20
    grounds = pdf.attachments["ledger.csv"].get_file().read_bytes().decode()
    assert "reason" in grounds.split("\n")[0] and "would_change" in grounds.split("\n")[0]
    assert "references.bib" in pdf.attachments


def test_no_table_is_printed_twice(text, pages):
    """By rows that follow one another; a claim that two chapters test has a row in both."""
    pairs = []
    for table in (table for page in pages for table in page.select("table.book-table")):
        rows = [
            letters("".join(cell.get_text() for cell in row.select("th, td")))
            for row in table.select("tbody tr")
            if not row.select(".note, mark")
        ]
        pairs += [one + next_one for one, next_one in itertools.pairwise(rows)]
    pairs = [pair for pair in pairs if len(pair) > 80]
    assert len(pairs) > 30 and sum(pair in text for pair in pairs) > 30
    assert not [pair for pair in pairs if text.count(pair) > 1]


@functools.cache
def record() -> dict:
    return yaml.safe_load(CITATION.read_text(encoding="utf-8")) | {
        "editors": ["Editors"],
        "licences": "CC-BY-4.0",
        "languages": ["en"],
    }


def warnings_of(monkeypatch, markup: str, paper: str = "a4") -> list[str]:
    seen = []
    monkeypatch.setattr(
        typesetting.logger, "warning", lambda message, *values, **_: seen.append(message % values)
    )
    typesetting.pdf(f'<section id="a"><h1>Title</h1>{markup}</section>', record(), {}, paper)
    return seen


@pytest.mark.parametrize(
    "markup, complaint",
    [
        ("<p>fits</p>", None),
        (
            f"<table><tr><td style='white-space:nowrap'>{'too wide ' * 40}</td></tr></table>",
            "beyond the column",
        ),
        (
            "<svg width='900' height='40' viewBox='0 0 900 40' style='max-width:none'>"
            "<title>t</title></svg>",
            "beyond the column",
        ),
        ("<p>\U0001f600</p>", "unsupported by fonts"),
        ("<p><a href='#nowhere'>x</a></p>", "nowhere"),
    ],
)
def test_what_a_reader_would_see_go_wrong_is_a_warning(monkeypatch, markup, complaint):
    seen = warnings_of(monkeypatch, markup)
    assert any(complaint in warning for warning in seen) if complaint else not seen


def test_letter_paper_and_no_other():
    made = pypdfium2.PdfDocument(typesetting.pdf("<h1>Title</h1>", record(), {}, "letter"))
    assert made[0].get_size() == pytest.approx((612, 792), abs=0.5)
    with pytest.raises(typesetting.PdfError, match="unknown paper 'a5'.*a4, letter"):
        typesetting.pdf("", record(), {}, "a5")


def test_footnotes_go_to_the_foot_and_links_lead_within_the_book():
    page = (
        '<p>Word<a class="footnote-reference brackets" href="#n1" id="r1">1</a> and '
        '<a class="reference internal" href="other.html#place">there</a>'
        ' (see <a class="reference internal" href="other.html">it</a>)</p>'
        '<aside class="footnote" id="n1"><p>Note.</p></aside>'
    )
    book = print_markup.Book({"chapters/one": "one", "chapters/other": "other"})
    body = print_markup.prepare(page, "chapters/one", 1, "", book).body
    assert body.select_one("span.footnote").get_text(strip=True) == "Note." and not body.select(
        "aside"
    )
    outside, inside = body.select("a.paged")
    assert (outside["href"], inside["href"]) == ("#other.place", "#other")
    assert "outside" in outside["class"] and "inside" in inside["class"]


def test_jupyter_books_own_command_makes_the_same_bytes_elsewhere(path, tmp_path):
    """Another folder, another time zone, another day, another way to start it."""
    elsewhere = tmp_path / "an other place"
    shutil.copytree(
        ROOT,
        elsewhere,
        ignore=shutil.ignore_patterns(
            ".venv", "_build", ".git", "__pycache__", ".pytest_cache", ".hypothesis"
        ),
    )
    environment = {
        **os.environ,
        "SOURCE_DATE_EPOCH": build.fixed_environment(ROOT)["SOURCE_DATE_EPOCH"],
        "TZ": "Asia/Seoul",
    }
    command = [
        str(Path(sys.executable).with_name("jupyter-book")),
        "build",
        ".",
        "--builder",
        "custom",
        "--custom-builder",
        "pdf",
        "-W",
        "--keep-going",
    ]
    run = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    made = (elsewhere / "_build" / "pdf" / "book.pdf").read_bytes()
    assert made == path.read_bytes()
    assert not [
        folder
        for folder in (str(ROOT), str(elsewhere), "file:///")
        for stream in streams(made)
        if folder.encode() in stream
    ]


def streams(content: bytes) -> list[bytes]:
    """Everything readable in a PDF."""
    import io

    with pikepdf.open(io.BytesIO(content)) as opened:
        return [
            o.read_bytes() if isinstance(o, pikepdf.Stream) else o.unparse()
            for o in opened.objects
            if isinstance(o, (pikepdf.Stream, pikepdf.Dictionary))
        ]


def test_what_print_leaves_out_keeps_its_caption_and_says_where_it_is():
    figure = (
        '<figure id="table-data-x"><figcaption><p>Rows.</p></figcaption>'
        "<table><tr><th>a</th><td>1</td></tr></table></figure>"
    )
    body = BeautifulSoup(f'{figure}<p class="grounds">seen</p>', "html.parser")
    files = print_markup.leave_out(body, [".grounds"], ['[id^="table-data-"]'])
    assert body.get_text() == "Rows. Attached: table-data-x.csv."
    assert not body.table and files == {"table-data-x.csv": b"a,1\n"}


def test_the_book_has_a_format_and_lists_of_figures_and_no_web_instructions(path, text, pages):
    document = pypdfium2.PdfDocument(path)
    listed_here = letters(
        "".join(page.get_textpage().get_text_range() for page in list(document)[3:7])
    )
    figures = [
        number.get_text().split()[-1]
        for page in pages
        for number in page.select("figure:has(svg) .caption-number")
    ]
    for number in figures:
        assert number in listed_here
    assert len(figures) >= 15
    width, height = (round(side * 25.4 / 72) for side in document[10].get_size())
    assert (width, height) == (156, 234)
    first = [letters(page.get_textpage().get_text_range()) for page in document][3:10]
    assert any("Figures" in page for page in first) and any("Tables" in page for page in first)
    for words in ("Point at it", "tap it", "is copied", "Show it", "Skip to content"):
        assert letters(words) not in text, words
