"""Markup of pages and notebooks from the templates of this package, all values escaped."""

import functools
import json

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


class _Lines(PackageLoader):
    """Loads templates in which lines are broken and indented for those who write them alone."""

    def get_source(self, environment: Environment, template: str):
        """Return the source of a template as one line."""
        source, *others = super().get_source(environment, template)
        return "".join(line.strip() for line in source.split("\n")), *others


@functools.cache
def template(name: str) -> Template:
    """Return a template of `html/`."""
    loader = _Lines("citablebook", "html")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.filters["json"] = functools.partial(json.dumps, ensure_ascii=False)
    return environment.get_template(f"{name}.html")


def render(name: str, /, **values: object) -> str:
    """Return a template of `html/` with its values."""
    made = template(name).render(values)
    return made.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")  # as `html.escape` has them
