"""axe-core finds nothing on any page, light and dark, wide and narrow, with all of it open."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_pages import PAGES

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Contrast asked of three elements of each kind: those in which it and all that hold it are painted
#: alike, and whatever stands out of the flow by itself, since anything may lie behind it. A kind is
#: asked whole if none of the three is good, or beyond judgement for what is painted behind it.
CONTRAST_BY_KIND = """async () => {
  const PAINT = ["color", "webkitTextFillColor", "webkitTextStroke", "textShadow", "fontSize",
    "fontWeight", "backgroundColor", "backgroundImage", "opacity", "filter", "mixBlendMode"];
  const names = new Map(), kinds = new Map();
  const sort = (element, above) => {
    const style = getComputedStyle(element);
    if (style.display === "none") return;
    const flows = ["static", "relative"].includes(style.position);
    const paint = [above, flows || names.size, ...PAINT.map((name) => style[name])].join("|");
    if (!names.has(paint)) names.set(paint, names.size);
    const kind = names.get(paint);
    const texts = [...element.childNodes].filter((n) => n.nodeType === 3 && n.data.trim());
    const boxed = style.display === "contents" || element.checkVisibility();
    if (boxed && (texts.length || element.matches("input, select, textarea")))
      kinds.set(kind, [...(kinds.get(kind) ?? []), element]);
    for (const child of element.children) sort(child, kind);
  };
  sort(document.documentElement, "");
  const ask = async (elements) => {
    axe.configure({ rules: [{ id: "color-contrast", selector: "[data-asked]" }] });
    for (const element of elements) element.dataset.asked = "";
    const found = await axe.run({ runOnly: ["color-contrast"], elementRef: true,
      selectors: false, preload: false, resultTypes: ["violations", "passes", "incomplete"] });
    for (const element of elements) delete element.dataset.asked;
    const nodes = (list) => list.flatMap((result) => result.nodes);
    const GROUNDS = ["bgGradient", "bgImage", "imgNode"];
    const behind = (node) => GROUNDS.includes(node.any[0].data.messageKey);
    const settled = [...nodes(found.passes), ...nodes(found.incomplete).filter(behind)];
    return [nodes(found.violations), new Set(settled.map((node) => node.element))];
  };
  const tried = [...kinds.values()].map((kind) =>
    [0, 0.3, 0.6].map((part) => kind[Math.floor(part * kind.length)]));
  const [wrong, settled] = await ask(tried.flat());
  const open = [...kinds.values()].filter((_, i) => !tried[i].some((e) => settled.has(e))).flat();
  const [more] = open.length ? await ask(open) : [[]];
  return [...new Set([...wrong, ...more].map((node) => node.html))];
}"""


def violations(page, **options) -> list[str]:
    # Without a list of all that passed, which for a chapter is ten megabytes.
    options |= {"runOnly": RULES, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]


def pale(page) -> list[str]:
    """Return what has too little contrast, on a page that axe has been on."""
    return [f"color-contrast: {html[:160]}" for html in page.evaluate(CONTRAST_BY_KIND)]


@pytest.mark.parametrize("name", [*(f"chapters/{name}" for name in PAGES), "search"])
def test_no_findings(name, browser, book):
    """Wide and narrow, light and dark, as everything stands open.

    Contrast is asked of every element in the first look, and by kinds in the others: it is all
    that a change of the colour scheme alone can turn.
    """
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
    found["wide", "dark"] = pale(page)
    page.set_viewport_size({"width": 390, "height": 900})
    but_contrast = {"color-contrast": {"enabled": False}}
    found["narrow", "dark"] = violations(page, rules=but_contrast) + pale(page)
    page.emulate_media(color_scheme="light")
    found["narrow", "light"] = pale(page)
    context.close()
    assert not any(found.values()), found


BLACK = "<p>black</p>" * 9
PALE = "<p style='color: #aaa'>pale</p>"
ALIKE = {
    "nothing": BLACK,
    "one of another colour": BLACK + PALE + BLACK,
    "one on another ground": f"{BLACK}<div style='background: #333'><p>pale</p></div>",
    "one out of the flow": BLACK + "<p>black <b style='position: fixed; color: #aaa'>pale</b></p>",
    "one that is not too short to be judged": PALE.replace("pale", "+") * 9 + PALE,
    "one that nothing covers": "<div style='position: relative; height: 90px'>"
    "<div style='position: absolute; inset: 0; background: url(a.png)'></div>"
    f"{PALE.replace('pale', 'hidden') * 2}</div><div>{PALE}</div>",
}


@pytest.mark.parametrize("kind", ALIKE)
def test_the_check_finds_what_is_wrong(kind, browser):
    page = browser.new_page()
    page.set_content(
        "<html lang='en'><head><title>t</title></head><body><main><h1>x</h1>"
        f"<img src='a.png'>{ALIKE[kind]}</main></body></html>"
    )
    whole, by_kind = violations(page), pale(page)
    assert any(rule.startswith("image-alt") for rule in whole)
    assert any("color-contrast" in rule for rule in whole) == (kind != "nothing")
    assert [">pale<" in finding for finding in by_kind] == [True] * (kind != "nothing")
    page.close()


#: How the element with the focus is marked.
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const s = getComputedStyle(e);
  return [s.outlineStyle, s.outlineWidth, s.boxShadow, e.tagName];
}"""


@pytest.fixture(scope="module")
def tab(browser):
    """A page that one address after the other is opened in: a new one costs more than to load."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_everything_is_reached_by_keyboard_with_visible_focus(name, tab, book):
    tab.goto((book / "chapters" / f"{name}.html").as_uri())
    reached = 0
    for _ in range(25):
        tab.keyboard.press("Tab")
        style = tab.evaluate(FOCUSED)
        if style:
            reached += 1
            assert style[0] != "none" or style[2] != "none", style
    assert reached > 10


def test_text_reflows_at_400_percent(browser, book):
    """A desktop screen zoomed to 400 % is 320 px wide."""
    page = browser.new_page(viewport={"width": 320, "height": 256})
    for name in PAGES:
        page.goto((book / "chapters" / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
    page.close()
