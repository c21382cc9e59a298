"""A Sphinx extension and notebook helpers for books whose every number can be cited.

Chapters call the helpers, ``from citablebook import Table, computed, from_cell, load``;
Sphinx is given the package's name as an extension.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .data import load
    from .numbers import Number, computed, count, from_cell
    from .tables import Table

__version__ = "0.1.0"
__all__ = ["Number", "Table", "computed", "count", "from_cell", "load"]


def __getattr__(name: str):
    """Import a helper when it is asked for: they need pandas, and much of the press does not."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = {"load": "data", "Table": "tables"}.get(name, "numbers")
    return getattr(import_module(f"{__name__}.{module}"), name)


def setup(app) -> dict:
    """Register the press with Sphinx, which chapters' kernels need not load."""
    from .extension import setup

    return setup(app)
