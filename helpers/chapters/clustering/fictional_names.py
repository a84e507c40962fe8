"""Names for customers who have none: a list of people reads better than a list of numbers.

They are drawn from a seed, belong to nobody, and are shown beside the id, never in its place.
"""

import numpy as np

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
