"""A strict content security policy fits every page: no script in a page, none from elsewhere."""

import functools
import http.server
import re
import threading

import pytest

#: Styles of drawings stand in them; scripts do not.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"
)
NOTE = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}`));
"""
PAGES = [
    "chapters/index.html",
    "chapters/firm-size.html",
    "chapters/ledger.html",
    "chapters/references.html",
    "chapters/how-to-cite.html",
    "data/claims.html",
    "search.html?q=innovation",
    "cite/T-1.html",
    "id/T-1.html",
]


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *arguments) -> None:
        pass


@pytest.fixture(scope="module")
def strict(book):
    """The address of the book, served under the policy."""
    handler = functools.partial(Handler, directory=str(book))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_no_page_has_a_script_of_its_own(book):
    for path in book.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for attributes in re.findall(r"<script\b([^>]*)>", text):
            assert "src=" in attributes or "application/ld+json" in attributes, path
        assert not re.search(r"<[^>]+\s(on[a-z]+=|href=[\"']?\s*javascript:)", text), path


@pytest.mark.parametrize("address", PAGES)
def test_the_policy_is_kept(address, strict, page):
    page.add_init_script(NOTE)
    page.goto(f"{strict}/{address}")
    page.wait_for_timeout(300)
    assert page.evaluate("window.violations") == []
    if "firm-size" in address:  # a chart that can be explored, and a panel with citations
        page.locator("button.explore").first.click()
        page.locator(".vega-embed svg").first.wait_for()
        page.locator("a.cite").first.click()
        page.locator("dialog.cite-panel").wait_for()
        assert page.evaluate("document.body.dataset.theme") == "auto"
    if "search" in address:
        page.locator("#book-results li").first.wait_for()
    assert page.evaluate("window.violations") == []
