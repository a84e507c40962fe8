"""Who is contacted, and what that earns, on customers small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

from helpers.chapters.purchase_prediction.targeting import (
    AT_RANDOM,
    AT_TEST,
    BEFORE_SEASON,
    BEFORE_TEST,
    CONTACT,
    EVERYBODY,
    FIRST,
    MODEL,
    NO_CONTACT,
    NOBODY,
    NOT_TRIED,
    RECENT,
    REVIEW,
    WHAT_TO_DO,
    better_than_model,
    by_action,
    by_priority,
    by_window,
    chosen_by,
    contact_list,
    most_recent,
    policies,
    recommended,
    winner,
)

P = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
SPEND = np.array([100.0, 0, 80, 60, 0, 0, 10, 0, 0, 0])


def test_ways_of_choosing_side_by_side():
    profit = 0.1 * SPEND - 2
    ways = policies({"Threshold from training": P >= 0.7, "Everybody": P > 0}, profit, SPEND > 0)
    found = ways.set_index("policy")
    assert found.loc["Threshold from training"].tolist() == [3, 2, pytest.approx(12)]
    assert found.loc["Everybody"].tolist() == [10, 4, pytest.approx(5)]
    assert found.loc[AT_RANDOM].tolist() == [3, 1, pytest.approx(1.5)]


def people():
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(10)],
            "monetary": [10.0, 900, 20, 30, 40, 50, 60, 800, 70, 80],
            "recency": range(10),
            "frequency": range(10),
        }
    )


def test_the_list_says_who_comes_first_and_the_priorities_count_everybody():
    contacts = contact_list(people(), P[::-1], P[::-1] >= 0.6)
    assert contacts["customer_id"].tolist() == [f"c{number}" for number in range(9, -1, -1)]
    assert contacts["rank"].tolist() == contacts["decile"].tolist() == list(range(1, 11))
    priority = contacts.set_index("customer_id")["contact"]
    assert priority.to_dict() == dict.fromkeys(priority.index, NO_CONTACT) | {
        "c6": CONTACT, "c7": FIRST, "c8": CONTACT, "c9": FIRST
    }  # fmt: skip
    totals = by_priority(contacts)
    assert totals["contact"].tolist() == [FIRST, CONTACT, NO_CONTACT]
    assert totals["customers"].sum() == 10
    assert totals["revenue_share"].sum() == pytest.approx(1)
    assert totals["what_to_do"].tolist() == [WHAT_TO_DO[name] for name in totals["contact"]]


def test_flagged_customers_are_reviewed_and_seasonal_ones_wait_whoever_is_chosen():
    flags, season = [None] * 9 + ["sent back 60 % of the units"], f"{BEFORE_SEASON}: they buy in Nov-Dec only"
    actions = ["Win back: make one offer"] * 7 + [None, season, "Review first: see why"]
    for chosen in (np.ones(10, dtype=bool), np.zeros(10, dtype=bool)):
        contacts = contact_list(people().assign(action=actions, flag=flags), P, chosen).set_index("customer_id")
        assert contacts.loc["c9", ["contact", "flag"]].tolist() == [REVIEW, flags[9]]
        assert contacts.loc["c8", "contact"] == BEFORE_SEASON
        others = contacts["contact"].drop(["c8", "c9"])
        assert set(others) == ({FIRST, CONTACT} if chosen.all() else {NO_CONTACT})
        assert by_action(contacts.reset_index())["action"].tolist()[0] == "Win back: make one offer"
    mailed = people().assign(action="Newsletter only: general mailings")
    assert set(contact_list(mailed, P, P > 0)["contact"]) == {CONTACT}
    assert contact_list(people().assign(flag=flags), P, chosen)["contact"].tolist().count(REVIEW) == 1


def test_the_list_is_in_the_order_of_money_and_shows_no_level_that_is_not_calibrated():
    profit = np.array([1.0, 5, 3, 2, 4, 0, 0, 0, 0, -1])
    contacts = contact_list(people(), P, P > 0, profit, levels=False)
    assert contacts["customer_id"].tolist()[:5] == ["c1", "c4", "c2", "c3", "c0"]
    assert contacts["expected_profit"].is_monotonic_decreasing
    assert "probability" not in contacts
    assert contacts["probability_rank"].tolist()[:5] == [2, 5, 3, 4, 1]
    assert "probability" in contact_list(people(), P, P > 0, profit)


@pytest.mark.parametrize(
    ("profits", "best"),
    [
        ({MODEL: 9.0, EVERYBODY: 8.0, NOBODY: 0.0, RECENT: 7.0}, MODEL),
        ({MODEL: 9.0, EVERYBODY: 9.0, NOBODY: 0.0, RECENT: 7.0}, EVERYBODY),  # a tie needs no model
        ({MODEL: 9.0, EVERYBODY: 8.0, NOBODY: 0.0, RECENT: 10.0}, RECENT),
        ({MODEL: -9.0, EVERYBODY: -8.0, NOBODY: 0.0, RECENT: -1.0}, NOBODY),
        ({MODEL: 3.0, RECENT: 3.0}, RECENT),
        ({MODEL: 4.0, RECENT: 3.0}, MODEL),
    ],
)
def test_the_model_is_recommended_only_where_it_beat_every_simple_choice(profits, best):
    ways = pd.DataFrame({"policy": [*profits, AT_RANDOM], "profit": [*profits.values(), 99.0]})
    assert winner(ways) == best


@pytest.mark.parametrize(
    ("windows", "best", "why"),
    [
        ([(9, 8, 7), (9, 8, 7)], MODEL, None),
        ([(9, 8, 7), (7, 8, 10)], RECENT, (RECENT, AT_TEST)),
        ([(7, 9, 8), (9, 8, 7)], EVERYBODY, (EVERYBODY, BEFORE_TEST)),
        ([(1, 9, 8), (20, 8, 7), (9, 8, 7)], MODEL, None),  # windows before the test are added up
        ([(9, 8, 7)], EVERYBODY, (EVERYBODY, NOT_TRIED)),
    ],
)
def test_the_model_is_recommended_where_it_won_before_the_test_and_at_it(windows, best, why):
    ways = {
        date: pd.DataFrame({"policy": [MODEL, EVERYBODY, RECENT, NOBODY], "profit": [*won, 0]})
        for date, won in enumerate(windows)
    }
    test = len(windows) - 1
    assert (recommended(ways, test), better_than_model(ways, test)) == (best, why)
    assert by_window(ways, "profit")[MODEL].tolist() == [won[0] for won in windows]


def test_each_choice_contacts_whom_it_says():
    recency, limits = np.array([30, 1, 20, 1]), {"threshold": 0.5, "share": 0.5}
    probabilities = np.array([0.9, 0.1, 0.5, 0.2])
    assert chosen_by(MODEL, probabilities, recency, **limits).tolist() == [True, False, True, False]
    assert chosen_by(RECENT, probabilities, recency, **limits).tolist() == [False, True, False, True]
    assert chosen_by(EVERYBODY, probabilities, recency, **limits).all()
    assert not chosen_by(NOBODY, probabilities, recency, **limits).any()
    assert most_recent(recency, 3).tolist() == [False, True, True, True]
