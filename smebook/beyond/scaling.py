"""How R&D and patents scale with the size of firms: the bundled estimates as numbers, a table and a chart.

An elasticity of 0: unrelated to size; of 1: proportional; between: more with size, but less per unit of size.
"""

import altair as alt
import pandas as pd

from citablebook import data
from citablebook.display import NARROW, Figure, Table
from smebook.figures.style import plot_width, styled
from citablebook.numbers import Number, computed, from_cell, rounded
from citablebook.palette import LIGHT

TABLE = "scaling_estimates"
DATA_SETS = {
    "rdchem": "32 US chemical firms, 1990",
    "rdtelec": "29 US telecommunication firms, 1990",
    "PatentsHGH": "346 US firms, 1975\N{EN DASH}79",
    "InstInnovation": "803 listed US firms, 1991\N{EN DASH}99",
    "PatentsRD": "181 firms of several countries, 1983\N{EN DASH}91",
}
#: Decimal places of the file.
DECIMALS = 4
#: Elasticities in print, each with its citekey: those that the same data are known to have given.
PUBLISHED = {
    "rdchem_rd_sales_least_squares_none_conventional": {
        "elasticity": 1.076,
        "low": 0.949,
        "high": 1.202,
        "r_squared": 0.910,
        "f_statistic": 302.7,
    },
    "rdtelec_rd_sales_least_squares_none_conventional": {
        "elasticity": 0.694,
        "low": 0.541,
        "high": 0.846,
    },
}
_COLOURS = {
    "least squares": LIGHT["green"],
    "Poisson": LIGHT["blue"],
    "negative binomial": LIGHT["focus"],
}


def estimates() -> pd.DataFrame:
    """Return the estimates with errors that allow for what the data show: one row per data set and specification."""
    frame = data.load(TABLE)
    return frame[frame["errors"] != "conventional"].reset_index(drop=True)


def number(row: str, column: str = "elasticity", decimals: int = 2) -> Number:
    """Return a number of one estimate, rounded, with its origin."""
    return from_cell(TABLE, row, column, decimals=decimals)


def count_where(verdict: str) -> Number:
    """Return how many estimates have intervals "below 1", "with 1" (the interval holds 1), "above 1" or "above 0"."""
    frame = estimates()
    tests = {
        "below 1": frame["high"] < 1,
        "with 1": (frame["low"] <= 1) & (frame["high"] >= 1),
        "above 1": frame["low"] > 1,
        "above 0": frame["low"] > 0,
    }
    return computed(
        int(tests[verdict].sum()),
        "estimates",
        0,
        f"estimates whose 95 % interval lies {verdict}"
        if verdict != "with 1"
        else "estimates whose 95 % interval holds 1",
        TABLE,
    )


def extreme(which: str) -> Number:
    """Return the "smallest" or "largest" elasticity of the patents with size."""
    frame = estimates()
    frame = frame[(frame["outcome"] == "patents") & (frame["size"] != "R&D")].set_index("id")[
        "elasticity"
    ]
    row = frame.idxmin() if which == "smallest" else frame.idxmax()
    return number(row)


def _label(row: pd.Series) -> str:
    effects = ", industry and year" if row["effects"] != "none" else ""
    half = ", larger half" if row["sample"] == "larger half" else ""
    return f"by {row['size']}{effects}{half}"


def specification_chart() -> Figure:
    """Return every estimate with its interval, by data set and outcome, with lines at 0 and 1."""
    rows = estimates().copy()
    rows["label"] = [_label(row) for _, row in rows.iterrows()]
    rows["group"] = [f"{row['outcome']}: {DATA_SETS[row['data']]}" for _, row in rows.iterrows()]
    groups = list(
        dict.fromkeys(rows.sort_values("outcome", ascending=False, kind="stable")["group"])
    )
    rows["order"] = range(len(rows))

    def draw(width: int) -> alt.TopLevelMixin:
        narrow = width <= NARROW
        beside = 8 if narrow else 190
        scale = alt.Scale(domain=[0, 1.3], nice=False)
        charts = []
        for i, group in enumerate(groups):
            part = rows[rows["group"] == group].assign(
                place=lambda frame: [
                    f"{label}: {estimator}"
                    for label, estimator in zip(frame["label"], frame["estimator"])
                ]
            )
            order, step = list(part["place"]), 34 if narrow else 20
            last = i == len(groups) - 1
            x = alt.X(
                "low:Q",
                scale=scale,
                title="elasticity (0: unrelated to size, 1: proportional)"
                if last and not narrow
                else "elasticity"
                if last
                else None,
                axis=alt.Axis(
                    values=[0, 0.5, 1], labels=last, ticks=False, domain=False, grid=False
                ),
            )
            y = alt.Y("place:N", sort=order, axis=None)
            base = alt.Chart(part).encode(
                y=y,
                color=alt.Color(
                    "estimator:N",
                    legend=None,
                    scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
                ),
            )
            down = 8 if narrow else 0
            whiskers = base.mark_rule(strokeWidth=2, yOffset=down).encode(x=x, x2="high:Q")
            dots = base.mark_circle(size=60, opacity=1, yOffset=down).encode(
                x=alt.X("elasticity:Q", scale=scale)
            )
            text = base.mark_text(
                align="left" if narrow else "right", dy=-6 if narrow else 0, dx=0 if narrow else -10
            ).encode(x=alt.value(0), text="place:N")
            marks = (
                alt.Chart(pd.DataFrame({"v": [0, 1]}))
                .mark_rule(color=LIGHT["quiet"], strokeDash=[2, 2])
                .encode(x=alt.X("v:Q", scale=scale))
            )
            title = alt.TitleParams(
                group,
                anchor="start",
                offset=4,
                color=LIGHT["ink"],
                fontSize=13 if not narrow else 12,
                fontWeight="bold",
                frame="group",
                dx=0 if narrow else -beside,
            )
            charts.append(
                (marks + whiskers + dots + text).properties(
                    width=plot_width(width, beside + 8), height=len(order) * step, title=title
                )
            )
        return styled(alt.vconcat(*charts, spacing=12), width)

    alt_text = (
        f"{len(rows)} estimated elasticities of R&D and patents with respect to size or R&D, with 95 % intervals. All intervals lie above 0; "
        f"{int((rows['high'] < 1).sum())} lie below 1, {int(((rows['low'] <= 1) & (rows['high'] >= 1)).sum())} hold 1, {int((rows['low'] > 1).sum())} lie above 1."
    )
    shown = rows[
        [
            "data",
            "outcome",
            "size",
            "estimator",
            "effects",
            "sample",
            "firms",
            "elasticity",
            "low",
            "high",
        ]
    ]
    return Figure(draw, alt_text, shown, "elasticities")


def published_comparison() -> Table:
    """Return published results of the same data beside those computed here."""
    frame = data.load(TABLE).set_index("id")
    names = {
        "elasticity": "elasticity",
        "low": "lower end of the interval",
        "high": "upper end of the interval",
        "r_squared": "R squared",
        "f_statistic": "F statistic",
    }
    rows = []
    for row, values in PUBLISHED.items():
        for column, value in values.items():
            mine, step = (
                frame.at[row, column],
                10.0 ** -len(repr(value).partition(".")[2].ljust(3 if value < 10 else 1, "0")),
            )
            near = abs(mine - value) <= step / 2 + 10.0**-DECIMALS  # the file itself is rounded
            rows.append(
                (
                    DATA_SETS[row.split("_")[0]],
                    names[column],
                    f"{value:.3f}" if value < 10 else f"{value}",
                    f"{rounded(mine, DECIMALS)}",
                    "equal to the last place published"
                    if near
                    else f"differs by {rounded(mine - value, DECIMALS)}",
                )
            )
    return Table(
        pd.DataFrame(rows, columns=["Data", "Result", "Published", "Computed here", "Comparison"]),
        "Published and computed results",
    )
