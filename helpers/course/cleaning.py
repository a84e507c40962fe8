"""The exercises of chapter 02."""

from pathlib import Path

import numpy as np

from helpers.base.errors import StudyError
from helpers.course.exercises import Exercise, Names
from helpers.study.file import load_study

OWN_LINES = 1000


def _dearest_rule(names: Names) -> int:
    """Return the step that takes most revenue for each of its lines."""
    if not names["paid"]:
        raise KeyError("revenue")
    taking = [step for step in names["cleaned"].account.steps if step["lines_removed"]]
    if not taking:
        raise KeyError("rule that takes a line")
    return max(taking, key=lambda step: step["revenue_removed"] / step["lines_removed"])["step"]


def _share_returned(names: Names) -> float:
    months = names["by_month"]
    if len(months) == 1:
        raise KeyError("second month")
    return float(np.asarray(months["returned"]).sum() / np.asarray(months["bought"]).sum())


def _from_many(names: Names) -> str:
    """Return whether no customer accounts for half of what came back of the product with most value returned."""
    came_back, back = names["came_back"], names["report"].load("returns")
    key = came_back.columns[0]
    of_it = back[back[key].isin(came_back[key].head(1))]
    by_customer: dict[str, float] = {}
    for customer, amount in zip(of_it["customer_id"], of_it["revenue"], strict=True):
        if isinstance(customer, str):
            by_customer[customer] = by_customer.get(customer, 0.0) - amount
    if not by_customer:
        raise KeyError("customers of the returns")
    return "holds" if max(by_customer.values()) < -of_it["revenue"].sum() / 2 else "does not hold"


def _rejected_in_reverse(names: Names) -> int:
    """Apply the study's rules from the last to the first, whatever `rules` is edited to."""
    asked = load_study(Path(names["study"])).parameters("cleaning")
    kept = asked["setting_aside"]
    rules = [rule for rule in asked["rules"] if kept or names["parse_rule"](rule)[0].kind != "sets aside"]
    try:
        return names["apply_rules"](names["raw"], rules[::-1], names["report"].engine).account.rows["rejected"]
    except StudyError as error:
        raise KeyError("rules that can be turned round") from error


def _where_mine_went(names: Names, seed: int) -> int:
    read = names["report"].load("raw", ["line"])["line"].to_numpy()
    kept = set(names["report"].load("transactions", ["line"])["line"])
    drawn = np.random.default_rng(seed).choice(len(read), OWN_LINES)
    return sum(int(read[place]) in kept for place in drawn)


EXERCISES = (
    Exercise(
        "steps has what each rule took: lines_removed and revenue_removed.",
        _dearest_rule,
        within=0,
        slip="The rule that takes most revenue in all is named, not most for each line.",
    ),
    Exercise(
        "A month in which little was bought counts as much as December there.",
        _share_returned,
        lambda answer, right: (
            "A mean of shares weighs every month alike, whatever was bought in it." if 0 < answer < 1 else None
        ),
        within=1e-4,
        slip="Shares of months are averaged.",
    ),
    Exercise(
        "Filter the returns by the first product of came_back, and group them by customer_id.",
        _from_many,
        slip="Lines are counted, not their value; or customers are counted who sent back one piece each.",
    ),
    Exercise(
        "applied[::-1] is the list from its end; the account of apply_rules counts what was rejected.",
        _rejected_in_reverse,
        within=0,
        slip="The same total is expected, because the same rules ran; a rule judges what the others left.",
    ),
    Exercise(
        "A line keeps its number wherever it goes: isin tells which numbers are among the transactions.",
        _where_mine_went,
        within=0,
        own=True,
        slip="Draws are made unique first: then a line that was drawn twice counts once.",
    ),
    Exercise(
        "What does a till do when the same thing is scanned twice, and what does a copied file do?",
        slip="Duplicates are called errors outright; two of the same in one order are often real.",
    ),
)
