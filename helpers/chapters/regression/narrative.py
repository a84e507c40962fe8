"""What chapter 07 says about its results: plain sentences, computed, for `say` and the headlines."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from markupsafe import Markup

from helpers.base.sampling import Interval
from helpers.base.text import counted, day, listed, money, number, percent, sentence
from helpers.base.vocabulary import label
from helpers.chapters.regression.evaluation import LAST, LINEAR, TOO_GOOD, Evidence
from helpers.chapters.regression.outlook import FORECAST, LAST_PERIOD, LAST_YEAR, Outlook, YearBefore
from helpers.chapters.regression.task import Prepared
from helpers.customers.snapshots import Snapshot
from helpers.predicting.audit import INFLATED, Audit
from helpers.predicting.deciles import TOP
from helpers.predicting.leaks import Leak
from helpers.predicting.ranges import Band

SLIGHT = 0.01
"""Share of the mean error that a shuffled feature must cost before it is said to drive the forecast."""
NEAR = 0.03
"""Coverage this near to its nominal level is called close."""
FEW = 0.01
"""Share of copies below which they are not worth a headline."""


def labelled(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return a table whose cells of some columns, names of features, are written as people read them."""
    return frame.assign(**{column: [label(str(name)) for name in frame[column]] for column in columns})


def named(features: Iterable[str]) -> str:
    return listed([label(str(name)).lower() for name in features])


def copies(audited: Audit) -> Markup:
    if not audited.duplicates:
        return sentence("No two of the {n} rows are the same.", n=audited.rows)
    if audited.duplicates < FEW * audited.rows:
        some = counted(audited.duplicates, "row is a copy", "rows are copies")
        return sentence("{some} of another among {n}: too few to matter.", some=some, n=audited.rows)
    template = (
        "{distinct} of the {n} rows differ; {more} are copies. All copies of a row are kept in one fold, so that "
        "no model is tested on what it has learned by heart."
    )
    return sentence(template, distinct=audited.distinct, n=audited.rows, more=audited.duplicates)


def leaks(audited: Audit, target: str) -> list[Markup]:
    if not audited.leaks:
        template = "No feature, product, ratio, sum or difference of features gives {target} away."
        return [sentence(template, target=label(target).lower())]
    return [_leak(leak) for leak in audited.leaks]


def _leak(leak: Leak) -> Markup:
    exact = "" if leak.deviation < 1e-6 or leak.kind == "noisy" else " within rounding"
    template = "A leak{exact}: {formula}. So {left} is left out."
    if len(leak.suspects) > 1:
        template = "A leak{exact}: {formula}. Nothing says which of them was derived, so {left} are left out."
    return sentence(template, exact=exact, formula=leak.in_words, left=named(leak.suspects))


def leak_headline(audited: Audit, target: str) -> Markup | None:
    """Return the audit's headline: a product or ratio first, because people can check it; None without a leak."""
    if not audited.leaks:
        return None
    order = {"product": 0, "ratio": 1, "sum": 2, "same": 3, "noisy": 4, "steps": 5}
    first = min(audited.leaks, key=lambda leak: order[leak.kind])
    rest = len(audited.leaks) - 1
    return sentence(
        "Leak: {formula}. A model with {left} would only repeat a formula of {target}.{more}",
        formula=first.in_words,
        left=named(first.suspects),
        target=label(target).lower(),
        more=f" {counted(rest, 'more leak was', 'more leaks were')} found." if rest else "",
    )


def collinear(audited: Audit) -> Markup:
    high = audited.collinear[audited.collinear["vif"] > INFLATED]
    if high.empty:
        return sentence("No feature follows from the others: there is no collinearity to speak of.")
    pairs: dict[frozenset[str], str] = {}
    for name, other in zip(high["feature"], high["nearest"], strict=True):
        pairs.setdefault(frozenset((name, other)), f"{label(name).lower()} with {label(other).lower()}")
    rest = [counted(len(pairs) - 4, "more pair", "more pairs")] if len(pairs) > 4 else []
    return sentence(
        "{some} much the same as others: {pairs}. That does no harm to predictions, but importance is then shared "
        "among them.",
        some=counted(len(high), "feature says", "features say"),
        pairs=listed([*pairs.values()][:4] + rest),
    )


def left_out(reasons: Mapping[str, str]) -> list[Markup]:
    by_reason: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        by_reason.setdefault(reason, []).append(label(name))
    return [
        sentence("Left out because each {reason}: {names}.", reason=reason, names=listed(names))
        for reason, names in by_reason.items()
    ]


def cut_offs(snapshots: Sequence[Snapshot]) -> Markup:
    dates, days = [f"{day(one.cut_off)}" for one in snapshots], snapshots[0].days
    if len(dates) == 1:
        template = (
            "The sales data allows one cut-off, {dates}, for {days} days before and after it. So customers are "
            "divided into folds; nothing can be said about another season."
        )
    else:
        template = (
            "The sales data is cut at {dates}. Models learn from all but the last; the last is the test, and "
            "nothing of it is used to choose or to tune. Each horizon is {days} days and they do not overlap."
        )
    return sentence(template, dates=listed(dates), days=days)


def choice(evidence: Evidence) -> Markup:
    times = evidence.choices.count(evidence.best)  # of the outer folds; through time there is one
    why = "squared errors, because means add up."
    if evidence.spend:
        why = (
            "the Tweedie deviance. It asks for the mean, because means add up. The absolute error would ask for "
            "the median, which is near zero for many, and squares would leave the choice to a few large customers."
        )
    if evidence.of(LINEAR, "rmse") <= evidence.measured["rmse"].value:
        why += " On the rows held out the linear baseline does at least as well: the simple model is enough."
    where = f" in {times} of {len(evidence.choices)} folds" if len(evidence.choices) > 1 else ""
    return sentence("Training folds chose {best}{where}, by {why}", best=evidence.best, where=where, why=why)


def scores(evidence: Evidence, currency: str) -> Markup:
    rank, r2 = evidence.measured["spearman"].value, evidence.measured["r2"]
    mae, least, most = (money(amount, currency) for amount in evidence.measured["mae"])
    ranked = f" a rank correlation of {rank:.2f}," if np.isfinite(rank) else ""
    return sentence(
        "On rows it did not see the chosen model has an R² of {r2.value:.3f} ({r2.low:.3f} to {r2.high:.3f}),"
        "{ranked} and errs by {mae} on average ({least} to {most}; bootstrap intervals).",
        **{"r2": r2, "ranked": ranked, "mae": mae, "least": least, "most": most},
    )


def gain(evidence: Evidence, currency: str) -> Markup:
    """Say how much nearer to a single customer's actual the model is than a simple guess; nothing of the total."""
    by = evidence.gains["mae"]
    template = "For single customers the model is no nearer than {guess}: the difference is {amount}."
    if by.low > 0:
        template = "For single customers the model is {amount} nearer on average than {guess}."
    elif by.high < 0:
        template = (
            "For single customers the model is {amount} further off on average than {guess}: it is not used."
        )
    guess = "the spend of as many days before" if evidence.baseline == LAST else "the mean of the others"
    ends = [money(end, currency) for end in (by.low, by.high)]
    size = money(by.value if by.low <= 0 <= by.high else abs(by.value), currency)
    return sentence(template, guess=guess, amount=f"{size} (interval {ends[0]} to {ends[1]})")


def top(evidence: Evidence) -> Markup:
    share = evidence.measured["top_decile_share"].value
    if not np.isfinite(share):
        return sentence("Nothing adds up above zero, so no share of a top decile can be given.")
    other = f"by chance it would be {percent(TOP, 0)}"
    if evidence.baseline == LAST:
        before = percent(evidence.of(LAST, "top_decile_share"))
        other = f"ranked by the period before, the top decile accounts for {before}"
    template = "The {top} of customers with the highest forecast account for {share} of the amount; {other}."
    return sentence(template, top=percent(TOP, 0), share=percent(share), other=other)


def coverage(band: Band, covered: Interval, level: float, currency: str) -> Markup:
    """Say how many customers were within their range, and whether to plan with the amount of a single one."""
    off = covered.value - level
    if abs(off) <= NEAR:
        verdict = "close to that"
    elif covered.low <= level <= covered.high:
        verdict = f"no further off than chance allows ({percent(covered.low)} to {percent(covered.high)})"
    else:
        verdict = "too few" if off < 0 else "more than meant"
    told = sentence(
        "Each customer's range is meant to hold {level} of the outcomes; in the test it held {share}, {verdict}. "
        "Half of the ranges are narrower than {width}.",
        level=percent(level, 0),
        share=percent(covered.value),
        verdict=verdict,
        width=money(band.width, currency),
    )
    return told + from_nothing(band.low, currency)


def from_nothing(low: np.ndarray, currency: str) -> Markup:
    """Say that ranges start at zero, where most do: such an amount cannot be planned with."""
    share = float(np.mean(low == 0)) if len(low) else 0.0
    if share <= 0.5:
        return Markup("")
    template = " {share} of the ranges start at {zero}: do not plan with the amount of a single customer."
    if share == 1:
        template = " Every range starts at {zero}: do not plan with the amount of a single customer."
    return sentence(template, share=percent(share), zero=money(0.0, currency))


def drivers(model: str, importances: pd.DataFrame, shap_values: pd.DataFrame, error: float) -> Markup:
    """Say which features drive it; an importance is large or small against the mean absolute error."""
    least = np.maximum(2 * importances["permutation_std"], SLIGHT * error)
    first = importances[importances["permutation"] > least]["feature"].tolist()
    if not first:
        return sentence("Shuffling any feature costs {model} next to nothing: no feature drives it.", model=model)
    return sentence(
        "{names} drive the forecast ({model}) most: shuffling {one} alone makes the mean absolute error grow by "
        "{by}. By SHAP, {other} moves predictions most.",
        names=_capital(named(first[:3])),
        model=model,
        one=named(first[:1]),
        by=float(importances["permutation"].iloc[0]),
        other=named([shap_values.abs().mean().idxmax()]),
    )


def noise(table: pd.DataFrame, evidence: Evidence, rows: int) -> Markup:
    clean, some = table["mae"].iloc[0], table["mae"].iloc[2]
    growth, size = some / clean - 1 if clean else 0.0, percent(table["noise"].iloc[2], 0)
    if not evidence.predictable and abs(growth) < SLIGHT:
        none = "Noise of {size} of a standard deviation changes nothing: nothing is predicted, nothing disturbed."
        return sentence(none, size=size)
    tested = len(evidence.y)
    part = f" Measured on {number(rows)} of the {number(tested)} rows held out." if rows < tested else ""
    return sentence(
        "Noise of {size} of a standard deviation in every number changes the mean absolute error by {growth}: "
        "{end}.{part}",
        size=size,
        growth=percent(round(growth, 3) + 0.0),
        end="predictions are robust" if growth < 0.1 else "exact values matter",
        part=part,
    )


def verdict(evidence: Evidence, what: str, currency: str) -> Markup:
    rank, r2 = evidence.measured["spearman"].value, evidence.measured["r2"].value
    sizes = evidence.measured["mae"].value, evidence.gains["mae"].value, evidence.y.mean()
    miss, less, mean = (money(size, currency) for size in sizes)
    if evidence.spend and rank > TOO_GOOD:
        template = (
            "The rank correlation of {rank:.2f} is too good for {what}: look for what let the future into the "
            "features before using it."
        )
    elif evidence.spend and not evidence.beats_baseline:
        template = (
            "For single customers the model is not significantly nearer to the actual spend than the spend of as "
            "many days before."
        )
    elif evidence.spend:
        template = (
            "For single customers the model misses {what} by {miss} on average, {less} less than if the days "
            "before repeated; the actual average is {mean}."
        )
    elif not evidence.worth_using:
        template = (
            "{What} is not predictable from these features: on rows that were not seen R² is {r2:.3f}, no better "
            "than predicting the mean for everybody."
        )
    else:
        template = "{What} is predictable from these features: R² {r2:.3f} on rows that were not seen."
    amounts = {"miss": miss, "less": less, "mean": mean}
    return sentence(template, what=what, What=_capital(what), rank=rank, r2=r2, **amounts)


def answered(evidence: Evidence) -> str:
    too_good = evidence.spend and evidence.measured["spearman"].value > TOO_GOOD
    return "how much" if evidence.worth_using and not too_good else "doubt"


def plan(found: Outlook, days: str, level: float, currency: str, *, tested: bool) -> Markup:
    """Say the sum to plan with, its range and its past errors; first of all that the forecast missed its range.

    Args:
        found: the sums.
        days: the days to come, in words.
        level: share of the outcomes that ranges should hold.
        currency: of the sums.
        tested: whether the sum was ever tested on days of this season.
    """
    template = ""
    if found.outside:
        template = "The forecast missed its range in the last test ({test_low} to {test_high}, actual {actual}). "
    template += (
        "Plan with {figure} of net sales to known customers for {days}{source} ({level} range {low} to {high}). "
    )
    template += "In {tests} that was {ends}" + (
        "." if found.basis == FORECAST else "; the model's forecast {model}."
    )
    template += "" if tested else " None of these tests was at this time of the year."
    source = {
        FORECAST: "",
        LAST_YEAR: ", as in the same days last year",
        LAST_PERIOD: ", as in as many days before",
    }
    amounts = {"actual": found.actual.iloc[-1], "test_low": found.test_low, "test_high": found.test_high}
    amounts |= dict(zip(("low", "high"), found.range(found.basis), strict=True)) | {"figure": found.figure}
    own = found.errors[found.basis]
    return sentence(
        template,
        days=days,
        level=percent(level, 0),
        source=source[found.basis],
        tests=counted(int(own.count()), "past test", "past tests"),
        ends=_ends(own),
        model=_ends(found.errors[FORECAST]),
        **{name: money(amount, currency) for name, amount in amounts.items()},
    )


def record(found: Outlook, days: str, tested: str, level: float, currency: str) -> Markup:
    """Say whether to plan with the model's forecast of the `days` to come, and how far off that `tested` was."""
    used = found.basis == FORECAST
    template = "The model forecasts " if used else "Do not plan with the model's forecast of "
    template += "{total} of net sales for {days} ({level} range {low} to {high}): "
    template += "its last one was {off} ({at_test} for {tested}, actual {actual})."
    template += "" if used else " Plan with {figure}, as in {source}."
    amounts = {"total": found.sums[FORECAST], "at_test": found.past[FORECAST].iloc[-1]}
    amounts |= dict(zip(("low", "high"), found.range(FORECAST), strict=True))
    amounts |= {"actual": found.actual.iloc[-1], "figure": found.figure}
    return sentence(
        template,
        days=days,
        tested=tested,
        level=percent(level, 0),
        off=off_by(found.errors[FORECAST].iloc[-1]),
        source="the same days last year" if found.basis == LAST_YEAR else "as many days before",
        **{name: money(amount, currency) for name, amount in amounts.items()},
    )


def span(start: datetime, days: int) -> str:
    """Return days in words: `20 Jan 2026 to 19 Apr 2026`."""
    return f"{day(start)} to {day(start + timedelta(days=days - 1))}"


def newcomers(known: float, everybody: float, tested: str, currency: str) -> Markup:
    """Say what customers who were not yet known at the test bought in its days: no sum here has such sales."""
    return sentence(
        "These totals are of customers known at their start. In the days of the last test, {tested}, these spent "
        "{known}; sales to others, new customers for most, came to a further {rest}.",
        tested=tested,
        known=money(known, currency),
        rest=money(everybody - known, currency),
    )


def last_year(figure: float, before: YearBefore, currency: str) -> Markup:
    """Say what the same days came to a year before, of all and of known customers; or why nobody can."""
    if before.everybody is None:
        return sentence("The data does not reach back to the same days of last year.")
    template = "Net sales of the same days last year: {everybody}"
    template += "." if before.known is None else ", {known} of it from customers known by then."
    if before.is_far(figure):
        template += " The total to plan with is {times} times as much: do not rely on it without a reason."
    amounts = {name: money(amount or 0.0, currency) for name, amount in before._asdict().items()}
    return sentence(template, times=f"{figure / before.everybody:.1f}" if before.everybody else "many", **amounts)


def _ends(errors: pd.Series) -> str:
    return " to ".join(dict.fromkeys(off_by(end) for end in (errors.min(), errors.max())))


def off_by(error: float) -> str:
    """Return how far a figure was off: `39 % too low`."""
    if abs(error) < 0.005:
        return "right to the per cent"
    return f"{percent(abs(error), 0)} too {'low' if error < 0 else 'high'}"


def net_below_zero(actual: np.ndarray) -> Markup:
    """Say that models learn amounts of zero where more was returned than bought."""
    below = int((actual < 0).sum())
    if not below:
        return sentence("No customer returned more than they bought in a period.")
    return sentence(
        "Spend is net of returns. In {n} of {all} cases a customer returned more than they bought: models learn "
        "zero there, errors and sums are those of the exact amounts.",
        n=below,
        all=len(actual),
    )


def trained_on(prepared: Prepared, learned: int, today: datetime | None) -> str:
    """Return what the kept model learned from: so many rows; `today` is the day its predictions start."""
    rows = len(prepared.task.y)
    some = f" of {rows:,}, of customers drawn at random" if learned < rows else ""
    if not prepared.snapshots:
        return counted(learned, "row of the table of customers", "rows of the table of customers") + some
    dates = [one.cut_off for one in prepared.snapshots]
    rows = counted(learned, "row", "rows") + some
    until = f", with sales up to {day(today)}" if today else ""
    return f"{rows}: the customers known at {listed([day(date) for date in dates])}{until}"


def measured_on(prepared: Prepared) -> str:
    """Return how the kept model was measured."""
    if prepared.task.through_time:
        tested, last = (
            counted(len(prepared.task.tested), "customer", "customers"),
            day(prepared.snapshots[-1].cut_off),
        )
        return f"{tested} at {last}, by a model of the earlier dates alone"
    return "every row, by a model that learned from the other folds; copies of a row are in one fold"


def not_for(prepared: Prepared, evidence: Evidence, planned_by: str, withheld: str | None) -> list[str]:
    """Return what nobody should use the kept model for.

    Args:
        prepared: the task.
        evidence: what it scored.
        planned_by: the figure to plan the sum with.
        withheld: why no range of a customer is shown; None where they are.
    """
    told = []
    if not evidence.worth_using:
        told.append("Acting on any prediction: in its test it was no better than a simple guess.")
    if planned_by and planned_by != FORECAST:
        told.append("The sum of all customers: another figure was closer in the last test. Use their order.")
    if withheld:
        told.append(f"The amount of a single customer. {withheld}")
    if prepared.snapshots:
        told.append("Customers who have not bought yet: they have no features.")
        told.append(f"Other horizons: it predicts {prepared.what}, from features of that moment.")
    told.append("Values outside the ranges below: nothing like them was learned from.")
    told.append(f"What to change: raising a feature need not raise {prepared.what}.")
    told.append("Denying a person something, such as credit: it was tested for nothing of the kind.")
    return told


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
