"""Reads charts back from what is drawn, so that a test looks at what a reader sees."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import charts


@dataclass(frozen=True)
class Shape:
    """One shape of a drawing.

    Attributes
    ----------
    kind : str
        "text", "line", "area", "rect", "symbol", "rule" or another mark of Vega.
    role : str
        "mark" for data, "axis-label", "axis-title", "legend-label" and so on.
    x, y : float
        Its place in pixels from the upper left corner; of a line, where it begins.
    colour : str
        Of its fill, or of its stroke if it has no fill.
    text : str
        What it says, "" unless it is a text.
    points : tuple of (float, float)
        The corners of a line or an area, in pixels, two opposite ones of a rectangle.
    """

    kind: str
    role: str
    x: float
    y: float
    colour: str
    text: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Drawing:
    """The shapes of a chart as drawn, with its size in pixels."""

    width: float
    height: float
    label: str
    shapes: tuple[Shape, ...]

    def of(self, kind: str, role: str = "mark") -> list[Shape]:
        """Return the shapes of one kind and role."""
        return [shape for shape in self.shapes if (shape.kind, shape.role) == (kind, role)]

    def texts(self, role: str = "mark") -> list[str]:
        """Return what the texts of one role say."""
        return [shape.text for shape in self.of("text", role)]

    def value(self, pixel: float, along: str = "y") -> float:
        """Return the value at a place on the axis of numbers along "x" or "y".

        Raises
        ------
        ValueError
            If fewer than two labels of that axis are numbers.
        """
        other = "x" if along == "y" else "y"
        ticks: dict[float, list[tuple[float, float]]] = {}
        for label in self.of("text", "axis-label"):
            number = label.text.replace("\N{MINUS SIGN}", "-").rstrip("%").replace(",", "")
            if re.fullmatch(r"-?\d+(\.\d+)?", number):
                line = ticks.setdefault(round(getattr(label, other)), [])
                line.append((getattr(label, along), float(number)))
        # Labels of one axis stand on one line.
        line = max(ticks.values(), key=len, default=[])
        if len(line) < 2:
            raise ValueError(f"the chart has no axis of numbers along {along}")
        (p0, v0), (p1, v1) = line[0], line[-1]
        return v0 + (pixel - p0) * (v1 - v0) / (p1 - p0)


def _corners(item: dict) -> list[tuple[float, float]]:
    """Return the corners that an item of a scene has by itself, from its place on."""
    x, y = item.get("x", 0), item.get("y", 0)
    ends = item.get("x2", x + item.get("width", 0)), item.get("y2", y + item.get("height", 0))
    return [(x, y)] if ends == (x, y) else [(x, y), ends]


def _shapes(mark: dict, x: float, y: float) -> Iterator[Shape]:
    """Yield the shapes of a mark of a scene; a line and an area are one shape."""
    items = mark["items"]
    if mark["marktype"] == "group":
        for item in items:
            for inner in item.get("items", []):
                yield from _shapes(inner, x + item.get("x", 0), y + item.get("y", 0))
        return
    joined = mark["marktype"] in ("line", "area", "trail")
    for parts in [items] if joined and items else [[item] for item in items]:
        points = tuple((x + dx, y + dy) for item in parts for dx, dy in _corners(item))
        first = parts[0]
        colour = first.get("fill", "none")
        if colour in ("none", "transparent"):
            colour = first.get("stroke", "none")
        said = first.get("text", "")
        text = " ".join(said) if isinstance(said, list) else str(said)
        yield Shape(mark["marktype"], mark["role"], *points[0], colour, text, points)


def drawn(chart, total: int = charts.WIDE) -> Drawing:
    """Return a chart as it is drawn.

    Parameters
    ----------
    chart : altair chart or dict
        The chart or its specification.
    total : int
        `charts.WIDE` or `charts.NARROW`.
    """
    spec = chart if isinstance(chart, dict) else chart.to_dict()
    scene = charts.scene({key: value for key, value in spec.items() if key != "title"}, total)
    shapes = tuple(_shapes(scene["scenegraph"], *scene["origin"]))
    return Drawing(scene["width"], scene["height"], spec.get("description", ""), shapes)
