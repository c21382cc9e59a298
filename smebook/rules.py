"""Rules of this paper's data that no schema can say; importing the module registers them."""

from collections.abc import Iterator

import pandas as pd

from citablebook import data

#: Rows of the printed layout of Table 1 that are margins and not periods.
TOTAL, SHARE = "total", "share"


@data.rule
def printed_margins(tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield what is wrong with the printed layout of Table 1: its margins, shares over 100."""
    name, table = "data/innovation_share_by_size.csv", tables.get("innovation_share_by_size")
    if table is None:
        return
    first = table.columns[0]
    for margin in {TOTAL, SHARE} - set(table[first]):
        yield (
            f"{name}, column {first}: the row '{margin}' is missing; the printed layout"
            f" ends with the rows '{TOTAL}' and '{SHARE}'"
        )
    for row, record in enumerate(table.to_dict("records"), start=2):
        for column in table.columns[1:-1]:
            if record[first] != TOTAL and float(record[column]) > 100:
                yield (
                    f"{name}, row {row}, column {column}: {record[column]} is over 100 %;"
                    " a share lies between 0 and 100"
                )


@data.rule
def known_citekeys(tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield the citekeys, in columns of works, that the paper does not cite."""
    if "cited_works" not in tables:
        return
    known = set(tables["cited_works"]["citekey"])
    for name, table in tables.items():
        for column in [c for c in table.columns if c == "works" or c.startswith("works_")]:
            for row, keys in enumerate(table[column], start=2):
                for key in keys.split(";"):
                    if key and key not in known:
                        yield (
                            f"data/{name}.csv, row {row}, column {column}: '{key}' is not a"
                            " citekey of data/cited_works.csv"
                        )
