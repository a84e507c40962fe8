"""The table of contents as code: the chapters in order, and the tables each one reads and writes.

The build derives its order from this list, the pages their navigation, and the tests what to check. A
chapter's title and question are those its notebook opens with, or where a study lacks columns that they speak of,
those that stand here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from helpers.base.paths import NOTEBOOKS
from helpers.study.parameters import cell_source, read_cells

QUESTIONS = ("who", "how much", "do", "doubt")
"""What a headline may answer: the front page's first screen tells what to do and what not to believe."""


class Headline(NamedTuple):
    """A finding by which two runs of a study are compared: its name, what people call it, how it is written."""

    finding: str
    label: str
    kind: Literal["count", "money", "share", "days", "number", "word"]


class Opening(NamedTuple):
    """A chapter's title and question for studies that have none of some columns."""

    lacks: tuple[str, ...]
    title: str
    question: str


@dataclass(frozen=True)
class Chapter:
    """One notebook of the series."""

    number: int
    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()
    reads_if_made: tuple[str, ...] = ()
    """Tables it reads where another chapter of the study makes them."""
    headline_findings: tuple[Headline, ...] = ()
    shows: str = ""
    """Estimators and metrics that its sections speak of, apart by blanks: its cells name each."""
    files: tuple[str, ...] = ()
    """Its parameters that may name a csv in the data folders, which it reads by `report.read_file`."""
    otherwise: tuple[Opening, ...] = ()
    """What it opens with where columns lack: the first that fits."""
    opening: Opening | None = None
    """The one of them that a study's chapter has."""
    reproduces: str | None = None
    """The study whose published results it reproduces; None for a chapter of the series."""

    @property
    def stem(self) -> str:
        """The name its files share, `02_cleaning`."""
        return self.name if self.reproduces else f"{self.number:02d}_{self.name}"

    @property
    def notebook(self) -> Path:
        """The notebook, as committed."""
        return NOTEBOOKS / (f"published/{self.reproduces}.ipynb" if self.reproduces else f"{self.stem}.ipynb")

    @cached_property
    def _opening(self) -> list[str]:
        return [line for line in cell_source(read_cells(self.notebook)[0]).splitlines() if line.strip()]

    @property
    def title(self) -> str:
        """The notebook's first heading, or what the study has in its place."""
        return self.opening.title if self.opening else self._opening[0].lstrip("# ")

    @property
    def question(self) -> str:
        """The business question: the bold line under the title."""
        return self.opening.question if self.opening else self._opening[1].strip("* ")

    def opened(self, columns: Iterable[str]) -> "Chapter":
        """Return the chapter as a study of these columns opens it."""
        fitting = (opening for opening in self.otherwise if not set(opening.lacks) & set(columns))
        return replace(self, opening=next(fitting, None))


INGESTED = ("raw", "unparsed")
"""Tables that ingest makes of the source, before the first chapter."""

CHAPTERS = (
    Chapter(
        1,
        "eda",
        reads=("raw", "unparsed"),
        headline_findings=(
            Headline("rows", "Lines read", "count"),
            Headline("revenue_total", "Revenue in the source", "money"),
            Headline("lines_without_customer", "Lines without a customer", "share"),
        ),
    ),
    Chapter(
        2,
        "cleaning",
        reads=("raw", "unparsed"),
        writes=("transactions", "returns", "set_aside", "rejected", "cleaning_steps", "base"),
        headline_findings=(
            Headline("rows_kept", "Lines kept", "count"),
            Headline("revenue_kept", "Revenue kept", "money"),
            Headline("customers", "Customers", "count"),
            Headline("orders", "Orders", "count"),
            Headline("products", "Products", "count"),
        ),
    ),
    Chapter(
        3,
        "rfm",
        reads=("transactions", "returns"),
        reads_if_made=("anomalies",),  # so that whoever is flagged is flagged in every list
        writes=("customers", "segment_scores"),
        otherwise=(
            Opening(
                ("order_id", "recency"),
                "Who the customers are",
                "What is known of each customer, how do they differ, and how far can that be trusted?",
            ),
            Opening(
                ("revenue", "unit_price", "monetary"),
                "Who the customers are: recency and frequency",
                "Who comes back, how recently and how often, and whom should we act on first?",
            ),
        ),
        shows="groupby nunique qcut rank",
        headline_findings=(
            Headline("monetary_mean", "Mean revenue of a customer", "money"),
            Headline("top_tenth_share", "Revenue from the top decile", "share"),
            Headline("recency_median", "Median days since the last order", "days"),
            Headline("one_order_share", "Customers with one order", "share"),
            Headline("churn_window_days", "Churn window", "days"),
            Headline("silent_share", "Customers inactive for longer", "share"),
        ),
    ),
    Chapter(
        4,
        "clustering",
        reads=("customers",),
        writes=("segments",),
        otherwise=(
            Opening(
                ("order_id", "recency"),
                "Natural groups among the customers",
                "Do the customers fall into groups by themselves, how sure can we be, and what marks each group?",
            ),
        ),
        shows=(
            "StandardScaler KMeans GaussianMixture AgglomerativeClustering PCA silhouette_score "
            "calinski_harabasz_score davies_bouldin_score adjusted_rand_score RandomForestClassifier "
            "DecisionTreeClassifier permutation_importance accuracy_score"
        ),
        headline_findings=(
            Headline("structure", "There are natural groups", "word"),
            Headline("n_clusters", "Clusters used", "count"),
            Headline("silhouette", "Silhouette", "number"),
            Headline("stability_ari", "Stability (adjusted Rand index)", "number"),
        ),
    ),
    Chapter(
        5,
        "tree_embedding",
        reads=("returns", "customers"),
        reads_if_made=("segments",),  # so that it says which groups are the same customers under another name
        shows=(
            "RandomForestRegressor ExtraTreesRegressor OneHotEncoder PCA KMeans silhouette_score "
            "adjusted_rand_score train_test_split r2_score make_pipeline DecisionTreeClassifier "
            "cross_val_score"
        ),
        headline_findings=(
            Headline("n_clusters", "Clusters used", "count"),
            Headline("silhouette_embedding", "Silhouette in the embedding", "number"),
            Headline("holdout_ari", "Agreement on customers held out", "number"),
        ),
    ),
    Chapter(
        6,
        "anomaly",
        reads=("transactions", "returns"),
        writes=("anomalies",),
        otherwise=(
            Opening(
                ("customer_id",),
                "Unusual lines",
                "Which lines should somebody look at, why, and how good is that list?",
            ),
            Opening(
                ("order_id",), "Unusual customers", "Which customers should somebody look at, and what is unusual?"
            ),
        ),
        shows="IsolationForest LocalOutlierFactor average_precision_score",
        headline_findings=(
            Headline("flagged", "Flagged for review", "count"),
            Headline("precision_planted_lines", "Injected errors found in lines", "share"),
        ),
    ),
    Chapter(
        7,
        "regression",
        reads=("transactions", "returns", "customers"),
        otherwise=(
            Opening(
                ("order_id",),
                "Predicting a number about each customer",
                "How well can it be predicted, what drives it, and is that better than a simple guess?",
            ),
        ),
        headline_findings=(
            Headline("planning_figure", "Net sales to plan with", "money"),
            Headline("best_model", "Best model of spend", "word"),
            Headline("r2", "Variance explained (R²)", "number"),
            Headline("mae", "Mean error", "money"),
            Headline("baseline_mae", "Mean error of a simple guess", "money"),
        ),
        shows=(
            "Pipeline DummyRegressor Ridge TweedieRegressor RandomForestRegressor "
            "HistGradientBoostingRegressor XGBRegressor create_study cross_val_score r2_score "
            "mean_absolute_error root_mean_squared_error mutual_info_regression permutation_importance "
            "TreeExplainer partial_dependence DecisionTreeRegressor GroupKFold"
        ),
    ),
    Chapter(
        8,
        "recommendation",
        reads=("transactions",),
        reads_if_made=("customers",),
        writes=("recommendations",),
        otherwise=(
            Opening(
                ("customer_id",),
                "What is bought together",
                "Which products are bought together more often than chance would have it?",
            ),
        ),
        headline_findings=(
            Headline("precision", "Recommendations that were bought", "share"),
            Headline("precision_new", "The same, new products only", "share"),
            Headline("coverage", "Catalogue recommended", "share"),
        ),
        shows=(
            "csr_matrix AlternatingLeastSquares BM25Recommender CosineRecommender LightFM TfidfVectorizer "
            "top_k hits_of bootstrap mean_difference window_means"
        ),
    ),
    Chapter(
        9,
        "purchase_prediction",
        reads=("transactions", "returns", "customers"),
        otherwise=(
            Opening(
                ("order_id",),
                "Predicting an outcome of each customer",
                "Who has the outcome, how well can that be predicted, and is it better than a simple guess?",
            ),
        ),
        shows=(
            "LogisticRegression HistGradientBoostingClassifier MLPClassifier RandomForestClassifier "
            "StratifiedGroupKFold cross_validate mutual_info_classif permutation_importance RFECV SMOTE "
            "roc_auc_score average_precision_score brier_score_loss calibration_curve"
        ),
        headline_findings=(
            Headline("positive_share", "Customers who buy again", "share"),
            Headline("auc", "ROC AUC", "number"),
            Headline("lift_top_decile", "Lift of the top decile", "number"),
        ),
    ),
    Chapter(
        10,
        "what_changed",
        reads=("transactions", "returns"),
        reads_if_made=("customers", "segment_scores"),
        shows="permutations prod shift median groupby crosstab cumsum find_seasons",
        headline_findings=(
            Headline("net_sales", "Net sales of the period", "money"),
            Headline("net_sales_before", "Net sales of the period before", "money"),
            Headline("change", "Change", "money"),
        ),
    ),
    Chapter(
        11,
        "lifetime_value",
        reads=("transactions", "returns"),
        reads_if_made=("customers",),
        files=("campaign", "contacts", "suppressed"),
        shows=(
            "gammaln betaln spearmanr HistGradientBoostingRegressor LogisticRegression OLS log_loss roc_auc_score "
            "bootstrap norm"
        ),
        headline_findings=(
            Headline("total", "Worth of today's customers in a year", "money"),
            Headline("holdout_spearman", "Rank correlation of the forecast", "number"),
            Headline("overdue", "Customers overdue by their own rhythm", "count"),
        ),
    ),
)

BY_NAME = {chapter.name: chapter for chapter in CHAPTERS}
PUBLISHED = "published"
"""The name of the last chapter of a study whose published results a notebook reproduces."""


def reproduction(study: str, chapters: tuple[Chapter, ...]) -> Chapter | None:
    """Return the chapter that reproduces what was published of a study; None where no notebook does.

    It reads whatever the study's chapters have made, and records findings under their names.
    """
    made = tuple(name for chapter in chapters for name in chapter.writes)
    chapter = Chapter(len(CHAPTERS) + 1, PUBLISHED, reads=(*INGESTED, *made), reproduces=study)
    return chapter if chapter.notebook.exists() else None


MODELS = "models"
"""Where chapters' models and their cards lie in a study's folder."""


def downloads_folder(chapter: Chapter) -> str:
    """Return where a chapter's downloads lie in a study's folder: two chapters may both list customers."""
    return f"downloads/{chapter.stem}"


def maker_of(table: str) -> str:
    """Return who writes a table, in words for a message: a chapter's stem, or ingest."""
    made_by = (f"chapter {chapter.stem}" for chapter in CHAPTERS if table in chapter.writes)
    return next(made_by, "ingest, which `make report` runs first")


def prerequisites(chapter: Chapter, *, of: tuple[Chapter, ...] = ()) -> set[str]:
    """Return the names of the chapters whose tables a chapter reads; `of` a study, also those it reads if made."""
    needed = {other.name for other in CHAPTERS if set(other.writes) & set(chapter.reads)}
    return needed | {other.name for other in of if set(other.writes) & set(chapter.reads_if_made)}
