"""The built HTML: all is there, numbered, captioned and referred to; it works for readers."""

import copy
import gzip
import json
import re

import pytest
import yaml

from citablebook.paths import CHAPTERS, ROOT

PAPER = {
    "introduction": "1.",
    "literature": "2.",
    "cases": "3.",
    "firm-size": "3.2.",
    "conclusions": "4.",
}
PARTS = {"literature": ["2.1.", "2.2.", "2.3."], "cases": ["3.1."]}


def files() -> list[str]:
    """Every page of the table of contents."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())

    def walk(entry):
        yield entry["file"]
        for part in entry.get("sections", []):
            yield from walk(part)

    found = [toc["root"]]
    for part in toc["parts"]:
        for chapter in part["chapters"]:
            found += walk(chapter)
    return [name.removeprefix("chapters/") for name in found]


PAGES = files()


def test_every_chapter_is_in_the_contents():
    assert sorted(PAGES) == sorted(path.stem for path in CHAPTERS.glob("*.md"))


@pytest.mark.parametrize("name", PAPER)
def test_headings_bear_the_papers_numbers(name, soups):
    assert soups[name].h1.find(class_="section-number").text.strip() == PAPER[name]
    for i, number in enumerate(PARTS.get(name, [])):
        assert soups[name].find_all("h2")[i].find(class_="section-number").text.strip() == number


@pytest.fixture(scope="module")
def referred_to(soups) -> set[str]:
    """What is referred to anywhere in the book by its number."""
    links = [
        link
        for soup in soups.values()
        for link in soup.select("article a[href*='#']:has(> span.std-numref:first-child)")
    ]
    return {link["href"].partition("#")[2] for link in links}


@pytest.mark.parametrize("name", PAGES)
def test_figures_and_tables_are_numbered_captioned_and_referred_to(name, soups, referred_to):
    for figure in soups[name].find_all("figure"):
        caption = figure.find("figcaption")
        assert caption and re.match(
            r"(Figure|Table|그림|표) \d", caption.find(class_="caption-number").text
        ), figure.get("id")
        assert len(caption.find(class_="caption-text").text) > 20
        assert figure["id"] in referred_to, f"nothing refers to {figure['id']}"


@pytest.mark.parametrize("name", PAGES)
def test_drawings_and_pictures_have_words(name, soups):
    for drawing in soups[name].select(".chart > svg"):
        # An image's content is hidden from screen readers, so one with links is a group.
        assert drawing["role"] == ("group" if drawing.select("a[href]") else "img")
        assert len(drawing["aria-label"]) > 40
    for picture in soups[name].find_all("img"):
        assert picture.get("alt")


@pytest.mark.parametrize("name", PAGES)
def test_no_error_and_no_unresolved_reference(name, soups):
    article = soups[name].find("article")
    assert not article.select(".output.stderr, .output.traceback, .problematic, .system-message")
    for listing in (read := copy.copy(article)).select("pre"):
        listing.extract()  # code may well name what a reader must not meet
    assert "Traceback" not in read.text and "{eval}" not in article.text
    assert "nan" not in re.findall(r"\b\w+\b", read.text)
    identifiers = {element["id"] for element in soups[name].find_all(id=True)}
    for link in article.select("a[href^='#']"):
        assert link["href"][1:] in identifiers, link["href"]


def test_links_between_pages_reach_their_targets(soups):
    identifiers = {
        name: {element["id"] for element in soup.find_all(id=True)} for name, soup in soups.items()
    }
    for name, soup in soups.items():
        for link in soup.find("article").select("a[href]"):
            match = re.fullmatch(r"([a-z0-9-]+)\.html(?:#(.+))?", link["href"])
            if match:
                assert match[1] in identifiers, f"{name}: {link['href']}"
                assert not match[2] or match[2] in identifiers[match[1]], f"{name}: {link['href']}"


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique(name, soups):
    found = [element["id"] for element in soups[name].find_all(id=True)]
    assert len(found) == len(set(found)), {i for i in found if found.count(i) > 1}


def test_numbers_name_their_origin(soups):
    numbers = [
        number
        for soup in soups.values()
        for number in soup.select(".number:not(.citation-link) > a[href*='data/']")
    ]
    assert len(numbers) > 30
    for number in numbers:
        note = number.find_next_sibling(class_="note")
        assert number["aria-describedby"] == note["id"] and "data/" in note.text


def test_the_numbers_in_prose_are_those_of_the_data(soups):
    shown = {
        number["href"].split("#")[1]: number.text
        for number in soups["firm-size"].select(".number > a[href*='data/']")
    }
    assert shown["innovation-share-by-size.1945-49.1-199"] == "18.6%"
    assert shown["stated-numbers.innovations-covered.value"] == "4,400"


def test_every_work_is_in_the_references_with_its_confidence(soups):
    entries = soups["references"].select("div.citation")
    from citablebook import references

    assert len(entries) == len(references.works())
    for key, work in references.works().items():
        entry = soups["references"].find(id=f"ref-{key}")
        entry = (
            entry if "citation" in entry.get("class", []) else entry.find_parent(class_="citation")
        )
        sign = entry.select_one(".confidence")
        assert (sign.text if sign else "verified") == work.confidence, key


def test_what_is_unknown_about_the_paper_is_printed_as_unknown(soups):
    table = soups["references"].find(id="table-paper-record")
    assert table.text.count("unknown") >= 6 and "inferred" in table.text


@pytest.mark.parametrize("name", PAGES)
def test_pages_load_nothing_from_elsewhere(name, soups):
    for element in soups[name].select(
        "script[src], img[src], iframe[src], link[rel=stylesheet][href]"
    ):
        assert not re.match(r"(https?:)?//", element.get("src") or element.get("href")), element


BUDGET = json.loads((ROOT / "benchmarks" / "budget.json").read_text())


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_the_screen_and_the_budget_of_bytes_and_ask_no_other_host(
    name, width, page, served, book
):
    """The budget is of what a page loads before any interaction, gzipped."""
    asked = set()
    page.on("request", lambda request: asked.add(request.url.split("?")[0]))
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{served}/chapters/{name}.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.wait_for_load_state("networkidle")
    assert all(url.startswith((served, "data:")) for url in asked), asked
    files = [book / url.removeprefix(served).lstrip("/") for url in asked if url.startswith(served)]
    size = sum(len(gzip.compress(file.read_bytes())) for file in files) / 1024
    assert len(files) > 3
    assert size <= BUDGET["front_page_transferred_kib" if name == "index" else "transferred_kib"]
    for chart in page.query_selector_all(".chart"):
        shown = [svg for svg in chart.query_selector_all(":scope > svg") if svg.is_visible()]
        assert len(shown) == 1
        smallest = min(
            shown[0].evaluate(
                """s => [...s.querySelectorAll('text')].filter(t => t.textContent)
                    .map(t => t.getBoundingClientRect().height)"""
            )
        )
        assert smallest >= 9, f"text of {smallest} px"


def test_a_number_shows_its_origin_on_hover_on_focus_and_leaves_on_escape(page, served):
    page.goto(f"{served}/chapters/firm-size.html")
    number = page.locator(".number:not(.citation-link)").first
    note = number.locator(".note")
    assert not note.is_visible()
    number.locator("a").hover()
    assert note.is_visible() and "data/" in note.inner_text()
    page.mouse.move(0, 0)
    assert not note.is_visible()
    number.locator("a").focus()
    assert note.is_visible()
    page.keyboard.press("Escape")
    assert not note.is_visible()


def test_a_number_opens_on_tap_and_then_leads_to_its_cell(browser, served):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{served}/chapters/firm-size.html")
    number = page.locator(".number:not(.citation-link)").first
    number.locator("a").tap()
    note = number.locator(".note")
    assert note.is_visible() and page.url.endswith("firm-size.html")
    box = note.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    target = number.locator("a").get_attribute("href").split("#")[1]
    number.locator("a").tap()
    page.wait_for_url("**/data/*.html#*")
    assert page.locator(f"[id='{target}']").is_visible()
    context.close()


def test_a_citation_shows_its_full_reference(page, served):
    page.goto(f"{served}/chapters/introduction.html")
    citation = page.locator(".citation-link").first
    citation.locator("a").hover()
    assert (
        "Kwon" in citation.locator(".note").inner_text()
        or "Amin" in citation.locator(".note").inner_text()
    )


def test_korean_is_marked_as_korean(soups):
    for name, soup in soups.items():
        if name == "index":
            korean = soup.select("[lang=ko]")
            assert len(korean) >= 3 and all(
                re.search("[\uac00-\ud7a3]", element.text) for element in korean
            )


@pytest.mark.parametrize(
    "query, title, context",
    [
        ('"reciprocity between firms"', "Third Italy", "reciprocity between firms"),
        ("Henderson", "radical and incremental", "Henderson"),
        ("C53", "Claim C53", "gross domestic product"),
        ("\uc8fc\uc694\uc5b4", "SME innovation and the economy", "\uc8fc\uc694\uc5b4"),
    ],
)
def test_search_finds_phrases_authors_claims_and_korean_in_context_from_a_file(
    query, title, context, page, book
):
    page.goto((book / "search.html").as_uri())
    page.fill("#book-query", query)
    page.wait_for_function("document.getElementById('book-count').textContent")
    first = page.locator("#book-results")
    assert title in first.inner_text()
    assert context in first.inner_text()
    assert page.locator("#book-results mark").count()
    address = page.locator("#book-results a").first.get_attribute("href")
    page.goto((book / address.split("#")[0]).as_uri() + "#" + address.split("#")[1])
    assert page.locator(f"[id='{address.split('#')[1]}']").count() == 1


def test_search_says_when_there_is_nothing(page, book):
    page.goto((book / "search.html").as_uri() + "?q=zzzzqqq")
    page.wait_for_function("document.getElementById('book-count').textContent")
    assert "Nothing found" in page.locator("#book-count").inner_text()


def test_charts_become_interactive_on_demand_and_still_again(page, book):
    """Every chart that can be explored, by keyboard: words, labels, controls and the way back."""
    asked, explored = [], 0
    page.on("request", lambda request: asked.append(request.url))
    for name in PAGES:
        page.goto((book / "chapters" / f"{name}.html").as_uri())
        assert not any("vega" in url for url in asked)
        for figure in page.query_selector_all("figure:has(button.explore[data-exploring])"):
            explored += 1
            chart, form = (
                figure.query_selector(".chart"),
                figure.query_selector("form.chart-controls"),
            )
            button = figure.query_selector("button.explore")
            still, height = (
                chart.query_selector(":scope > svg.wide"),
                figure.bounding_box()["height"],
            )
            words = still.get_attribute("aria-label")
            button.focus()
            page.keyboard.press("Enter")
            form.wait_for_element_state("visible")
            drawn = chart.query_selector(".interactive svg")
            said = drawn.get_attribute("aria-label")
            assert drawn.get_attribute("role") == "img" and not still.is_visible()
            labels = (
                "s => [...s.querySelectorAll('.role-mark text')].filter(t => t.textContent).length"
            )
            assert drawn.evaluate(labels) >= still.evaluate(labels)
            assert figure.bounding_box()["height"] < height + 200  # the page does not jump away
            assert form.evaluate("form => form.contains(document.activeElement)")
            for control in form.query_selector_all("select, fieldset, label:not(fieldset label)"):
                assert control.evaluate(
                    "c => (c.querySelector('legend') ?? c.closest('label') ?? c).innerText.trim()"
                )
            control = form.query_selector("select, input[type=range], input:not(:checked)")
            if control.evaluate("c => c.tagName") == "SELECT":
                control.select_option(index=control.evaluate("c => c.selectedIndex ? 0 : 1"))
            elif control.get_attribute("type") == "range":
                control.fill(control.get_attribute("max"))
            else:
                control.check()
            page.wait_for_function(
                "([figure, said]) => figure.querySelector('.interactive svg')"
                ".getAttribute('aria-label') !== said",
                arg=[figure, said],
            )
            button.press("Enter")
            assert still.is_visible() and not form.is_visible()
            assert still.get_attribute("aria-label") == words
        assert all(url.startswith(("file:", "data:")) for url in asked), asked
        asked.clear()
    assert explored


@pytest.mark.parametrize("name", PAGES)
def test_figures_and_tables_carry_their_code(name, soups):
    for figure in soups[name].select("article figure"):
        assert figure.select_one("details.hide pre"), figure["id"]


@pytest.mark.parametrize("name", PAGES)
def test_figures_offer_data_and_pictures_as_files(name, soups, book):
    for bar in soups[name].select(".chart-bar"):
        links = {link.text: link["href"] for link in bar.select("a[download]")}
        assert set(links) == {"CSV", "SVG", "PNG"}
        for address in links.values():
            assert (book / "chapters" / address).resolve().stat().st_size > 50
