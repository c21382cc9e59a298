"""How long audits take, by size of the table, decimals and number of errors.

Run as `python packages/grimtable/benchmarks/growth.py`; `--quick` takes fewer tables.
Each line gives the median and the 95th percentile of random tables of row percentages
with totals, in which some printed digits were replaced by others, and how many of the
tables were settled within the limit.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PACKAGE / "src"), str(PACKAGE / "tests")]

from make_tables import corrupted, cross_table, medical_table, random_counts  # noqa: E402

from grimtable import audit  # noqa: E402
from grimtable.reading import Grid  # noqa: E402

SIZES = ((3, 3), (5, 5), (8, 7), (12, 8), (15, 10), (20, 12), (20, 2))
ERRORS = range(7)
LIMIT = 60.0
TABLE_1 = PACKAGE.parents[1] / "data" / "innovation_share_by_size.csv"


def measured(grids: list) -> tuple[list[float], int]:
    """Seconds of each audit, and how many were settled."""
    seconds, settled = [], 0
    for grid in grids:
        start = time.perf_counter()
        result = audit(Grid("table", grid), time_limit=LIMIT)
        seconds.append(time.perf_counter() - start)
        settled += result.minimum is not None
    return seconds, settled


def line(name: str, seconds: list[float], settled: int) -> str:
    """One line of the table."""
    ordered = sorted(seconds)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    middle = statistics.median(ordered)
    return f"{name:<34} {middle:8.2f} {high:8.2f} {settled:>4} of {len(ordered)}"


def main() -> None:
    """Print the table of times."""
    quick = "--quick" in sys.argv
    repeats = 2 if quick else 5
    print(f"{'rows x columns, decimals, errors':<34} {'median':>8} {'95%':>8}   settled")
    audit(Grid("warm", cross_table([[1, 2], [3, 4]])))
    for decimals in (1,) if quick else (1, 0, 2):
        every: list[float] = []
        done = 0
        for rows, columns in SIZES:
            for errors in ERRORS if decimals == 1 else (0, 3):
                grids = []
                for seed in range(repeats):
                    counts = random_counts(1000 * errors + seed, rows, columns, 120)
                    grids.append(corrupted(cross_table(counts, decimals), seed, errors)[0])
                seconds, settled = measured(grids)
                every += seconds
                done += settled
                print(
                    line(f"{rows} x {columns}, {decimals}, {errors}", seconds, settled), flush=True
                )
        print(line(f"all with {decimals} decimals", every, done), flush=True)
    large = [
        ("clean, 25 x 12, whole per cent", cross_table(random_counts(1, 25, 12, 90), 0)),
        ("clean, 40 x 20, whole per cent", cross_table(random_counts(2, 40, 20, 90), 0)),
        ("clean, 200 x 20, one decimal", cross_table(random_counts(3, 200, 20, 90), 1)),
        ("clean, medical, 10 x 100", medical_table(random_counts(4, 10, 100, 90))),
    ]
    for name, grid in large:
        print(line(name, *measured([grid])), flush=True)
    start = time.perf_counter()
    result = audit(TABLE_1)
    seconds = time.perf_counter() - start
    print(f"{'Table 1 of the paper':<34} {seconds:8.2f} {'':>8}   minimum {result.minimum}")


if __name__ == "__main__":
    main()
