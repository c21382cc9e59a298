"""Photographs a few key pages of the built book, small.

For the README, and for a look before and after a change.

`make pictures` runs it.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from conftest import CHROMIUM_ARGUMENTS, chromium_path  # noqa: E402

PAGES = ["index", "firm-size", "proofreading-table-1"]
LOOKS = [(360, "light"), (768, "light"), (1440, "light"), (1440, "dark")]

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
    for width, scheme in LOOKS:
        page = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        ).new_page()
        for name in PAGES:
            page.goto((ROOT / "_build" / "html" / "chapters" / f"{name}.html").as_uri())
            place = ROOT / "docs" / f"{name}-{width}-{scheme}.jpg"
            page.screenshot(path=place, type="jpeg", quality=60)
            print(place.relative_to(ROOT))
    browser.close()
