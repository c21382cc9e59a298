"""Audit of printed tables of percentages and counts: what cannot be right, and the smallest repair.

In the spirit of statcheck (Nuijten et al. 2016, Behavior Research Methods 48,
1205-1226), GRIM (Brown and Heathers 2017, Social Psychological and Personality
Science 8(4), 363-369) and SPRITE (Heathers et al. 2018, PeerJ Preprints 6:e26968v1),
for a whole table at once; the question, fewest fields to change, is that of Fellegi
and Holt (1976, Journal of the American Statistical Association 71, 17-35).

>>> import grimtable
>>> report = grimtable.audit("table.csv")  # doctest: +SKIP
>>> report.verdict, report.minimum  # doctest: +SKIP
('inconsistent', 1)
"""

from grimtable.auditing import Audit, as_table, audit, possible_tables
from grimtable.checks import CHECKS, HINTS, Finding
from grimtable.errors import DataError
from grimtable.reading import read_grids
from grimtable.tables import Table

__version__ = "1.0.0"
__all__ = [
    "CHECKS", "HINTS", "Audit", "DataError", "Finding", "Table", "as_table", "audit",
    "possible_tables", "read_grids",
]  # fmt: skip
