"""Table 1 of the paper: what it prints, and what follows from it by arithmetic.

Shares are percentages of a period's innovations by the size band of the innovating
unit (employees); counts are innovations. The printed margins are kept apart from the
margins recomputed from the cells, because they do not agree.
"""

import re
from dataclasses import dataclass

import pandas as pd

from citablebook import data
from citablebook.data import SHARE, TOTAL
from citablebook.numbers import Number, computed, from_cell, stated

TABLE = "innovation_share_by_size"


def band_limits(label: str) -> tuple[int, float]:
    """Return the smallest and the largest size of a band, infinity where it is open.

    Parameters
    ----------
    label : str
        As printed, for example "200-499" or "100000+".

    Raises
    ------
    ValueError
        If the label is neither a range nor open at the top.
    """
    match = re.fullmatch(r"(\d+)(?:-(\d+)|\+)", label)
    if not match:
        raise ValueError(f"'{label}' is no size band: write '200-499' or '100000+'")
    return int(match[1]), float(match[2]) if match[2] else float("inf")


def band_name(label: str) -> str:
    """Return a band as a reader likes it: en dash and thousands separated."""
    low, high = band_limits(label)
    return f"{low:,}\N{EN DASH}{int(high):,}" if high != float("inf") else f"{low:,}+"


@dataclass(frozen=True)
class SizeTable:
    """Innovations by period and size band.

    Attributes
    ----------
    shares : pandas.DataFrame
        Percentages, periods by bands.
    n : pandas.Series
        Innovations per period.
    kind : str
        "print", or the name of a repair.
    """

    shares: pd.DataFrame
    n: pd.Series
    kind: str = "print"

    @property
    def bands(self) -> list[str]:
        """Size bands from smallest to largest, as printed."""
        return list(self.shares.columns)

    @property
    def periods(self) -> list[str]:
        """Periods from first to last, as printed."""
        return list(self.shares.index)

    @property
    def counts(self) -> pd.DataFrame:
        """Innovations by period and band that the shares imply, not rounded."""
        return self.shares.mul(self.n, axis=0) / 100

    def share(self, period: str, band: str) -> Number:
        """Return the share of a band in a period: as printed, or as the repaired counts make it."""
        if self.kind == "print":
            return from_cell(TABLE, period, band, unit="%")
        return computed(
            self.shares.at[period, band],
            "%",
            1,
            f"repaired count of the band {band} in {period} by the period's repaired number",
            TABLE,
            period,
            band,
        )

    def innovations(self, period: str) -> Number:
        """Return the number of innovations of a period, as printed or repaired."""
        if self.kind == "print":
            return from_cell(TABLE, period, "n")
        return computed(
            self.n[period],
            "innovations",
            0,
            f"repaired number of innovations of {period}",
            TABLE,
            period,
            "n",
        )

    def innovations_in_all(self) -> Number:
        """Return the number of innovations of all periods together."""
        return computed(
            int(self.n.sum()),
            "innovations",
            0,
            f"numbers of innovations of the periods added, {self.kind}",
            TABLE,
            TOTAL,
            "n",
        )

    def group_shares(self, low: int, high: float = float("inf")) -> pd.Series:
        """Return, per period, the summed share of the bands that lie within [low, high] employees."""
        inside = [
            band
            for band in self.bands
            if low <= band_limits(band)[0] and band_limits(band)[1] <= high
        ]
        return self.shares[inside].sum(axis=1)

    def group_share(self, period: str, low: int, high: float = float("inf")) -> Number:
        """Return the summed share of the bands within [low, high] employees in a period."""
        top = "and more" if high == float("inf") else f"to {int(high):,}"
        return computed(
            self.group_shares(low, high)[period],
            "%",
            1,
            f"shares of the bands from {low:,} {top} employees in {period} added",
            TABLE,
            period,
        )

    def share_below(self, employees: int) -> pd.DataFrame:
        """Return the range in which the share of units below a number of employees can lie.

        Parameters
        ----------
        employees : int
            A threshold; units have fewer employees than this.

        Returns
        -------
        pandas.DataFrame
            Per period the columns `low` and `high` in %; equal where the threshold
            falls between two bands. A band that the threshold cuts may lie wholly
            below it or wholly above.
        """
        whole = [band for band in self.bands if band_limits(band)[1] < employees]
        reached = [band for band in self.bands if band_limits(band)[0] < employees]
        return pd.DataFrame(
            {"low": self.shares[whole].sum(axis=1), "high": self.shares[reached].sum(axis=1)}
        )

    def change(self, band: str) -> Number:
        """Return by how many percentage points a band's share rose from the first period to the last."""
        first, last = self.periods[0], self.periods[-1]
        difference = self.shares.at[last, band] - self.shares.at[first, band]
        return computed(
            difference,
            "percentage points",
            1,
            f"share of the band {band} in {last} less that in {first}",
            TABLE,
            last,
            band,
        )


def printed() -> SizeTable:
    """Return the paper's Table 1 as printed, without its margins."""
    frame = data.load(TABLE).set_index("period")
    body = frame.drop(index=[TOTAL, SHARE])
    return SizeTable(body.drop(columns="n").astype(float), body["n"].astype(int))


def margins() -> pd.DataFrame:
    """Return printed and recomputed margins by band.

    Returns
    -------
    pandas.DataFrame
        Indexed by band and then `n`, with the columns `printed_total`,
        `recomputed_total` (innovations that shares and row counts imply),
        `printed_share`, `share_of_printed_totals` and `recomputed_share` (%).
    """
    frame, table = data.load(TABLE).set_index("period"), printed()
    implied = table.counts.sum()
    result = pd.DataFrame(
        {
            "printed_total": frame.loc[TOTAL].astype(float),
            "printed_share": frame.loc[SHARE].astype(float),
        }
    )
    result["recomputed_total"] = pd.concat([implied, pd.Series({"n": float(table.n.sum())})])
    printed_sum = result["printed_total"].drop("n").sum()
    result["share_of_printed_totals"] = (
        result["printed_total"].where(result.index != "n", printed_sum) / printed_sum * 100
    )
    result["recomputed_share"] = (
        result["recomputed_total"] / result.at["n", "recomputed_total"] * 100
    )
    return result


def printed_total(band: str = "n") -> Number:
    """Return the printed total of a band, or with "n" the printed grand total."""
    return from_cell(TABLE, TOTAL, band, unit="innovations", decimals=0)


def printed_average(band: str) -> Number:
    """Return the printed average percentage of a band."""
    return from_cell(TABLE, SHARE, band, unit="%")


def sum_of_row_counts() -> Number:
    """Return the sum of the periods' printed numbers of innovations."""
    return computed(
        printed().n.sum(), "innovations", 0, "column n added over the periods", TABLE, "", "n"
    )


def sum_of_band_totals() -> Number:
    """Return the sum of the printed totals by band."""
    return computed(
        margins()["printed_total"].drop("n").sum(),
        "innovations",
        0,
        "row total added over the bands",
        TABLE,
        TOTAL,
    )


def row_count_surplus() -> Number:
    """Return by how many innovations the periods' counts exceed the printed grand total."""
    value = printed().n.sum() - margins().at["n", "printed_total"]
    return computed(
        value, "innovations", 0, "sum of column n less the printed grand total", TABLE, TOTAL, "n"
    )


def first_overtaking(
    band: str, low: int, high: float = float("inf"), table: SizeTable | None = None
) -> str | None:
    """Return the period from which a band's share stays above that of a group of bands, if there is one.

    Parameters
    ----------
    band : str
        The band that overtakes.
    low, high : float
        Limits in employees of the group of bands.
    table : SizeTable, optional
        By default the table as printed.
    """
    table = table or printed()
    ahead = table.shares[band] > table.group_shares(low, high)
    behind = [i for i, is_ahead in enumerate(ahead) if not is_ahead]
    start = behind[-1] + 1 if behind else 0
    return table.periods[start] if start < len(table.periods) else None


def overtaking_period(
    band: str, low: int, high: float = float("inf"), table: SizeTable | None = None
) -> str:
    """Return the period of `first_overtaking` as a reader likes it, or "no period"."""
    return (first_overtaking(band, low, high, table) or "no period").replace("-", "\N{EN DASH}")


def small_firm_label() -> str:
    """Return how the text names the smallest band, to set beside the label of the column."""
    return f"fewer than {stated('small_firm_employees')}"
