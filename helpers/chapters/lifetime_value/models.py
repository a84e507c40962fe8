"""Models of how often customers order, when they stop, and what they spend: fits, forecasts and draws.

Orders: BG/NBD (Fader, Hardie and Lee, 2005, "Counting Your Customers" the Easy Way), MBG/NBD (Batislam, Denizel,
Filiztekin, 2007) and Pareto/NBD (Schmittlein, Morrison and Colombo, 1987); NBD, in which nobody stops, is what the
three become where the data shows nobody stopping (Ehrenberg, 1959). Spend: Gamma-Gamma (Fader and Hardie, 2013).
Times are in weeks. A customer is `x` repeat orders, `last` (from the first order to the last) and `age` (from the
first order to the day of looking). All is computed in logs, so no count is too large for it.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaincinv, betaln, gammaln, logsumexp

NBD, BG, MBG, PARETO, GAMMA_GAMMA = "NBD", "BG/NBD", "MBG/NBD", "Pareto/NBD", "Gamma-Gamma"
PARAMETERS = {
    NBD: ("r", "alpha"),
    BG: ("r", "alpha", "a", "b"),
    MBG: ("r", "alpha", "a", "b"),
    PARETO: ("r", "alpha", "s", "beta"),
    GAMMA_GAMMA: ("p", "q", "gamma"),
}
FAR = 1000.0
"""A parameter beyond this, or below one over it, is at its bound: customers do not differ in what it describes."""
BOUNDS = (np.log(1e-4), np.log(2e4))
MOST_ROWS = 40_000
"""Different (x, last, age) up to which days count; of more, times are rounded to whole weeks."""
STEP = 1e-5
"""Of central differences in the logs of parameters: their error is about 1e-10 of a mean log-likelihood."""
NODES, WEIGHTS = (part / 2 for part in np.polynomial.legendre.leggauss(16))
NODES = NODES + 0.5  # on (0, 1)
POWER = 6
"""Integrals over w on (w0, 1) are taken over z = w^(1/6): their error is then below 1e-9 (tested)."""
NO_ORDER = -np.inf


class Fit(NamedTuple):
    """A model fitted by maximum likelihood."""

    model: str
    values: np.ndarray
    """Its parameters, in the order of PARAMETERS."""
    log_likelihood: float
    covariance: np.ndarray
    """Of the logs of the parameters; directions in which the likelihood is flat have none."""
    flat: tuple[str, ...]
    """Parameters that the data does not determine, not even to a factor of e."""
    customers: int

    @property
    def parameters(self) -> dict[str, float]:
        """Each parameter by its name."""
        return dict(zip(PARAMETERS[self.model], self.values.tolist(), strict=True))

    @property
    def degenerate(self) -> list[str]:
        """The parameters at their bound, or not determined."""
        return [n for n, value in self.parameters.items() if not 1 / FAR < value < FAR or n in self.flat]

    def table(self) -> pd.DataFrame:
        """Return each parameter with its 95 % interval, of its log by the Hessian."""
        error = 1.96 * np.sqrt(np.diag(self.covariance))
        bounds = {"low": self.values * np.exp(-error), "high": self.values * np.exp(error)}
        return pd.DataFrame({"parameter": PARAMETERS[self.model], "value": self.values, **bounds})

    def draws(self, number: int, rng: np.random.Generator) -> np.ndarray:
        """Return parameters that the data might as well have had: draws x parameters."""
        drawn = rng.multivariate_normal(np.log(self.values), self.covariance, number, method="svd")
        return np.exp(np.clip(drawn, *BOUNDS))


def distinct(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the different rows of `x`, `last`, `age` and how many `customers` have each: all that a fit needs."""
    rows = customers[["x", "last", "age"]].groupby(["x", "last", "age"]).size().rename("customers").reset_index()
    if len(rows) <= MOST_ROWS:
        return rows
    return rows.round({"last": 0, "age": 0}).groupby(["x", "last", "age"], as_index=False)["customers"].sum()


def log_parts(model: str, values: np.ndarray, x: np.ndarray, last: np.ndarray, age: np.ndarray) -> tuple:
    """Return the log-likelihoods of a customer's orders and being active, and of them and having stopped."""
    r, alpha = values[:2]
    if model == NBD:
        active = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age)
        return active, np.full_like(active, NO_ORDER)
    if model == PARETO:
        s, beta = values[2:]
        c = r + s + x
        rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        active = rate - (r + x) * np.log(alpha + age) - s * np.log(beta + age)
        # stopped at some time y after the last order: the integral over y of (alpha+y)^-(r+x) (beta+y)^-(s+1),
        # with w = ((alpha+last) / (alpha+y))^c in place of y, which makes it smooth and never too small
        z, width = _z((alpha + last) / (alpha + age), c)
        later = (alpha + last) * np.exp(-POWER / c * z)  # alpha + y
        ratio = (s + 1) * (np.log(later) - np.log(beta - alpha + later)) + (POWER - 1) * z
        with np.errstate(divide="ignore"):
            integral = np.log(POWER * width) + logsumexp(ratio.T, b=WEIGHTS, axis=-1).T
        return active, rate + np.log(s / c) - c * np.log(alpha + last) + integral
    a, b = values[2:]
    k = x + (model == MBG)  # occasions to stop: after each repeat order, in MBG/NBD after the first order too
    rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    active = rate + betaln(a, b + k) - (r + x) * np.log(alpha + age)
    stopped = rate + betaln(a + 1, b + np.maximum(k, 1) - 1) - (r + x) * np.log(alpha + last)
    return active, np.where(k > 0, stopped, NO_ORDER)


def _z(ratio: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the logs of z at the nodes, nodes x customers, and the width of its range."""
    width = -np.expm1(c / POWER * np.log(ratio))
    return np.log1p(-np.multiply.outer(NODES, width)), width


def log_likelihood(model: str, values: np.ndarray, x: np.ndarray, last: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Return the log-likelihood of each customer's orders."""
    return np.logaddexp(*log_parts(model, values, x, last, age))


def alive(model: str, values: np.ndarray, x: np.ndarray, last: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Return the probability that each customer is still active, P(alive)."""
    active, stopped = log_parts(model, values, x, last, age)
    return np.exp(active - np.logaddexp(active, stopped))


def fit(model: str, rows: pd.DataFrame) -> Fit:
    """Fit a model of orders to rows of `distinct`, by maximum likelihood."""
    x, last, age, weights = (rows[name].to_numpy(float) for name in ("x", "last", "age", "customers"))
    start = [0.5, max(float(np.average(age, weights=weights)) / 4, 1.0), 0.8, 2.5]
    start = [0.5, start[1], 0.6, start[1]] if model == PARETO else start[: len(PARAMETERS[model])]
    return _maximum(model, lambda values: log_likelihood(model, values, x, last, age), weights, start)


def spend_log_likelihood(values: np.ndarray, orders: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the Gamma-Gamma log-likelihood of each customer's mean spend over a number of orders."""
    p, q, gamma = values
    shape = p * orders
    likelihood = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma) + shape * np.log(orders)
    return likelihood + (shape - 1) * np.log(mean) - (shape + q) * np.log(gamma + orders * mean)


def fit_spend(orders: pd.Series, mean: pd.Series) -> Fit:
    """Fit Gamma-Gamma to customers' orders and mean spend per order, both above zero, by maximum likelihood."""
    rows = pd.DataFrame({"n": orders.to_numpy(), "m": mean.to_numpy()}).groupby(["n", "m"]).size()
    n, m = (rows.index.get_level_values(name).to_numpy(float) for name in ("n", "m"))
    unit = float(np.average(m, weights=rows))  # so that the bounds suit any currency
    found = _maximum(
        GAMMA_GAMMA, lambda v: spend_log_likelihood(v, n, m / unit), rows.to_numpy(float), [2.0, 3.0, 2.0]
    )
    likelihood = found.log_likelihood - found.customers * np.log(unit)
    return found._replace(values=found.values * [1, 1, unit], log_likelihood=likelihood)


def expected_spend(values: np.ndarray, orders: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return what each customer spends per order by Gamma-Gamma: between their own mean and everybody's."""
    p, q, gamma = values
    return p * (gamma + orders * mean) / np.maximum(p * orders + q - 1, 1e-9)


def expected_worth(fitted: Fit, spend: Fit | None, customers: pd.DataFrame, weeks: float) -> np.ndarray:
    """Return what each customer is expected to be worth in so many weeks, less returns, as `outlook` has it."""
    x, last, age = (customers[name].to_numpy(float) for name in ("x", "last", "age"))
    orders = alive(fitted.model, fitted.values, x, last, age) * expected_orders(
        fitted.model, fitted.values, x, age, weeks
    )
    each = customers.get("mean", pd.Series(1.0, customers.index))
    if spend is not None:
        each = expected_spend(spend.values, customers["n"], customers["mean"])
    return (orders * each * customers["kept"]).to_numpy(float)


def _maximum(model: str, likelihood: Callable, weights: np.ndarray, start: list[float]) -> Fit:
    total = weights.sum()

    def loss(logs: np.ndarray) -> float:
        return -float(weights @ likelihood(np.exp(logs))) / total

    def slope(logs: np.ndarray) -> np.ndarray:
        return np.array([loss(logs + h) - loss(logs - h) for h in STEP * np.eye(len(logs))]) / (2 * STEP)

    found = minimize(
        lambda logs: (loss(logs), slope(logs)), np.log(start), jac=True, method="L-BFGS-B",
        bounds=[BOUNDS] * len(start), options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500},
    )  # fmt: skip
    wide = 1e-3
    curve = np.array([slope(found.x + h) - slope(found.x - h) for h in wide * np.eye(len(start))]) / (2 * wide)
    lengths, axes = np.linalg.eigh((curve + curve.T) / 2 * total)
    known = lengths > 1.0
    variances = np.where(known, 1 / np.maximum(lengths, 1.0), 0.0)
    covariance, unknown = (axes * variances) @ axes.T, (axes[:, ~known] ** 2).sum(axis=1) > 0.1
    flat = tuple(name for name, of in zip(PARAMETERS[model], unknown, strict=True) if of)
    return Fit(model, np.exp(found.x), -found.fun * total, covariance, flat, int(total))


def expected_orders(
    model: str, values: np.ndarray, x: np.ndarray, age: np.ndarray, weeks: float | np.ndarray
) -> np.ndarray:
    """Return how many orders each customer places in so many weeks, if still active; times `alive` otherwise."""
    r, alpha = values[:2]
    if model == NBD:
        return (r + x) / (alpha + age) * weeks
    if model == PARETO:
        s, beta = values[2:]
        u = np.log1p(weeks / (beta + age))
        active = (beta + age) * (np.expm1((1 - s) * u) / (1 - s) if abs(1 - s) > 1e-9 else u)
        return (r + x) / (alpha + age) * active
    a, b = values[2:]
    k = x + (model == MBG)
    different, back = np.unique(np.broadcast_to(k, np.shape(x + age + weeks)), return_inverse=True)
    # the mean over p ~ Beta(a, b + k) of (1 - E[exp(-rate p t)]) / p, at quantiles of p; 0 < p
    p = np.maximum(betaincinv(a, b + different[:, None], NODES**2), 1e-12)[back]
    stays = -np.expm1(-(r + x)[..., None] * np.log1p(p * (weeks / (alpha + age))[..., None]))
    return (stays / p) @ (2 * NODES * WEIGHTS)


def returns_within(model: str, values: np.ndarray, x: np.ndarray, age: np.ndarray, weeks: float) -> np.ndarray:
    """Return the probability of an order in so many weeks, if still active; times `alive` otherwise."""
    r, alpha = values[:2]
    span = -np.expm1(-(r + x) * np.log1p(weeks / (alpha + age)))
    if model != PARETO:
        return span
    s, beta = values[2:]
    z, width = _z((alpha + age) / (alpha + age + weeks), r + x)
    later = (alpha + age) * np.exp(-POWER / (r + x) * z)
    active = ((beta + age) / (beta - alpha + later)) ** s
    return POWER * width * (WEIGHTS @ (active * np.exp((POWER - 1) * z)))


def simulate(
    fitted: Fit, customers: pd.DataFrame, weeks: list[float], parameters: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return orders that customers may place within each of some rising numbers of weeks: weeks x customers."""
    x, last, age = (customers[name].to_numpy(float) for name in ("x", "last", "age"))
    r, alpha = parameters[:2]
    active = rng.random(len(x)) < alive(fitted.model, parameters, x, last, age)
    rate = rng.gamma(r + x, 1 / (alpha + age))
    spans = np.diff([0.0, *weeks])[:, None] * np.ones(len(x))
    if fitted.model == NBD:
        return rng.poisson(rate * spans).cumsum(axis=0)
    if fitted.model == PARETO:
        s, beta = parameters[2:]
        ends = rng.exponential(1 / np.maximum(rng.gamma(s, 1 / (beta + age)), 1e-300))
        spans = np.diff(np.minimum(np.array([0.0, *weeks])[:, None], ends), axis=0)
        return (rng.poisson(rate * spans) * active).cumsum(axis=0)
    a, b = parameters[2:]
    stops = np.clip(rng.beta(a, b + x + (fitted.model == MBG)), 1e-12, 1)
    return np.minimum(rng.poisson(rate * spans).cumsum(axis=0), rng.geometric(stops)) * active


def spend_of(
    orders: np.ndarray, customers: pd.DataFrame, parameters: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return what rising numbers of orders (periods x customers) may add up to, by Gamma-Gamma's `parameters`."""
    p, q, gamma = parameters
    n, mean = customers["n"].to_numpy(float), customers["mean"].to_numpy(float)
    scale = 1 / rng.gamma(p * n + q, 1 / (gamma + n * mean))
    more = np.diff(orders, axis=0, prepend=0)
    return (rng.gamma(np.maximum(p * more, 1e-12)) * (more > 0) * scale).cumsum(axis=0)


class Outlook(NamedTuple):
    """What customers may order and spend: their own intervals, and sums that might be."""

    low: pd.DataFrame
    """By customer: worth within each period, and `lifetime`, discounted; 5 % of draws are below."""
    high: pd.DataFrame
    """The same; 5 % of draws are above."""
    sums: dict[str, pd.DataFrame]
    """By grouping: draws x groups, of the lifetime; and for `all` draws x periods and `lifetime`."""


def outlook(
    fitted: Fit, spend: Fit | None, customers: pd.DataFrame, weeks: Mapping[str, float], *,
    discount: float, groups: Mapping[str, pd.Series], draws: int, seed: int,
    at_a_time: int = 20_000,
) -> Outlook:  # fmt: skip
    """Simulate customers: parameters that the data might as well have had, then orders, then spend.

    Args:
        fitted: of orders.
        spend: of Gamma-Gamma; None: each order is worth the customer's `mean`, and without amounts one.
        customers: `x`, `last`, `age` and, with amounts, `n` (orders), `mean` (spend per order), `kept` (share of
            it after returns).
        weeks: rising periods, by name; the longest is the lifetime.
        discount: of money a year later, such as .1.
        groups: customers' groups, by the name of a grouping.
        draws: simulations.
        seed: of the draws.
        at_a_time: customers simulated at once, so that a million fit into memory.
    """
    rng = np.random.default_rng(seed)
    of_orders = fitted.draws(draws, rng)
    of_spend = spend.draws(draws, rng) if spend is not None else None
    lengths, names = list(weeks.values()), [*weeks, "lifetime"]
    middles = (np.array(lengths) + np.array([0.0, *lengths[:-1]])) / 2
    factor = (1 + discount) ** (-middles / (365.25 / 7))
    codes = {name: pd.factorize(group, sort=True) for name, group in groups.items()}
    sums = {name: np.zeros((draws, len(labels))) for name, (_, labels) in codes.items()}
    in_all, bounds = np.zeros((draws, len(names))), []
    for start in range(0, len(customers), at_a_time):
        part = customers.iloc[start : start + at_a_time]
        worth = np.empty((draws, len(names), len(part)), dtype=np.float32)
        for d in range(draws):
            orders = simulate(fitted, part, lengths, of_orders[d], rng)
            if of_spend is not None:
                spent = spend_of(orders, part, of_spend[d], rng)
            else:
                spent = orders * (part["mean"].to_numpy(float) if "mean" in part else 1.0)
            worth[d, :-1] = net = spent * part["kept"].to_numpy()
            worth[d, -1] = factor @ np.diff(net, axis=0, prepend=0)
        in_all += worth.sum(axis=2, dtype=float)
        for name, (code, labels) in codes.items():
            here = code[start : start + at_a_time]
            sums[name] += [np.bincount(here, worth[d, -1], len(labels)) for d in range(draws)]
        bounds.append(np.quantile(worth, [0.05, 0.95], axis=0))
    low, high = (
        pd.DataFrame(np.concatenate([b[side] for b in bounds], axis=1).T, customers.index, names)
        for side in (0, 1)
    )
    tables = {name: pd.DataFrame(sums[name], columns=codes[name][1]) for name in codes}
    return Outlook(low, high, tables | {"all": pd.DataFrame(in_all, columns=names)})
