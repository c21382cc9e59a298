"""Makes the fonts of the charts, "Book Sans", from the pinned package of Source Sans 3.

The converter that draws the charts sets no variable fonts, and a name of its own keeps a
font of the machine from standing in for it: a chart has the same bytes everywhere. Run
once, when the package of the font changes: `python packages/citablebook/tools/make_fonts.py`.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

SOURCE = Path(find_spec("fontpkg_source_sans_3").origin).parent
PACKAGE = Path(__file__).resolve().parent.parent / "src/citablebook"
CONVERTER, PAGES = PACKAGE / "fonts", PACKAGE / "static/fonts"
#: Latin, Greek, punctuation, super- and subscripts, currency, arrows, operators, shapes.
RANGES = [(0x20, 0x24F), (0x370, 0x3FF), (0x2000, 0x20BF), (0x2100, 0x22FF), (0x25A0, 0x25FF)]
WEIGHTS = {"Regular": 400, "Bold": 600}


def make(style: str, weight: int) -> None:
    """Write one weight, as TrueType for the converter and as WOFF2 for pages."""
    font = TTFont(SOURCE / "files/SourceSans3[wght].ttf", recalcTimestamp=False)
    options = subset.Options(hinting=False, name_IDs=["*"], notdef_outline=True)
    options.layout_features = ["kern", "mark", "mkmk"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for low, high in RANGES for code in range(low, high + 1)])
    subsetter.subset(font)
    font = instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True)
    names = {1: "Book Sans", 2: style, 4: f"Book Sans {style}", 6: f"BookSans-{style}"}
    for record in font["name"].names:
        record.string = names.get(record.nameID, record.toUnicode())
    font["name"].names = [r for r in font["name"].names if r.nameID not in (3, 16, 17, 25)]
    font["OS/2"].usWeightClass = weight
    font.save(CONVERTER / f"BookSans-{style}.ttf")
    font.flavor = "woff2"
    font.save(PAGES / f"BookSans-{style}.woff2")


if __name__ == "__main__":
    for folder in (CONVERTER, PAGES):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / "LICENSE", folder / "OFL.txt")
    for style, weight in WEIGHTS.items():
        make(style, weight)
