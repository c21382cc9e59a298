"""Charts of Table 1: who innovated, by size of unit, from 1945 to 1983."""

import altair as alt
import pandas as pd

from citablebook import data
from citablebook.display import NARROW, Figure
from smebook.figures import explore
from smebook.figures.style import plot_width, styled
from smebook.innovation_by_size import SizeTable, band_name
from citablebook.numbers import rounded
from citablebook.palette import LIGHT


def _versions(table: SizeTable, repaired: SizeTable | None) -> dict[str, SizeTable]:
    """Return the versions of the table between which a reader may switch."""
    return {"as printed": table} | ({"repaired": repaired} if repaired else {})


def _period_axis(periods: list[str], width: int) -> alt.X:
    """Return the axis of periods: in a narrow chart every period by its first year."""
    # A narrow column has room for the first year of every other period.
    label = (
        "indexof(domain('x'), datum.value) % 2 == 0 ? slice(datum.value, 0, 4) : ''"
        if width <= NARROW
        else "replace(datum.value, '-', '\u2013')"
    )
    return alt.X(
        "period:N",
        sort=periods,
        title=None,
        scale=alt.Scale(padding=0.25),
        axis=alt.Axis(labelAngle=0, labelExpr=label, ticks=False, labelPadding=6),
    )


def _long(table: SizeTable) -> pd.DataFrame:
    shares = (
        table.shares.rename(columns=band_name)
        .rename_axis(columns="band")
        .stack()
        .rename("share")
        .reset_index()
    )
    return shares


def _spread(values: pd.Series, gap: float) -> pd.Series:
    """Move labels apart until neighbours are `gap` units away from one another, keeping their order."""
    order = values.sort_values()
    placed = order.copy()
    for _ in range(200):
        moved = False
        for low, high in zip(order.index[:-1], order.index[1:]):
            overlap = gap - (placed[high] - placed[low])
            if overlap > 1e-6:
                placed[low] -= overlap / 2
                placed[high] += overlap / 2
                moved = True
        if not moved:
            break
    return placed


def share_over_time(table: SizeTable, repaired: SizeTable | None = None) -> Figure:
    """Return the share of each size band over time, the smallest band brought out.

    Parameters
    ----------
    table : SizeTable
        Shares in % by period and band.
    """
    rows, smallest = _long(table), band_name(table.bands[0])
    largest_at_start = band_name(table.shares.iloc[0].idxmax())
    last = table.periods[-1]

    def draw(width: int) -> alt.TopLevelMixin:
        height = 380
        ends = rows[rows["period"] == last].set_index("band")["share"]
        labels = pd.DataFrame({"y": _spread(ends, 50 / height * 17)}).reset_index()
        labels["text"] = [f"{band}  {rounded(ends[band], 1)}%" for band in labels["band"]]
        labels["period"] = last
        colour = alt.Color(
            "band:N",
            legend=None,
            scale=alt.Scale(
                domain=[smallest, largest_at_start], range=[LIGHT["focus"], LIGHT["blue"]]
            ),
        )
        chosen = alt.FieldOneOfPredicate(field="band", oneOf=[smallest, largest_at_start])
        line_colour = alt.condition(chosen, colour, alt.value(LIGHT["quiet"]))
        x = _period_axis(table.periods, width)
        y = alt.Y(
            "share:Q",
            title=None,
            scale=alt.Scale(domain=[-2, 50]),
            axis=alt.Axis(
                values=[0, 10, 20, 30, 40, 50],
                labelExpr="datum.value + '%'",
                domain=False,
                ticks=False,
            ),
        )
        base = alt.Chart(rows).encode(x=x, y=y, detail="band:N")
        lines = base.mark_line(strokeWidth=1.4).encode(color=line_colour)
        strong = (
            base.transform_filter(chosen)
            .mark_line(strokeWidth=3, point=alt.OverlayMarkDef(size=34, filled=True))
            .encode(color=colour)
        )
        text = (
            alt.Chart(labels)
            .mark_text(align="left", dx=12 if width > NARROW else 8)
            .encode(
                x=alt.X("period:N", sort=table.periods),
                y=alt.Y("y:Q", scale=alt.Scale(domain=[-2, 50])),
                text="text:N",
                color=line_colour,
            )
        )
        beside = 40 + (130 if width > NARROW else 112)
        return styled(
            (lines + strong + text).properties(width=plot_width(width, beside), height=height),
            width,
        )

    pivot = table.shares.rename(columns=band_name).reset_index()
    alt_text = (
        f"Line chart of the share of innovations by size band. Units with {smallest} employees rise from {rounded(table.shares.iloc[0, 0], 1)}% in {table.periods[0]} "
        f"to {rounded(table.shares.iloc[-1, 0], 1)}% in {last}; those with {largest_at_start} fall from {rounded(table.shares.iloc[0].max(), 1)}% to "
        f"{rounded(table.shares.iloc[-1][table.shares.iloc[0].idxmax()], 1)}%; the other bands change little."
    )
    return Figure(
        draw,
        alt_text,
        pivot,
        "share-by-size-band",
        lambda width: explore.share_over_time(_versions(table, repaired), width),
        "Choose a band",
    )


def innovations_by_period_and_band(table: SizeTable, repaired: SizeTable | None = None) -> Figure:
    """Return the number of innovations that the shares imply, by period and band, as a grid of squares."""
    counts = table.counts
    rows = (
        counts.rename(columns=band_name)
        .rename_axis(columns="band")
        .stack()
        .rename("innovations")
        .reset_index()
    )
    rows["shown"] = [f"{rounded(value, 0)}" for value in rows["innovations"]]
    bands = [band_name(band) for band in table.bands]

    def draw(width: int) -> alt.TopLevelMixin:
        narrow = width <= NARROW
        lower = "replace(split(replace(datum.value, '+', ''), '\u2013')[0], ',000', 'k')"  # a narrow column has room for the lower limits
        x = alt.X(
            "band:N",
            sort=bands,
            title="employees, from \u2026 up (k: thousand)"
            if narrow
            else "employees of the innovating unit",
            axis=alt.Axis(
                orient="top",
                labelAngle=0,
                ticks=False,
                domain=False,
                labelPadding=4,
                labelLineHeight=13,
                labelExpr=lower
                if narrow
                else "split(replace(datum.value, '\u2013', '\u2013 '), ' ')",
            ),
        )
        y = alt.Y(
            "period:N",
            sort=table.periods,
            title=None,
            axis=alt.Axis(
                ticks=False,
                domain=False,
                labelExpr="replace(datum.value, '-', '\u2013')",
                labelPadding=6,
            ),
        )
        base = alt.Chart(rows).encode(x=x, y=y)
        is_smallest = f"datum.band == '{bands[0]}'"
        squares = base.mark_square(opacity=1).encode(
            size=alt.Size(
                "innovations:Q",
                legend=None,
                scale=alt.Scale(
                    type="linear",
                    domain=[0, float(rows["innovations"].max())],
                    range=[0, 720 if narrow else 1500],
                ),
            ),
            color=alt.condition(is_smallest, alt.value(LIGHT["tint"]), alt.value(LIGHT["pale"])),
        )
        text = base.mark_text().encode(
            text="shown:N",
            color=alt.condition(is_smallest, alt.value(LIGHT["focus"]), alt.value(LIGHT["ink"])),
        )
        return styled(
            (squares + text).properties(
                width=plot_width(width, 62 if narrow else 66), height=8 * (34 if narrow else 44)
            ),
            width,
        )

    alt_text = (
        f"Grid of the innovations that shares and row counts imply, periods by size bands. The largest cell is "
        f"{rows.loc[rows['innovations'].idxmax(), 'band']} employees in {rows.loc[rows['innovations'].idxmax(), 'period']} with {rounded(rows['innovations'].max(), 0)}; "
        f"the smallest band grows from {rounded(counts.iloc[0, 0], 0)} to {rounded(counts.iloc[:, 0].max(), 0)} at its height, in {counts.iloc[:, 0].idxmax()}."
    )
    return Figure(
        draw,
        alt_text,
        counts.rename(columns=band_name).map(lambda v: str(rounded(v, 1))).reset_index(),
        "innovations-by-period-and-band",
        lambda width: explore.innovations(_versions(table, repaired), width),
        "Choose a period",
    )


#: Groups of bands with which the smallest is compared: name, smallest and largest size in employees.
GROUPS = [
    ("200\u2013999", 200, 999),
    ("1,000\u20139,999", 1000, 9999),
    ("1,000 and more", 1000, float("inf")),
]


def overtaking(table: SizeTable) -> Figure:
    """Return the smallest band against larger groups of bands, a panel each, with the period of crossing."""
    smallest = table.shares[table.bands[0]]
    frames = []
    for name, low, high in GROUPS:
        group = table.group_shares(low, high)
        frames.append(
            pd.DataFrame(
                {
                    "group": name,
                    "period": table.periods,
                    "smallest": smallest.values,
                    "larger": group.values,
                }
            )
        )
    rows = pd.concat(frames, ignore_index=True)
    rows["ahead"] = rows["smallest"] > rows["larger"]

    def draw(width: int) -> alt.TopLevelMixin:
        narrow = width <= NARROW
        panel = plot_width(width, 44) if narrow else (width - 60) // 3
        height = 170 if narrow else 260

        def panel_chart(name: str, first: bool) -> alt.TopLevelMixin:
            part = rows[rows["group"] == name]
            top = 70
            x = alt.X(
                "period:N",
                sort=table.periods,
                title=None,
                axis=alt.Axis(
                    labelAngle=0, labelExpr="slice(datum.value, 2, 4)", ticks=False, labelPadding=6
                ),
            )
            axis = alt.Axis(
                values=[0, 20, 40, 60],
                labelExpr="datum.value + '%'",
                domain=False,
                ticks=False,
                labels=first or narrow,
            )
            base = alt.Chart(part).encode(x=x)
            scale = alt.Scale(domain=[0, top])
            larger = base.mark_line(strokeWidth=2, color=LIGHT["blue"]).encode(
                y=alt.Y("larger:Q", title=None, scale=scale, axis=axis)
            )
            small = base.mark_line(strokeWidth=3, color=LIGHT["focus"]).encode(
                y=alt.Y("smallest:Q", scale=scale)
            )
            ahead = (
                base.transform_filter("datum.ahead")
                .mark_point(filled=True, size=44, color=LIGHT["focus"], opacity=1)
                .encode(y="smallest:Q")
            )
            # The labels stand where the lines are furthest apart, above and below them.
            widest = part.loc[[(part["larger"] - part["smallest"]).idxmax()]]
            label = (
                alt.Chart(widest.assign(y=widest["larger"] + 6))
                .mark_text(color=LIGHT["blue"])
                .encode(x=x, y=alt.Y("y:Q", scale=scale), text=alt.value(name))
            )
            small_label = (
                alt.Chart(widest.assign(y=widest["smallest"] - 6))
                .mark_text(color=LIGHT["focus"])
                .encode(x=x, y=alt.Y("y:Q", scale=scale), text=alt.value(band_name(table.bands[0])))
            )
            if widest["period"].iloc[0] == table.periods[0]:  # keep clear of the edge
                label, small_label = (
                    label.mark_text(color=LIGHT["blue"], align="left", dx=-14),
                    small_label.mark_text(color=LIGHT["focus"], align="left", dx=-14),
                )
            return (larger + small + ahead + label + small_label).properties(
                width=panel, height=height
            )

        panels = [panel_chart(name, i == 0) for i, (name, _, _) in enumerate(GROUPS)]
        joined = alt.vconcat(*panels, spacing=14) if narrow else alt.hconcat(*panels, spacing=12)
        return styled(joined, width)

    clauses = []
    for name, part in rows.groupby("group", sort=False):
        ahead = list(part.loc[part["ahead"], "period"])
        clauses.append(
            f"against {name} employees it is ahead in "
            + (", ".join(ahead) if ahead else "no period")
        )
    alt_text = (
        f"Three line charts of the share of units with {band_name(table.bands[0])} employees: "
        + "; ".join(clauses)
        + "."
    )
    shown = rows.rename(
        columns={
            "group": "Larger units, employees",
            "period": "Period",
            "smallest": f"{band_name(table.bands[0])}, %",
            "larger": "Larger units, %",
            "ahead": "Smallest band ahead",
        }
    )
    shown["Larger units, %"] = [str(rounded(v, 1)) for v in shown["Larger units, %"]]
    shown["Smallest band ahead"] = shown["Smallest band ahead"].map({True: "yes", False: "no"})
    return Figure(draw, alt_text, shown, "smallest-band-against-larger")


def sme_share_by_definition(table: SizeTable, repaired: SizeTable | None = None) -> Figure:
    """Return the share of units below each definition's threshold over time, as a range where a band is cut."""
    stated = data.load("stated_numbers").set_index("id")["value"]
    thresholds = [
        (int(stated["us_sme_employees"]), "US: fewer than", LIGHT["blue"]),
        (int(stated["eu_sme_employees"]), "EU: fewer than", LIGHT["green"]),
        (int(stated["small_firm_employees"]) + 1, "Table 1: up to", LIGHT["focus"]),
    ]
    frames = []
    for employees, name, colour in thresholds:
        # The table's own limit is inclusive: its band ends with the number the text names.
        shown = f"{name} {employees - 1 if name.startswith('Table') else employees}"
        frames.append(
            table.share_below(employees).assign(definition=shown, colour=colour).reset_index()
        )
    rows = pd.concat(frames, ignore_index=True)
    last = table.periods[-1]

    def draw(width: int) -> alt.TopLevelMixin:
        narrow = width <= NARROW
        scale = alt.Scale(domain=[0, 60])
        colour = alt.Color("colour:N", scale=None)
        x = _period_axis(table.periods, width)
        base = alt.Chart(rows).encode(x=x, color=colour)
        y = alt.Y(
            "low:Q",
            title=None,
            scale=scale,
            axis=alt.Axis(
                values=[0, 20, 40, 60], labelExpr="datum.value + '%'", domain=False, ticks=False
            ),
        )
        cut = "datum.high - datum.low > 0.001"
        ranges = (
            base.transform_filter(cut)
            .mark_bar(width=9 if narrow else 15, opacity=0.9)
            .encode(y=y, y2="high:Q")
        )
        exact = (
            base.transform_filter(f"!({cut})")
            .mark_line(strokeWidth=3, point=alt.OverlayMarkDef(filled=True, size=40))
            .encode(y=y)
        )
        ends = rows[rows["period"] == last].copy()
        ends["y"] = (ends["low"] + ends["high"]) / 2
        ends["text"] = [
            d if not narrow else d.replace("fewer than", "<").replace("up to", "\u2264")
            for d in ends["definition"]
        ]
        text = (
            alt.Chart(ends)
            .mark_text(align="left", dx=14)
            .encode(
                x=alt.X("period:N", sort=table.periods),
                y=alt.Y("y:Q", scale=scale),
                text="text:N",
                color=colour,
            )
        )
        return styled(
            (ranges + exact + text).properties(
                width=plot_width(width, 40 + (88 if narrow else 136)), height=320
            ),
            width,
        )

    us, eu = (
        rows[rows["definition"].str.startswith("US")],
        rows[rows["definition"].str.startswith("EU")],
    )
    alt_text = (
        f"Share of innovations from units below each definition's threshold. Below the US threshold it rises from {rounded(us['low'].iloc[0], 1)}% to {rounded(us['low'].iloc[-1], 1)}%; "
        f"the EU threshold cuts through a band, so that the share is only known to lie between {rounded(eu['low'].iloc[-1], 1)}% and {rounded(eu['high'].iloc[-1], 1)}% in {last}."
    )
    shown = rows.drop(columns="colour")[["definition", "period", "low", "high"]]
    shown["low"], shown["high"] = (
        [str(rounded(v, 1)) for v in shown["low"]],
        [str(rounded(v, 1)) for v in shown["high"]],
    )
    return Figure(
        draw,
        alt_text,
        shown.rename(
            columns={
                "definition": "Definition",
                "period": "Period",
                "low": "At least, %",
                "high": "At most, %",
            }
        ),
        "sme-share-by-definition",
        lambda width: explore.share_below_threshold(_versions(table, repaired), width),
        "Choose the threshold",
    )
