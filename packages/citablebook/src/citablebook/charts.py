"""Charts: one Altair specification becomes what pages, print and notebooks show.

`enable` registers the Altair renderer `citable`. A chart's `title` is its finding, its
`description` the text alternative. It is drawn twice from the one specification, for a
wide and for a narrow column, so that text is never scaled below reading size; in labels,
`width < 400` tells the two apart. Its parameters with a `bind` make the interactive form.

In a build the kernel hands out the specification and `figures` draws it; anywhere else
the renderer draws at once.
"""

import base64
import copy
import functools
import hashlib
import html
import json
import re
import textwrap
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup

from .data import inert
from .numbers import typeset
from .patches import import_quickly
from .paths import makes_pages
from .render import render

#: Widths in pixels of the two drawings of a chart, all its labels included.
WIDE, NARROW = 680, 340
#: The largest type of the narrow drawing, in pixels.
_NARROW_TYPE = 12
#: What a chart's output in a build begins with.
MARK = '<script type="application/json" class="chart-spec">'
_FONTS = Path(__file__).resolve().parent / "fonts"
_SVG = "http://www.w3.org/2000/svg"
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


@functools.cache
def _converter(script: str = ""):
    """Return the converter, warm, with the book's own fonts: a large library, loaded late."""
    import vl_convert

    vl_convert.register_font_directory(str(_FONTS))
    if script == "Hangul" and (found := find_spec("pylopdf_fonts_ko")):
        vl_convert.register_font_directory(*(found.submodule_search_locations or ()))
    return vl_convert


def _font(spec: dict) -> dict[str, str]:
    """Return the setting of the font that has all letters of a chart."""
    if _HANGUL.search(json.dumps(spec, ensure_ascii=False)):
        _converter("Hangul")
        return {"font": "Noto Sans KR"}
    return {"font": spec.get("config", {}).get("font", "Book Sans")}


def title_of(spec: dict) -> str:
    """Return the title of a chart as one line, "" if there is none."""
    title = spec.get("title") or ""
    text = title.get("text", "") if isinstance(title, dict) else title
    return typeset(" ".join(text) if isinstance(text, list) else text)


def controls_of(spec: dict) -> list[dict]:
    """Return the parameters that a reader may set: those bound to a control."""
    return [p for p in spec.get("params", []) if "input" in (p.get("bind") or {})]


def rows_of(spec: dict) -> list[dict]:
    """Return what is drawn: the largest of the data sets of the chart, a dict per row."""
    datasets = spec.get("datasets", {})
    inline = spec.get("data", {}).get("values", [])
    return max([inline, *datasets.values()], key=len)


def csv_of(spec: dict) -> str:
    """Return what is drawn as CSV."""
    import pandas as pd

    rows = [{column: inert(cell) for column, cell in row.items()} for row in rows_of(spec)]
    return pd.DataFrame(rows, dtype=object).to_csv(index=False, lineterminator="\n")


def _smaller_type(config: object) -> object:
    """Return a configuration whose type is no larger than fits a narrow chart."""
    if not isinstance(config, dict):
        return config
    return {
        key: min(value, _NARROW_TYPE)
        if key.endswith("ontSize") and isinstance(value, (int, float))
        else _smaller_type(value)
        for key, value in config.items()
    }


def _stretch(view: dict, room: float, narrow: bool) -> None:
    """Give a view, or the views within it, a width of their share of the room."""
    if "hconcat" in view and narrow:
        view["vconcat"] = view.pop("hconcat")
    inner = view.get("hconcat") or view.get("concat")
    if inner:
        columns = 1 if narrow else view.get("columns", len(inner))
        if "concat" in view:
            view["columns"] = columns
        for start in range(0, len(inner), columns):
            row = inner[start : start + columns]
            stated = [v["width"] if isinstance(v.get("width"), (int, float)) else 1 for v in row]
            whole = sum(stated) * columns / len(row)
            for part, share in zip(row, stated, strict=True):
                _stretch(part, room * share / whole, narrow)
    elif "vconcat" in view:
        for part in view["vconcat"]:
            _stretch(part, room, narrow)
    elif "facet" in view or "repeat" in view:
        view["columns"] = 1 if narrow else view.get("columns", 1)
        _stretch(view["spec"], room / view["columns"], narrow)
    elif not isinstance(view.get("width"), dict):  # a step per category is as wide as it is
        view["width"] = max(40, round(room))


def fitted(spec: dict, total: int) -> dict:
    """Return a specification whose drawing is `total` pixels wide, labels included.

    Parameters
    ----------
    spec : dict
        A complete Vega-Lite specification.
    total : int
        `WIDE` or `NARROW`; for the latter, views that stand side by side are stacked.
    """
    narrow = total <= NARROW
    config = {"aria": False} | spec.get("config", {}) | _font(spec)
    for part in ("mark", "axis", "legend"):  # the drawing is one image, with one text
        config[part] = {"aria": False} | config.get(part, {})
    base = spec | {"config": _smaller_type(config) if narrow else config}
    if not {"hconcat", "vconcat", "concat", "facet", "repeat"} & base.keys():
        if isinstance(base.get("width"), dict):
            return base
        return base | {"width": total, "autosize": {"type": "fit-x", "contains": "padding"}}
    trial = copy.deepcopy(base)
    _stretch(trial, total, narrow)
    compiled = _converter().vegalite_to_vega(trial)
    if "width" not in compiled and "width" not in {s["name"] for s in compiled["signals"]}:
        # Views side by side have no width in common: say that each is narrow.
        alone = trial.get("columns") == 1 and not narrow
        stand_in = {"name": "width", "value": 400 if alone else 0}
        base["params"] = [*base.get("params", []), stand_in]
    # What they need for their labels is known once they are drawn.
    room = float(total)
    for _ in range(4):
        attempt = copy.deepcopy(base)
        _stretch(attempt, room, narrow)
        drawn = ElementTree.fromstring(_converter().vegalite_to_svg(attempt))
        surplus = float(drawn.attrib["width"]) - total
        if abs(surplus) <= 1:
            break
        room -= surplus
    return attempt


def scene(spec: dict, total: int) -> dict:
    """Return what is drawn of a chart as the converter's scene: marks with their items."""
    return _converter().vegalite_to_scenegraph(fitted(spec, total))


#: To which the converter resolves the addresses of a drawing's links.
_CONVERTERS_BASE = "https://vega.github.io/vega-datasets/"


def svg(spec: dict, total: int, name: str, kind: str = "", titled: bool = False) -> str:
    """Return a drawing of a chart as one accessible image.

    Parameters
    ----------
    spec : dict
        A complete Vega-Lite specification.
    total : int
        Width in pixels, `WIDE` or `NARROW`.
    name : str
        Begins the ids of the drawing, which have to differ within a page.
    kind : str
        Class of the drawing.
    titled : bool
        Draw the title too, for a file that stands alone.
    """
    wanted = {key: value for key, value in spec.items() if key != "title"}
    if titled and title_of(spec):
        lines = textwrap.wrap(title_of(spec), 84)
        wanted["title"] = {"text": lines, "anchor": "start", "frame": "bounds", "offset": 12}
    ElementTree.register_namespace("", _SVG)
    drawing = ElementTree.fromstring(_converter().vegalite_to_svg(fitted(wanted, total)))
    names = {
        link: next(filter(None, (part.get("aria-label") for part in link.iter())), "")
        for link in drawing.iter(f"{{{_SVG}}}a")
    }
    for node in drawing.iter():
        for key, value in list(node.attrib.items()):
            if key == "role" or key.startswith("aria-"):
                del node.attrib[key]  # the drawing is one image, with one text
            elif key == "id":
                node.set(key, f"{name}-{total}-{value}")
            elif key.endswith("}href"):
                del node.attrib[key]
                node.set("href", value.removeprefix(_CONVERTERS_BASE))
            elif "url(#" in value:
                node.set(key, value.replace("url(#", f"url(#{name}-{total}-"))
    for link, words in names.items():  # what they lead to stands in the text as well
        place = link.get("href", "").rpartition("#")[2]
        link.attrib |= {"aria-label": words or place or spec["description"], "tabindex": "-1"}
    links = bool(names)
    drawing.attrib.pop("class", None)
    drawing.attrib |= {"role": "group" if links else "img", "aria-label": spec["description"]}
    if kind:
        drawing.set("class", kind)
    return ElementTree.tostring(drawing, encoding="unicode")


def png(drawing: str, scale: int = 2) -> bytes:
    """Return a drawing as a picture, of twice its size in pixels if no scale is given."""
    script = "Hangul" if _HANGUL.search(drawing) else ""
    return _converter(script).svg_to_png(drawing, scale=scale)


def interactive(spec: dict) -> dict[int, dict]:
    """Return the specifications of the interactive form, by width; the page has the controls."""
    bare = {key: value for key, value in spec.items() if key not in ("title", "description")}
    params = []
    for param in spec.get("params", []):
        own = param in controls_of(spec)
        params.append({k: v for k, v in param.items() if not (own and k == "bind")})
    bare["params"] = params
    return {total: fitted(bare, total) for total in (WIDE, NARROW)}


def _control(param: dict) -> dict:
    """Return what the form control of a parameter needs; values are written as JSON."""
    bind = {"options": [], "name": param["name"], **param["bind"]}
    labels = bind.get("labels") or map(str, bind["options"])
    return {
        "name": param["name"],
        "input": bind["input"],
        "words": bind["name"].strip().rstrip(":"),
        "value": param.get("value"),
        "choices": list(zip(bind["options"], labels, strict=True)),
        "limits": {key: bind[key] for key in ("min", "max", "step") if key in bind},
    }


def page_html(spec: dict, name: str, drawings: dict[int, str], files: str) -> tuple[str, str]:
    """Return what a page shows of a chart: title and drawings, and the tools that belong under it.

    Parameters
    ----------
    spec : dict
        The specification.
    name : str
        Of the figure; unique in the book.
    drawings : dict of int to str
        By width.
    files : str
        Address of the folder with the figure's files.
    """
    import pandas as pd

    from .tables import Table

    # A line of the title ends at a word, not within years or a range.
    title = re.sub(r"\d+–\d+", r'<span class="range">\g<0></span>', html.escape(title_of(spec)))
    rows = pd.DataFrame(rows_of(spec)).astype(object)
    values = {
        "name": name,
        "title": Markup(title),
        "drawings": Markup(drawings[WIDE] + drawings[NARROW]),
        "controls": [_control(param) for param in controls_of(spec)],
        "description": spec["description"],
        "table": Table(rows, f"Data of the chart: {title_of(spec)}"),
        "files": files,
    }
    return render("chart", **values), render("chart-tools", **values)


def notebook_html(spec: dict) -> str:
    """Return what a notebook shows of a chart, with nothing that is not in it.

    A link would lead to a page of the book, which is not there; JupyterLab 4 takes a drawing
    with one for an error.
    """
    drawing = re.sub(r"</?a\b[^>]*>", "", svg(spec, WIDE, "chart"))
    data = base64.b64encode(csv_of(spec).encode()).decode()
    return (
        f"<p><strong>{html.escape(title_of(spec))}</strong></p>"
        f"{drawing}"
        f'<p><a download="data.csv" href="data:text/csv;charset=utf-8;base64,{data}">'
        "Data of the chart (CSV)</a></p>"
    )


def steady(spec: dict) -> dict:
    """Return a specification whose data have ten digits: the last ones differ between processors.

    Altair 5 names each data set by a digest of it, which is renewed.
    """
    rows = json.dumps({key: spec[key] for key in ("data", "datasets") if key in spec})
    kept = spec | json.loads(rows, parse_float=lambda digits: float(f"{float(digits):.10g}"))
    text = json.dumps(kept, ensure_ascii=False)
    for name, rows in kept.get("datasets", {}).items():
        digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:32]
        text = text.replace(name, f"data-{digest}")
    return json.loads(text)


def citable(spec: dict, **_) -> dict[str, str]:
    """Return the outputs of a chart, by media type: the Altair renderer."""
    words = spec.get("description", "")
    spec = steady(spec)
    if makes_pages():
        content = json.dumps(spec, ensure_ascii=False, separators=(",", ":")).replace("</", r"<\/")
        return {"text/html": f"{MARK}{content}</script>", "text/plain": words}
    words = words or title_of(spec) or "A chart that has no description yet"
    return {"text/html": notebook_html(spec | {"description": words}), "text/plain": words}


def enable() -> None:
    """Register the renderer and make it the one that charts show themselves with."""
    import_quickly("altair")
    import altair

    altair.renderers.register("citable", citable)
    altair.renderers.enable("citable")
