"""Sets a marked-up book as a tagged PDF, with pinned fonts and nothing of the machine's.

Whatever a reader would see go wrong is a warning of the build: a character that the
fonts lack, a box wider than its column, a link without a target.
"""

import contextlib
import datetime
import gc
import html
import logging as standard_logging
import os
import re
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

from sphinx.errors import SphinxError
from sphinx.util import logging

from . import palette, patches, paths

logger = logging.getLogger(__name__)
STYLES = paths.PACKAGE / "print"
PAPERS = {"book": "156mm 234mm", "a4": "210mm 297mm", "letter": "8.5in 11in"}
#: Family, the pinned package that holds it, file, style.
FONTS = [
    ("Book Serif", "fontpkg_source_serif_4", "files/SourceSerif4[opsz,wght].ttf", "normal"),
    ("Book Serif", "fontpkg_source_serif_4", "files/SourceSerif4-Italic[opsz,wght].ttf", "italic"),
    ("Book Sans", "fontpkg_source_sans_3", "files/SourceSans3[wght].ttf", "normal"),
    ("Book Sans", "fontpkg_source_sans_3", "files/SourceSans3-Italic[wght].ttf", "italic"),
    ("Book Mono", "fontpkg_source_code_pro", "files/SourceCodePro[wght].ttf", "normal"),
    ("Book Serif Korean", "pylopdf_fonts_ko", "NotoSerifKR-Regular.otf", "normal"),
    ("Book Sans Korean", "pylopdf_fonts_ko", "NotoSansKR-Regular.otf", "normal"),
]
#: How far a box may reach beyond its column, in CSS pixels, before it is a fault.
TOLERANCE = 1.0
#: Between the column and an identifier in the margin, in CSS pixels.
GAP = 4.5


class PdfError(SphinxError):
    """Stops the build with the message alone."""

    category = "The PDF was not built"


def build_time() -> datetime.datetime:
    """Return the time that the build is told it has, so that builds of one commit agree."""
    return datetime.datetime.fromtimestamp(
        int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600")), datetime.UTC
    )


def font_faces() -> str:
    """Return the style rules that load the fonts from their packages."""
    rules = []
    for family, package, file, style in FONTS:
        found = find_spec(package)
        if found is None or found.origin is None:
            raise PdfError(
                f"the font package '{package}' is missing; mend: pip install -r requirements.txt"
            )
        address = (Path(found.origin).parent / file).as_uri()
        rules.append(
            f'@font-face{{font-family:"{family}";src:url("{address}");font-style:{style}}}'
        )
    return "".join(rules)


def pdf(markup: str, record: dict, files: dict[str, bytes], paper: str) -> bytes:
    """Return the book as PDF/UA-1.

    Parameters
    ----------
    markup : str
        Body of the book.
    record : dict
        The content of CITATION.cff, with `editors` and `languages` (lists of str)
        and `licences` (str).
    files : dict of str to bytes
        Files to attach.
    paper : str
        "book", "a4" or "letter".

    Raises
    ------
    PdfError
        If the paper is unknown, or a library is missing.
    """
    if paper not in PAPERS:
        raise PdfError(f"unknown paper '{paper}'; mend: choose one of {', '.join(PAPERS)}")
    standard_logging.getLogger("fontTools").setLevel(standard_logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the machine has no fonts is intended
            import weasyprint
    except OSError as error:
        raise PdfError(
            f"a library for typesetting is missing ({error}); mend: on Debian, apt-get install "
            "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        ) from None
    colours = "".join(f"--{role}:{value};" for role, value in palette.LIGHT.items())
    turned = " ".join(reversed(PAPERS[paper].split()))
    style = (
        f"{font_faces()}html{{{colours}}}@page{{size:{PAPERS[paper]}}}@page turned{{size:{turned}}}"
        + (STYLES / "print.css").read_text(encoding="utf-8")
    )
    time = build_time().strftime("%Y-%m-%dT%H:%M:%SZ")
    meta = {
        "description": record.get("abstract", ""),
        "keywords": ", ".join(record.get("keywords", [])),
        "dcterms.created": time,
        "dcterms.modified": time,
    }
    head = "".join(
        f'<meta name="{name}" content="{html.escape(value)}">' for name, value in meta.items()
    )
    head += "".join(
        f'<meta name="author" content="{html.escape(person)}">' for person in record["editors"]
    )
    title = html.escape(record["title"])
    page = (
        f'<!DOCTYPE html><html lang="{record["languages"][0]}"><head><meta charset="utf-8">'
        f"<title>{title}</title>{head}<style>{style}</style></head><body>{markup}</body></html>"
    )
    with (
        own_fonts(),
        _messages(),
        patches.complete_tags(),
        patches.text_before_figures(),
        patches.whole_lines(),
        patches.references_by_their_targets(),
    ):
        document = weasyprint.HTML(string=page).render()
        for number, sheet in enumerate(document.pages):
            side = "left" if number % 2 else "right"
            patches.move_to_outer_margin(sheet, side, GAP)
        inspect(document)
        metadata = document.metadata
        attached = [
            weasyprint.Attachment(
                string=content,
                name=name,
                description=name,
                created=build_time(),
                modified=build_time(),
                relationship="Data",
            )
            for name, content in sorted(files.items())
        ]
        patches.add_to_metadata(metadata, dublin_core(record))
        return document.write_pdf(pdf_variant="pdf/ua-1", attachments=attached)


@contextlib.contextmanager
def own_fonts() -> Iterator[None]:
    """Hide the fonts of the machine meanwhile, and from no process that is started later."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(STYLES / "fonts.conf")
    try:
        yield
    finally:
        del os.environ["FONTCONFIG_FILE"]
        if before is not None:
            os.environ["FONTCONFIG_FILE"] = before


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Let a million boxes be made without a search for garbage among them again and again."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def dublin_core(record: dict) -> str:
    """Return what Dublin Core says of the book beyond title, creator and description."""

    def bag(name: str, values: list[str]) -> str:
        items = "".join(f"<rdf:li>{escape(value)}</rdf:li>" for value in values)
        return f"<dc:{name}><rdf:Bag>{items}</rdf:Bag></dc:{name}>"

    rights, day = escape(record["licences"]), escape(str(record["date-released"]))
    parts = [
        bag("language", record["languages"]),
        bag("subject", record.get("keywords", [])),
        bag("publisher", record["editors"]),
        f'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{rights}</rdf:li></rdf:Alt></dc:rights>',
        f"<dc:date><rdf:Seq><rdf:li>{day}</rdf:li></rdf:Seq></dc:date>",
        "<dc:format>application/pdf</dc:format>",
    ]
    if "doi" in record:
        address = f"https://doi.org/{escape(record['doi'])}"
        parts.append(f"<dc:identifier>{address}</dc:identifier>")
    return (
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" rdf:about="">'
        f"{''.join(parts)}</rdf:Description>"
    )


class _messages(standard_logging.Handler):
    """Hand WeasyPrint's warnings to Sphinx, for which they are errors, and tell how far it is."""

    def __enter__(self):
        self.library = standard_logging.getLogger("weasyprint")
        self.library.addHandler(self)
        self.library.propagate = False

    def __exit__(self, *_):
        self.library.removeHandler(self)
        self.library.propagate = True

    def emit(self, message) -> None:
        """Repeat a warning, and of its progress the first steps and each tenth page."""
        said = message.getMessage()
        page = re.search(r"Page (\d+)$", said)
        if message.levelno >= standard_logging.WARNING:
            logger.warning("typesetting: %s", said, type="pdf")
        elif page and not int(page[1]) % 10 or "Creating PDF" in said:
            logger.info("typesetting... %s", said.rpartition(" - ")[2])


def inspect(document) -> None:
    """Warn of boxes that leave their page's column, with the text by which to find them."""
    for number, page in enumerate(document.pages, start=1):
        box = patches.page_box(page)
        left, right = box.content_box_x(), box.content_box_x() + box.width
        bottom = box.content_box_y() + box.height
        for child in patches.boxes_in_flow(box):
            if not hasattr(child, "text") and not getattr(child, "replacement", None):
                continue
            over = max(
                left - child.position_x,
                child.position_x + child.width - right,
                child.position_y + child.height - bottom,
            )
            if over > TOLERANCE:
                what = getattr(child, "text", "a drawing")
                logger.warning(
                    "page %s: '%s' reaches %.0f px beyond the column; "
                    "mend: shorten it, or let its words break",
                    number,
                    what,
                    over,
                    type="pdf",
                )
