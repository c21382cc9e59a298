"""Table 1 of the paper: size bands, periods, and what shares and numbers of innovations imply.

A `SizeTable` answers from its own values and holds plain numbers, so that any table of
shares by period and size band can be put in the place of the paper's.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from citablebook import data
from smebook.rules import SHARE, TOTAL

TABLE = "innovation_share_by_size"
SMALLEST = "1-199"


def band_limits(label: str) -> tuple[int, float]:
    """Return the smallest and the largest size of a band, infinity where it is open.

    Parameters
    ----------
    label : str
        As printed, for example "200-499" or "100000+"; in employees.

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
    """Return a band as typeset: "1,000–9,999" for "1000-9999"."""
    low, high = band_limits(label)
    return f"{low:,}+" if high == float("inf") else f"{low:,}\N{EN DASH}{int(high):,}"


def period_limits(label: str) -> tuple[int, int]:
    """Return the first and the last year of a period: 1945 and 1949 for "1945-49".

    Raises
    ------
    ValueError
        If the label is not a first year and the end of a last year.
    """
    match = re.fullmatch(r"(\d{4})-(\d{2}|\d{4})", label)
    if not match:
        raise ValueError(f"'{label}' is no period: write '1945-49'")
    return int(match[1]), int(match[1][: 4 - len(match[2])] + match[2])


@dataclass(frozen=True)
class SizeTable:
    """Innovations by period and size band.

    Attributes
    ----------
    shares : pandas.DataFrame
        Per cent of the period's innovations, periods by bands, unrounded or as printed.
    n : pandas.Series
        Innovations per period.
    """

    shares: pd.DataFrame
    n: pd.Series

    @property
    def counts(self) -> pd.DataFrame:
        """Innovations by period and band in whole numbers, as shares and `n` imply them."""
        return (self.shares.mul(self.n, axis=0) / 100).round().astype(int)

    @property
    def years(self) -> pd.DataFrame:
        """The length of each period (`length`) and its middle (`middle`), in years."""
        limits = np.array([period_limits(period) for period in self.n.index])
        columns = {"length": limits[:, 1] - limits[:, 0] + 1, "middle": limits.mean(axis=1)}
        return pd.DataFrame(columns, index=self.n.index)

    def per_year(self) -> pd.DataFrame:
        """Innovations per year by period and band, and of `all` bands (from `n`)."""
        return self.counts.assign(all=self.n).div(self.years["length"], axis=0)

    def steps(self, band: str = SMALLEST) -> pd.DataFrame:
        """Return how a band's share changes from each period to the next, with its standard error.

        Returns
        -------
        pandas.DataFrame
            By period: `change` from the period before and its standard error `se`, in
            percentage points, and `z`, their ratio. The standard error is that of the
            difference of two independent binomial shares.
        """
        share = self.counts[band] / self.n
        variance = share * (1 - share) / self.n
        change, se = 100 * share.diff(), 100 * np.sqrt(variance + variance.shift())
        return pd.DataFrame({"change": change, "se": se, "z": change / se}).iloc[1:]

    def leads(self, low: int, high: float = float("inf"), band: str = SMALLEST) -> pd.DataFrame:
        """Return by how much a band's share exceeds that of larger units, with its standard error.

        Parameters
        ----------
        low, high : float
            Limits in employees of the larger units, taken together.
        band : str
            The band that leads or trails.

        Returns
        -------
        pandas.DataFrame
            By period: innovations of the band and of the larger units (`own`, `others`),
            the `lead` and its standard error `se` in percentage points, and `z`, their
            ratio. The standard error is that of the difference of two shares of one
            multinomial total.

        Raises
        ------
        ValueError
            If the limits cut a band, so that the number of innovations is not known.
        """
        limits = {label: band_limits(label) for label in self.shares if label != band}
        reached = [label for label, (a, b) in limits.items() if a <= high and b >= low]
        for label in reached:
            if limits[label][0] < low or limits[label][1] > high:
                raise ValueError(f"{low} to {high} employees cut the band {label}")
        own, others = self.counts[band], self.counts[reached].sum(axis=1)
        difference = (own - others) / self.n
        se = 100 * np.sqrt(((own + others) / self.n - difference**2) / self.n)
        frame = pd.DataFrame({"own": own, "others": others, "lead": 100 * difference, "se": se})
        return frame.assign(z=frame["lead"] / frame["se"])


def printed() -> SizeTable:
    """Return the paper's Table 1 as printed, without its margins."""
    body = data.load(TABLE).set_index("period").drop(index=[TOTAL, SHARE])
    return SizeTable(body.drop(columns="n").astype(float), body["n"].astype(int))
