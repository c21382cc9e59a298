"""Columns and margin, the two views, previews, what is copied, searched, kept, printed."""

import json
import re

import pypdfium2
import pytest
from test_pages import PAGES, PAPER

from citablebook import data, previews, reading, search_text
from citablebook.paths import DATA

#: Paragraphs' lines but for the last of each, as a browser breaks them.
LINES = """() => {
  const lines = [];
  for (const p of document.querySelectorAll("article :is(section, .with-note) > p[id^='P-']")) {
    if (p.closest(".admonition") || p.lang === "ko") continue;
    const walker = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
    const own = []; let top = null, text = "";
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.parentElement.closest(".note, .claim-sign, .paragraph-mark, [hidden]")) continue;
      for (let i = 0; i < node.length; i += 1) {
        const range = document.createRange();
        range.setStart(node, i); range.setEnd(node, i + 1);
        const box = range.getClientRects()[0];
        if (!box || !box.width) { text += node.data[i]; continue; }
        if (top !== null && box.top > top + 8) { own.push(text.trim().length); text = ""; }
        if (top === null || box.top > top + 8) top = box.top;
        text += node.data[i];
      }
    }
    lines.push(...own);
  }
  return lines;
}"""
#: Signs that a reader sees within the text.
MARKS = """() => [...document.querySelectorAll(
    "article :is(.claim-sign, .paragraph-mark, .identifier, a.cite, .headerlink)")]
  .filter((e) => e.checkVisibility() && !e.closest("h1 + .address")).length"""


def opened(browser, book, name, width=1280, height=900, **more):
    context = browser.new_context(viewport={"width": width, "height": height}, **more)
    page = context.new_page()
    page.goto((book / f"{name}.html").as_uri())
    return page


@pytest.mark.parametrize("width", [768, 1024, 1280, 1440, 1920])
def test_lines_hold_66_to_72_characters(width, browser, book):
    page = opened(browser, book, "chapters/introduction", width)
    lines = page.evaluate(LINES)
    page.context.close()
    assert len(lines) > 15
    assert 65 <= sum(lines) / len(lines) <= 72


@pytest.mark.parametrize("name", PAPER)
def test_reading_shows_fewer_than_one_mark_in_sixty_words(name, browser, book):
    page = opened(browser, book, f"chapters/{name}")
    words = len(page.inner_text("article").split())
    assert page.evaluate(MARKS) * 60 < words
    page.get_by_role("button", name="Checking").first.click()
    assert page.evaluate(MARKS) * 60 > words
    page.context.close()


def test_the_view_is_remembered_and_chosen_before_the_page_is_drawn(page, served):
    page.goto(f"{served}/chapters/cases.html")
    assert page.evaluate("document.documentElement.dataset.view") == "reading"
    page.get_by_role("button", name="Checking").first.click()
    page.goto(f"{served}/chapters/literature.html", wait_until="commit")
    page.wait_for_selector("article", state="attached")
    assert page.evaluate("document.documentElement.dataset.view") == "checking"
    assert page.locator("sup.claim-sign").first.is_visible()


def test_reading_halves_the_stops_of_the_keyboard(browser, book):
    page = opened(browser, book, "chapters/cases")
    count = """() => [...document.querySelectorAll(
        "article :is(a[href], button, summary, input, select, [tabindex='0'])")]
      .filter((e) => e.checkVisibility()).length"""
    reading_stops = page.evaluate(count)
    page.get_by_role("button", name="Checking").first.click()
    assert reading_stops * 2 <= page.evaluate(count)
    page.context.close()


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_mark_stands_alone_on_a_line(width, browser, book):
    alone = """() => [...document.querySelectorAll(
        "article p :is(.claim-sign, .paragraph-mark)")].filter((mark) => {
      const { position, float } = getComputedStyle(mark);
      if (!mark.checkVisibility() || position === "absolute" || float === "right") return false;
      const box = mark.getBoundingClientRect(), range = document.createRange();
      range.setStart(mark.parentElement, 0); range.setEndBefore(mark);
      const rects = [...range.getClientRects()].filter((r) => r.width > 2), last = rects.at(-1);
      return last && last.bottom < box.top + 4;
    }).length"""
    for name in PAPER:
        page = opened(browser, book, f"chapters/{name}", width)
        page.evaluate("document.documentElement.dataset.view = 'checking'")
        assert page.evaluate(alone) == 0, name
        page.context.close()


def test_claims_stand_in_the_margin(browser, book):
    page = opened(browser, book, "chapters/cases", 1440)
    page.evaluate("document.documentElement.dataset.view = 'checking'")
    edge = page.locator("article p[id^='P-']").first.bounding_box()
    right = edge["x"] + edge["width"]
    for mark in page.locator("article :is(section, .with-note) > p > sup.claim-sign").all():
        assert mark.bounding_box()["x"] >= right
    page.context.close()


@pytest.mark.parametrize("width", [1280, 1440])
@pytest.mark.parametrize("name", ["cases", "conclusions"])
def test_remarks_on_text_stand_beside_it_and_over_nothing(name, width, browser, book):
    page = opened(browser, book, f"chapters/{name}", width)
    page.evaluate("document.documentElement.dataset.view = 'reading'")
    remarks = page.evaluate(
        """() => [...document.querySelectorAll(
            "article aside.edition:not(.digest)")].map((aside) => {
          const own = aside.getBoundingClientRect();
          const text = aside.parentElement.querySelector(".with-note").getBoundingClientRect();
          const under = [...document.querySelectorAll(
              "article :is(p, h2, h3, figure, table, aside)")].filter((other) => {
            const box = other.getBoundingClientRect();
            return !aside.contains(other) && other.checkVisibility() && box.width > 1
              && box.left < own.right && box.right > own.left
              && box.top < own.bottom && box.bottom > own.top;
          });
          return [own.left - text.right, own.top - text.top, under.map((e) => e.outerHTML)];
        })"""
    )
    assert len(remarks) >= 3
    for aside, below, under in remarks:
        assert aside > 0 and 0 <= below < 10 and under == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_a_paragraph_says_for_which_sentences_it_stands(page, book):
    page.goto((book / "chapters" / "firm-size.html").as_uri())
    mark = page.locator("a.paragraph-mark[data-sentences]").first
    identifier = mark.get_attribute("data-identifier")
    rows = data.load("sentences").fillna("")
    own = rows[rows["paragraphs"].str.split(";").map(lambda p: identifier in p)]
    pairs = [(str(row.section), int(row.number)) for row in own.itertuples()]
    assert mark.get_attribute("data-sentences") == reading.listed(pairs)


def test_sentences_are_listed_as_ranges():
    pairs = [("3.2", 4), ("3.2", 1), ("3.2", 2), ("4", 7)]
    assert reading.listed(pairs) == "3.2: 1\N{EN DASH}2, 4; 4: 7"
    assert reading.sentences("sentences", DATA)


@pytest.mark.parametrize("name", PAGES)
def test_remarks_and_own_sections_are_regions_with_names(name, soups):
    for remark in soups[name].select(".admonition.edition"):
        assert remark.name == "aside" and remark.get("aria-label")
    for section in soups[name].select("section.edition"):
        assert section.get("aria-label")


def test_notes_of_origin_name_nothing_twice(soups):
    """ "199 employees employees of a small firm" stood in one of four."""
    seen = 0
    for name, soup in soups.items():
        for note in soup.select(".number .note"):
            text, seen = note.get_text(" ", strip=True), seen + 1
            assert not re.search(r"\b([^\W\d]{2,}) \1\b", text), (name, text)
            assert re.search(r"\w{3}", text), (name, text)
    assert seen > 300


@pytest.mark.parametrize("name", PAGES)
def test_captions_hold_no_controls(name, soups):
    for caption in soups[name].select("figcaption"):
        assert not caption.select(".identifier, .cite, .headerlink, button"), caption.text


@pytest.mark.parametrize("how", ["hover", "focus", "tap"])
def test_claims_figures_and_sections_show_themselves(how, browser, book):
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, has_touch=how == "tap", is_mobile=how == "tap"
    )
    page = context.new_page()
    page.goto((book / "chapters" / "firm-size.html").as_uri() + "?view=checking")
    for kind, says in (("a.claim", "Claim C"), ("p a.reference[href*='#table-']", "Table")):
        link = page.locator(f"article {kind}").first
        if not link.count() or not link.is_visible():
            continue
        link.scroll_into_view_if_needed()
        if how == "focus":
            page.keyboard.press("Tab")  # so that focus is the keyboard's
        {"hover": link.hover, "focus": link.focus, "tap": link.tap}[how]()
        card = page.locator(".card")
        card.wait_for()
        assert says in card.inner_text()
        assert page.url.split("?")[0].endswith("firm-size.html")
        page.keyboard.press("Escape")
        assert not card.count()
    context.close()


def test_previews_say_what_the_page_says(soups, book):
    written = (book / "_static" / "previews.js").read_text(encoding="utf-8")
    shown = json.loads(written.removeprefix("window.bookPreviews = ").rstrip(";\n"))
    claim = shown["chapters/ledger.html#ledger-C79"]
    row = soups["ledger"].find(id="ledger-C79")
    assert claim["text"][:60] in row.text and claim["status"].split()[-1] in row.text
    figures = {key: value for key, value in shown.items() if "image" in value}
    assert figures and all((book / value["image"]).exists() for value in figures.values())


def test_a_first_sentence_is_a_sentence():
    assert previews.first_sentence("So says R. Rothwell (1989). It is so.") == (
        "So says R. Rothwell (1989)."
    )


# -- copying and citing -------------------------------------------------------------------


def copied(page) -> str:
    return page.evaluate("""() => new Promise((done) => {
        document.addEventListener("copy", (event) => {
            const given = event.clipboardData.getData("text/plain");
            done(given || getSelection().toString());
        }, { once: true });
        document.execCommand("copy");
    })""")


def test_a_copied_passage_is_the_text_alone(page, book):
    page.goto((book / "chapters" / "introduction.html").as_uri() + "?view=checking")
    paragraph = page.locator("p:has(sup.claim-sign)").first
    paragraph.evaluate("p => getSelection().selectAllChildren(p)")
    taken = copied(page)
    assert len(taken) > 80
    assert not re.search(r"C\d+|¶|P-\d+", taken)


def test_a_quotation_is_cited_by_section_and_paragraph_and_never_by_a_local_path(browser, served):
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{served}/chapters/firm-size.html")
    page.locator("p[id='P-53']").evaluate("p => getSelection().selectAllChildren(p)")
    copied(page)
    page.get_by_role("button", name="Copy with its reference").click()
    page.wait_for_function(
        "document.querySelector('.message').textContent.startsWith('Quotation copied')"
    )
    text = page.evaluate("navigator.clipboard.readText()")
    assert "section 3.2" in text and "paragraph P-53" in text
    assert "127.0.0.1" not in text and "file:" not in text and "/home" not in text
    context.close()


# -- what lives in the address -------------------------------------------------------------


def test_the_ledgers_filter_survives_back_and_stands_in_the_address(page, served):
    page.goto(f"{served}/chapters/ledger.html")
    page.select_option("[name=section]", index=2)
    told = page.inner_text(".ledger-filter output")
    assert "section=" in page.url
    page.locator("table.ledger tbody tr:not([hidden]) th a").first.click()
    page.wait_for_url("**/chapters/*.html#C*")  # past the page of its permanent address
    page.go_back()
    page.wait_for_function(
        "told => document.querySelector('.ledger-filter output')?.textContent === told", arg=told
    )
    shown = page.locator("table.ledger tbody tr:not([hidden])").count()
    assert told.startswith(f"{shown} of ")


def test_a_claim_that_an_address_names_is_shown_whatever_the_filter(page, book):
    page.goto((book / "chapters" / "ledger.html").as_uri() + "?q=zzzz#ledger-C79")
    assert page.locator("[id=ledger-C79]").is_visible()


def test_a_chosen_value_of_a_chart_stands_in_the_address(page, book):
    address = (book / "chapters" / "literature.html").as_uri()
    page.goto(address)
    page.locator("button.explore").first.click()
    page.wait_for_selector(".interactive svg")
    page.locator("input[type=range]").first.fill("500")
    page.wait_for_url("**=500*")
    page.goto(page.url)
    page.wait_for_selector(".interactive svg")
    assert page.locator("input[type=range]").first.input_value() == "500"
    page.locator("button.explore").first.click()  # back
    assert "=500" not in page.url and page.locator(".chart > svg").first.is_visible()


def test_the_eight_cells_of_table_1_swap_in_place_and_sums_and_charts_follow(page, book):
    page.goto((book / "chapters" / "firm-size.html").as_uri())
    tables = page.locator("figure:has(form.table-versions)")
    cells = tables.first.locator("td.differs")
    assert cells.count() == 8 and tables.count() == 2
    sums = page.locator("#table-margins tr", has_text="bands, added").locator("td").nth(1)
    assert sums.inner_text() == "4,618"
    before = cells.all_inner_texts()
    page.get_by_label("repaired").first.check()
    after = cells.all_inner_texts()
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert "8 cells" in page.inner_text("form.table-versions [role=status]")
    assert sums.inner_text() == "4,378"
    assert "table=repaired" in page.url
    page.wait_for_selector(".interactive svg")
    page.get_by_label("as printed").first.check()
    assert cells.all_inner_texts() == before and sums.inner_text() == "4,618"


# -- search ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query, says",
    [
        ("Rothwell (1989)", "Rothwell (1989)"),
        ("loof", "L\u00f6\u00f6f"),
        ("4387", "4,387"),
        ("1945-49", "1945\N{EN DASH}49"),
        ("F-E7", ""),
        ("P-57", ""),
        ("C12", "Claim C12"),
        ("\uc911\uc18c\uae30\uc5c5", "\uc911\uc18c\uae30\uc5c5"),
    ],
)
def test_search_finds_what_readers_type(query, says, page, book):
    page.goto((book / "search.html").as_uri())
    page.fill("#book-query", query)
    page.wait_for_function("document.getElementById('book-count').textContent")
    assert says in page.inner_text("#book-results")
    assert re.match(r"\d+ places? found", page.inner_text("#book-count"))
    assert "q=" in page.url


def test_search_says_how_many_there_are_and_shows_all(page, book):
    page.goto((book / "search.html").as_uri() + "?q=innovation")
    page.wait_for_function("document.getElementById('book-count').textContent")
    number = int(re.match(r"(\d+)", page.inner_text("#book-count"))[1])
    assert number > 60
    page.click("#book-more")
    assert page.locator("#book-results li").count() == number


def test_inline_text_is_joined_and_blocks_are_parted():
    from bs4 import BeautifulSoup

    soup = BeautifulSoup("<p>by <b>Rothwell</b> (<a>1989</a>)</p><p>Next</p>", "html.parser")
    assert search_text.text_of(soup) == "by Rothwell (1989) Next"


# -- phones, print, other --------------------------------------------------------------------


def test_drawers_close_when_their_work_is_done(browser, book):
    page = opened(browser, book, "chapters/cases", 390, 844)
    page.locator(".mobile-header .toc-overlay-icon").click()
    assert page.evaluate("document.getElementById('__toc').checked")
    page.keyboard.press("Escape")
    assert not page.evaluate("document.getElementById('__toc').checked")
    page.locator(".mobile-header .toc-overlay-icon").click()
    page.locator(".toc-drawer a").last.click()
    assert not page.evaluate("document.getElementById('__toc').checked")
    page.context.close()


@pytest.mark.parametrize("width", [360, 390])
def test_wide_tables_fit_or_show_that_they_go_on(width, browser, book):
    page = browser.new_page(viewport={"width": width, "height": 844})
    for name in PAGES:
        page.goto((book / "chapters" / f"{name}.html").as_uri())
        cut = page.evaluate("""() => [...document.querySelectorAll("article .table-scroll")]
          .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
          .filter((e) => !getComputedStyle(e).backgroundImage.includes("gradient"))
          .map((e) => e.ariaLabel)""")
        assert not cut, (name, cut)
    page.close()


@pytest.mark.parametrize("width", [360, 390])
def test_table_1_fits_a_phone(width, browser, book):
    page = opened(browser, book, "chapters/firm-size", width, 844)
    over = page.evaluate(
        """() => {
            const box = document.querySelector("form.table-versions + .table-scroll");
            return box.scrollWidth - box.clientWidth;
        }"""
    )
    page.context.close()
    assert over <= 0


@pytest.mark.parametrize("name", ["index", "firm-size", "cases"])
def test_with_wider_spacing_of_text_nothing_is_lost_at_320_pixels(name, browser, book):
    page = opened(browser, book, f"chapters/{name}", 320, 700)
    page.add_style_tag(
        content="* { line-height: 1.5 !important; letter-spacing: 0.12em !important;"
        " word-spacing: 0.16em !important } p { margin-bottom: 2em !important }"
    )
    page.evaluate("dispatchEvent(new Event('resize'))")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    lost = page.evaluate("""() => [...document.querySelectorAll("article .chart > svg text")]
      .filter((t) => t.textContent && t.getBoundingClientRect().right > 320)
      .map((t) => t.textContent)""")
    page.context.close()
    assert not lost


def test_the_first_screen_of_a_phone_says_what_is_claimed_and_found(browser, book):
    page = opened(browser, book, "chapters/index", 360, 780)
    for words in ("A Review of Studies on the Influence", "What the paper claims", "small firm"):
        box = page.get_by_text(words).first.bounding_box()
        assert box and box["y"] < 780 - 20, words
    page.context.close()


@pytest.mark.parametrize("name", ["firm-size", "ledger", "proofreading-table-1"])
def test_the_browsers_print_has_no_controls_and_no_empty_sheets(name, page, book, tmp_path):
    page.goto((book / "chapters" / f"{name}.html").as_uri())
    target = tmp_path / "print.pdf"
    page.pdf(path=str(target), format="A4")
    sheets = [sheet.get_textpage().get_text_range() for sheet in pypdfium2.PdfDocument(target)]
    text = "\n".join(sheets)
    for control in ("Skip to content", "Explore", "Show it", "Data and picture", "On this page"):
        assert control not in text, control
    assert all(len(sheet.split()) > 25 for sheet in sheets[:-1]), [len(s.split()) for s in sheets]


def test_every_bundled_table_has_a_page_with_all_its_rows(book):
    from bs4 import BeautifulSoup

    for entry in data.package()["resources"]:
        page = book / "data" / f"{entry['name']}.html"
        rows = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select("tbody tr")
        assert len(rows) == len(data.load(entry["name"]))
        assert (page.with_suffix(".csv")).read_bytes() == (DATA / entry["path"]).read_bytes()


def test_links_do_not_glide_over_long_pages(page, book):
    page.goto((book / "chapters" / "ledger.html").as_uri())
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_pages_have_one_viewport(soups):
    for soup in soups.values():
        assert len(soup.select("meta[name=viewport]")) == 1
