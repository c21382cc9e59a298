"""axe-core finds nothing on any page, in light and dark, at desktop and phone width, with notes and charts open."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_pages import PAGES

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page) -> list[str]:
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", [*(f"chapters/{name}" for name in PAGES), "search"])
def test_no_findings(name, width, scheme, browser, book):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )  # nothing is measured halfway through fading in
    page = context.new_page()
    page.goto((book / f"{name}.html").as_uri())
    for details in page.query_selector_all("article details"):
        details.evaluate("element => element.open = true")
    button = page.locator("button.explore")
    if button.count():
        button.first.click()
        page.wait_for_selector(".interactive svg")
    number = page.locator("article .number a").first
    if number.count():
        number.focus()
    found = violations(page)
    context.close()
    assert not found


def test_the_check_finds_what_is_wrong(browser):
    page = browser.new_page()
    page.set_content(
        "<html lang='en'><head><title>t</title></head><body><main><h1>x</h1><img src='a.png'></main></body></html>"
    )
    assert any(rule.startswith("image-alt") for rule in violations(page))
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_everything_is_reached_by_keyboard_with_visible_focus(name, browser, book):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((book / "chapters" / f"{name}.html").as_uri())
    reached = 0
    for _ in range(25):
        page.keyboard.press("Tab")
        style = page.evaluate("""() => { const e = document.activeElement; if (!e || e === document.body) return null;
            const s = getComputedStyle(e); return [s.outlineStyle, s.outlineWidth, s.boxShadow, e.tagName]; }""")
        if style:
            reached += 1
            assert style[0] != "none" or style[2] != "none", style
    page.close()
    assert reached > 10


def test_text_reflows_at_400_percent(browser, book):
    """A desktop screen zoomed to 400 % is 320 px wide."""
    page = browser.new_page(viewport={"width": 320, "height": 256})
    for name in PAGES:
        page.goto((book / "chapters" / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
    page.close()
