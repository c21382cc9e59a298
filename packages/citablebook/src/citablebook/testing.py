"""Reads charts back from their drawings, so that a test looks at what a reader sees."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from . import charts

_KIND = re.compile(r"mark-(\w+) role-([\w-]+)")
_PAIR = re.compile(r"[-+.\de]+")


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
        The corners of its outline, in pixels.
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
        if along == "y":
            # A label's base line lies below its tick, where the line of the grid is, half a
            # pixel off the place of the value.
            grid = [rule.y for rule in self.of("rule", "axis-grid")]
            drop = min((p0 - y for y in grid), key=abs, default=4.5) + 0.5
            p0, p1 = p0 - drop, p1 - drop
        return v0 + (pixel - p0) * (v1 - v0) / (p1 - p0)


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
    root = ElementTree.fromstring(charts.svg({"description": ""} | spec, total, "test"))
    shapes: list[Shape] = []

    def walk(node: ElementTree.Element, x: float, y: float, kind: str, role: str) -> None:
        moved = re.search(r"translate\(([^)]*)\)", node.get("transform", ""))
        if moved:
            dx, dy = (float(n) for n in _PAIR.findall(moved[1]))
            x, y = x + dx, y + dy
        if match := _KIND.search(node.get("class", "")):
            kind, role = match.groups()
        tag = node.tag.rpartition("}")[2]
        if tag in ("text", "path", "line") and kind != "group":
            shapes.append(_shape(node, tag, x, y, kind, role))
        for child in node:
            walk(child, x, y, kind, role)

    walk(root, 0.0, 0.0, "group", "frame")
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    return Drawing(width, height, root.attrib["aria-label"], tuple(shapes))


def _shape(node: ElementTree.Element, tag: str, x: float, y: float, kind: str, role: str) -> Shape:
    points: tuple[tuple[float, float], ...] = ()
    if tag == "path":
        points = tuple((x + dx, y + dy) for dx, dy in _corners(node.get("d", "")))
    elif tag == "line":
        ends = [float(node.get(key, 0)) for key in ("x1", "y1", "x2", "y2")]
        points = ((x + ends[0], y + ends[1]), (x + ends[2], y + ends[3]))
    if points and kind in ("line", "area", "rect"):
        x, y = points[0]
    fill = node.get("fill", "none")
    colour = fill if fill not in ("none", "transparent") else node.get("stroke", "none")
    return Shape(kind, role, x, y, colour, "".join(node.itertext()), points)


def _corners(path: str) -> list[tuple[float, float]]:
    """Return the corners of an outline of straight lines; of curves, their end points."""
    corners, x, y = [], 0.0, 0.0
    for command, rest in re.findall(r"([MLHVZhvlmzAC])([^MLHVZhvlmzAC]*)", path):
        numbers = [float(n) for n in _PAIR.findall(rest)]
        if command == "H":
            x = numbers[-1]
        elif command == "V":
            y = numbers[-1]
        elif command == "h":
            x += numbers[-1]
        elif command == "v":
            y += numbers[-1]
        elif command in "MLAC":
            x, y = numbers[-2:]
        elif command in "ml":
            x, y = x + numbers[-2], y + numbers[-1]
        else:
            continue
        corners.append((x, y))
    return corners
