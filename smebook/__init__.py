"""What several chapters of this paper share; importing it gives charts their look.

Altair draws with the theme `smebook` and shows charts through the renderer `citable`.
"""

from citablebook import charts as _charts

_charts.enable()  # before the theme, which loads Altair

from . import rules, theme  # noqa: E402

__all__ = ["rules", "theme"]
