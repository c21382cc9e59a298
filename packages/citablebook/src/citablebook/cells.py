"""Gives every cell of code on a page an anchor, to which the numbers that it computes link.

The anchor is `cell-` and a hash of the cell's source (`numbers.cell_hash`), which the
kernel that runs the cell can tell too.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from .numbers import cell_hash

logger = logging.getLogger(__name__)


class AnchorCells(SphinxTransform):
    """Anchor the cells of one document; report numbers whose cell it does not show."""

    default_priority = 390  # before charts are drawn

    def apply(self, **kwargs) -> None:
        """Run over one document."""
        anchors: set[str] = set()
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code_source":
                continue
            code = next(cell.findall(nodes.literal_block), None)
            anchor = f"cell-{cell_hash(code.astext())}" if code is not None else ""
            if anchor and anchor not in anchors:  # of two equal cells, the first
                anchors.add(anchor)
                cell["ids"].append(anchor)
        for block in self.document.findall(nodes.literal_block):
            if "traceback" in block["classes"]:  # as of a result that cannot show itself
                said = block.astext().strip().split("\n")[-1]
                logger.warning("a cell shows an error: %s", said, location=block)
        for raw in self.document.findall(nodes.raw):
            for anchor in re.findall(r'href="#(cell-\w+)"', raw.astext()):
                if anchor not in anchors:
                    logger.warning(
                        "a number is computed in a cell that the page does not show:"
                        " take the tag remove-input from it, or name the number in another",
                        location=raw,
                    )


def join_prints(app: Sphinx, config) -> None:
    """Show what a cell prints as one text, whatever the pieces in which it came, by chance."""
    config.nb_merge_streams = True


def setup(app: Sphinx) -> dict:
    """Register the anchors."""
    app.connect("config-inited", join_prints, priority=100)  # before MyST-NB reads its settings
    app.add_transform(AnchorCells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
