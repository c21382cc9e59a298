"""One look for all charts: the theme `smebook`, which `import smebook` makes Altair's own."""

from typing import Any

import altair as alt

from citablebook.palette import LIGHT as COLOUR

__all__ = ["COLOUR", "theme"]

#: Size of type in pixels; the narrow drawing has it a pixel smaller.
TYPE = 13


@alt.theme.register("smebook", enable=True)
def theme() -> alt.theme.ThemeConfig:
    """Return the settings: the book's type and colours, no frame, a quiet grid."""
    words: Any = {
        "labelFontSize": TYPE,
        "titleFontSize": TYPE,
        "titleFontWeight": "normal",
        "titleColor": COLOUR["quiet"],
    }
    quiet: Any = {
        "domainColor": COLOUR["rule"],
        "tickColor": COLOUR["rule"],
        "gridColor": COLOUR["rule"],
    }
    return alt.theme.ThemeConfig(
        config={
            "font": "Book Sans",
            "aria": False,  # the drawing is one image, with one text
            "background": COLOUR["ground"],
            "padding": {"left": 4, "right": 10, "top": 4, "bottom": 4},
            "view": {"stroke": None},
            "axis": words | quiet | {"labelColor": COLOUR["quiet"], "labelPadding": 6},
            "axisQuantitative": {"domain": False, "ticks": False, "tickCount": 5},
            "axisDiscrete": {"ticks": False, "grid": False, "labelAngle": 0},
            "header": words | {"labelColor": COLOUR["ink"]},
            "legend": words | {"labelColor": COLOUR["ink"]},
            "title": {
                "color": COLOUR["ink"],
                "fontSize": 15,
                "fontWeight": "bold",
                "anchor": "start",
            },
            "text": {"fontSize": TYPE, "color": COLOUR["ink"]},
            "mark": {"color": COLOUR["blue"]},
            "line": {"strokeWidth": 2},
            "point": {"filled": True, "opacity": 1},
            "rule": {"color": COLOUR["quiet"]},
            "range": {"category": [COLOUR[name] for name in ("blue", "green", "purple", "quiet")]},
        }
    )
