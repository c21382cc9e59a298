"""A Sphinx extension and notebook helpers for books whose every number can be cited.

Chapters call the helpers, ``from citablebook import Table, computed, from_cell, load``;
Sphinx is given the package's name as an extension.
"""

from .data import load
from .numbers import Number, computed, count, from_cell
from .tables import Table

__version__ = "0.1.0"
__all__ = ["Number", "Table", "computed", "count", "from_cell", "load"]


def setup(app) -> dict:
    """Register the press with Sphinx, which chapters' kernels need not load."""
    from .extension import setup

    return setup(app)
