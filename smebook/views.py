"""What pages show that is no chart and no table: a template of `smebook/templates`, filled in."""

from functools import cache
from typing import Any

import jinja2
from jinja2.filters import do_striptags

from citablebook.paths import makes_pages


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("smebook"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


class View:
    """A part of a page; as text, what it says without its markup.

    Parameters
    ----------
    template : str
        Name of the file in `smebook/templates`.
    **values
        What the template puts in; `pages` tells it whether pages of the book are made.
    """

    def __init__(self, template: str, **values: Any):
        self.template, self.values = template, values

    def _repr_html_(self) -> str:
        template = _templates().get_template(f"{self.template}.html")
        return template.render(self.values, pages=makes_pages())

    def __repr__(self) -> str:
        return do_striptags(self._repr_html_())
