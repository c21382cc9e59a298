"""The role `{claim}`: marks where a chapter makes a claim of the paper.

`` {claim}`C12` `` prints a small sign that is the claim's address in the chapter and
links to its entry in the claims ledger. Every claim is marked exactly once.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from . import data
from .paths import LEDGER_PAGE

logger = logging.getLogger(__name__)


class ClaimRole(SphinxRole):
    """Print the sign of one claim."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the sign; warn of a claim that does not exist or is marked already."""
        claims = data.load("claims").set_index("id")
        if self.text not in claims.index:
            logger.warning(
                "there is no claim '%s' in data/claims.csv",
                self.text,
                location=(self.env.docname, self.lineno),
                type="claim",
            )
            return [], []
        marked = self.env.domaindata.setdefault("claim-marks", {})
        place = marked.get(self.text)
        if place and place != (self.env.docname, self.lineno):
            logger.warning(
                "claim %s is marked already in %s, line %s",
                self.text,
                *place,
                location=(self.env.docname, self.lineno),
                type="claim",
            )
        marked[self.text] = (self.env.docname, self.lineno)
        sign = nodes.reference(
            "",
            self.text,
            refuri=f"{LEDGER_PAGE}#ledger-{self.text}",
            internal=True,
            classes=["claim"],
            ids=[self.text],
        )
        sign["reftitle"] = f"Claim {self.text} of the paper: {claims.at[self.text, 'claim']}"
        return [nodes.superscript("", "", sign, classes=["claim-sign"])], []


def forget(app: Sphinx, env, docname: str) -> None:
    """Forget the marks of a document that is read anew."""
    marked = env.domaindata.setdefault("claim-marks", {})
    for claim in [claim for claim, (document, _) in marked.items() if document == docname]:
        del marked[claim]


def merge(app: Sphinx, env, docnames, other) -> None:
    """Collect the marks of a parallel reader."""
    env.domaindata.setdefault("claim-marks", {}).update(other.domaindata.get("claim-marks", {}))


def complete(app: Sphinx, env) -> None:
    """Warn of claims that no chapter marks."""
    unmarked = [
        claim
        for claim in data.load("claims")["id"]
        if claim not in env.domaindata.get("claim-marks", {})
    ]
    if unmarked:
        logger.warning(
            "claims without a place in the chapters: %s; mark each with {claim}`...` after its sentence",
            ", ".join(unmarked),
            type="claim",
        )


def setup(app: Sphinx) -> dict:
    """Register the role and its checks."""
    app.add_role("claim", ClaimRole())
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-check-consistency", complete)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
