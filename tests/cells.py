"""A chapter's own cells, run as a reader would: so that tests look at what the page computes."""

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import jupytext

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"


@dataclass(frozen=True)
class Run:
    """What the cells of a chapter leave: their names, and their outputs by figure name."""

    names: dict
    outputs: dict


@functools.cache
def run_cells(chapter: str) -> Run:
    """Run the code cells of a chapter in their order."""
    names, outputs = {"__name__": f"cells of {chapter}"}, {}
    for number, cell in enumerate(jupytext.read(CHAPTERS / f"{chapter}.md").cells):
        if cell.cell_type != "code":
            continue
        body = ast.parse(cell.source)
        last = body.body.pop() if isinstance(body.body[-1], ast.Expr) else None
        exec(compile(body, f"{chapter}, cell {number}", "exec"), names)
        if last:
            value = eval(compile(ast.Expression(last.value), chapter, "eval"), names)
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            outputs[figure.get("name", str(number))] = value
    return Run(names, outputs)


def drawn(chart) -> ElementTree.Element:
    """Draw a chart as it stands and return the picture's elements."""
    import vl_convert

    return ElementTree.fromstring(vl_convert.vegalite_to_svg(chart.to_dict()))


def texts(picture: ElementTree.Element) -> list[str]:
    """Return all texts of a picture."""
    return ["".join(node.itertext()) for node in picture.iter() if node.tag.endswith("}text")]


def lines(picture: ElementTree.Element, colour: str) -> list[list[tuple[float, float]]]:
    """Return the corners of the lines of a colour, in pixels within their plot."""
    corner = re.compile(r"[ML](-?[\d.]+),(-?[\d.]+)")
    return [
        [(float(x), float(y)) for x, y in corner.findall(node.get("d"))]
        for node in picture.iter()
        if node.get("stroke") == colour and node.get("d", "").count("L") > 1
    ]
