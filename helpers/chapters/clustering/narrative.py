"""What chapter 04 says about its own results, and how its tables are headed."""

import numpy as np
import pandas as pd

from helpers.base.text import listed, percent
from helpers.chapters.clustering.validation import Effort, Evidence, Prepared, feature_list
from helpers.customers.profiles import value_column

BY_K = {
    "names": {
        "k": "k",
        "inertia": "Inertia",
        "silhouette": "Silhouette",
        "silhouette_copula": "… correlated null",
        "silhouette_permuted": "… permuted null",
        "silhouette_original": "… before the transform",
        "calinski_harabasz": "Calinski-Harabasz",
        "davies_bouldin": "Davies-Bouldin",
        "stability": "Agreement of resamples",
        "stability_copula": "… correlated null",
        "stability_permuted": "… permuted null",
        "smallest": "Smallest cluster",
    },
    "formats": {
        name: "{:.3f}".format
        for name in (
            *("silhouette", "silhouette_copula", "silhouette_permuted", "silhouette_original", "davies_bouldin"),
            *("stability", "stability_copula", "stability_permuted"),
        )
    }
    | {"inertia": "{:,.2f}".format, "calinski_harabasz": "{:,.0f}".format},
}
"""How the tables by k are headed and written."""
PROFILE = {
    "names": {
        "customers": "Customers",
        "customer_share": "Share of customers",
        "revenue_total": "Revenue in all",
        "revenue_share": "Share of revenue",
    },
    "formats": {"customer_share": percent, "revenue_share": percent},
}
QUALITY = ["k", "inertia", "silhouette", "silhouette_original", "calinski_harabasz", "davies_bouldin", "smallest"]
"""Columns of the table of measures."""
AGAINST_NULLS = ["k", "silhouette", "silhouette_copula", "silhouette_permuted"]
AGAINST_NULLS += ["stability", "stability_copula", "stability_permuted"]
"""Columns of the table that stands the customers beside data without groups."""
SCORES = {name: "{:.3f}".format for name in ("silhouette", "agreement", "jaccard", "forest", "permutation")}
"""How scores are written in the other tables, all with as many digits."""
LISTED = ("country", "age", "recency", "frequency", "monetary", "revenue", "rfm_segment")
"""Columns of the customer list, where the customers have them."""


def read_copies(prepared: Prepared, effort: Effort) -> list[str]:
    """Say which customers are copies, which features were left out, and where a sample was taken."""
    rows, texts = len(prepared.data), []
    if prepared.distinct < rows / 2:
        texts.append(
            f"Only {prepared.distinct:,} of {rows:,} customers differ in what is clustered; "
            f"{_distinct_people(prepared)}Copies make any grouping look tight and stable, so the nulls are copied "
            "as often."
        )
    elif prepared.distinct < rows:
        copies = rows - prepared.distinct
        texts.append(
            f"{copies:,} {'customer equals' if copies == 1 else 'customers equal'} another one in every feature."
        )
    if prepared.constant:
        texts.append(f"Left out, because all customers share one value: {feature_list([*prepared.constant])}.")
    if rows > effort.silhouette_rows:
        texts.append(
            f"Silhouettes are means over a random sample of {effort.silhouette_rows:,} customers, because they "
            "compare every customer with every other."
        )
    return texts


def _distinct_people(prepared: Prepared) -> str:
    """Return how many rows differ in anything that is known of a customer."""
    own = prepared.customers.drop(columns=["customer_id", "line"], errors="ignore")
    distinct = len(own.astype(str).drop_duplicates())
    return f"{distinct:,} of {len(own):,} rows are distinct in all columns, the others are copies. "


def read_original(evidence: Evidence) -> str:
    """Say what the groups score before the transform."""
    at = evidence.at_k
    if evidence.settings.transform == "none":
        return (
            "The features were not transformed, so the clustered space is the original one, in standard "
            f"deviations: the silhouette of {at['silhouette']:.3f} holds in both."
        )
    return (
        f"In the space that was clustered the silhouette is {at['silhouette']:.3f}; in the original features, in "
        f"standard deviations, the same groups score {at['silhouette_original']:.3f}."
        + (
            " Part of what is seen in the one is the work of the transform."
            if at["silhouette_original"] < at["silhouette"]
            else ""
        )
    )


def read_starts(evidence: Evidence, more: dict, segments: list[str]) -> list[str]:
    """Say what the study's settings give, what more starts give, and who the smallest cluster is.

    Args:
        evidence: of the study's settings.
        more: `with_more_starts` of it.
        segments: names of its clusters.
    """
    at, own = evidence.at_k, evidence.settings.n_init
    first = (
        f"k = {evidence.k} with {own} {'start' if own == 1 else 'starts'} ends at an inertia of "
        f"{at['inertia']:,.2f} and a silhouette of {at['silhouette']:.4f}, with sizes "
        f"{_slashes(evidence.group.sizes)}"
    )
    if own < more["n_init"]:
        better = more["inertia"] < 0.999 * at["inertia"]
        first += (
            f"; {more['n_init']} starts reach {more['inertia']:,.2f} and {more['silhouette']:.4f}, with sizes "
            f"{_slashes(more['sizes'])}" + (": the published result is a poor optimum." if better else ".")
        )
    else:
        first += "."
    return [
        first,
        f"Named from its profile, the smallest cluster, of {evidence.group.sizes[-1]:,} customers, is: "
        f"{segments[-1]}.",
    ]


def _slashes(sizes: list[int]) -> str:
    return " / ".join(f"{size:,}" for size in sizes)


def name_segments(segments: list[str], sizes: list[int]) -> str:
    """Return the segments with their sizes as a list in a sentence; names that hold commas need stronger stops."""
    named = [f"{name} ({size:,})" for name, size in zip(segments, sizes, strict=True)]
    if not any("," in name for name in segments):
        return listed(named)
    return "; ".join(named)


def customer_list(
    customers: pd.DataFrame, labels: np.ndarray, segments: list[str], rows: int, seed: int | None
) -> pd.DataFrame:
    """Return the customers for the searchable list, those with most revenue first.

    Args:
        customers: in the order of `labels`.
        labels: the cluster of each.
        segments: the name of each cluster.
        rows: at most so many.
        seed: of invented names; None shows no names.
    """
    listed = customers[["customer_id"]].copy()
    if seed is not None:
        listed["display_name"] = fictional_names(len(listed), seed)
    listed["segment"] = [segments[cluster] for cluster in labels]
    for name in LISTED:
        if name in customers:
            listed[name] = customers[name]
    value = value_column(customers)
    order = (
        customers[value].astype(float).sort_values(ascending=False, kind="stable").index
        if value
        else customers.index
    )
    return listed.loc[order].head(rows)


FIRST = [
    "Alma",
    "Ansel",
    "Bea",
    "Bruno",
    "Cleo",
    "Cyril",
    "Dora",
    "Edgar",
    "Elsa",
    "Fergus",
    "Flora",
    "Gita",
    "Hanno",
    "Iris",
    "Ivo",
    "Jorun",
    "Juno",
    "Kasper",
    "Lena",
    "Linus",
    "Mabel",
    "Milo",
    "Nadia",
    "Niels",
    "Odette",
    "Orson",
    "Petra",
    "Quinn",
    "Rafi",
    "Rhea",
    "Silas",
    "Sunniva",
    "Tamsin",
    "Theo",
    "Una",
    "Viggo",
    "Wanda",
    "Xenia",
    "Yara",
    "Zeno",
]


LAST = [
    "Alder",
    "Ashby",
    "Barrow",
    "Birch",
    "Calder",
    "Copse",
    "Dale",
    "Dunmore",
    "Elmsley",
    "Fairlight",
    "Fenwick",
    "Garrow",
    "Hazel",
    "Heron",
    "Hollis",
    "Inglewood",
    "Juniper",
    "Kestrel",
    "Larch",
    "Linden",
    "Marlow",
    "Mossley",
    "Nightingale",
    "Oakes",
    "Orchard",
    "Pemberley",
    "Quarry",
    "Rowan",
    "Sedge",
    "Sorrel",
    "Swift",
    "Tarn",
    "Thorne",
    "Underhill",
    "Vale",
    "Wharton",
    "Willow",
    "Wren",
    "Yarrow",
    "Yew",
]


def fictional_names(customers: int, seed: int) -> list[str]:
    """Return as many different invented names; the same seed gives the same ones.

    Beyond the pairs of a first and a last name, a middle initial or several tell the bearers apart.
    """
    pairs = len(FIRST) * len(LAST)
    order = np.random.default_rng(seed).permutation(pairs)
    names = []
    for place in range(customers):
        round_, position = divmod(place, pairs)
        first, last = divmod(int(order[position]), len(LAST))
        names.append(f"{FIRST[first]}{_initials(round_)} {LAST[last]}")
    return names


def _initials(round_: int) -> str:
    """Return nothing, then A. to Z., then A. A. and so on."""
    text = ""
    while round_:
        round_, letter = divmod(round_ - 1, 26)
        text = f" {chr(ord('A') + letter)}.{text}"
    return text
