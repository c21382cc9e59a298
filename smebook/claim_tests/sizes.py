"""Classes of size: their limits, and what small and large firms have of a sum."""

import pandas as pd

from smebook.table1 import band_limits

#: Firms with fewer employees are small: the limit of US statistics.
LIMIT = 500


def lower_limit(size_class: str) -> int:
    """Return the smallest number of employees in a size class such as "10-19" or "25000+"."""
    return band_limits(size_class)[0]


def is_small(size_classes: pd.Series | pd.Index) -> pd.Series | pd.Index:
    """Return which size classes lie below `LIMIT`."""
    return size_classes.map(lower_limit) < LIMIT


def small_and_large(frame: pd.DataFrame, values: list[str], by: str) -> pd.DataFrame:
    """Return sums over small and over large firms.

    Parameters
    ----------
    frame : pandas.DataFrame
        With a column `size_class`; a row of all classes is left out.
    values : list of str
        Columns to add up.
    by : str
        Column that gives the rows, such as the year.

    Returns
    -------
    pandas.DataFrame
        Columns of two levels: the values, each for `small` and `large`.
    """
    classes = frame[frame["size_class"] != "all"]
    size = is_small(classes["size_class"]).map({True: "small", False: "large"}).rename("size")
    return classes.groupby([by, size])[values].sum().astype(float).unstack()


def share_of_small(frame: pd.DataFrame, value: str, by: str) -> pd.Series:
    """Return the share of small firms in the sum of a column (%), by year or period."""
    sums = small_and_large(frame, [value], by)[value]
    return (sums["small"] / sums.sum(axis=1) * 100).rename("share")
