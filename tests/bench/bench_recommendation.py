"""What chapter 08 takes on a ledger of 5.4 million lines: processor time and peak memory of its work.

The clean lines of `online_retail`, built before, are copied: each copy has customers and orders of its own, and
every second one products of its own, so that the matrix grows in both directions. The chapter's helpers then run
on it as the notebook calls them, with few rounds of fitting: they cost time, but no memory.

Run as `python -m tests.bench.bench_recommendation` from the project's folder, after
`make report PARAMS=params/online_retail.yml`.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow.parquet as pq
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
from lightfm import LightFM
from sklearn.feature_extraction.text import TfidfVectorizer

from helpers.base.engine import open_engine
from helpers.base.paths import reports
from helpers.chapters.recommendation import association_rules, blend, lists, models, narrative
from helpers.chapters.recommendation.evaluation import compared, evaluate, most_precise, recommend
from helpers.chapters.recommendation.features import WORD, known_before, known_now
from helpers.chapters.recommendation.interactions import QUESTIONS, interactions, keyed, windows
from helpers.chapters.recommendation.next_basket import TifuKnn, UpCf
from helpers.study.parameters import chapter_parameters
from helpers.study.series import BY_NAME
from tests.bench.measure import run_module

LINES = 5_400_000
MEMORY = 8 * 1024**3 / 1e6
"""MB that the chapter may take: 8 GiB."""
CUT_OFF, DAYS = "2011-11-01", 39


def enlarge(source: Path, target: Path) -> int:
    """Write a ledger of at least LINES lines made of copies of another; return its lines."""
    copies = -(-LINES // pq.read_metadata(source).num_rows)
    with open_engine() as engine:
        engine.connection.execute(
            f"COPY (SELECT lines.* REPLACE (customer_id || '-' || copy AS customer_id, order_id || '-' || copy AS "
            "order_id, CASE WHEN copy % 2 = 1 THEN product_id || '-B' ELSE product_id END AS product_id, "
            f"line + copy * 1000000 AS line) FROM range({copies}) AS copies(copy), '{source}' AS lines) "
            f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        )
    return pq.read_metadata(target).num_rows


def candidates(section: dict) -> dict[str, models.Model]:
    """Return the chapter's models with its parameters, but few rounds of fitting."""
    half_life, slow = section["half_life"], section["lightfm_half_life"]
    lightfm = LightFM(no_components=section["components"], loss="warp", max_sampled=30, random_state=42)
    als = AlternatingLeastSquares(factors=section["als_factors"], iterations=2, num_threads=1, random_state=42)
    return {
        "Random": models.Chance(42),
        "Popular of all time": models.Popularity(),
        "Popular lately": models.Popularity(days=section["recent_days"]),
        "Buy again": models.PurchaseHistory(),
        "TIFU-KNN": TifuKnn(**section["tifu"]),
        "UP-CF": UpCf(**section["up_cf"]),
        "Nearest neighbours": models.ItemSimilarity(BM25Recommender(K=section["neighbours"]), half_life),
        "EASE": models.Ease(section["ease_half_lives"][0], section["ease_penalties"][0], section["ease_products"]),
        "ALS": models.Factorization(als, half_life),
        "LightFM": models.Ranking(lightfm, 2, slow),
        "LightFM hybrid": models.HybridRanking(lightfm, 1, slow),
        "Content": models.Content(TfidfVectorizer(token_pattern=WORD, sublinear_tf=True), half_life),
    }


def work(ledger: Path) -> None:
    """Do what the chapter does with one ledger."""
    section = chapter_parameters(BY_NAME["recommendation"].notebook)().model_dump()
    k, everybody = section["k"], candidates(section)
    with open_engine() as engine:
        lines = keyed(engine.scan(ledger))
        bought = interactions(lines)
        earlier, test, _ = windows(lines, DAYS, CUT_OFF, at_most=section["windows_judged"] + 1)
        trials, rehearsals = [], []
        for window in earlier:
            fitted = models.fit(everybody, known_before(lines, window, engine))
            mixed = blend.blends(blend.tune(trials, k), fitted, window.train)
            rehearsals.append(evaluate(window, fitted, k, mixed))
            trials.append(blend.trials(window, fitted, 42))
        weights = blend.tune(trials, k)
        chosen = {question: most_precise(rehearsals, question) for question in QUESTIONS}
        fitted = models.fit(everybody, known_before(lines, test, engine))
        judged = evaluate(test, fitted, k, blend.blends(weights, fitted, test.train))
        print(compared([*rehearsals, judged], "next", 42).head(3))
        everything = known_now(lines, bought, pd.DataFrame({"customer_id": []}), [])
        parts = {name: model for name, model in everybody.items() if name in blend.needed(chosen, weights)}
        final = models.fit(parts, everything)
        answers = {question: [model] for question, model in chosen.items()}
        offers = recommend(bought, final, answers, k, blends=blend.blends(weights, final, bought))
        similar = models.similar_items(bought, CosineRecommender(K=200 + 1, num_threads=1))
        for question, model in chosen.items():
            table = lists.with_reasons(everything, offers[question][model], similar)
            print(f"{len(table):,} places on the lists of {len(bought.customers):,} customers")
        baskets = association_rules.baskets(lines)
        print(narrative.rules(association_rules.rules(baskets, section["rule_share"], section["rule_orders"])))


def main() -> None:
    """Make the ledger, run the chapter's work in a process of its own, and print what it took."""
    source = reports() / "online_retail" / "tables" / "transactions.parquet"
    if not source.exists():
        print("The recommendation bench is left out: build online_retail first.")
        return
    with TemporaryDirectory(prefix="bench-") as scratch:
        ledger = Path(scratch) / "transactions.parquet"
        lines = enlarge(source, ledger)
        cost = run_module("tests.bench.bench_recommendation", ledger)
    verdict = "met" if cost.peak <= MEMORY else "missed"
    print(f"{lines:,} lines: {cost.cpu:,.0f} CPU s, {cost.wall:,.0f} s, peak {cost.peak:,.0f} MB")
    print(f"target: at most {MEMORY:,.0f} MB: {verdict}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(Path(sys.argv[1]))
    else:
        main()
