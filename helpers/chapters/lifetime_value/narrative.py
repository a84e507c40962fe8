"""What the chapter says: sentences and tables of forecasts, rhythms and campaigns."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.sampling import Interval
from helpers.base.text import counted, day, listed, money, percent, sentence
from helpers.chapters.lifetime_value import due
from helpers.chapters.lifetime_value.models import BG, MBG, NBD, PARETO, Fit

NTH = {1: "After the first order", 2: "After the second"}
LATER = "After later orders"
MEANINGS = {
    "r": "shape of order rates: small, large differences",
    "alpha": "scale of order rates, in weeks",
    "a": "of stopping after an order: a / (a + b) is the mean",
    "b": "of stopping after an order",
    "s": "shape of stopping rates",
    "beta": "scale of stopping rates, in weeks",
}
WAYS = {"rhythm": "Own rhythm", "mean": "Own mean interval"}
FEWEST, ENOUGH = 20, 50
"""Customers from which a share is told, and intervals from which a curve is drawn."""
TOGETHER = 0.1
"""Rank correlation of orders and spend per order from which Gamma-Gamma's assumption is broken."""
OVERDUE = {
    "day": "Last order", "own": "Usual interval (days)", "interval": "Days since last order",
    "usual_spend": "Spend of the year before",
}  # fmt: skip
OVERDUE_ORDERS = OVERDUE | {"usual_spend": "Orders of the year before"}
WHOLE_DAYS = dict.fromkeys(("own", "interval"), "{:,.0f}".format)
REFILLS = {"median": "Usual interval (days)", "size": "Repeat purchases", "due": "Customers due"}
PLAN = {"needed": "{:,.0f}".format, "break_even": percent, "detectable": percent}
EFFECTS = {
    "difference": "Plain difference", "adjusted": "Adjusted for the days before", "bought": "Share of buyers",
    "spend": "Spend per customer",
}  # fmt: skip


def counts(customers: pd.DataFrame) -> dict[str, float]:
    again = customers["x"] > 0
    found = {"customers": len(customers), "ordered_again": again.mean(), "orders_each": customers["n"].mean()}
    return found | {"weeks_known": customers["age"].mean()}


def windows(earlier: Sequence[datetime], then: datetime, today: datetime, days: int) -> Markup:
    """Which window is for what."""
    template = "Forecasts made at {then} are held against the {days} days to {today}."
    if earlier:
        template = "Models are chosen in the {days} days from {first}. " + template
    first = day(earlier[-1]) if earlier else ""
    return sentence(template, first=first, then=day(then), today=day(today), days=days)


def parameters(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """Return the parameters of all models with their intervals and meanings."""
    tables = [fitted.table().assign(model=name) for name, fitted in fits.items()]
    found = pd.concat(tables, ignore_index=True)
    written = {name: found[name].map("{:.4g}".format) for name in ("value", "low", "high")}
    at_bound = [
        name in fits[model].degenerate for model, name in zip(found["model"], found["parameter"], strict=True)
    ]
    # where the likelihood is flat, its curvature is no interval
    for name in ("low", "high"):
        written[name] = written[name].mask(at_bound, "not determined")
    return found.assign(**written, means=found["parameter"].map(MEANINGS))[
        ["model", "parameter", "value", "low", "high", "means"]
    ]


def _stopping(fits: Mapping[str, Fit]) -> float:
    """Return by how much models with stopping explain the orders better than NBD, in log-likelihood."""
    return max(fits[name].log_likelihood for name in (BG, MBG, PARETO)) - fits[NBD].log_likelihood


def chosen(model: str, warned: Mapping[str, list[str]], fits: Mapping[str, Fit], *, judged: bool) -> Markup:
    """Which model is used, and what its parameters at a bound mean."""
    by = (
        "gave the best probabilities of another order in the earlier window"
        if judged
        else "has the highest likelihood"
    )
    told = sentence("{model} {by} and is used.", model=model, by=by)
    if not warned:
        return told + sentence(" No parameter is at its bound.")
    return told + " " + warning(model, warned, fits)


def warning(model: str, warned: Mapping[str, list[str]], fits: Mapping[str, Fit]) -> Markup:
    """What parameters at their bound mean."""
    bounds = [f"{name} ({', '.join(names)})" for name, names in warned.items()]
    verb = "is" if len(bounds) == 1 else "are"
    template = "{bounds} {verb} degenerate: the data does not determine what is in brackets."
    told = sentence(template, bounds=listed(bounds), verb=verb)
    told += " " + not_by_activity(fits)
    if model == NBD:
        told += sentence(" The forecast used, NBD, assumes that nobody stops.")
    return told


def not_by_activity(fits: Mapping[str, Fit]) -> Markup:
    """What P(alive) does not say where a parameter is not determined, and what to go by."""
    template = "Customers stop, but these orders do not show who is likelier to: {instead}"
    if _stopping(fits) < 3:  # twice that is the 95 % point of chi-squared with two degrees of freedom
        template = "These orders do not show that anybody stops for good: {instead}"
    return sentence(template, instead="go by who is overdue by their own rhythm, and not by P(alive).")


def why_own_mean(together: float, *fits: Fit) -> str:
    """Say why customers' own mean is taken and not Gamma-Gamma's; empty where Gamma-Gamma holds."""
    if any(fitted.degenerate for fitted in fits):
        return "a parameter of Gamma-Gamma is at its bound"
    if any(fitted.parameters["q"] <= 1 for fitted in fits):
        return "by Gamma-Gamma's parameters the mean spend of a new customer has no limit"
    return ""


def spend(together: float, broken: str, likelihood: float) -> Markup:
    """What was found of spend per order, and what is used."""
    related = abs(together) >= TOGETHER
    template = "Rank correlation of orders and spend per order: {r}. "
    template += (
        "Gamma-Gamma assumes there is none: customers with many orders are {side} than it expects. "
        if related
        else "That is small enough for Gamma-Gamma. "
    )
    template += "The customer's own mean is used, because {broken}." if broken else (
        "Gamma-Gamma's log-likelihood at the cut-off is {likelihood}; it is used{still}."
    )  # fmt: skip
    return sentence(
        template, r=f"{together:.2f}", side="worth more" if together > 0 else "worth less", broken=broken,
        likelihood=f"{likelihood:,.1f}", still=", and the holdout says how well" if related else "",
    )  # fmt: skip


def not_a_purchase(active: np.ndarray, returning: pd.Series, bought: pd.Series, days: int) -> Markup:
    """That P(alive) is no probability of a purchase, in this data's numbers."""
    return sentence(
        "On average P(alive) was {alive}, and the forecast probability of an order in {days} days {returning}; "
        "{bought} of the customers ordered.",
        alive=percent(float(active.mean())), returning=percent(float(returning.mean())),
        bought=percent(float(bought.mean())), days=days,
    )  # fmt: skip


def names_of(model: str, days: int) -> dict[str, str]:
    return {
        "model": model, "recent": f"As in the {days} days before", "year": "As in the year before, in proportion",
        "alike": "Mean of customers alike", "boosting": "Gradient boosting",
    }  # fmt: skip


def rivals(compared: pd.DataFrame, gains: Mapping[str, Interval], model: str, days: int) -> pd.DataFrame:
    """Return the forecasts with how much better each ranks customers than the model."""
    told = {name: f"{g.value:+.3f} ({g.low:+.3f} to {g.high:+.3f})" for name, g in gains.items()}
    return compared.assign(
        forecast=compared["forecast"].map(names_of(model, days)),
        gain_over=compared["forecast"].map(told).fillna("–"),
    )


def held(compared: pd.DataFrame, gains: Mapping[str, Interval], winner: str, model: str, days: int) -> Markup:
    """Which forecast ranks customers best in the holdout."""
    by, names = compared.set_index("forecast"), names_of(model, days)
    own = by.loc["model", "spearman"]
    if winner != "model":
        return sentence(
            "For the next {days} days rank customers by “{winner}”: its rank correlation with what they were "
            "worth was {best} at the holdout, against {own} of {model}.",
            winner=names[winner], best=f"{by.loc[winner, 'spearman']:.2f}", own=f"{own:.2f}", model=model,
            days=days,
        )  # fmt: skip
    worse = [names[name] for name, gain in gains.items() if gain.high < 0]
    template = "{model} ranked customers by what they were worth in {days} days with a rank correlation of {own}"
    template += ", significantly better than {worse}." if worse else "; no simple rule did significantly worse."
    as_good = [names[name] for name, gain in gains.items() if gain.high >= 0]
    if worse and as_good:
        template += " {as_good} did as well, within chance."
    quoted, others = (listed([f"“{name}”" for name in group]) for group in (worse, as_good))
    return sentence(template, model=model, own=f"{own:.2f}", days=days, worse=quoted, as_good=others)


def total(forecast: float, actual: float, days: int, *, inside: bool) -> Markup:
    """How far the sum of a holdout was from its forecast, and whether it lies within the interval."""
    share = actual / forecast - 1 if forecast > 0 else 0.0
    template = "In the last {days} days customers were worth {share} {word} than forecast, {side} the interval"
    template += "." if inside else ": the models know no seasons. Do not plan a season by these sums."
    return sentence(
        template, days=days, share=percent(abs(share)), word="more" if share > 0 else "less",
        side="within" if inside else "outside",
    )  # fmt: skip


def worth(totals: pd.DataFrame, currency: str, years: int, discount: float, *, amounts: bool) -> Markup:
    """What today's customers will be worth."""
    told = {
        f"{name}_{side}": money(row[side], currency) if amounts else f"{row[side]:,.0f} orders"
        for name, row in totals.iterrows()
        for side in ("value", "low", "high")
    }
    return sentence(
        "Today's customers will be worth {worth_year_value} in the next year ({worth_year_low} to "
        "{worth_year_high}) and {lifetime_value} in {years} years, discounted by {discount} a year "
        "({lifetime_low} to {lifetime_high}), if they go on as they did.",
        years=years, discount=percent(discount), **told,
    )  # fmt: skip


def segments(sums: pd.DataFrame) -> pd.DataFrame:
    """Return sums by group as a table."""
    stopping = ["alive", "value_at_risk"] if sums["value_at_risk"].any() else []  # NBD: nobody stops
    columns = ["customers", "worth_year", "lifetime", "low", "high", *stopping]
    told = sums.assign(alive=sums["alive"].where(sums["customers"] >= FEWEST))
    return told[columns].rename(columns={"low": "lifetime_low", "high": "lifetime_high"}).reset_index()


def columns_of_list(told: pd.DataFrame, about: Sequence[str]) -> pd.DataFrame:
    """Return the columns of the list of customers' value."""
    names = ["n", "alive", "returns_quarter", "orders_quarter", "orders_year"]
    for name in ("worth_quarter", "worth_year", "lifetime"):
        names += [name, f"{name}_low", f"{name}_high"]
    names = [name for name in names if name in told]  # ranges that did not hold are not
    return told[["customer_id", *about, *names, "value_at_risk"]].rename(columns={"n": "orders"}).round(4)


def waits(curves: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return, by group, how many have not ordered again after so many days, and when half have."""
    rows = []
    for name, curve in curves.items():
        half = due.time_at(curve, np.array([0.5]))[0]
        at = {f"after_{days}": due.share_after(curve, np.array([days]))[0] for days in (30, 90, 180)}
        last = curve[curve.index <= 90].iloc[-1]
        interval = f"{percent(last['low'])} to {percent(last['high'])}"
        rows.append({"group": name, "orders": int(curve["value_at_risk"].iloc[0]), "half_after": half, **at,
                     "interval_90": interval})  # fmt: skip
    return pd.DataFrame(rows)


def waiting(curves: Mapping[str, pd.DataFrame]) -> Markup:
    """How the wait for the next order depends on the orders so far."""
    after = {name: 1 - due.share_after(curve, np.array([90]))[0] for name, curve in curves.items()}
    told = [
        f"{name[0].lower()}{name[1:]} {percent(share)}" for name, share in after.items() if name != "Everybody"
    ]
    return sentence("Within 90 days another order followed: {told}.", told=listed(told)) if told else Markup("")


def on_time(judged: pd.DataFrame, still: pd.DataFrame, came: pd.Series, days: int) -> Markup:
    """How well the own rhythm foresaw the last window, beside the mean interval, and what the overdue did."""
    if judged.empty or len(still) < FEWEST:
        return sentence("Too few customers had a rhythm before the last {days} days to test it.", days=days)
    by = judged.set_index("way")
    own, mean = by.loc["rhythm"], by.loc["mean"]
    better = own["auc"] > mean["auc"]
    template = (
        "Who would order within {days} days: ROC AUC {own} by own rhythm, {mean} by the mean interval; the median "
        "order came {own_days} days off the date expected by rhythm, {mean_days} off the mean interval's."
    )
    if not better:
        template += " Here the mean interval is the better guide."
    late = still["overdue"].to_numpy()
    if late.sum() >= FEWEST:
        template += " Of {n} customers overdue then, {share} ordered in the window, of the others {others}."
    ordered = came.notna().to_numpy()
    return sentence(
        template, days=days, own=f"{own['auc']:.2f}", mean=f"{mean['auc']:.2f}",
        own_days=f"{own['days_off']:.0f}", mean_days=f"{mean['days_off']:.0f}", n=int(late.sum()),
        share=percent(ordered[late].mean()) if late.any() else "", others=percent(ordered[~late].mean()),
    )  # fmt: skip


def overdue(
    customers: pd.DataFrame, rhythm: pd.DataFrame, late: float, spent: float | None, currency: str
) -> Markup:
    """Who is overdue by their own rhythm, and what to do."""
    worth = sentence(" (they spent {spent} in the year before)", spent=money(spent, currency)) if spent else ""
    if customers.empty:
        return sentence("None of the {all} regular customers is overdue by their own rhythm.", all=len(rhythm))
    return sentence(
        "Contact the {n} of {all} regular customers who are overdue by their own rhythm{worth}; review flagged "
        "ones first. Overdue: no more than {late} of intervals last as long.",
        n=len(customers), all=len(rhythm), worth=worth, late=percent(late),
    )  # fmt: skip


def dated(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the list of next orders, the overdue ones first, without what only the method needs."""
    customers = customers.sort_values(["overdue", "due_on"], ascending=[False, True], kind="stable")
    names = ["rfm_segment", "flag", "action"]
    about = [name for name in names if name in customers]
    dates = {name: customers[name].dt.date for name in ("day", "usual_on", "due_on")}
    found = customers.assign(**dates).rename(columns={
        "day": "last_order", "own": "usual_interval", "interval": "days_since_last_order", "number": "orders",
    })  # fmt: skip
    columns = ["orders", "last_order", "usual_interval", "days_since_last_order", "usual_on", "due_on", "overdue"]
    return found[["customer_id", *about, *columns]].round({"usual_interval": 1})


def refills(soon: pd.DataFrame, again: np.ndarray, due_then: np.ndarray, days: int) -> Markup:
    """Which repeat purchases are due, and how many of those said to be due in the last window were made."""
    told = sentence(
        "{n} repeat purchases of {customers} are due within {days} days.",
        n=len(soon), customers=counted(soon["customer_id"].nunique(), "customer", "customers"), days=days,
    )  # fmt: skip
    if min(due_then.sum(), (~due_then).sum()) < FEWEST:
        return told
    return told + sentence(
        " Of those said to be due in the last {days} days {due} were made, of the others {others}.",
        days=days, due=percent(again[due_then].mean()), others=percent(again[~due_then].mean()),
    )  # fmt: skip


def refill_list(soon: pd.DataFrame, called: Mapping[str, str]) -> pd.DataFrame:
    """Return the list of products that are due, the soonest first; `called` names them by their code."""
    dates = {"last_bought": soon["day"].dt.date, "due_on": soon["due_on"].dt.date}
    found = soon.assign(**dates, usual_interval=soon["own"].round(1), purchases=soon["number"])
    found["name"] = found["product"].map(called)
    columns = [
        "customer_id",
        "product",
        *(["name"] if called else []),
        "purchases",
        "last_bought",
        "usual_interval",
        "due_on",
    ]
    return found[columns].sort_values(["due_on", "customer_id", "product"])


def break_even(plan: pd.DataFrame, cost: float, currency: str) -> Markup:
    """What a contact must add to pay, of the largest list, and whether its size can show it."""
    first = plan.loc[plan["customers"].idxmax()]
    template = "{list}: contacting these {n} customers at {cost} each pays if it adds at least {share} buyers"
    if first["break_even"] >= 1:
        template = "{list}: contacting these {n} customers at {cost} each cannot pay by orders within the window"
    elif first["detectable"] <= first["break_even"]:
        template += "; with the group held out, the list is large enough to show that"
    else:
        template += "; with the group held out, the list can only show {shown} or more"
    price = money(cost, currency)
    return sentence(
        template + ".", list=first["list"], n=int(first["customers"]), cost=price,
        share=percent(first["break_even"]), shown=percent(first["detectable"]),
    )  # fmt: skip


def effect(found: pd.DataFrame, days: int, cost: float, margin: float, currency: str) -> Markup:
    """What a campaign did, adjusted for the days before it."""
    by = found[found["way"] == "adjusted"].set_index("outcome")
    bought = by.loc["bought"]
    sure = bought["low"] > 0 or bought["high"] < 0
    template = "The campaign changed the share of buyers within {days} days by {effect} pts ({low} to {high})"
    template += "" if sure else ": no significant difference"
    told = sentence(
        template + ".", days=days, effect=_points(bought["effect"]), low=_points(bought["low"]),
        high=_points(bought["high"]),
    )  # fmt: skip
    if "spend" not in by.index:
        return told
    profit = by.loc["spend", ["effect", "low", "high"]] * margin - cost
    word = (
        "It paid" if profit["low"] > 0 else "It did not pay" if profit["high"] < 0 else "Whether it paid is open"
    )
    return told + sentence(
        " {word}: {value} per contacted customer after its cost ({low} to {high}).",
        word=word, value=money(profit["effect"], currency), low=money(profit["low"], currency),
        high=money(profit["high"], currency),
    )  # fmt: skip


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def responders(found: pd.DataFrame) -> Markup:
    """Whether models know who responds because of a campaign."""
    best = found.loc[found["qini"].idxmax()]
    if best["low"] > 0:
        return sentence(
            "{way} orders customers by their response better than chance (Qini {q}, {low} to {high}).",
            way=best["way"], q=f"{best['qini']:.3f}", low=f"{best['low']:.3f}", high=f"{best['high']:.3f}",
        )  # fmt: skip
    return sentence("No model orders customers by their response better than chance; contact them at random.")


def files(made: pd.DataFrame, known: bool) -> Markup:
    """What is in the files to act on."""
    consent = (
        "Customers without consent and suppressed ones are in none of them."
        if known
        else "The study names no file of contacts: who has given consent is not known, so check it before sending."
    )
    return sentence(
        "{n} in {files}; {held} of them are held out at random, the same ones in every run. {consent}",
        n=counted(int(made["customers"].sum()), "customer", "customers"),
        files=counted(len(made), "file", "files"), held=int(made["held_back"].sum()), consent=consent,
    )  # fmt: skip
