"""What became of the paper's claims, as a chart."""

import altair as alt
import pandas as pd

from smebook import ledger
from citablebook.display import NARROW, Figure
from smebook.figures.style import plot_width, styled
from citablebook.palette import LIGHT

_COLOURS = {
    "reproduced": LIGHT["green"],
    "repaired": LIGHT["green"],
    "contradicted": LIGHT["focus"],
    "otherwise": LIGHT["focus"],
    "work": LIGHT["blue"],
}


def claims_by_status() -> Figure:
    """Return one square for each claim, in a row of squares for each status that occurs."""
    rows = pd.DataFrame(
        [
            {"status": entry.status, "claim": entry.claim, "section": entry.section}
            for entry in ledger.entries()
        ]
    )
    counts = rows["status"].value_counts()
    rows["place"] = rows.groupby("status").cumcount()

    def draw(width: int) -> alt.TopLevelMixin:
        room = plot_width(width, 8)
        side = 15 if width <= NARROW else 12
        by_line = room // (side + 3)
        charts = []
        for status in (key for key in ledger.STATUSES if key in counts):
            part = rows[rows["status"] == status].assign(
                x=lambda frame: frame["place"] % by_line * (side + 3),
                y=lambda frame: frame["place"] // by_line * (side + 3) + 20,
            )
            title = pd.DataFrame({"t": [f"{counts[status]}  {ledger.STATUSES[status]}"]})
            squares = (
                alt.Chart(part)
                .mark_square(
                    size=side**2,
                    opacity=1,
                    color=_COLOURS.get(status, LIGHT["quiet"]),
                    xOffset=side / 2,
                    yOffset=side / 2,
                )
                .encode(
                    x=alt.X(
                        "x:Q",
                        axis=None,
                        scale=alt.Scale(domain=[0, room], nice=False, range=[0, room]),
                    ),
                    y=alt.Y(
                        "y:Q",
                        axis=None,
                        scale=alt.Scale(domain=[0, 100], range=[0, 100], nice=False),
                    ),
                )
            )
            text = (
                alt.Chart(title)
                .mark_text(align="left", baseline="middle", color=LIGHT["ink"])
                .encode(x=alt.value(0), y=alt.value(8), text="t:N")
            )
            charts.append(
                (squares + text).properties(width=room, height=int(part["y"].max()) + side + 3)
            )
        return styled(alt.vconcat(*charts, spacing=8), width)

    told = "; ".join(
        f"{counts[key]}: {name}" for key, name in ledger.STATUSES.items() if key in counts
    )
    alt_text = f"One square for each of the paper's {len(rows)} claims, by status. {told[0].upper()}{told[1:]}."
    shown = (
        rows.assign(status=rows["status"].map(ledger.STATUSES))
        .groupby("status", sort=False)
        .agg(claims=("claim", "count"), which=("claim", ", ".join))
        .reset_index()
    )
    return Figure(
        draw,
        alt_text,
        shown.rename(columns={"status": "Status", "claims": "Claims", "which": "Which claims"}),
        "claims-by-status",
    )
