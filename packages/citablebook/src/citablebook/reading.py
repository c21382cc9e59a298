"""The pages as readers use them: the view is chosen before a page is drawn, and remembered."""

from docutils import nodes
from sphinx.application import Sphinx


def choose_view(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Put the script that chooses between reading and checking into the head of a page.

    It is not deferred, so that a page is drawn once, in the view that the reader last chose.
    """
    if app.builder.name == "html":
        script = context["pathto"]("_static/view.js", 1)
        context["metatags"] = f'{context.get("metatags", "")}<script src="{script}"></script>\n'


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the layout, the page's script and the choice of the view."""
    app.connect("html-page-context", choose_view)
    app.add_css_file("layout.css")
    app.add_js_file("page.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
