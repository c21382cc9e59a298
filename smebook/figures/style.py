"""One look for all charts: type, rules and room, taken from the shared palette."""

import altair as alt

from citablebook.display import NARROW
from citablebook.palette import LIGHT

#: Metric-compatible with Arial and bundled with the converter, so that text is
#: measured alike on every machine.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


def text_size(width: int) -> int:
    """Return the size of chart text in pixels for a chart of a width in pixels."""
    return 12 if width <= NARROW else 13


def styled(chart: alt.TopLevelMixin, width: int) -> alt.TopLevelMixin:
    """Return a chart with the book's look.

    Parameters
    ----------
    chart : altair chart
        Any top-level chart.
    width : int
        Width in pixels for which it was drawn.
    """
    size = text_size(width)
    axis = dict(
        aria=False,  # the drawing is one image, with one text
        labelColor=LIGHT["quiet"],
        titleColor=LIGHT["quiet"],
        domainColor=LIGHT["rule"],
        tickColor=LIGHT["rule"],
        gridColor=LIGHT["rule"],
        labelFontSize=size,
        titleFontSize=size,
        titleFontWeight="normal",
        labelFont=FONT,
        titleFont=FONT,
    )
    return (
        chart.configure(font=FONT, aria=False, background=LIGHT["ground"], padding=4)
        .configure_view(stroke=None)
        .configure_axis(**axis)
        .configure_text(font=FONT, fontSize=size)
        .configure_mark(aria=False)
        .configure_header(
            labelFont=FONT,
            labelFontSize=size,
            labelColor=LIGHT["ink"],
            titleFontSize=size,
            titleColor=LIGHT["quiet"],
            titleFontWeight="normal",
        )
        .configure_legend(
            labelFont=FONT,
            titleFont=FONT,
            labelFontSize=size,
            titleFontSize=size,
            labelColor=LIGHT["ink"],
            titleColor=LIGHT["quiet"],
            titleFontWeight="normal",
        )
    )


def plot_width(width: int, beside: int) -> int:
    """Return the room for the plot when `beside` pixels are needed for axis and labels."""
    return width - beside - 8
