"""The statistics of section 3.2, as its cells compute them, against formulas written out here."""

import math

import numpy as np
import pytest
from cells import drawn, lines, run_cells, texts
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportions_ztest

from smebook import repair, table1
from smebook.table1 import SizeTable
from smebook.theme import COLOUR

proportions_ztest.__test__ = False
REPAIRED, PRINTED = repair.repaired(), table1.printed()
BANDS = list(PRINTED.shares)
PERIODS = list(PRINTED.n.index)
MIDDLE = np.array([1947, 1952, 1957, 1962, 1967, 1972, 1977, 1981.5])


@pytest.fixture(scope="module")
def chapter():
    return run_cells("firm-size")


def logistic(inside, n, *terms):
    """Logistic regression by Newton's method: coefficients, standard errors, dispersion.

    The standard errors are scaled by the Pearson dispersion where it exceeds 1.
    """
    x = np.column_stack([np.ones(len(n)), *terms])
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ beta))
        information = x.T @ (x * (n * p * (1 - p))[:, None])
        beta = beta + np.linalg.solve(information, x.T @ (inside - n * p))
    dispersion = ((inside - n * p) ** 2 / (n * p * (1 - p))).sum() / (len(n) - x.shape[1])
    errors = np.sqrt(np.diag(np.linalg.inv(information)) * max(dispersion, 1))
    return beta, errors, dispersion


def cochran_armitage(inside, n, scores):
    """The statistic as Armitage (1955) writes it, its variance that of draws without return."""
    p, total = inside.sum() / n.sum(), n.sum()
    top = (scores * (inside - n * p)).sum()
    spread = (n * scores**2).sum() - (n * scores).sum() ** 2 / total
    return top / math.sqrt(p * (1 - p) * spread * total / (total - 1))


@pytest.mark.parametrize("table", [REPAIRED, PRINTED], ids=["repaired", "print"])
@pytest.mark.parametrize("band", BANDS)
def test_the_trend_of_every_band_against_newtons_method(chapter, table, band):
    fit, dispersion = chapter.names["fit_trend"](table, band)
    inside, n = table.counts[band].to_numpy(), table.n.to_numpy()
    decade = (MIDDLE - MIDDLE.mean()) / 10
    beta, errors, own_dispersion = logistic(inside, n, decade)
    assert fit.params["decade"] == pytest.approx(beta[1], rel=1e-6)
    assert fit.bse["decade"] == pytest.approx(errors[1], rel=1e-6)
    assert dispersion == pytest.approx(own_dispersion, rel=1e-6)
    reach = stats.t.ppf(0.975, 6) * errors[1]  # Student's quantile, not the normal one
    assert list(fit.conf_int().loc["decade"]) == pytest.approx(
        [beta[1] - reach, beta[1] + reach], abs=1e-6
    )
    assert fit.pvalues["decade"] == pytest.approx(
        2 * stats.t.sf(abs(beta[1] / errors[1]), 6), rel=1e-4
    )


def test_the_bend_against_newtons_method(chapter):
    fit, dispersion, term = chapter.names["models"]["curve"]
    inside, n = REPAIRED.counts["1-199"].to_numpy(), REPAIRED.n.to_numpy()
    decade = (MIDDLE - MIDDLE.mean()) / 10
    beta, errors, own = logistic(inside, n, decade, decade**2)
    assert (fit.params[term], fit.bse[term]) == pytest.approx((beta[2], errors[2]))
    assert dispersion == pytest.approx(own) and fit.df_resid == 5


def test_values_that_were_computed_independently_before(chapter):
    """By other hands and other code; the interval is Student's with six degrees of freedom."""
    number = chapter.names.__getitem__
    assert float(number("z_printed")) == pytest.approx(7.54, abs=0.005)
    assert float(number("z_repaired")) == pytest.approx(7.55, abs=0.005)
    assert np.exp(number("fit_trend")(PRINTED, "1-199")[0].params["decade"]) == pytest.approx(
        1.312, abs=5e-4
    )
    assert float(number("odds")) == pytest.approx(1.328, abs=6e-4)
    assert [f"{float(number(name)):.2f}" for name in ("odds_low", "odds_high")] == ["1.14", "1.55"]
    assert [f"{float(number(name)):.2f}" for name in ("early_low", "early_high")] == [
        "0.94",
        "1.44",
    ]
    assert float(number("line_dispersion")) == pytest.approx(2.67, abs=0.005)
    assert number("fit_trend")(PRINTED, "1-199")[1] == pytest.approx(2.88, abs=0.005)
    evenness = [float(number(f"even_{year}")) for year in (1945, 1955, 1980)]
    assert evenness == pytest.approx([0.302, 0.238, 0.236], abs=5e-4)


@pytest.mark.parametrize("table", [REPAIRED, PRINTED], ids=["repaired", "print"])
def test_the_cochran_armitage_test_as_its_author_writes_it(chapter, table):
    own = cochran_armitage(table.counts["1-199"].to_numpy(), table.n.to_numpy(), MIDDLE)
    assert float(chapter.names["cochran_armitage"](table)) == pytest.approx(own)


def test_with_two_periods_it_is_the_test_of_two_shares():
    inside, n = np.array([42, 72]), np.array([226, 359])
    z, _ = proportions_ztest(inside[::-1], n[::-1])
    own = cochran_armitage(inside, n, np.array([0.0, 1.0]))
    assert own == pytest.approx(z * math.sqrt((n.sum() - 1) / n.sum()))


def test_a_trend_computed_by_hand(chapter):
    """One of four, two of four and three of four: the log odds rise by the logarithm of 3."""
    counts = np.array([100, 200, 300])
    beta, _, dispersion = logistic(counts, np.array([400] * 3), np.array([-1.0, 0.0, 1.0]))
    assert beta[1] == pytest.approx(math.log(3)) and dispersion == pytest.approx(0, abs=1e-9)


def pooled(shares, weights):
    """Shares that never fall, by pooling neighbours that do (Barlow et al., 1972)."""
    blocks = []
    for share, weight in zip(shares, weights, strict=True):
        blocks.append([share, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            s, w, k = blocks.pop()
            s0, w0, k0 = blocks.pop()
            blocks.append([(s * w + s0 * w0) / (w + w0), w + w0, k + k0])
    return np.concatenate([[share] * length for share, _, length in blocks])


counts_of_all_periods = st.tuples(*(st.integers(0, int(n)) for n in REPAIRED.n))


@given(counts_of_all_periods)
def test_the_steady_rise_never_falls_and_keeps_the_sum(counts):
    chapter, counts = run_cells("firm-size"), np.array(counts)
    steady, n = chapter.names["never_falling"](counts), REPAIRED.n.to_numpy()
    assert (np.diff(steady) >= -1e-12).all()
    assert (steady * n).sum() == pytest.approx(counts.sum())
    assert steady == pytest.approx(pooled(counts / n, n))
    assert chapter.names["misfit"](counts) >= -1e-9


def test_a_table_that_never_falls_is_its_own_steady_rise(chapter):
    counts = np.sort(REPAIRED.counts["1-199"] / REPAIRED.n) * REPAIRED.n
    assert chapter.names["misfit"](counts.round().astype(int).to_numpy()) >= 0
    rising = (REPAIRED.n * np.linspace(0.1, 0.4, 8)).round().astype(int).to_numpy()
    assert chapter.names["misfit"](rising) == pytest.approx(0, abs=1e-9)


def test_the_trend_of_all_bands_at_once(chapter):
    """The F statistic from deviances of multinomial models, fitted by iterated proportions."""
    counts = REPAIRED.counts.to_numpy().astype(float)
    decade = (MIDDLE - MIDDLE.mean()) / 10
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    level = 2 * (counts * np.log(counts / expected)).sum()
    x = np.column_stack([np.ones(8), decade])
    beta, n = np.zeros((2, 6)), counts.sum(axis=1)
    for _ in range(200):  # multinomial logit against the first band
        odds = np.exp(np.column_stack([np.zeros(8), x @ beta]))
        p = odds / odds.sum(axis=1, keepdims=True)
        score = (x.T @ (counts[:, 1:] - n[:, None] * p[:, 1:])).ravel(order="F")
        information = np.zeros((12, 12))
        for t in range(8):
            v = n[t] * (np.diag(p[t, 1:]) - np.outer(p[t, 1:], p[t, 1:]))
            information += np.kron(v, np.outer(x[t], x[t]))
        beta += np.linalg.solve(information, score).reshape((2, 6), order="F")
    fitted = n[:, None] * p
    moving = 2 * (counts * np.log(counts / fitted)).sum()
    dispersion = ((counts - fitted) ** 2 / fitted).sum() / 36
    assert float(chapter.names["f_value"]) == pytest.approx((level - moving) / 6 / dispersion)
    assert (float(chapter.names["f_df1"]), float(chapter.names["f_df2"])) == (6, 36)


def test_what_the_prose_says_in_words(chapter):
    """Each sentence of the page that states a result without a number."""
    number = chapter.names.__getitem__
    falls = REPAIRED.steps().query("change < 0")
    assert list(falls.index) == ["1955-59", "1960-64"] and falls["z"].min() > -1.96
    rates = REPAIRED.per_year()["1-199"]
    assert list(rates.index[rates.diff() < 0]) == ["1980-83"]
    assert list(rates.index[PRINTED.per_year()["1-199"].diff() < 0]) == ["1955-59", "1980-83"]
    for table in (PRINTED, REPAIRED):
        ahead = [list(table.leads(*g)["lead"] > 0) for g in ((200, 999), (1000, 9999))]
        assert ahead[0] == [True, True, False, False, False, False, True, True]
        assert ahead[1] == [False] * 6 + [True] * 2
        assert not (table.leads(1000)["lead"] > 0).any()
    leads = number("leads")
    assert not leads.loc[leads["lead"] > 0, "beyond_chance"].any()
    assert not leads.loc[leads["period"] == "1980-83", "beyond_chance"].any()
    assert float(number("odds_low")) > 1 > float(number("early_low"))
    assert float(number("early_high")) > 1 and float(number("misfit_p")) < 0.05
    assert float(number("bend_p")) < 0.05 and number("models")["curve"][0].params.iloc[-1] > 0
    corrected = number("corrected")
    assert list(corrected.index[corrected < 0.05]) == ["1-199", "1000-9999"]
    assert float(number("steady_percent")) > 5
    assert float(number("even_1945")) > float(number("even_1955"))


def test_margins_that_do_not_add_are_shown_as_two_totals(chapter):
    frame = chapter.outputs["table-margins"].frame.set_index("Employees")
    bands = frame.iloc[:7]
    for column, total in (("Total", "4,378"), ("Implied total", "4,618")):
        assert sum(int(value.replace(",", "")) for value in bands[column]) == int(
            total.replace(",", "")
        )
        assert frame.at["bands, added", column] == total
    assert list(frame.loc["periods, added"])[:3] == ["4,387", "4,597", "+210"]
    assert frame.at["bands, added", "Difference"] == "+240"
    for column in ("Total, %", "Implied total, %"):
        assert abs(sum(map(float, bands[column])) - float(frame.at["bands, added", column])) < 0.2
        assert frame.at["bands, added", column] == "100.0"


@pytest.mark.parametrize(
    ("figure", "values", "top"),
    [
        ("fig-share-over-time", PRINTED.shares, 50),
        ("fig-innovations", REPAIRED.per_year()[BANDS], 60),
    ],
)
def test_the_lines_are_drawn_where_the_values_are(chapter, figure, values, top):
    chart = chapter.outputs[figure]
    picture = drawn(chart)
    for colour, band in (("focus", "1-199"), ("blue", "1000-9999")):
        (corners,) = lines(picture, COLOUR[colour])
        heights = [top * (1 - y / chart.height) for _, y in corners]
        assert heights == pytest.approx(list(values[band]), abs=0.02)
    assert len(lines(picture, COLOUR["quiet"])) == len(BANDS) - 2
    ends = [text for text in texts(picture) if ": " in text]
    assert ends == [
        f"{table1.band_name(band)}: {math.floor(10 * value + 0.5) / 10}"
        for band, value in values.iloc[-1].sort_values().items()
    ]


def test_the_other_version_is_drawn_when_it_is_chosen(chapter):
    chart = chapter.outputs["fig-innovations"].copy(deep=True)
    for param in chart.params:
        if param.name == "version":
            param.value = "as printed"
    (corners,) = lines(drawn(chart), COLOUR["focus"])
    heights = [60 * (1 - y / chart.height) for _, y in corners]
    assert heights == pytest.approx(list(PRINTED.per_year()["1-199"]), abs=0.02)


def test_intervals_of_the_leads_leave_out_zero_where_they_are_filled(chapter):
    picture = drawn(chapter.outputs["fig-overtaking"])
    points = [n for n in picture.iter() if n.get("stroke") == COLOUR["focus"] and n.get("fill")]
    leads = chapter.names["leads"]
    filled = [n.get("fill") == COLOUR["focus"] for n in points if "A" in n.get("d", "")]
    assert filled == list(leads["z"].abs() > 1.96)


def test_descriptions_and_titles_carry_the_computed_values(chapter):
    charts = {k: v for k, v in chapter.outputs.items() if k.startswith("fig-")}
    assert len(charts) == 4
    for chart in charts.values():
        spec = chart.to_dict()
        assert len(spec["title"]) <= 90 and len(spec["description"]) > 100
    words = charts["fig-share-over-time"].to_dict()["description"]
    for change in ("48.7 to 29.3%", "18.6 to 32.1%", "9.3 to 17.7%", "11.5 to 6.8%"):
        assert change in words


def test_another_table_gives_other_results(chapter):
    """The cells' functions answer from the table they are given."""
    counts = REPAIRED.counts[BANDS[::-1]].set_axis(BANDS, axis=1)
    turned = SizeTable(100 * counts.div(REPAIRED.n, axis=0), REPAIRED.n)
    fit, _ = chapter.names["fit_trend"](turned, "1000-9999")
    assert fit.params["decade"] == pytest.approx(
        chapter.names["fit_trend"](REPAIRED, "1000-9999")[0].params["decade"]
    )
    assert chapter.names["fit_trend"](turned, "100000+")[0].params["decade"] == pytest.approx(
        chapter.names["fit_trend"](REPAIRED, "1-199")[0].params["decade"]
    )
