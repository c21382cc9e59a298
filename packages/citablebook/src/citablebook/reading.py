"""The pages as readers use them: the view is chosen before a page is drawn, and remembered."""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

#: Run in the head, so that a page is drawn once, in the view that the reader last chose.
_VIEW = (Path(__file__).resolve().parent / "static" / "view.js").read_text(encoding="utf-8")


def choose_view(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Put the script that chooses between reading and checking into the head of a page."""
    if app.builder.name == "html":
        context["metatags"] = f"{context.get('metatags', '')}<script>{_VIEW}</script>\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the layout, the page's script and the choice of the view."""
    app.connect("html-page-context", choose_view)
    app.add_css_file("layout.css")
    app.add_js_file("page.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
