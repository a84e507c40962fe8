"""What chapter 07 says about its results: plain sentences, computed, for `say` and the headlines."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from helpers.base.text import counted, listed, money, number, percent
from helpers.base.vocabulary import label
from helpers.chapters.regression.evaluation import TOP, Evidence
from helpers.chapters.regression.explanations import Inside, Shap
from helpers.chapters.regression.forecast import TARGET, Ahead
from helpers.chapters.regression.models import LAST, LINEAR
from helpers.predicting.audit import INFLATED, Audit
from helpers.predicting.classes import ColumnClasses
from helpers.predicting.leaks import Leak


def _share(value: float) -> str:
    return percent(value) if np.isfinite(value) else "–"


SCORES = {
    "names": {
        "model": "Model", "r2": "R²", "rmse": "RMSE", "mae": "MAE", "spearman": "Rank correlation",
        "top_decile_share": "Share of the top tenth", "loss": "Loss on training folds", "chosen": "In folds",
    },
    "formats": {
        "r2": "{:.3f}".format, "rmse": "{:,.2f}".format, "mae": "{:,.2f}".format, "loss": "{:#,.4g}".format,
        "spearman": lambda value: f"{value:.3f}" if np.isfinite(value) else "–", "top_decile_share": _share,
    },
}  # fmt: skip
"""How this chapter's tables head and write their columns."""
ALIKE = {
    "names": {"vif": "Variance inflation", "nearest": "Nearest feature"},
    "formats": {
        "vif": lambda value: f"{value:,.1f}" if np.isfinite(value) else "∞",
        "correlation": "{:.3f}".format,
    },
}
SELECTION = {
    "names": {
        "correlation": "Correlation", "mutual_information": "Mutual information",
        "permutation": "Error grows by", "permutation_std": "Std. deviation",
    },
    "formats": {
        "correlation": "{:.2f}".format, "mutual_information": "{:.3f}".format, "permutation": "{:,.3f}".format,
        "permutation_std": "{:,.3f}".format,
    },
}  # fmt: skip
CUTS = {
    "names": {
        "cut_off": "Cut-off", "customers": "Customers", "bought": "Bought after", "mean_spend": "Mean spend after",
        "largest": "Largest", "recent": "Mean spend before", "role": "Used to",
    },
    "formats": {"bought": percent},
}  # fmt: skip


PREDICTED = {
    "names": {
        "predicted": "Predicted", "low": "From", "high": "To", "actual": "Came", "error": "Missed by",
        "covered": "Within range",
    },
    "formats": dict.fromkeys(("predicted", "low", "high", "actual", "error"), money),
}  # fmt: skip
TO_DO = {"group": "Customers by prediction", "customers": "How many", "came": "Came", "share": "Share of all"}


SLIGHT = 0.01
"""Share of the mean error that a shuffled feature must cost before a model is said to go by it."""
NEAR = 0.03
"""Coverage this near to what was promised is called close."""
FEW = 0.01
"""Share of copies below which they are not worth a headline."""


def labelled(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return a table whose cells of some columns, names of features, are written as people read them."""
    return frame.assign(**{column: [label(str(name)) for name in frame[column]] for column in columns})


def named(features: Iterable[str]) -> list[str]:
    """Return features as people read them, in the middle of a sentence."""
    return [label(str(name)).lower() for name in features]


def what(target: str, days: int) -> str:
    """Return what is predicted, in words."""
    return f"spend in the next {days} days" if target == TARGET else label(target).lower()


def read_copies(audited: Audit) -> str:
    """Say how many rows are copies."""
    if not audited.duplicates:
        return f"No two of the {number(audited.rows)} rows are the same."
    if audited.duplicates < FEW * audited.rows:
        return (
            f"{counted(audited.duplicates, 'row is a copy', 'rows are copies')} of another among "
            f"{number(audited.rows)}: too few to matter."
        )
    return (
        f"{number(audited.distinct)} of the {number(audited.rows)} rows differ; {number(audited.duplicates)} "
        "are copies. All copies of a row are kept in one fold, so that no model is tested on what it has "
        "learned by heart."
    )


def read_leaks(audited: Audit, target: str) -> list[str]:
    """Say which features give the target away."""
    if not audited.leaks:
        return [f"No feature, product, ratio, sum or difference of features gives {label(target).lower()} away."]
    return [_told(leak) for leak in audited.leaks]


def _told(leak: Leak) -> str:
    exact = "" if leak.deviation < 1e-6 else " within rounding"
    left = listed([label(name).lower() for name in leak.suspects])
    return (
        f"A leak{exact}: {leak.in_words}. So {left} is left out."
        if len(leak.suspects) == 1
        else (f"A leak{exact}: {leak.in_words}. Nothing says which of them was derived, so {left} are left out.")
    )


def leak_headline(audited: Audit, target: str) -> str | None:
    """Return the audit's headline: a product or ratio first, because people can check it; None without a leak."""
    if not audited.leaks:
        return None
    order = {"product": 0, "ratio": 1, "by level": 2, "sum": 3, "same": 4, "steps": 5}
    first = min(audited.leaks, key=lambda leak: order[leak.kind])
    rest = len(audited.leaks) - 1
    more = f" {counted(rest, 'more leak was', 'more leaks were')} found." if rest else ""
    return (
        f"Leak: {first.in_words}. A model with {listed([label(n).lower() for n in first.suspects])} would only "
        f"repeat a formula of {label(target).lower()}.{more}"
    )


def read_others(audited: Audit) -> list[str]:
    """Say which features say the same as others."""
    said = []
    high = audited.collinear[audited.collinear["vif"] > INFLATED]
    if len(high):
        pairs: dict[frozenset[str], str] = {}
        for name, other in zip(high["feature"], high["nearest"], strict=True):
            pairs.setdefault(frozenset((name, other)), f"{label(name).lower()} with {label(other).lower()}")
        rest = [counted(len(pairs) - 4, "more pair", "more pairs")] if len(pairs) > 4 else []
        shown = listed([*pairs.values()][:4] + rest)
        said.append(
            f"{counted(len(high), 'feature says', 'features say')} much the same as others: {shown}. That does "
            "no harm to predictions, but importance is then shared among them."
        )
    else:
        said.append("No feature follows from the others: there is no collinearity to speak of.")
    return said


def read_left_out(reasons: Mapping[str, str]) -> list[str]:
    """Say which features are left out, one sentence a reason."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        by_reason.setdefault(reason, []).append(label(name))
    return [f"Left out because each {reason}: {listed(names)}." for reason, names in by_reason.items()]


def read_times(ahead: Ahead) -> str:
    """Say how the ledger is cut."""
    dates = [f"{date:%Y-%m-%d}" for date in ahead.dates]
    if len(dates) == 1:
        return (
            f"The ledger allows one cut-off, {dates[0]}, for {ahead.days} days before and after it. So "
            "customers are divided into folds; nothing can be said about another season."
        )
    return (
        f"The ledger is cut at {listed(dates)}. Models learn from all but the last; the last is the test, and "
        f"nothing of it is used to choose or to tune. Each horizon is {ahead.days} days and they do not "
        "overlap."
    )


def read_choice(evidence: Evidence) -> str:
    """Say which model the training folds chose, by what, and why by that."""
    evaluation = evidence.evaluation
    times = evaluation.choices.count(evaluation.best)  # of the outer folds; through time there is one
    where = f" in {times} of {len(evaluation.choices)} folds" if len(evaluation.choices) > 1 else ""
    if evaluation.task.spend:
        why = (
            "the Tweedie deviance. It asks for the mean, because means add up to a budget. The absolute error "
            "would ask for the median, which is near zero for many, and squares would leave the choice to a "
            "few large customers."
        )
    else:
        why = "squared errors, because means add up to a budget."
    linear = evidence.of(LINEAR, "rmse") <= evidence.measured["rmse"].value
    simple = (
        " On the rows that were held out the linear baseline does at least as well: the simple model is enough."
        if linear
        else ""
    )
    return f"Training folds chose {evaluation.best}{where}, by {why}{simple}"


def read_scores(evidence: Evidence, currency: str) -> str:
    """Say what the chosen model scores on rows it did not see, with intervals."""
    m = evidence.measured
    spearman = f" a rank correlation of {m['spearman'].value:.2f}," if np.isfinite(m["spearman"].value) else ""
    return (
        f"On rows it did not see the chosen model has an R² of {m['r2'].value:.3f} ({m['r2'].low:.3f} to "
        f"{m['r2'].high:.3f}),{spearman} and errs by {money(m['mae'].value, currency)} on average "
        f"({money(m['mae'].low, currency)} to {money(m['mae'].high, currency)}). The ranges are bootstrap "
        "intervals."
    )


def read_gain(evidence: Evidence, currency: str) -> str:
    """Say whether the model beats the simple guess."""
    gain, baseline = evidence.gains["mae"], evidence.evaluation.baseline
    guess = "the spend of as many days before" if baseline == LAST else "the mean of the others"
    amount = f"{money(abs(gain.value), currency)} (interval {gain.low:,.2f} to {gain.high:,.2f})"
    if gain.low > 0:
        return f"It errs less than {guess} by {amount} a customer: better than a simple guess."
    if gain.high < 0:
        return f"It errs more than {guess} by {amount} a customer: the simple guess is better."
    return f"Against {guess} the difference is {amount} a customer: it cannot be told from none."


def read_top(evidence: Evidence) -> str:
    """Say what the predicted top tenth brings."""
    share = evidence.measured["top_decile_share"]
    if not np.isfinite(share.value):
        return "Nothing adds up above zero, so no share of a top tenth can be given."
    text = f"The {percent(TOP, 0)} with the highest predictions bring {percent(share.value)} of the amount"
    if evidence.evaluation.baseline == LAST:
        before = percent(evidence.of(LAST, "top_decile_share"))
        return f"{text}; ranked by the period before, the tenth brings {before}."
    return f"{text}; by chance it would be {percent(TOP, 0)}."


def read_coverage(evidence: Evidence, currency: str) -> str:
    """Say how often intervals cover the outcome, and how far that can be trusted."""
    text = read_promise(evidence, currency)
    if evidence.evaluation.task.when is not None:
        text += (
            " The margin was measured on the latest earlier cut-off. Another season is not the same as that "
            "one, so the promise is no guarantee: the measured coverage is what counts."
        )
    return text


def read_promise(evidence: Evidence, currency: str) -> str:
    """Say how often intervals cover the outcome."""
    band, covered = evidence.band, evidence.covered
    off = covered.value - band.level
    if abs(off) <= NEAR:
        kept = "close to what they promise"
    elif covered.low <= band.level <= covered.high:
        kept = f"no further off than chance allows ({percent(covered.low)} to {percent(covered.high)})"
    else:
        kept = "less than promised" if off < 0 else "more than promised"
    return (
        f"Intervals that should cover {percent(band.level, 0)} of the outcomes cover {percent(covered.value)} of "
        f"those held out, {kept}; half of them are narrower than {money(band.width, currency)}."
    )


def read_inside(inside: Inside, selection: pd.DataFrame, shap: Shap, evidence: Evidence) -> str:
    """Say which features the model goes by."""
    least = np.maximum(2 * selection["permutation_std"], SLIGHT * evidence.measured["mae"].value)
    top = selection[selection["permutation"] > least]["feature"].tolist()
    weight = shap.values.abs().mean().sort_values(ascending=False, kind="stable")
    if not top:
        return f"Shuffling any feature costs {inside.family} next to nothing: there is little that it goes by."
    return (
        f"The model ({inside.family}) goes by {listed([label(str(n)).lower() for n in top[:3]])} most: "
        f"shuffling {label(str(top[0])).lower()} alone makes the mean absolute error grow by "
        f"{number(float(selection['permutation'].iloc[0]))}. By SHAP, {label(str(weight.index[0])).lower()} "
        "moves predictions most."
    )


def read_noise(noise: pd.DataFrame, inside: Inside, evidence: Evidence) -> str:
    """Say how much predictions hang on exact values."""
    clean, some = noise["mae"].iloc[0], noise["mae"].iloc[2]
    growth = some / clean - 1 if clean else 0.0
    what = f"Noise of {percent(noise['noise'].iloc[2], 0)} of a standard deviation in every number"
    if not evidence.predictable and abs(growth) < SLIGHT:
        return f"{what} changes nothing: where nothing is predicted, nothing can be disturbed."
    end = "predictions are robust" if growth < 0.1 else "exact values matter"
    rows, of = len(inside.test), len(evidence.evaluation.rows)
    part = f" This was measured on {number(rows)} of the {number(of)} rows held out." if rows < of else ""
    return f"{what} changes the mean absolute error by {percent(round(growth, 3) + 0.0)}: {end}.{part}"


def read_published(found: Mapping[str, Any]) -> list[str]:
    """Say what the published recipe gives, and what is left when copies stay together."""
    worse = (
        "which is better: it is not predictable from these" if found["mean_rmse"] < found["rmse"] else "far above"
    )
    if found["mean_rmse"] >= found["rmse"] > 0.9 * found["mean_rmse"]:
        worse = "hardly above"
    said = [
        f"The published recipe gives R² {found['r2']:.4f} and RMSE {found['rmse']:.2f} on its test rows; "
        f"predicting the mean has RMSE {found['mean_rmse']:.2f}, {worse}."
    ]
    if found["twins"]:
        said.append(
            f"{number(found['twins'])} of its {number(found['test_rows'])} test rows have an identical twin in "
            "the training rows: that is memory, not prediction."
        )
    if "grouped_r2" in found:
        said.append(
            f"Without the leak its forest has an R² of {found['shuffled_r2']:.4f} in shuffled folds (RMSE "
            f"{found['shuffled_rmse']:.2f}); with all copies of a row in one fold it is "
            f"{found['grouped_r2']:.4f} (RMSE {found['grouped_rmse']:.2f})."
        )
    return said


def read_classes(found: ColumnClasses) -> str:
    """Say whether a column can be predicted, with and without copies."""
    end = (
        "the accuracy was memory" if not found.predictable else "something of it remains when copies stay together"
    )
    return (
        f"{label(found.column)} is predicted with an accuracy of {found.stratified:.3f} in stratified folds, "
        f"but of {found.grouped:.3f} with all copies of a row in one fold; always guessing the most frequent "
        f"class has {found.majority:.3f}: {end}."
    )
