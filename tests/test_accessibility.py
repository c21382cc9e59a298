"""axe-core finds nothing on any page, light and dark, wide and narrow, with all of it open."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_pages import PAGES

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: The one rule whose outcome a change of the colour scheme alone can turn.
OF_COLOURS = ["color-contrast"]


def violations(page, rules=RULES) -> list[str]:
    # Without a list of all that passed, which for a chapter is ten megabytes.
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]


@pytest.mark.parametrize("name", [*(f"chapters/{name}" for name in PAGES), "search"])
def test_no_findings(name, browser, book):
    """Wide and narrow, light and dark, as everything stands open."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )  # nothing is measured halfway through fading in
    context.add_init_script("try { localStorage.setItem('view', 'checking') } catch {}")
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
    found = {("wide", "light"): violations(page)}
    page.emulate_media(color_scheme="dark")
    found["wide", "dark"] = violations(page, OF_COLOURS)
    page.set_viewport_size({"width": 390, "height": 900})
    found["narrow", "dark"] = violations(page)
    page.emulate_media(color_scheme="light")
    found["narrow", "light"] = violations(page, OF_COLOURS)
    context.close()
    assert not any(found.values()), found


def test_the_check_finds_what_is_wrong(browser):
    page = browser.new_page()
    page.set_content(
        "<html lang='en'><head><title>t</title></head><body><main><h1>x</h1>"
        "<img src='a.png'><p style='color: #aaa'>pale</p></main></body></html>"
    )
    assert any(rule.startswith("image-alt") for rule in violations(page))
    assert [rule.split(":")[0] for rule in violations(page, OF_COLOURS)] == OF_COLOURS
    page.close()


#: How the element with the focus is marked.
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const s = getComputedStyle(e);
  return [s.outlineStyle, s.outlineWidth, s.boxShadow, e.tagName];
}"""


@pytest.mark.parametrize("name", PAGES)
def test_everything_is_reached_by_keyboard_with_visible_focus(name, browser, book):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((book / "chapters" / f"{name}.html").as_uri())
    reached = 0
    for _ in range(25):
        page.keyboard.press("Tab")
        style = page.evaluate(FOCUSED)
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
