"""Interactive versions of charts, each for a reader's question; drawn by Vega only when a reader asks.

Each function returns the chart for a width in pixels. Controls are Vega's own form
elements, so that they work by keyboard.
"""

import altair as alt
import pandas as pd

from citablebook import data
from citablebook.display import NARROW
from smebook.figures.style import plot_width, styled
from smebook.innovation_by_size import SizeTable, band_limits, band_name
from citablebook.palette import LIGHT

_BEYOND = 10**9  # stands for a band without an upper limit


def _rows(tables: dict[str, SizeTable]) -> pd.DataFrame:
    """Return shares and counts of several versions of the table, in long form."""
    frames = []
    for name, table in tables.items():
        long = table.shares.rename_axis(columns="label").stack().rename("share").reset_index()
        long["innovations"] = table.counts.rename_axis(columns="label").stack().values
        frames.append(long.assign(source=name))
    rows = pd.concat(frames, ignore_index=True)
    rows["band"] = rows["label"].map(band_name)
    rows["low"] = [band_limits(label)[0] for label in rows["label"]]
    rows["high"] = [min(band_limits(label)[1], _BEYOND) for label in rows["label"]]
    rows["period"] = rows["period"].str.replace("-", "\N{EN DASH}")
    return rows


def _source(tables: dict[str, SizeTable]) -> alt.Parameter:
    names = list(tables)
    return alt.param(
        name="source", value=names[0], bind=alt.binding_radio(options=names, name="Table: ")
    )


def _periods(rows: pd.DataFrame, width: int) -> alt.X:
    label = (
        "indexof(domain('x'), datum.value) % 2 == 0 ? slice(datum.value, 0, 4) : ''"
        if width <= NARROW
        else "datum.value"
    )
    return alt.X(
        "period:N",
        sort=list(rows["period"].unique()),
        title=None,
        scale=alt.Scale(padding=0.3),
        axis=alt.Axis(labelAngle=0, labelExpr=label, ticks=False),
    )


def _percent(field: str, top: float) -> alt.Y:
    return alt.Y(
        field,
        title=None,
        scale=alt.Scale(domain=[0, top]),
        axis=alt.Axis(labelExpr="datum.value + '%'", domain=False, ticks=False, tickCount=6),
    )


def share_over_time(tables: dict[str, SizeTable], width: int) -> alt.TopLevelMixin:
    """Return the chart of shares with a choice of table and of the band to bring out."""
    rows = _rows(tables)
    bands = list(rows["band"].unique())
    source, band = (
        _source(tables),
        alt.param(
            name="band", value=bands[0], bind=alt.binding_select(options=bands, name="Employees: ")
        ),
    )
    base = (
        alt.Chart(rows)
        .transform_filter("datum.source == source")
        .encode(x=_periods(rows, width), y=_percent("share:Q", 52), detail="band:N")
    )
    chosen = base.transform_filter("datum.band == band")
    tip = [
        alt.Tooltip("period:N", title="Period"),
        alt.Tooltip("band:N", title="Employees"),
        alt.Tooltip("share:Q", title="Share, %", format=".1f"),
    ]
    quiet = base.mark_line(color=LIGHT["rule"], strokeWidth=1.5)
    strong = chosen.mark_line(color=LIGHT["focus"], strokeWidth=3)
    points = chosen.mark_point(color=LIGHT["focus"], filled=True, size=60, opacity=1).encode(
        tooltip=tip
    )
    values = chosen.mark_text(color=LIGHT["focus"], dy=-14).encode(
        text=alt.Text("share:Q", format=".1f")
    )
    return styled(
        (quiet + strong + points + values)
        .add_params(source, band)
        .properties(width=plot_width(width, 44), height=320),
        width,
    )


def share_below_threshold(tables: dict[str, SizeTable], width: int) -> alt.TopLevelMixin:
    """Return the share of units below a threshold the reader chooses; a range where it cuts a band."""
    rows = _rows(tables)
    start = int(data.load("stated_numbers").set_index("id").at["eu_sme_employees", "value"])
    threshold = alt.param(
        name="threshold",
        value=start,
        bind=alt.binding_range(min=50, max=1500, step=50, name="An SME has fewer employees than "),
    )
    base = (
        alt.Chart(rows)
        .transform_filter("datum.source == source")
        .transform_calculate(
            whole="datum.high < threshold ? datum.share : 0",
            reached="datum.low < threshold ? datum.share : 0",
        )
        .transform_aggregate(least="sum(whole)", most="sum(reached)", groupby=["period"])
        .encode(x=_periods(rows, width))
    )
    tip = [
        alt.Tooltip("period:N", title="Period"),
        alt.Tooltip("least:Q", title="At least, %", format=".1f"),
        alt.Tooltip("most:Q", title="At most, %", format=".1f"),
    ]
    bars = base.mark_bar(
        color=LIGHT["focus"], opacity=0.85, width=18 if width > NARROW else 11
    ).encode(y=_percent("least:Q", 100), y2="most:Q", tooltip=tip)
    ticks = [
        base.mark_tick(
            color=LIGHT["focus"], thickness=3, width=24 if width > NARROW else 15
        ).encode(y=alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, 100])), tooltip=tip)
        for field in ("least", "most")
    ]
    above = base.mark_text(color=LIGHT["ink"], dy=-10).encode(
        y="most:Q", text=alt.Text("most:Q", format=".0f")
    )
    return styled(
        alt.layer(bars, *ticks, above)
        .add_params(_source(tables), threshold)
        .properties(width=plot_width(width, 48), height=320),
        width,
    )


def innovations(tables: dict[str, SizeTable], width: int) -> alt.TopLevelMixin:
    """Return the innovations of one period by band, with a choice of period and table."""
    rows = _rows(tables)
    periods, bands = list(rows["period"].unique()), list(rows["band"].unique())
    period = alt.param(
        name="period", value=periods[-1], bind=alt.binding_select(options=periods, name="Period: ")
    )
    base = (
        alt.Chart(rows)
        .transform_filter("datum.source == source && datum.period == period")
        .encode(
            y=alt.Y(
                "band:N", sort=bands, title="employees", axis=alt.Axis(ticks=False, domain=False)
            ),
            x=alt.X(
                "innovations:Q",
                title=None,
                scale=alt.Scale(domain=[0, 300]),
                axis=alt.Axis(tickCount=4, grid=False, domain=False, ticks=False),
            ),
        )
    )
    bars = base.mark_bar(height=18).encode(
        color=alt.condition(
            f"datum.band == '{bands[0]}'", alt.value(LIGHT["focus"]), alt.value(LIGHT["quiet"])
        )
    )
    values = base.mark_text(align="left", dx=5, color=LIGHT["ink"]).encode(
        text=alt.Text("innovations:Q", format=".0f")
    )
    return styled(
        (bars + values)
        .add_params(_source(tables), period)
        .properties(width=plot_width(width, 130), height=7 * 30),
        width,
    )
