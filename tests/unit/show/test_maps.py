"""Country names are found, values keep their sum, and the map needs no network."""

import json
import shutil
from collections import Counter
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from helpers.base import places
from helpers.base.places import SHAPES, equal_earth, locate
from helpers.show import maps as geography
from helpers.show.maps import country_map

ONLINE_RETAIL = {
    "Australia": "AUS",
    "Austria": "AUT",
    "Bahrain": "BHR",
    "Belgium": "BEL",
    "Brazil": "BRA",
    "Canada": "CAN",
    "Channel Islands": "XCI",
    "Cyprus": "CYP",
    "Czech Republic": "CZE",
    "Denmark": "DNK",
    "EIRE": "IRL",
    "European Community": None,
    "Finland": "FIN",
    "France": "FRA",
    "Germany": "DEU",
    "Greece": "GRC",
    "Hong Kong": "HKG",
    "Iceland": "ISL",
    "Israel": "ISR",
    "Italy": "ITA",
    "Japan": "JPN",
    "Lebanon": "LBN",
    "Lithuania": "LTU",
    "Malta": "MLT",
    "Netherlands": "NLD",
    "Norway": "NOR",
    "Poland": "POL",
    "Portugal": "PRT",
    "RSA": "ZAF",
    "Saudi Arabia": "SAU",
    "Singapore": "SGP",
    "Spain": "ESP",
    "Sweden": "SWE",
    "Switzerland": "CHE",
    "USA": "USA",
    "United Arab Emirates": "ARE",
    "United Kingdom": "GBR",
    "Unspecified": None,
}
WITHOUT_SHAPE = {"Bahrain", "Channel Islands", "Hong Kong", "Malta", "Singapore"}


def features() -> list[dict]:
    return json.loads((SHAPES / "countries.geojson").read_text(encoding="utf-8"))["features"]


def polygons(feature: dict) -> list[list[list[list[float]]]]:
    geometry = feature["geometry"]
    return [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]


def signed_area(ring: np.ndarray) -> float:
    x, y = ring.T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def retail_values() -> pd.Series:
    # one home country outweighs all others, as in the ledger
    values = pd.Series(np.geomspace(100, 90_000, len(ONLINE_RETAIL)), index=list(ONLINE_RETAIL))
    values["United Kingdom"] = 8_187_806.4
    values["Netherlands"] = 284_661.54
    values["EIRE"] = 263_276.82
    return values


def trace(figure, name: str):
    return next(each for each in figure.data if each.name == name)


# names


def test_every_name_of_the_online_retail_ledger_gets_its_code():
    assert len(ONLINE_RETAIL) == 38
    found = locate(ONLINE_RETAIL)
    assert found["code"].to_dict() == ONLINE_RETAIL
    placed = found[found["code"].notna()]
    assert len(placed) == 36
    assert placed[["latitude", "longitude"]].notna().all(axis=None)
    assert set(placed.index[~placed["has_shape"]]) == WITHOUT_SHAPE


def test_what_cannot_be_placed_has_neither_code_nor_point():
    names = ["Unspecified", "European Community", "Atlantis", "", "NA", None, float("nan")]
    found = locate(names)
    assert len(found) == len(names)
    assert found["code"].isna().all()
    assert found[["latitude", "longitude"]].isna().all(axis=None)
    assert not found["has_shape"].any()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("  eire ", "IRL"),
        ("U.S.A.", "USA"),
        ("united  kingdom", "GBR"),
        ("UK", "GBR"),
        ("gb", "GBR"),
        ("GBR", "GBR"),
        ("Côte d’Ivoire", "CIV"),
        ("COTE D'IVOIRE", "CIV"),
        ("Turkey", "TUR"),
        ("TURKIYE", "TUR"),
        ("Trinidad & Tobago", "TTO"),
        ("St. Lucia", "LCA"),
        ("Korea, Republic of", "KOR"),
        ("Czechia", "CZE"),
        ("Hong Kong SAR", "HKG"),
        ("Congo", "COG"),
        ("Democratic Republic of the Congo", "COD"),
        ("NO", "NOR"),
        ("Namibia", "NAM"),
    ],
)
def test_spelling_case_accents_and_padding_do_not_matter(name, code):
    assert locate([name])["code"].tolist() == [code]


def test_locate_keeps_order_and_repeats():
    found = locate(["Malta", "Nowhere", "Malta"])
    assert found.index.tolist() == ["Malta", "Nowhere", "Malta"]
    assert found["code"].tolist() == ["MLT", None, "MLT"]
    assert locate([]).columns.tolist() == ["code", "latitude", "longitude", "has_shape"]


@pytest.mark.parametrize(
    ("name", "latitude", "longitude"),
    [
        ("Singapore", 1.35, 103.8),
        ("Malta", 35.9, 14.4),
        ("Hong Kong", 22.4, 114.1),
        ("Bahrain", 26.0, 50.5),
        ("Channel Islands", 49.35, -2.35),
        ("Vatican City", 41.9, 12.45),
        ("French Guiana", 4.0, -53.1),
        ("Réunion", -21.1, 55.5),
    ],
)
def test_points_are_where_the_countries_are(name, latitude, longitude):
    row = locate([name]).iloc[0]
    assert row["latitude"] == pytest.approx(latitude, abs=0.3)
    assert row["longitude"] == pytest.approx(longitude, abs=0.3)


# data


def test_no_spelling_means_two_countries():
    countries = places.countries().values()
    owners = Counter(
        key
        for country in countries
        for key in {places._key(word) for word in (country.code, country.name, *country.aliases)}
    )
    assert len(countries) == 250
    assert [key for key, count in owners.items() if count > 1] == []


def test_table_and_shapes_agree():
    ids = [feature["id"] for feature in features()]
    assert len(ids) == len(set(ids)) == 176
    assert set(ids) == {c.code for c in places.countries().values() if c.has_shape}
    assert "ATA" not in ids


def test_points_of_countries_with_a_shape_lie_within_its_bounds():
    countries = places.countries()
    for feature in features():
        corners = np.concatenate([np.array(ring) for polygon in polygons(feature) for ring in polygon])
        country = countries[feature["id"]]
        point = np.array([country.longitude, country.latitude])
        assert (corners.min(axis=0) <= point).all(), feature["id"]
        assert (point <= corners.max(axis=0)).all(), feature["id"]


def test_rings_are_closed_wound_and_cut_at_the_antimeridian():
    for feature in features():
        for polygon in polygons(feature):
            for position, points in enumerate(polygon):
                ring = np.array(points)
                assert len(ring) >= 4, feature["id"]
                assert (ring[0] == ring[-1]).all(), feature["id"]
                assert np.abs(ring).max(axis=0).tolist() <= [180, 90], feature["id"]
                assert np.abs(np.diff(ring[:, 0])).max() < 90, feature["id"]
                area = signed_area(ring)
                assert area > 0 if position == 0 else area < 0, feature["id"]


def test_files_are_small_and_their_licences_are_said():
    assert 50_000 < (SHAPES / "countries.geojson").stat().st_size < 200_000
    assert (SHAPES / "countries.csv").stat().st_size < 40_000
    readme = (SHAPES / "README.md").read_text(encoding="utf-8")
    for word in ("public domain", "ISC", "MIT", "Michael Bostock", "widdix"):
        assert word in readme


def test_projection_has_the_published_extent_and_keeps_areas():
    x, y = equal_earth(np.array([180.0, 0.0]), np.array([0.0, 90.0]))
    assert x[0] == pytest.approx(2.70663, abs=1e-5)
    assert y[1] == pytest.approx(1.31736, abs=1e-5)
    edges = np.linspace(-80, 80, 1601)
    half_width, height = equal_earth(np.full_like(edges, 180.0), edges)
    flat = 2 * np.trapezoid(half_width, height)
    sphere = 4 * np.pi * np.sin(np.radians(80))
    assert flat == pytest.approx(sphere, rel=1e-5)


# map


def test_map_places_shapes_and_bubbles_and_hands_back_the_rest():
    figure, unplaced = country_map(retail_values(), "Revenue (GBP)", money=True)
    assert unplaced.index.tolist() == ["European Community", "Unspecified"]
    assert unplaced.tolist() == retail_values()[["European Community", "Unspecified"]].tolist()
    shapes = {each.name for each in figure.data if each.hoveron == "fills"}
    assert shapes == {code for name, code in ONLINE_RETAIL.items() if code and name not in WITHOUT_SHAPE}
    assert trace(figure, "GBR").text == "United Kingdom<br>8,187,806"
    bubbles = trace(figure, "bubbles")
    assert {text.split("<br>")[0] for text in bubbles.text} == WITHOUT_SHAPE
    assert len(bubbles.x) == len(bubbles.y) == 5


def test_names_of_one_country_are_summed():
    values = pd.Series({"UK": 1.5, "United Kingdom": 2.0, "gbr": 4.0, "Malta": 3.0, "malta ": 0.25})
    figure, unplaced = country_map(values, "Orders")
    assert unplaced.empty
    assert trace(figure, "GBR").text == "United Kingdom<br>7.50"
    assert list(trace(figure, "bubbles").text) == ["Malta<br>3.25"]
    assert "2 countries placed, led by United Kingdom 7.50, Malta 3.25; 0 names" in figure.layout.meta["alt"]


def test_repeated_names_decimals_and_missing_values_are_understood():
    values = pd.Series([Decimal("1.10"), Decimal("2.20"), None], index=["France", "France", "Spain"])
    figure, unplaced = country_map(values, "Revenue")
    assert trace(figure, "FRA").text == "France<br>3.30"
    assert "ESP" not in {each.name for each in figure.data}
    assert unplaced.empty


def test_alternative_text_says_what_the_map_shows():
    figure, _ = country_map(retail_values(), "Revenue (GBP)", money=True)
    alt = figure.layout.meta["alt"]
    assert alt == (
        "World map of Revenue (GBP) by country, on a log colour scale: 36 countries placed, led by "
        "United Kingdom 8,187,806, Netherlands 284,662, Ireland 263,277; "
        "2 names could not be placed."
    )


def test_colours_follow_the_logarithm_and_the_bar_shows_real_values():
    figure, _ = country_map(pd.Series({"France": 10, "Spain": 1_000, "UK": 100_000}), "Revenue")
    expected = geography.sample_colorscale(geography.SCALE, [0, 0.5, 1])
    assert [trace(figure, code).fillcolor for code in ("FRA", "ESP", "GBR")] == expected
    assert len(set(expected)) == 3
    bar = trace(figure, "colour bar").marker
    assert (bar.cmin, bar.cmax) == (1, 5)
    assert list(bar.colorbar.tickvals) == [1, 2, 3, 4, 5]
    assert list(bar.colorbar.ticktext) == ["10", "100", "1,000", "10,000", "100,000"]
    assert "log" in bar.colorbar.title.text


@pytest.mark.parametrize(("low", "high"), [(1.0, 7_000.0), (30.0, 80.0), (101.0, 102.0), (0.002, 0.5)])
def test_ticks_are_inside_the_range_and_at_least_two(low, high):
    ticks = geography._tick_values(np.log10(low), np.log10(high))
    assert len(ticks) >= 2
    assert ticks == sorted(ticks)
    assert low * 0.999 <= ticks[0] < ticks[-1] <= high * 1.001


def test_values_at_or_below_zero_have_their_own_colour_and_legend():
    figure, _ = country_map(pd.Series({"France": -5, "Spain": 0, "UK": 100, "Malta": -1}), "Revenue")
    for code in ("FRA", "ESP"):
        assert trace(figure, code).fillcolor == geography.NOT_POSITIVE
    assert list(trace(figure, "bubbles").marker.color) == [geography.NOT_POSITIVE]
    assert trace(figure, "GBR").fillcolor != geography.NOT_POSITIVE
    assert trace(figure, "zero or below").showlegend
    assert "3 at or below zero" in figure.layout.meta["alt"]
    assert trace(figure, "FRA").text == "France<br>-5"


@pytest.mark.parametrize("values", [{}, {"Nowhere": 3.0}])
def test_a_map_without_any_placed_country_is_still_a_map(values):
    series = pd.Series(values, dtype=float)
    figure, unplaced = country_map(series, "Revenue")
    assert len(unplaced) == len(series)
    assert f"{len(series)} name" in figure.layout.meta["alt"]
    assert "colour bar" not in {each.name for each in figure.data}
    assert len(trace(figure, "no value").x) > 5_000


def test_page_needs_no_network_and_stays_small():
    figure, _ = country_map(retail_values(), "Revenue (GBP)")
    # plotly's own map traces fetch shapes; plain scatter traces do not
    assert {each.type for each in figure.data} == {"scatter"}
    text = figure.to_json()
    assert "http" not in text
    assert "//" not in text
    assert 100_000 < len(text) < 200_000


def test_colours_leave_the_theme_to_the_page():
    figure, _ = country_map(retail_values(), "Revenue (GBP)")
    layout = figure.layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == geography.CLEAR
    # to_plotly_json holds what was set here, without the template's defaults
    own = figure.to_plotly_json()["layout"]
    assert "font" not in own
    assert "font" not in trace(figure, "colour bar").marker.colorbar.to_plotly_json()["title"]


def test_markup_in_names_and_labels_stays_text():
    values = pd.Series({"<script>alert(1)</script>": 1.0, "France": 2.0})
    figure, unplaced = country_map(values, "<b>Revenue</b>")
    assert unplaced.index.tolist() == ["<script>alert(1)</script>"]
    assert "alert(1)" not in figure.to_json()
    assert "&lt;b&gt;Revenue" in trace(figure, "colour bar").marker.colorbar.title.text


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_map_draws_in_a_browser_without_requests(tmp_path):
    from playwright.sync_api import sync_playwright

    figure, _ = country_map(retail_values(), "Revenue (GBP)", money=True)
    page_file = tmp_path / "map.html"
    figure.write_html(page_file, include_plotlyjs=True, include_mathjax=False)
    requests, complaints = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1000, "height": 600})
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(page_file.as_uri())
        page.wait_for_selector(".js-plotly-plot .cbtitle")
        fills = page.locator(".scatterlayer .js-fill").count()
        # the middle of Australia, in pixels
        (x,), (y,) = geography.project([134.0], [-25.0])
        place = page.evaluate(
            """([x, y]) => {
                const plot = document.querySelector('.js-plotly-plot');
                const {xaxis, yaxis} = plot._fullLayout;
                const box = plot.getBoundingClientRect();
                return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
            }""",
            [x, y],
        )
        page.mouse.move(place[0] - 5, place[1])
        page.mouse.move(*place)
        page.wait_for_selector(".hoverlayer .hovertext")
        hover = page.locator(".hoverlayer .hovertext").text_content()
        browser.close()
    assert requests == [page_file.as_uri()]
    assert complaints == []
    assert fills == 32  # 31 countries with a shape, and the quiet lands
    assert hover == "Australia100"
