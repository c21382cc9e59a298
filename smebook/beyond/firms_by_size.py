"""Innovating firms by size today, and what SME shares mean: official figures as numbers and charts."""

import altair as alt
import pandas as pd

from citablebook import data
from citablebook.display import NARROW, Figure
from smebook.figures.style import plot_width, styled
from smebook.table1 import band_limits, band_name
from citablebook.numbers import Number, computed, from_cell, outside, rounded
from citablebook.palette import LIGHT

TABLE = "innovating_firms"


def classes() -> pd.DataFrame:
    """Return the size classes with `companies`, `innovating`, `rate` (%) and their shares of all companies and of all innovating ones (%)."""
    frame = (
        data.load(TABLE)
        .set_index("size_class")
        .drop(index="all")
        .astype({"companies": float, "innovating": float})
    )
    frame["share_of_companies"] = frame["companies"] / frame["companies"].sum() * 100
    frame["share_of_innovating"] = frame["innovating"] / frame["innovating"].sum() * 100
    return frame


def excess() -> Number:
    """Return by how many the innovating companies of the classes exceed the published total."""
    frame = data.load(TABLE).set_index("size_class")["innovating"].astype(int)
    return computed(
        int(frame.drop("all").sum() - frame["all"]),
        "companies",
        0,
        "innovating companies added over the classes, less the published total",
        TABLE,
        "all",
        "innovating",
    )


def rate(size_class: str) -> Number:
    """Return the share of companies of a size class that innovate."""
    return from_cell(TABLE, size_class, "rate")


def rate_ratio() -> Number:
    """Return how many times as likely the largest class is to innovate as the smallest."""
    rates = classes()["innovating"] / classes()["companies"]
    return computed(
        rates.iloc[-1] / rates.iloc[0],
        "",
        1,
        "rate of the largest class divided by that of the smallest",
        TABLE,
    )


def below(employees: int, column: str, decimals: int = 1) -> Number:
    """Return the share of "companies" or "innovating" companies in the classes below a number of employees.

    Raises
    ------
    ValueError
        If the number cuts a class.
    """
    frame = classes()
    limits = [band_limits(name) for name in frame.index]
    if any(low < employees <= high for low, high in limits if low != employees):
        raise ValueError(f"{employees} employees cut a size class")
    inside = [high < employees for _, high in limits]
    return computed(
        frame.loc[inside, column].sum() / frame[column].sum() * 100,
        "%",
        decimals,
        f"{column} with fewer than {employees} employees as a share of all",
        TABLE,
    )


def per_head(figure: str) -> Number:
    """Return how many times the R&D ("rd") or the patents ("patents") per employee of small performers are those of the others."""
    share, heads = (float(outside(f"us_performers_{name}")) for name in (figure, "employment"))
    ratio = (share / heads) / ((100 - share) / (100 - heads))
    return computed(
        ratio,
        "",
        1,
        "share of the firms below 250 employees by their share of employment, divided by the same for the others",
        "outside_figures",
        f"us_performers_{figure}",
        "value",
    )


def korea_2013() -> Number:
    """Return the share of Korea's enterprises with fewer than 250 employees in 2013."""
    share = (
        float(outside("korea_enterprises_below_250")) / float(outside("korea_enterprises")) * 100
    )
    return computed(
        share,
        "%",
        1,
        "enterprises with fewer than 250 employees divided by all",
        "outside_figures",
        "korea_enterprises_below_250",
        "value",
    )


def innovating_by_size() -> Figure:
    """Return the likelihood of innovating and the share of all innovating companies, by size class."""
    frame = classes().reset_index()
    frame["class"] = [band_name(name) for name in frame["size_class"]]
    order = list(frame["class"])

    def panel(
        column: str, title: str, width: int, top: float, colour: str, labels: bool
    ) -> alt.TopLevelMixin:
        y = alt.Y(
            "class:N",
            sort=order,
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelPadding=6) if labels else None,
        )
        base = alt.Chart(
            frame.assign(text=[f"{rounded(value, 1)}%" for value in frame[column]])
        ).encode(y=y, x=alt.X(f"{column}:Q", axis=None, scale=alt.Scale(domain=[0, top])))
        bars, text = (
            base.mark_bar(color=colour, height=14),
            base.mark_text(align="left", dx=4, color=LIGHT["ink"]).encode(text="text:N"),
        )
        return (bars + text).properties(
            width=width,
            height=len(order) * 24,
            title=alt.TitleParams(
                title.split("\n"),
                anchor="start",
                fontSize=13,
                fontWeight="normal",
                color=LIGHT["ink"],
            ),
        )

    def draw(width: int) -> alt.TopLevelMixin:
        rates = ("rate", "Share of companies that innovate", 62, LIGHT["focus"])
        shares = ("share_of_innovating", "Share of all innovating companies", 68, LIGHT["blue"])
        parts = [
            panel(
                column,
                title,
                (plot_width(width, 100) if width <= NARROW else (width - 150) // 2),
                top,
                colour,
                width <= NARROW or column == "rate",
            )
            for column, title, top, colour in (rates, shares)
        ]
        return styled((alt.vconcat if width <= NARROW else alt.hconcat)(*parts, spacing=24), width)

    alt_text = (
        f"Bars by number of employees, US, 2020 to 2022. The share of companies that innovate rises from {rounded(frame['rate'].iloc[0], 1)}% of those with {order[0]} employees to "
        f"{rounded(frame['rate'].iloc[-1], 1)}% of the largest; but {rounded(frame['share_of_innovating'].iloc[0], 1)}% of all innovating companies have {order[0]} employees."
    )
    shown = frame[
        ["class", "companies", "innovating", "rate", "share_of_companies", "share_of_innovating"]
    ].round(3)
    return Figure(draw, alt_text, shown, "innovating-firms-by-size")


def what_smes_have() -> Figure:
    """Return SME shares of firms, employment, sales and GDP, as published for Korea and the US."""
    rows = pd.DataFrame(
        [
            ("firms: Korea, 2013, below 250 employees", korea_2013()),
            ("firms: Korea, 2019, by turnover", outside("korea_sme_firms")),
            ("firms: US, 2022, below 500 employees", below(500, "companies")),
            ("employment: Korea, 2019, by turnover", outside("korea_sme_employment")),
            ("sales: Korea, 2019, by turnover", outside("korea_sme_sales")),
            ("GDP: US, 1998, below 500 employees", outside("us_small_gdp_1998")),
            ("GDP: US, 2014, below 500 employees", outside("us_small_gdp_2014")),
        ],
        columns=["what", "number"],
    )
    rows["share"], rows["text"] = (
        [float(n) for n in rows["number"]],
        [str(n) for n in rows["number"]],
    )
    rows, order = rows.drop(columns="number"), list(rows["what"])

    def draw(width: int) -> alt.TopLevelMixin:
        narrow = width <= NARROW
        y = alt.Y(
            "what:N",
            sort=order,
            title=None,
            axis=None
            if narrow
            else alt.Axis(
                ticks=False, domain=False, labelLimit=290, labelColor=LIGHT["ink"], labelPadding=6
            ),
        )
        base = alt.Chart(rows).encode(
            y=y, x=alt.X("share:Q", axis=None, scale=alt.Scale(domain=[0, 118]))
        )
        down = 10 if narrow else 0
        bars = base.mark_bar(height=15, yOffset=down).encode(
            color=alt.condition(
                "substring(datum.what, 0, 5) == 'firms'",
                alt.value(LIGHT["quiet"]),
                alt.value(LIGHT["focus"]),
            )
        )
        text = base.mark_text(align="left", dx=5, dy=down, color=LIGHT["ink"]).encode(text="text:N")
        names = (
            [
                base.mark_text(align="left", dy=-8, color=LIGHT["ink"]).encode(
                    x=alt.value(0), text="what:N"
                )
            ]
            if narrow
            else []
        )
        return styled(
            alt.layer(bars, text, *names).properties(
                width=plot_width(width, 16 if narrow else 290),
                height=len(order) * (42 if narrow else 26),
            ),
            width,
        )

    alt_text = (
        "Bars of what SMEs have. "
        + "; ".join(f"{what}: {text}" for what, text in zip(rows["what"], rows["text"]))
        + "."
    )
    return Figure(draw, alt_text, rows[["what", "share"]].round(3), "what-smes-have")
