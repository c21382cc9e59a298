"""One specification becomes a chart that every reader can use, the same on every machine."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import altair as alt
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from citablebook import charts
from citablebook.charts import NARROW, WIDE
from citablebook.testing import drawn

ROWS = pd.DataFrame(
    {
        "period": ["1945-49", "1950-54", "1955-59"] * 2,
        "band": ["1\u2013199"] * 3 + ["10,000\u201329,000"] * 3,
        "share": [18.6, 20.1, 17.9, 11.5, 9.2, 11.9],
    }
)
SHORT = "width < 400 ? slice(datum.value, 2, 4) : datum.value"
BAND = alt.param(
    name="band",
    value="1\u2013199",
    bind=alt.binding_select(options=list(ROWS["band"].unique()), name="Employees: "),
)
VERSION = alt.param(
    name="version",
    value="print",
    bind=alt.binding_radio(options=["print", "repair"], labels=["printed", "repaired"]),
)


def layered() -> alt.LayerChart:
    """A chart with labels beside its lines, and two parameters."""
    base = alt.Chart(ROWS).encode(
        x=alt.X("period:O", title=None, axis=alt.Axis(labelExpr=SHORT)),
        y=alt.Y("share:Q", title=None),
        detail="band:N",
    )
    ends = base.transform_filter("datum.period == '1955-59'")
    return (
        (
            base.mark_line(color="#5c636b")
            + base.transform_filter("datum.band == band").mark_line(color="#b3470a", strokeWidth=3)
            + ends.mark_text(align="left", dx=8).encode(text="band:N")
        )
        .add_params(BAND)
        .properties(
            title=["Small units", "rise"], description="Two lines & \u201ctheir ends\u201d."
        )
    )


def panels() -> alt.ConcatChart:
    """A chart of three views side by side."""
    view = alt.Chart(ROWS).mark_bar().encode(x=alt.X("share:Q"), y="period:N", color="band:N")
    parts = [view.properties(title=name) for name in ("first", "second", "third")]
    return alt.concat(*parts, columns=3).properties(title="t", description="d")


def faceted() -> alt.FacetChart:
    view = alt.Chart(ROWS).mark_point().encode(x="share:Q", y="period:N")
    return view.facet("band:N", columns=2).properties(title="t", description="d")


def stacked() -> alt.VConcatChart:
    view = alt.Chart(ROWS).mark_point().encode(x="share:Q", y="period:N")
    return ((view | view) & view).properties(title="t", description="d")


@pytest.mark.parametrize("chart", [layered, panels, faceted, stacked])
@pytest.mark.parametrize("total", [WIDE, NARROW])
def test_a_drawing_is_as_wide_as_its_column_labels_included(chart, total):
    drawing = drawn(chart(), total)
    assert abs(drawing.width - total) <= 2
    for shape in drawing.shapes:
        for x, y in shape.points:
            assert -1 <= x <= drawing.width + 1 and -1 <= y <= drawing.height + 1, shape


def test_what_is_drawn_is_what_the_data_say():
    drawing = drawn(layered())
    grey, _, small = drawing.of("line")
    assert (grey.colour, small.colour) == ("#5c636b", "#b3470a")
    assert [drawing.value(y) for _, y in small.points] == pytest.approx([18.6, 20.1, 17.9], abs=0.1)
    assert sorted(drawing.texts()) == ["10,000\u201329,000", "1\u2013199"]


def test_labels_know_the_width_of_their_column():
    assert drawn(layered(), WIDE).texts("axis-label")[:3] == ["1945-49", "1950-54", "1955-59"]
    assert drawn(layered(), NARROW).texts("axis-label")[:3] == ["45", "50", "55"]
    short = panels().to_dict()
    for view in short["concat"]:
        view["encoding"]["y"]["axis"] = {"labelExpr": SHORT}
    for total in (WIDE, NARROW):  # side by side or stacked, each is narrow
        assert "45" in drawn(short, total).texts("axis-label")


def test_views_side_by_side_are_stacked_on_a_phone():
    wide, narrow = (drawn(panels(), total) for total in (WIDE, NARROW))
    for drawing, spread in ((wide, "x"), (narrow, "y")):
        places = [getattr(s, spread) for s in drawing.of("text", "title-text")]
        assert len(places) == 3 and places == sorted(set(places))
    assert narrow.height > 2 * wide.height


def test_no_type_is_smaller_than_twelve_pixels_or_larger_on_a_phone():
    spec = layered().to_dict() | {
        "config": {"axis": {"labelFontSize": 13}, "text": {"fontSize": 14}}
    }
    for total, sizes in ((WIDE, {"13px", "14px"}), (NARROW, {"12px"})):
        root = ElementTree.fromstring(charts.svg(spec, total, "n"))
        found = {node.get("font-size") for node in root.iter() if node.get("font-size")}
        assert found == sizes


def test_a_drawing_is_one_image_with_one_text_and_ids_of_its_own():
    root = ElementTree.fromstring(charts.svg(layered().to_dict(), WIDE, "sample", "wide"))
    assert (root.get("role"), root.get("class")) == ("img", "wide")
    assert root.get("aria-label") == "Two lines & \u201ctheir ends\u201d."
    inner = [node for node in root.iter() if node is not root]
    assert not any(key == "role" or key.startswith("aria") for node in inner for key in node.attrib)
    clipped = alt.Chart(ROWS).mark_line(clip=True).encode(x="period:O", y="share:Q")
    drawing = charts.svg(clipped.properties(description="d").to_dict(), WIDE, "sample")
    assert 'id="sample-680-clip' in drawing and "url(#sample-680-clip" in drawing


def test_a_drawing_with_links_lets_readers_reach_them():
    chart = alt.Chart(ROWS).mark_bar().encode(x="share:Q", y="period:N", href="band:N")
    root = ElementTree.fromstring(charts.svg(chart.to_dict() | {"description": "d"}, WIDE, "n"))
    links = [node for node in root.iter() if node.tag.endswith("}a")]
    assert root.get("role") == "group" and links and all(link.get("href") for link in links)


def test_the_title_is_text_on_the_page_and_drawn_in_the_file():
    spec = layered().to_dict()
    assert charts.title_of(spec) == "Small units rise"
    shown, _ = charts.page_html(spec, "sample", {WIDE: "", NARROW: ""}, "../_static/charts")
    title = BeautifulSoup(shown, "html.parser").select_one(".chart-title")
    assert title.get_text() == "Small units rise"
    assert "Small units" not in charts.svg(spec, WIDE, "n")
    assert "Small units rise" in charts.svg(spec, WIDE, "n", titled=True)
    assert charts.title_of({"title": {"text": "a", "subtitle": "b"}}) == "a"
    assert charts.title_of({}) == ""


def test_data_and_files_stand_beside_the_chart():
    spec = layered().to_dict()
    _, tools = charts.page_html(spec, "sample", {WIDE: "", NARROW: ""}, "../_static/charts")
    soup = BeautifulSoup(tools, "html.parser")
    assert len(soup.select("tbody tr")) == len(ROWS)
    assert [link["href"] for link in soup.select("a")] == [
        f"../_static/charts/sample.{kind}" for kind in ("csv", "svg", "png")
    ]
    assert soup.select_one("details p").get_text() == spec["description"]
    assert charts.csv_of(spec).split("\n")[:2] == ["period,band,share", "1945-49,1\u2013199,18.6"]


def test_the_controls_are_named_and_hold_the_values_of_the_parameters():
    spec = layered().add_params(VERSION).to_dict()
    shown, tools = charts.page_html(spec, "sample", {WIDE: "", NARROW: ""}, "")
    form = BeautifulSoup(shown, "html.parser").form
    select = form.select_one('label > select[data-param="band"]')
    assert select.parent.get_text().startswith("Employees ")
    assert [json.loads(o["value"]) for o in select.select("option")] == list(ROWS["band"].unique())
    assert select.select_one("[selected]").get_text() == "1\u2013199"
    group = form.fieldset
    assert group.legend.get_text() == "version"
    assert [label.get_text().strip() for label in group.select("label")] == ["printed", "repaired"]
    assert [radio.has_attr("checked") for radio in group.select("input")] == [True, False]
    button = BeautifulSoup(tools, "html.parser").button
    assert button["data-chart"] == form["data-chart"] == "sample"


def test_a_slider_and_a_box_are_controls_too():
    threshold = alt.param(name="limit", value=250, bind=alt.binding_range(min=50, max=500, step=50))
    box = alt.param(name="logs", value=True, bind=alt.binding_checkbox(name="logarithms"))
    spec = panels().add_params(threshold, box).to_dict()
    form = BeautifulSoup(charts.page_html(spec, "s", {WIDE: "", NARROW: ""}, "")[0], "html.parser")
    slider, check = form.select("input")
    assert (slider["min"], slider["max"], slider["step"], slider["value"]) == (
        "50",
        "500",
        "50",
        "250",
    )
    assert slider.find_next("output").get_text() == "250"
    assert check.has_attr("checked") and check.parent.get_text().strip() == "logarithms"


def test_a_chart_without_parameters_has_no_form():
    shown, tools = charts.page_html(panels().to_dict(), "s", {WIDE: "", NARROW: ""}, "")
    assert "<form" not in shown and "<button" not in tools


def test_the_interactive_form_begins_as_the_still_picture_and_keeps_its_labels():
    spec = layered().to_dict()
    forms = charts.interactive(spec)
    assert set(forms) == {WIDE, NARROW} and "bind" not in json.dumps(forms)
    still = drawn(spec)
    assert drawn(forms[WIDE] | {"description": "d"}) == replace(still, label="d")
    forms[WIDE]["params"][0]["value"] = "10,000\u201329,000"
    other = drawn(forms[WIDE] | {"description": "d"})
    assert sorted(other.texts()) == sorted(still.texts())
    assert other.of("line")[-1].points != still.of("line")[-1].points


def test_outside_a_build_a_chart_is_drawn_at_once_and_nothing_else_is_needed():
    outputs = charts.citable(layered().to_dict())
    soup = BeautifulSoup(outputs["text/html"], "html.parser")
    assert soup.svg["role"] == "img" and soup.strong.get_text() == "Small units rise"
    assert soup.a["href"].startswith("data:text/csv")
    assert outputs["text/plain"] == "Two lines & \u201ctheir ends\u201d."
    assert "http" not in outputs["text/html"].replace("http://www.w3.org/", "")


def test_in_a_build_the_kernel_hands_out_the_specification_alone(pages):
    spec = layered().to_dict() | {"description": "</script><b>"}
    output = charts.citable(spec)["text/html"]
    assert output.startswith(charts.MARK) and output.count("</") == 1
    assert json.loads(output.removeprefix(charts.MARK).removesuffix("</script>")) == charts.steady(
        spec
    )


def test_altair_shows_charts_through_the_renderer():
    before = alt.renderers.active
    try:
        charts.enable()
        outputs = layered()._repr_mimebundle_()
    finally:
        alt.renderers.enable(before)
    assert "<svg" in outputs["text/html"]


PICTURE = """
import hashlib, json, sys
from citablebook import charts
spec = json.load(open(sys.argv[1]))
drawing = charts.svg(spec, charts.WIDE, "n", titled=True)
print(hashlib.sha256(drawing.encode()).hexdigest(), hashlib.sha256(charts.png(drawing)).hexdigest())
"""


def picture(spec: Path, *before: str, home: Path) -> str:
    """Return the digests of a chart's files, drawn by a new process."""
    command = [*before, sys.executable, "-c", PICTURE, str(spec)]
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(home),
        "PYTHONPATH": ":".join(sys.path),
    }
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.book
@pytest.mark.parametrize("title", ["Small units rise", "\uc791\uc740 \uae30\uc5c5"])
def test_a_chart_has_the_same_bytes_whatever_fonts_the_machine_has(title, tmp_path):
    from fontTools.ttLib import TTFont

    spec = tmp_path / "spec.json"
    chart = layered().properties(title=title)
    spec.write_text(json.dumps(chart.to_dict()), encoding="utf-8")
    (tmp_path / "bare").mkdir()
    usual = picture(spec, home=tmp_path / "bare")
    # A machine with a font that has the names and the letters of others, but other widths.
    fonts = tmp_path / "home/.fonts"
    fonts.mkdir(parents=True)
    font = TTFont(charts._FONTS / "BookSans-Bold.ttf")
    for record in font["name"].names:
        record.string = "Source Sans 3" if record.nameID in (1, 4, 16) else record.toUnicode()
    font["OS/2"].usWeightClass = 400
    font.save(fonts / "other.ttf")
    assert picture(spec, home=tmp_path / "home") == usual
    # A machine without any fonts, where this one lets its folders be hidden.
    hide = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount -t tmpfs none /usr/share/fonts && exec "$@"',
        "-",
    ]
    if (
        shutil.which("unshare")
        and subprocess.run([*hide, "true"], capture_output=True).returncode == 0
    ):
        assert picture(spec, *hide, home=tmp_path / "bare") == usual


def test_the_fonts_have_every_letter_that_charts_use():
    from fontTools.ttLib import TTFont

    letters = set(
        "AZaz09%\u2013\u2212\u2019\u201c\u201d\u2026"
        "\u2264\u2265\u00d7\u2192\u25cf\u03b2\u00e9\u00f6\u0159"
    )
    for style in ("Regular", "Bold"):
        font = TTFont(charts._FONTS / f"BookSans-{style}.ttf")
        assert letters <= set(map(chr, font.getBestCmap()))
        assert font["name"].getDebugName(1) == "Book Sans"


def test_exported_data_hold_no_formula():
    spec = {"data": {"values": [{"sign": "+ holds", "value": -1.5}, {"sign": "=1+1", "value": 2}]}}
    assert charts.csv_of(spec) == "sign,value\n'+ holds,-1.5\n'=1+1,2\n"


def test_links_of_a_drawing_lead_within_the_book_and_have_names():
    chart = (
        alt.Chart(alt.Data(values=[{"claim": "C1", "to": "ledger.html#ledger-C1"}]))
        .mark_rect()
        .encode(x="claim:N", href="to:N")
        .properties(description="One square.")
    )
    drawing = charts.svg(chart.to_dict(), charts.WIDE, "test")
    link = re.search(r"<a [^>]*>", drawing)[0]
    assert 'href="ledger.html#ledger-C1"' in link and "aria-label=" in link


def test_the_last_digits_of_the_data_are_the_same_on_every_machine():
    """Sums differ in them with the number of threads and the instructions of a processor."""

    def shown(share: float) -> dict:
        chart = alt.Chart(ROWS.assign(share=share)).mark_point().encode(x="period:O", y="share:Q")
        return charts.steady(chart.to_dict())

    assert {row["share"] for row in charts.rows_of(shown(0.1 + 0.2))} == {0.3}
    assert shown(0.1 + 0.2) == shown(0.3) != shown(0.3001)


@pytest.mark.book
def test_a_picture_is_the_same_in_a_process_that_did_not_draw_it():
    """Else a chart with Korean words would be set in whatever font the system has."""
    spec = layered().to_dict() | {"title": "작은 기업의 혁신"}
    drawing = charts.svg(spec, WIDE, "chart", titled=True)
    program = "import sys; from citablebook import charts; "
    program += "sys.stdout.buffer.write(charts.png(sys.stdin.read()))"
    run = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        input=drawing.encode(),
        capture_output=True,
        check=True,
    )
    assert run.stdout == charts.png(drawing)
