"""Charts of the literature the paper cites: when, on what, and for which claims."""

import altair as alt
import pandas as pd

from citablebook import data, references
from citablebook.display import NARROW, Figure
from smebook.figures import explore
from smebook.figures.style import plot_width, styled
from citablebook.palette import LIGHT

FINDING_COLOURS = {
    "small firms have advantages": LIGHT["focus"],
    "no strong relation": LIGHT["purple"],
    "large firms have advantages": LIGHT["blue"],
    "not stated": LIGHT["quiet"],
}


def citations() -> pd.DataFrame:
    """Return one row per claim and work cited for it: `claim`, `section`, `citekey`."""
    claims = data.load("claims")
    rows = claims.assign(citekey=claims["works"].str.split(";")).explode("citekey")
    return (
        rows.loc[rows["citekey"] != "", ["id", "section", "citekey"]]
        .rename(columns={"id": "claim"})
        .reset_index(drop=True)
    )


def literature_over_time() -> Figure:
    """Return the works cited as dots along their year of publication, a row for each topic."""
    works = data.load("cited_works")
    works["year"] = [int(references.works()[key].year) for key in works["citekey"]]
    topics = list(works.groupby("topic")["year"].median().sort_values().index)
    works = works.sort_values(["topic", "year", "citekey"])
    # Works of one topic in the same three years stand on top of one another.
    works["bin"] = (works["year"] // 3) * 3 + 1
    works["level"] = works.groupby(["topic", "bin"]).cumcount()
    works["work"] = [references.works()[key].label for key in works["citekey"]]

    def draw(width: int) -> alt.TopLevelMixin:
        narrow = width <= NARROW
        step, dot = (7, 38) if narrow else (11, 84)
        room = plot_width(width, 24)
        scale = alt.Scale(domain=[1932, 2021], nice=False)
        charts = []
        for i, topic in enumerate(topics):
            part = works[works["topic"] == topic]
            axis = alt.Axis(
                values=[1940, 1960, 1980, 2000, 2020],
                format="d",
                title=None,
                ticks=False,
                grid=False,
                labels=i == len(topics) - 1,
                domainColor=LIGHT["rule"],
            )
            levels, line = int(part["level"].max()) + 1, 18  # a line of text stands above the dots
            height = levels * step + line
            dots = (
                alt.Chart(part)
                .mark_circle(
                    size=dot,
                    opacity=1,
                    color=LIGHT["focus"]
                    if topic in ("firm size and innovation", "SMEs and their innovation")
                    else LIGHT["quiet"],
                )
                .encode(
                    x=alt.X("bin:Q", scale=scale, axis=axis),
                    y=alt.Y(
                        "level:Q",
                        scale=alt.Scale(domain=[-0.5, levels - 0.5 + line / step]),
                        axis=None,
                    ),
                )
            )
            text = (
                alt.Chart(pd.DataFrame({"t": [f"{topic} ({len(part)})"]}))
                .mark_text(align="left", baseline="middle", color=LIGHT["ink"])
                .encode(x=alt.value(0), y=alt.value(8), text="t:N")
            )
            charts.append((dots + text).properties(width=room, height=height))
        return styled(alt.vconcat(*charts, spacing=12 if narrow else 10), width)

    counts = works["topic"].value_counts()
    alt_text = (
        f"Dots for {len(works)} works cited, by year of publication and topic, from {works['year'].min()} to {works['year'].max()}. "
        f"The largest topic is {counts.index[0]} with {counts.iloc[0]} works; {(works['year'] < 2000).sum()} works appeared before 2000."
    )
    shown = works.sort_values(["year", "work"])[["year", "work", "topic"]].rename(
        columns=str.capitalize
    )
    return Figure(draw, alt_text, shown, "literature-over-time")


def evidence_map() -> Figure:
    """Return works against the sections in which claims rest on them, coloured by what the paper says they find."""
    works, links = data.load("cited_works").set_index("citekey"), citations()
    sections = ["1", "2.1", "2.2", "2.3", "3.1", "3.2", "4"]
    rows = (
        links.groupby(["citekey", "section"])["claim"]
        .agg(claims="count", which=lambda ids: ", ".join(ids))
        .reset_index()
    )
    rows["work"] = [references.works()[key].label for key in rows["citekey"]]
    rows["colour"] = [FINDING_COLOURS[works.at[key, "size_finding"]] for key in rows["citekey"]]
    total = rows.groupby("work")["claims"].sum()
    first = rows.assign(order=rows["section"].map(sections.index)).groupby("work")["order"].min()
    order = sorted(total.index, key=lambda work: (-total[work], first[work], work))

    def draw(width: int) -> alt.TopLevelMixin:
        narrow = width <= NARROW
        x = alt.X(
            "section:N",
            sort=sections,
            scale=alt.Scale(domain=sections),
            title="section of the paper",
            axis=alt.Axis(
                orient="top",
                labelAngle=0,
                ticks=False,
                domain=False,
                grid=True,
                gridColor=LIGHT["pale"],
            ),
        )
        y = alt.Y(
            "work:N",
            sort=order,
            title=None,
            axis=alt.Axis(
                ticks=False,
                domain=False,
                labelLimit=160 if narrow else 250,
                labelColor=LIGHT["ink"],
                labelPadding=6,
                grid=True,
                gridColor=LIGHT["pale"],
            ),
        )
        base = alt.Chart(rows).encode(x=x, y=y)
        dots = base.mark_circle(opacity=1).encode(
            size=alt.Size(
                "claims:Q",
                legend=None,
                scale=alt.Scale(domain=[1, float(rows["claims"].max())], range=[60, 330]),
            ),
            color=alt.Color("colour:N", scale=None),
        )
        several = (
            base.transform_filter("datum.claims > 1")
            .mark_text(color=LIGHT["ground"], fontSize=11)
            .encode(text="claims:Q")
        )
        key = pd.DataFrame(
            {
                "text": list(FINDING_COLOURS),
                "colour": list(FINDING_COLOURS.values()),
                "row": range(len(FINDING_COLOURS)),
            }
        )
        key["text"] = key["text"].replace("not stated", "no finding on size stated")
        legend_base = alt.Chart(key).encode(
            y=alt.Y("row:O", axis=None), color=alt.Color("colour:N", scale=None)
        )
        legend = (
            legend_base.mark_circle(size=80, opacity=1).encode(x=alt.value(6))
            + legend_base.mark_text(align="left", dx=16).encode(x=alt.value(0), text="text:N")
        ).properties(height=76, width=200)
        grid = (dots + several).properties(
            width=plot_width(width, 172 if narrow else 260), height=len(order) * 19
        )
        return styled(alt.vconcat(legend, grid, spacing=6), width)

    top = order[0]
    alt_text = (
        f"Map of {len(order)} works against the sections whose claims cite them. {top} carries most claims, {total[top]}; "
        f"{(total == 1).sum()} works carry a single claim each. Colour tells what the paper says a work finds on size and innovation."
    )
    shown = rows[["work", "section", "claims", "which"]].rename(
        columns={"work": "Work", "section": "Section", "claims": "Claims", "which": "Which claims"}
    )
    named = links.assign(work=[references.works()[key].label for key in links["citekey"]])
    return Figure(
        draw,
        alt_text,
        shown,
        "evidence-map",
        lambda width: explore.evidence(named, width),
        "Choose a work",
    )
