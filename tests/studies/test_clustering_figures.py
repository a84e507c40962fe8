"""The published figures of the clusterings, and our own, from reports built by the user's command."""

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from helpers.base.paths import DATA
from helpers.show.theme import SEGMENTS


@pytest.fixture
def findings(built):
    """Return a function that gives what chapter 04 found in a study."""
    return lambda study: built(study)["clustering"]


def column(found: dict, name: str) -> list[float]:
    return [row[name] for row in found["by_k"]]


def test_uk_rfm_reproduces_the_nine_inertias_and_the_sizes(findings):
    published = findings("uk_rfm")["published"]
    assert column(published, "k") == list(range(2, 11))
    assert column(published, "inertia") == pytest.approx(
        [8050.69, 6143.17, 3262.70, 2725.36, 2238.99, 1853.33, 1553.78, 1357.05, 1217.21], abs=0.01
    )
    assert published["n_clusters"] == 3
    assert published["sizes"] == [3210, 652, 20]
    assert published["silhouette"] == pytest.approx(0.4183, abs=0.0001)


def test_uk_rfm_says_what_more_starts_reach_and_gives_its_clusters_no_names(findings):
    published = findings("uk_rfm")["published"]
    more = published["more_starts"]
    assert more["inertia"] == pytest.approx(4751.28, abs=0.01)
    assert more["silhouette"] == pytest.approx(0.5558, abs=0.0001)
    assert more["sizes"] == [2836, 1007, 39]
    assert sorted(name.partition(":")[0] for name in published["segments"]) == [
        "Cluster A",
        "Cluster B",
        "Cluster C",
    ]
    assert not [name for name in SEGMENTS if name.lower() in " ".join(published["segments"]).lower()]


def test_uk_rfm_surrogate_has_the_published_accuracy_and_importances(findings):
    published = findings("uk_rfm")["published"]
    assert published["surrogate_accuracy"] == pytest.approx(0.98456, abs=0.00001)
    expected = {"frequency": 0.4849, "monetary": 0.3629, "recency": 0.1523}
    assert published["importances"] == pytest.approx(expected, abs=0.01)


def test_online_retail_divides_in_two_and_is_a_continuum_beyond(findings):
    found = findings("online_retail")
    expected = [0.436, 0.333, 0.329, 0.313, 0.310, 0.305, 0.298]
    assert column(found, "silhouette") == pytest.approx(expected, abs=0.015)
    assert found["by_k"][0]["stability"] >= 0.97
    assert found["n_clusters"] == 2
    assert found["structure"] is False
    assert 0.3 < found["silhouette_copula"] < found["silhouette"]
    assert 0.1 < found["silhouette_permuted"] < found["silhouette_copula"]


def test_online_retail_says_that_a_larger_k_is_a_business_choice(findings, built):
    findings("online_retail")
    page = (built.reports / "online_retail" / "04_clustering.html").read_text(encoding="utf-8")
    assert "Beyond two parts it is a continuum, and a larger k is a business choice" in page


def test_shopping_trends_has_the_published_silhouettes_and_no_structure(findings):
    found = findings("shopping_trends")
    published = found["published"]
    assert column(published, "k") == list(range(2, 10))
    expected = [0.2422, 0.2414, 0.2651, 0.2732, 0.2891, 0.2805, 0.2848, 0.2860]
    assert column(published, "silhouette") == pytest.approx(expected, abs=0.001)
    assert published["sizes"] == [1015, 973, 964, 948]
    assert found["structure"] is False
    assert found["natural_groups"] == "no groups"
    assert published["structure"] is False


def test_purchasing_behaviors_has_the_published_silhouettes_and_says_its_copies(findings, built):
    published = findings("purchasing_behaviors")["published"]
    assert column(published, "k") == list(range(2, 9))
    expected = [0.4787, 0.4457, 0.5189, 0.5542, 0.5802, 0.5916, 0.6078]
    assert column(published, "silhouette") == pytest.approx(expected, abs=0.001)
    page = (built.reports / "purchasing_behaviors" / "04_clustering.html").read_text(encoding="utf-8")
    headlines = page[page.index("headline-findings") :].split("</section>")[0]
    assert "60 of 238 rows are distinct" in headlines


def test_the_sample_gives_back_the_planted_personas(findings, built):
    findings("sample")
    truth = pd.read_csv(DATA / "sample_truth_customers.csv", dtype=str)
    segments = pd.read_parquet(built.reports / "sample" / "tables" / "segments.parquet")
    both = segments.merge(truth[truth["persona"] != "fraudster"], on="customer_id")
    assert len(both) > 1400
    agreement = adjusted_rand_score(both["persona"], both["cluster"])
    print(f"ARI of segments and planted personas: {agreement:.3f}")
    assert agreement >= 0.8
    assert findings("sample")["structure"] is True


@pytest.mark.parametrize("study", ["sample", "online_retail", "uk_rfm", "shopping_trends", "purchasing_behaviors"])
def test_every_customer_has_one_segment_and_sizes_agree(study, findings, built):
    found = findings(study)
    segments = pd.read_parquet(built.reports / study / "tables" / "segments.parquet")
    customers = pd.read_parquet(built.reports / study / "tables" / "customers.parquet", columns=["customer_id"])
    assert set(segments["customer_id"]) == set(customers["customer_id"])
    assert segments["cluster"].value_counts().sort_index().tolist() == found["sizes"]
    assert found["sizes"] == sorted(found["sizes"], reverse=True)
    assert (segments.groupby("cluster")["segment"].nunique() == 1).all()
    assert segments["segment"].nunique() == found["n_clusters"]


@pytest.mark.parametrize("study", ["shopping_trends", "uk_rfm", "online_retail"])
def test_where_there_is_no_structure_no_page_speaks_of_groups_as_found(study, findings, built):
    assert findings(study)["structure"] is False
    front = (built.reports / study / "index.html").read_text(encoding="utf-8")
    page = (built.reports / study / "04_clustering.html").read_text(encoding="utf-8")
    assert "no natural groups" in front
    assert "segments are used" not in front
    assert "Group A" not in front + page
