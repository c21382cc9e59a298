"""Ready citations: texts as the styles ask, formats that import, parts cited as the book's."""

import json

import pybtex.database
import pypandoc
import pytest

from citablebook import bibliography as listing
from citablebook import citations, references

#: Ten known works of ten shapes, and how the manuals of the two styles print them.
WORKS = {
    "acs1988": (
        """@article{acs1988, author = {Acs, Zoltan J. and Audretsch, David B.}, title = {Innovation
        in Large and Small Firms: An Empirical Analysis}, journal = {American Economic Review},
        year = {1988}, volume = {78}, number = {4}, pages = {678--690}}""",
        "Acs, Z. J., & Audretsch, D. B. (1988). Innovation in large and small firms: An empirical "
        "analysis. American Economic Review, 78(4), 678\u2013690.",
        "Acs, Zoltan J., and David B. Audretsch. 1988. \u201cInnovation in Large and Small Firms: "
        "An Empirical Analysis.\u201d American Economic Review 78 (4): 678\u201390.",
        "(Acs & Audretsch, 1988)",
    ),
    "lundvall1992": (
        """@book{lundvall1992, editor = {Lundvall, Bengt-{\\AA}ke}, title = {National Systems of
        Innovation}, publisher = {Pinter}, year = {1992}}""",
        "Lundvall, B.-\u00c5. (Ed.). (1992). National systems of innovation. Pinter.",
        "Lundvall, Bengt-\u00c5ke, ed. 1992. National Systems of Innovation. Pinter.",
        "(Lundvall, 1992)",
    ),
    "dosi1988": (
        """@incollection{dosi1988, author = {Dosi, Giovanni}, title = {The Nature of the Innovative
        Process}, booktitle = {Technical Change and Economic Theory}, editor = {Dosi, Giovanni and
        Freeman, Christopher}, publisher = {Pinter}, year = {1988}, pages = {221--238}}""",
        "Dosi, G. (1988). The nature of the innovative process. In G. Dosi & C. Freeman (Eds.), "
        "Technical change and economic theory (pp. 221\u2013238). Pinter.",
        "Dosi, Giovanni. 1988. \u201cThe Nature of the Innovative Process.\u201d In Technical "
        "Change and Economic Theory, edited by Giovanni Dosi and Christopher Freeman. Pinter.",
        "(Dosi, 1988)",
    ),
    "freeman1982": (
        """@book{freeman1982, author = {Freeman, Christopher}, title = {The Economics of Industrial
        Innovation}, edition = {2}, publisher = {Frances Pinter}, year = {1982}}""",
        "Freeman, C. (1982). The economics of industrial innovation (2nd ed.). Frances Pinter.",
        "Freeman, Christopher. 1982. The Economics of Industrial Innovation. 2nd ed. Frances "
        "Pinter.",
        "(Freeman, 1982)",
    ),
    "jeon2018": (
        """@phdthesis{jeon2018, author = {Jeon, Bong Kyung}, title = {The Textile Industry in
        {Daegu}}, school = {University College London}, year = {2018}}""",
        "Jeon, B. K. (2018). The textile industry in Daegu [PhD thesis]. University College "
        "London.",
        "Jeon, Bong Kyung. 2018. \u201cThe Textile Industry in Daegu.\u201d PhD thesis, University "
        "College London.",
        "(Jeon, 2018)",
    ),
    "oecd2005": (
        """@book{oecd2005, author = {{OECD}}, title = {{OECD SME} Outlook}, publisher = {OECD
        Publishing}, year = {2005}}""",
        "OECD. (2005). OECD SME outlook. OECD Publishing.",
        "OECD. 2005. OECD SME Outlook. OECD Publishing.",
        "(OECD, 2005)",
    ),
    "loof2002": (
        """@article{loof2002, author = {L{\\"o}{\\"o}f, Hans and Heshmati, Almas},
        title = {Knowledge Capital}, journal = {International Journal of Production Economics},
        year = {2002}, volume = {76}, number = {1}, pages = {61--85},
        doi = {10.1016/S0925-5273(01)00147-5}}""",
        "L\u00f6\u00f6f, H., & Heshmati, A. (2002). Knowledge capital. International Journal of "
        "Production Economics, 76(1), 61\u201385. https://doi.org/10.1016/S0925-5273(01)00147-5",
        "L\u00f6\u00f6f, Hans, and Almas Heshmati. 2002. \u201cKnowledge Capital.\u201d "
        "International Journal of Production Economics 76 (1): 61\u201385. "
        "https://doi.org/10.1016/S0925-5273(01)00147-5.",
        "(L\u00f6\u00f6f & Heshmati, 2002)",
    ),
    "hall1986": (
        """@article{hall1986, author = {Hall, Bronwyn H. and Griliches, Zvi and Hausman, Jerry A.},
        title = {Patents and {R} and {D}: Is There a Lag?}, journal = {International Economic
        Review}, year = {1986}, volume = {27}, number = {2}, pages = {265--283}}""",
        "Hall, B. H., Griliches, Z., & Hausman, J. A. (1986). Patents and R and D: Is there a lag? "
        "International Economic Review, 27(2), 265\u2013283.",
        "Hall, Bronwyn H., Zvi Griliches, and Jerry A. Hausman. 1986. \u201cPatents and R and D: "
        "Is There a Lag?\u201d International Economic Review 27 (2): 265\u201383.",
        "(Hall et al., 1986)",
    ),
    "townsend1981": (
        """@techreport{townsend1981, author = {Townsend, Joe}, title = {Science and Technology
        Indicators for the {UK}}, institution = {Science Policy Research Unit}, year = {1981}}""",
        "Townsend, J. (1981). Science and technology indicators for the UK. Science Policy "
        "Research Unit.",
        "Townsend, Joe. 1981. Science and Technology Indicators for the UK. Science Policy "
        "Research Unit.",
        "(Townsend, 1981)",
    ),
    "freeman1995": (
        """@article{freeman1995, author = {Freeman, Chris}, title = {The `National System of
        Innovation' in Historical Perspective}, journal = {Cambridge Journal of Economics},
        year = {1995}, volume = {19}, number = {1}, pages = {5--24}}""",
        "Freeman, C. (1995). The \u201cnational system of innovation\u201d in historical "
        "perspective. Cambridge Journal of Economics, 19(1), 5\u201324.",
        "Freeman, Chris. 1995. \u201cThe \u2018National System of Innovation\u2019 in Historical "
        "Perspective.\u201d Cambridge Journal of Economics 19 (1): 5\u201324.",
        "(Freeman, 1995)",
    ),
}


@pytest.fixture(scope="module")
def bibliography(tmp_path_factory):
    path = tmp_path_factory.mktemp("works") / "references.bib"
    path.write_text("\n\n".join(entry for entry, *_ in WORKS.values()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(bibliography):
    return citations.texts([], bibliography, {key: (key, "") for key in WORKS})


@pytest.mark.parametrize("key", WORKS)
def test_known_works_are_set_as_the_manuals_print_them(key, made):
    _, apa, chicago, sign = WORKS[key]
    assert citations.plain(made["APA"][key].entry) == apa
    assert citations.plain(made["Chicago"][key].entry) == chicago
    assert citations.plain(made["APA"][key].short) == sign


@pytest.mark.parametrize("language", ["ko_KR.UTF-8", "POSIX", "de_DE.UTF-8"])
def test_the_machines_language_changes_nothing(language, made, bibliography, monkeypatch):
    before = citations.cited_works(bibliography)
    monkeypatch.setenv("LANG", language)
    assert citations.cited_works(bibliography) == before
    again = citations.texts([], bibliography, {"dosi1988": ("dosi1988", "")})
    assert all(again[style]["dosi1988"] == made[style]["dosi1988"] for style in again)


def test_two_works_of_one_author_and_year_stand_each_alone(tmp_path):
    path = tmp_path / "two.bib"
    entry = "@book{%s, author = {Hall, Ann}, title = {%s}, publisher = {P}, year = {2000}}\n"
    path.write_text(entry % ("a", "First") + entry % ("b", "Second"), encoding="utf-8")
    made = citations.texts([], path, {key: (key, "") for key in "ab"})
    for style in citations.STYLES:
        for key in "ab":
            text = citations.plain(made[style][key].entry + made[style][key].short)
            assert "2000a" not in text and "Hall" in citations.plain(made[style][key].entry)


@pytest.mark.book
@pytest.mark.parametrize("key", WORKS)
def test_three_formats_import_into_the_same_reference(key, bibliography):
    reference = citations.cited_works(bibliography)[key]
    sources = {
        "bibtex": reference.bibtex,
        "ris": citations.ris(reference.item),
        "csljson": json.dumps([reference.item]),
    }
    read = {
        form: json.loads(pypandoc.convert_text(text, "csljson", format=form))[0]
        for form, text in sources.items()
    }
    for item in read.values():
        for field in ("title", "DOI", "volume", "page", "publisher", "container-title"):
            # RIS knows no place for some of these in a few types of work.
            ours, theirs = str(item.get(field, "")), str(read["csljson"].get(field, ""))
            letters = str.maketrans("", "", "\u2018\u2019\u201c\u201d'\"")
            same = ours.translate(letters).lower() == theirs.translate(letters).lower()
            assert same or not ours and item is read["ris"], (field, ours, theirs)
        names = [[p.get("family", p.get("literal"))] for p in item.get("author", [])]
        assert names == [
            [p.get("family", p.get("literal"))] for p in reference.item.get("author", [])
        ]


def test_no_export_holds_a_field_of_our_own(tmp_path):
    path = tmp_path / "own.bib"
    path.write_text(
        "@book{a, author = {B, C}, title = {D}, year = {2000}, confidence = {known},"
        " grounds = {seen}, printedas = {B 2000}}"
    )
    reference = citations.cited_works(path)["a"]
    for word in ("confidence", "grounds", "printedas", "seen"):
        assert word not in reference.bibtex + json.dumps(reference.item)


def test_a_work_without_a_year_is_cited_so(tmp_path):
    path = tmp_path / "own.bib"
    path.write_text("@book{a, author = {B, C}, title = {D}, year = {n.d.}}")
    item = citations.cited_works(path)["a"].item
    assert citations.year_of(item) == "" and "PY" not in citations.ris(item)
    assert "(n.d.)" in citations.texts([item], None, {"a": ("a", "")})["APA"]["a"].entry


@pytest.mark.parametrize("name", ["<script>x</script>", "**bold** $x$", "a & b"])
def test_what_looks_like_markup_in_a_title_is_text(name):
    item = {"id": "a", "type": "book", "title": name, "issued": {"date-parts": [[2000]]}}
    made = citations.texts([item], None, {"a": ("a", "")})
    for style in citations.STYLES:
        assert "<script" not in made[style]["a"].entry and "<strong" not in made[style]["a"].entry
        assert name.lower() in citations.plain(made[style]["a"].entry).lower()


# What a small book writes


def test_a_part_is_cited_as_the_book_with_a_locator(built):
    page = built.page("cite/S-3.2")
    apa = page.select_one('[data-format="APA"] .citation-text')
    entry, sign = (part.get_text() for part in apa.find_all("p"))
    assert entry == "The editors. (2026). A small book: about nothing (Version 1.0.0)."
    assert sign == "In the text: (The editors, 2026, section 1, S-3.2)"
    bibtex = page.select_one('[data-format="BibTeX"] pre').get_text()
    assert "@book{small-2026" in bibtex and "Version 1.0.0" in bibtex


def test_a_claim_is_cited_as_the_originals_first_and_as_the_editions_second(built):
    page = built.page("cite/C1")
    headings = [heading.get_text() for heading in page.select("h2")]
    assert headings == [
        "The original paper, section 3.2",
        "This edition",
        "The cited work, Rothwell 1989",
    ]
    signs = [
        text.find_all("p")[1].get_text()
        for text in page.select('[data-format="APA"] .citation-text')
    ]
    assert signs[0] == "In the text: (An Original Paper, 2019, section 3.2)"
    assert signs[1] == "In the text: (The editors, 2026, section 1, claim C1)"
    assert "Its author is not established." in page.get_text()
    assert "How sure this entry is: known. Well known." in page.get_text()


def test_a_paragraph_has_an_address_and_no_files(built):
    files = {path.name for path in (built.out / "cite").iterdir()}
    assert not any(name.startswith("P-") for name in files)
    shared = {"edition", "original", "work-rothwell1989"}
    endings = ("apa.txt", "chicago.txt", "bib", "ris", "json")
    assert {f"{name}.{ending}" for name in shared for ending in endings} <= files
    for link in built.page("cite/C1").select("a[download]"):
        assert link["href"] in files


def test_what_is_unknown_of_the_original_is_not_said(built):
    for path in (built.out / "cite").glob("original.*"):
        assert "unknown" not in path.read_text() and "A-17" in path.read_text()


def test_the_page_on_citing_holds_the_whole_and_its_files(built):
    whole = built.page("index").find(class_="citing-whole")
    assert "An Original Paper" in whole.get_text() and "The editors" in whole.get_text()
    for link in whole.select("a[download]"):
        assert (built.out / link["href"]).exists()
    assert not whole.find("section") and whole.find("h3")


def test_an_institution_is_cited_by_its_short_name_and_listed_by_both(tmp_path):
    path = tmp_path / "own.bib"
    path.write_text(
        "@misc{a, author = {{National Agency}}, shortauthor = {{NA}}, title = {D}, year = {2000}}"
    )
    entry = pybtex.database.parse_file(path).entries["a"]
    style, cited = listing.RoundAuthorYear(), {}
    for full in (False, True):
        template = style.person.author_or_editor_or_title(full=full)
        cited[full] = str(template.format_data({"entry": entry, "style": style}))
    assert references.works(path)["a"].label == "NA 2000"
    assert cited == {False: "NA", True: "National Agency"}
    works = listing.SurnameFirst()
    names = works.format_names("author").format_data({"entry": entry, "style": works})
    assert str(names) == "National Agency (NA)."
