"""Charts of the cases: policy over time, and what drove innovation where."""

import altair as alt
import pandas as pd

from citablebook import data
from citablebook.display import NARROW, Figure
from smebook.figures import explore
from smebook.figures.style import plot_width, styled
from citablebook.palette import LIGHT

_LARGE, _SMALL = "towards large firms", "towards SMEs"
_FIRST, _LAST = 1945, 2019  # the years the timeline covers: from the first of Table 1 to the paper


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` characters, at spaces."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def policy_timeline() -> Figure:
    """Return a timeline of the policy turns, coloured by whom they favour; open ends fade out as arrows."""
    events = data.load("policy_events")
    events["start"] = events["from_year"].fillna(_FIRST).astype(int)
    events["end"] = [
        int(to) + 1
        if pd.notna(to)
        else (start + 1 if "since" not in dating and "from" not in dating else _LAST)
        for to, start, dating in zip(events["to_year"], events["start"], events["dating"])
    ]
    events["undated"] = events["from_year"].isna()
    events["colour"] = events["direction"].map({_LARGE: LIGHT["blue"], _SMALL: LIGHT["focus"]})
    events = events.sort_values(["start", "end"]).reset_index(drop=True)

    def draw(width: int) -> alt.TopLevelMixin:
        narrow = width <= NARROW
        characters = 44 if narrow else 96
        rows, labels, y = [], [], 0.0
        for event in events.to_dict("records"):
            lines = _wrapped(f"{event['country']}: {event['event']}, {event['dating']}", characters)
            for line in lines:
                labels.append({"y": y, "text": line, "colour": event["colour"]})
                y += 1
            rows.append({**event, "y": y, "from_year": None, "to_year": None})
            y += 1.5
        size = 16
        scale_y = alt.Scale(domain=[-0.8, y - 0.6], reverse=True)
        scale_x = alt.Scale(domain=[_FIRST, _LAST], nice=False)
        axis = alt.Axis(
            values=[1950, 1960, 1970, 1980, 1990, 2000, 2010],
            format="d",
            title=None,
            ticks=False,
            domain=False,
            orient="top",
            labelExpr="datum.value" if not narrow else "datum.value % 20 == 10 ? datum.value : ''",
        )
        y_axis = alt.Y("y:Q", scale=scale_y, axis=None)
        spans = alt.Chart(pd.DataFrame(rows).drop(columns=["from_year", "to_year"])).encode(
            y=y_axis, color=alt.Color("colour:N", scale=None)
        )
        bars = spans.mark_rule(strokeWidth=7, strokeCap="butt").encode(
            x=alt.X("start:Q", scale=scale_x, axis=axis), x2="end:Q"
        )
        open_start = (
            spans.transform_filter("datum.undated")
            .mark_point(shape="triangle-left", filled=True, size=110, opacity=1)
            .encode(x=alt.X("start:Q", scale=scale_x))
        )
        open_end = (
            spans.transform_filter(f"datum.end == {_LAST}")
            .mark_point(shape="triangle-right", filled=True, size=110, opacity=1)
            .encode(x=alt.X("end:Q", scale=scale_x))
        )
        text = (
            alt.Chart(pd.DataFrame(labels))
            .mark_text(align="left", baseline="middle", color=LIGHT["ink"])
            .encode(x=alt.value(0), y=alt.Y("y:Q", scale=scale_y, axis=None), text="text:N")
        )
        return styled(
            (bars + open_start + open_end + text).properties(
                width=plot_width(width, 16), height=int((y + 0.2) * size)
            ),
            width,
        )

    large, small = (events["direction"] == _LARGE).sum(), (events["direction"] == _SMALL).sum()
    first_small = events[events["direction"] == _SMALL].iloc[0]
    alt_text = (
        f"Timeline of {len(events)} policy turns: {large} favour large firms, {small} favour SMEs. The first towards SMEs is that of the "
        f"{first_small['country']} in {first_small['start']}; Western Europe and Korea follow decades later."
    )
    shown = data.load("policy_events", as_text=True)[["event", "country", "dating", "direction"]]
    return Figure(
        draw,
        alt_text,
        shown.rename(columns=str.capitalize),
        "policy-timeline",
        explore.policy,
        "Choose a country",
    )


def cases_and_drivers() -> Figure:
    """Return a grid of cases against the drivers of SME innovation that the paper names for them."""
    cases, links = data.load("cases"), data.load("case_drivers")
    names = dict(zip(cases["id"], cases["case"].str.replace(r" \(.*\)", "", regex=True)))
    rows = links.assign(case=links["case"].map(names))
    drivers = list(rows["driver"].value_counts().index)
    grid = pd.DataFrame(
        [(case, driver) for case in names.values() for driver in drivers],
        columns=["case", "driver"],
    )

    def draw(width: int) -> alt.TopLevelMixin:
        narrow = width <= NARROW
        y = alt.Y(
            "driver:N",
            sort=drivers,
            title=None,
            axis=alt.Axis(
                ticks=False,
                domain=False,
                labelLimit=230,
                labelPadding=8,
                labelColor=LIGHT["ink"],
                labelExpr="split(datum.value, ' and ')" if narrow else "datum.value",
            ),
        )
        x = alt.X(
            "case:N",
            sort=list(names.values()),
            title=None,
            axis=alt.Axis(
                orient="top",
                ticks=False,
                domain=False,
                labelAngle=-60 if narrow else -25,
                labelLimit=220,
                labelColor=LIGHT["ink"],
            ),
        )
        empty = (
            alt.Chart(grid).mark_circle(size=26, color=LIGHT["rule"], opacity=1).encode(x=x, y=y)
        )
        named = (
            alt.Chart(rows)
            .mark_circle(size=300 if not narrow else 200, color=LIGHT["focus"], opacity=1)
            .encode(x=x, y=y)
        )
        return styled(
            (empty + named).properties(
                width=plot_width(width, 168 if narrow else 300), height=len(drivers) * 40
            ),
            width,
        )

    shared = rows["driver"].value_counts()
    alt_text = (
        f"Grid of {len(names)} cases and {len(drivers)} drivers of SME innovation. {shared.index[0].capitalize()} is named for {shared.iloc[0]} cases, {shared.index[1]} for {shared.iloc[1]}; "
        "business networks and firms' own competence only for the Third Italy."
    )
    return Figure(
        draw,
        alt_text,
        rows.rename(columns={"case": "Case", "driver": "Driver", "claim": "Claim"}),
        "cases-and-drivers",
    )
