"""The vocabulary: every canonical column, its type and what it means, in one place.

Study files map the headers of a source to these names; a header that is not mapped is kept under its own
name in snake_case. Types are written in DuckDB's SQL. Money and quantities are
decimals, so that sums come out the same whatever order the engine adds them in.
"""

from typing import NamedTuple


class Column(NamedTuple):
    """A canonical column: its SQL type, the label that charts print, its meaning, and of which KINDS it is."""

    type: str
    label: str
    meaning: str
    kind: str = "number"


class Measure(NamedTuple):
    """What a chapter computes and shows: of which KINDS it is, its heading in tables, and its meaning."""

    kind: str
    label: str
    meaning: str = ""


KINDS = ("share", "change", "money", "count", "days", "score", "number", "date", "text")
"""How a value is written (`helpers.base.text.written`): .25 is 25 % as a share, +25 % as a change."""


TEXT = "STRING"
WHOLE = "BIGINT"
NUMBER = "DOUBLE"
MOMENT = "TIMESTAMP"
QUANTITY = "DECIMAL(15,3)"
MONEY = "DECIMAL(18,4)"

LEDGER = {
    "line": Column(WHOLE, "Line", "number of the data row in the source, from 1"),
    "customer_id": Column(TEXT, "Customer", "who bought"),
    "order_id": Column(TEXT, "Order", "invoice or order the line belongs to"),
    "ordered_at": Column(MOMENT, "Ordered at", "when the order was placed, in the source's own time"),
    "product_id": Column(TEXT, "Product code", "what was bought, as a code"),
    "product_name": Column(TEXT, "Product", "what was bought, in words"),
    "quantity": Column(QUANTITY, "Quantity", "units bought; below zero, units brought back"),
    "unit_price": Column(MONEY, "Unit price", "price of one unit, in the study's currency", "money"),
    "revenue": Column(MONEY, "Revenue", "quantity x unit price, or the amount the source gives", "money"),
    "country": Column(TEXT, "Country", "country of the customer"),
}
"""Columns of an order line. Ids are text even where they look like numbers."""

CUSTOMER = {
    "age": Column(NUMBER, "Age", "age of the customer, in years"),
    "gender": Column(TEXT, "Gender", "gender of the customer"),
    "income": Column(NUMBER, "Annual income", "income of the customer in a year"),
    "region": Column(TEXT, "Region", "region of the customer within the country"),
    "category": Column(TEXT, "Category", "group of products the purchase belongs to"),
    "rating": Column(NUMBER, "Rating", "the customer's rating of the purchase"),
    "season": Column(TEXT, "Season", "season of the purchase"),
    "payment_method": Column(TEXT, "Payment method", "how the purchase was paid"),
    "preferred_payment_method": Column(TEXT, "Preferred payment method", "how the customer says they like to pay"),
    "discount_applied": Column(TEXT, "Discount", "whether a discount was given (Yes, No)"),
    "previous_purchases": Column(NUMBER, "Previous purchases", "purchases before this one"),
    "purchase_rhythm": Column(TEXT, "Purchase rhythm", "how often the customer buys, in words"),
    "purchase_frequency": Column(NUMBER, "Purchase frequency", "purchases in a year"),
    "loyalty_score": Column(NUMBER, "Loyalty score", "the source's own measure of loyalty"),
}
"""Columns that sources with one line per customer add."""

FEATURES = {
    "latitude": Column(NUMBER, "Latitude", "of the customer's country, in degrees"),
    "longitude": Column(NUMBER, "Longitude", "of the customer's country, in degrees"),
    "recency": Column(WHOLE, "Recency", "days since the last order", "days"),
    "frequency": Column(WHOLE, "Frequency", "orders, the first one included; chapter 11 counts repeat orders"),
    "monetary": Column(NUMBER, "Monetary", "revenue in all, net of returns", "money"),
    "first_order": Column(MOMENT, "First order", "when the first order was placed"),
    "last_order": Column(MOMENT, "Last order", "when the last order was placed"),
    "tenure": Column(WHOLE, "Tenure", "days since the first order", "days"),
    "purchase_days": Column(WHOLE, "Purchase days", "days with at least one order"),
    "average_gap": Column(NUMBER, "Average interval", "mean days from one purchase day to the next", "days"),
    "purchase_rate": Column(NUMBER, "Purchase rate", "purchase days a day, since the first"),
    "lines": Column(WHOLE, "Lines", "order lines"),
    "items": Column(NUMBER, "Items", "units bought"),
    "unique_items": Column(WHOLE, "Unique items", "different products bought"),
    "average_ticket": Column(NUMBER, "Average ticket", "mean revenue of an order line", "money"),
    "average_order": Column(NUMBER, "Average order", "mean revenue of an order", "money"),
    "average_price": Column(NUMBER, "Average price", "revenue for each unit bought", "money"),
    "basket_size": Column(NUMBER, "Basket size", "units in each order"),
    "unique_basket_size": Column(NUMBER, "Unique basket size", "different products over orders"),
    "returned_items": Column(NUMBER, "Returned items", "units brought back"),
    "return_rate": Column(NUMBER, "Return rate", "units brought back for each unit bought", "share"),
    "gross_revenue": Column(NUMBER, "Gross revenue", "revenue before returns are taken off", "money"),
    "r_score": Column(WHOLE, "R", "place by recency, from 1 (longest ago)"),
    "f_score": Column(WHOLE, "F", "place by frequency, from 1 (fewest orders)"),
    "m_score": Column(WHOLE, "M", "place by monetary, from 1 (least)"),
    "rfm_segment": Column(TEXT, "RFM segment", "name that the scores are given"),
    "buying_season": Column(TEXT, "Buys in", "the one season in which the customer buys"),
    "flag": Column(TEXT, "Flagged", "why chapter 06 finds the customer unusual"),
    "action": Column(TEXT, "Action", "what to do with the customer"),
}
"""Columns of the table `customers` that chapter 03 computes of a ledger. A source's own columns may have the
same names and other types, so these name and explain, and do not say how a source is read."""

LESS_IS_BETTER = ("recency", "return_rate", "returned_items", "average_gap")
"""Measures of customers that a shop would rather have low: colours of good and bad are turned round for them."""

MEASURES: dict[str, Measure] = {
    # of any chapter
    "customers": Measure("count", "Customers"),
    "customer_share": Measure("share", "Share of customers"),
    "flagged": Measure("count", "Flagged", "customers whom chapter 06 finds unusual"),
    "revenue_share": Measure("share", "Share of revenue"),
    "share": Measure("share", "Share"),
    "forest": Measure("score", "Forest importance", "impurity taken away by the feature, as a share"),
    "permutation": Measure("score", "Permutation importance", "score that shuffling costs on rows not seen"),
    # 01 eda
    "filled": Measure("count", "Values"),
    "distinct": Measure("count", "Distinct values"),
    "missing_share": Measure("share", "Share missing"),
    "std": Measure("number", "Std. deviation"),
    "min": Measure("number", "Smallest"),
    "max": Measure("number", "Largest"),
    "variation": Measure("number", "Coefficient of variation", "standard deviation over the mean"),
    "negative": Measure("count", "Below zero"),
    "outliers": Measure("count", "Outside the fences"),
    "outlier_share": Measure("share", "Share outside"),
    "seen": Measure("text", "What was seen"),
    "do": Measure("text", "What to do"),
    "chapter": Measure("text", "Where"),
    # 02 cleaning
    "where": Measure("text", "Where it went"),
    "does": Measure("text", "What it does"),
    "usual_price": Measure("money", "Usual price", "median price of the product"),
    "times": Measure("number", "Times the usual"),
    "check": Measure("text", "What was checked"),
    "means": Measure("text", "What it means"),
    # 03 rfm
    "values": Measure("count", "Different values"),
    "tied": Measure("count", "Customers with a value on both sides of a boundary"),
    "who": Measure("text", "Who they are"),
    "action": Measure("text", "What to do"),
    # 04 clustering
    "k": Measure("count", "k", "number of clusters"),
    "silhouette": Measure("score", "Silhouette", "mean over customers; 1 is far from all other clusters"),
    "silhouette_original": Measure("score", "Silhouette before the transform"),
    "silhouette_shuffled": Measure("score", "Silhouette of one shuffle"),
    "silhouette_permuted": Measure("score", "Permuted null"),
    "silhouette_copula": Measure("score", "Correlated null"),
    "silhouette_null": Measure("score", "Harder null"),
    "silhouette_null_error": Measure("score", "Its standard error"),
    "calinski_harabasz": Measure("number", "Calinski-Harabasz", "spread between against within clusters"),
    "davies_bouldin": Measure("score", "Davies-Bouldin", "similarity of neighbouring clusters"),
    "stability": Measure("score", "Stability", "mean adjusted Rand index of resamples with the clusters"),
    "stability_once": Measure("score", "Of one resample"),
    "stability_permuted": Measure("score", "Permuted null"),
    "stability_copula": Measure("score", "Correlated null"),
    "stability_null": Measure("score", "Harder null"),
    "stability_null_error": Measure("score", "Its standard error"),
    "valley": Measure(
        "number", "Shallowest valley", "between groups: logarithm of a ratio of densities; at 0 none"
    ),
    "one_hump": Measure("score", "One hump", "p-value of the dip test between neighbours"),
    "gap": Measure("text", "Gap", "around each group, among the features"),
    "real": Measure("text", "Real groups", "by the rule of the chapter"),
    "smallest": Measure("count", "Smallest cluster"),
    "ari": Measure("score", "Adjusted Rand index", "1 is the same groups, 0 what chance gives"),
    "jaccard": Measure("score", "Jaccard index", "mean over resamples, with the most similar cluster"),
    "dissolved": Measure("share", "Dissolved", "share of resamples with a Jaccard index of at most a half"),
    "natural_group": Measure("text", "Natural group"),
    "revenue_total": Measure("money", "Total revenue"),
    # 05 tree_embedding
    "returned_share": Measure("share", "Returned", "value returned over gross revenue"),
    "other_seeds": Measure("score", "Agreement of other seeds"),
    "held_out": Measure("score", "Agreement on unseen customers"),
    "above_null": Measure("score", "Above the null"),
    "r2_holdout": Measure("score", "R² out of sample"),
    "agreement": Measure("score", "Agreement out of sample"),
    "removed": Measure("text", "Taken away"),
    "score": Measure("score", "Above the null"),
    "r2": Measure("score", "R² out of bag"),
    "interval": Measure("text", "95 % of resamples"),
    # 06 anomaly
    "precision_at_rate": Measure("score", "Precision at the injected rate", "errors among as many places"),
    "average_precision": Measure("score", "Average precision", "area under the precision-recall curve"),
    "found_quantity": Measure("share", "Found: quantity"),
    "found_price": Measure("share", "Found: price"),
    "found_burst": Measure("share", "Found: burst of orders"),
    "found_returns": Measure("share", "Found: returns"),
    "listed_share": Measure("share", "On the list", "of as many errors as the list has places"),
    "listed_low": Measure("share", "from", "lower bound of the share on the list"),
    "listed_high": Measure("share", "to", "upper bound of the share on the list"),
    # 07 regression
    "mean_spend": Measure(
        "money", "Mean spend after", "of the customers known at a cut-off, in the days after it"
    ),
    "mean_before": Measure("money", "Mean spend before", "in as many days before the cut-off"),
    "largest": Measure("money", "Largest spend after"),
    "role": Measure("text", "Used to"),
    "rmse": Measure("money", "RMSE", "root of the mean squared error"),
    "mae": Measure("money", "MAE", "mean absolute error"),
    "baseline_mae": Measure("money", "MAE of a simple guess"),
    "spearman": Measure("score", "Rank correlation", "of forecast and actual (Spearman)"),
    "top_decile_share": Measure("share", "Share of the top decile", "of all that was spent, by forecast"),
    "loss": Measure("number", "Loss on training folds", "what models are tuned and chosen by; lower is better"),
    "chosen": Measure("count", "Chosen in folds"),
    "vif": Measure("number", "Variance inflation", "1: no other feature says the same; infinite: a sum of others"),
    "mutual_information": Measure("score", "Mutual information", "with the outcome, in nats"),
    "permutation_std": Measure("money", "Std. deviation", "over shuffles"),
    "error": Measure("number", "Actual less forecast"),
    "covered": Measure("text", "Within interval"),
    "predicted_sum": Measure("money", "Forecast"),
    "low_sum": Measure("money", "Range from"),
    "high_sum": Measure("money", "to"),
    "actual_sum": Measure("money", "Actual"),
    "tests": Measure("count", "Past tests"),
    "off_least": Measure("change", "Off by, from", "of the actual; below zero where the sum was too low"),
    "off_most": Measure("change", "Off by, to"),
    "off_predicted": Measure("change", "Off by", "forecast less actual, as a share of the actual"),
    "off_last_year": Measure("change", "Off by"),
    "off_last_period": Measure("change", "Off by"),
    "basis": Measure("text", "Taken from"),
    "next_sum": Measure("money", "Next period"),
    "last_year_sum": Measure("money", "Same days last year"),
    "last_period_sum": Measure("money", "As many days before"),
    "stratified": Measure("share", "Found, copies on both sides"),
    # 08 recommendation
    "knows": Measure("text", "What it knows"),
    "precision": Measure("score", "Precision", "share of a list that is right"),
    "precision_low": Measure("score", "from", "lower bound of the precision"),
    "precision_high": Measure("score", "to", "upper bound of the precision"),
    "mean_precision": Measure("score", "Precision, mean of the windows", "each window counts the same"),
    "mean_low": Measure("score", "from", "lower bound of the mean precision"),
    "mean_high": Measure("score", "to", "upper bound of the mean precision"),
    "precision_next": Measure("score", "Precision, repeats allowed"),
    "precision_new": Measure("score", "Precision, new products only"),
    "recall": Measure("score", "Recall", "share of what is right that is on the list"),
    "map": Measure("score", "Average precision", "mean precision at each right place"),
    "ndcg": Measure("score", "NDCG", "gain discounted by place, over the best possible list's"),
    "hit_rate": Measure("share", "Customers with a hit", "customers with at least one right place"),
    "hit_low": Measure("share", "from", "lower bound of the share of customers with a hit"),
    "hit_high": Measure("share", "to", "upper bound of the share of customers with a hit"),
    "coverage": Measure("share", "Coverage", "share of the catalogue on at least one list"),
    "novelty": Measure("number", "Novelty (bits)", "mean surprise of a place"),
    "head": Measure("share", "Places of the top decile", "share of places taken by the most bought decile"),
    "offered": Measure("text", "Offered first"),
    "bought_most": Measure("text", "Bought most (orders)"),
    "offered_hybrid": Measure("text", "Offered (hybrid)"),
    "offered_content": Measure("text", "Offered (content)"),
    "reason": Measure("text", "Why"),
    "also_bought": Measure("text", "Its customers also buy"),
    "similarity": Measure("score", "Similarity (cosine)"),
    "support": Measure("share", "Share of the orders"),
    "confidence": Measure("share", "Of the rarer one's orders", "share of them that hold the other"),
    "q": Measure("score", "False-discovery rate (q)"),
    "use": Measure("text", "What for"),
    "file": Measure("text", "List"),
    "expected": Measure("text", "Bought, of those on the list"),
    "baseline": Measure("text", "Of a simpler list"),
    "hits": Measure("text", "Buyers with a match"),
    "difference": Measure("score", "Hybrid less this one"),
    "difference_low": Measure("score", "from"),
    "difference_high": Measure("score", "to"),
    # 09 purchase_prediction
    "gap_median": Measure("days", "Median interval", "days between purchases, the middle one"),
    "gap_last": Measure("days", "Last interval", "days between the last two purchases"),
    "gap_longest": Measure("days", "Longest interval", "days of the longest pause between two orders"),
    "gap_variation": Measure(
        "number", "Irregularity", "standard deviation of the gaps over their mean; 0 is a clock"
    ),
    "silence": Measure("number", "Recency in own intervals", "recency over the customer's own average interval"),
    "recent_spend": Measure("money", "Recent spend", "revenue in as many days before the cut-off as lie after it"),
    "order_trend": Measure(
        "number", "Trend of orders", "purchase days, later half of the customer's time less earlier"
    ),
    "spend_trend": Measure("number", "Trend of spend", "log of the spend of the later half over the earlier"),
    "last_to_average": Measure("number", "Last purchase", "revenue of the last purchase day over the average one"),
    "active_months": Measure("share", "Active months", "share of the calendar months since the first purchase"),
    "season_orders": Measure("count", "Same season", "purchase days in the horizon's days of the year before"),
    "return_share": Measure("share", "Money returned", "revenue brought back over revenue"),
    "weekend_share": Measure("share", "Weekend share", "share of the revenue on Saturday and Sunday"),
    "recent_orders": Measure("count", "Recent orders", "orders in as many days before the cut-off as lie after"),
    "recent_weight": Measure("number", "Recent weight", "purchase days, each halved every 60 days since"),
    "home_country": Measure("number", "Home country", "whether they live where most customers do"),
    "weekday_focus": Measure("share", "Weekday focus", "largest share of the revenue on one weekday"),
    "cut_off": Measure("date", "Cut-off"),
    "bought": Measure("share", "Bought", "share that bought within the horizon"),
    "next_spend": Measure("money", "Spend in the horizon"),
    "probability": Measure("share", "Forecast", "mean probability of buying within the horizon"),
    "meant": Measure("share", "Meant", "share of the outcomes that ranges are meant to hold"),
    "held_share": Measure("share", "Held", "share of the outcomes that were within their range"),
    "held_low": Measure("share", "from", "lower bound of the share held (95 %)"),
    "held_high": Measure("share", "to", "upper bound of the share held (95 %)"),
    "bought_low": Measure("share", "from", "lower bound of the share that bought (95 %)"),
    "bought_high": Measure("share", "to", "upper bound of the share that bought (95 %)"),
    "information": Measure("share", "Mutual information", "share of the outcome's uncertainty that it removes"),
    "nearest": Measure("text", "Most similar"),
    "correlation": Measure("score", "Rank correlation"),
    "elimination": Measure("count", "Place in the elimination"),
    "auc": Measure("score", "ROC AUC"),
    "auc_low": Measure("score", "ROC AUC, from"),
    "auc_high": Measure("score", "ROC AUC, to"),
    "pr_auc": Measure("score", "PR AUC"),
    "brier": Measure("score", "Brier score"),
    "recency_auc": Measure("score", "ROC AUC of recency alone"),
    "family": Measure("text", "Model"),
    "method": Measure("text", "Balancing"),
    "excess": Measure("share", "Forecast less actual"),
    "gain": Measure("share", "Buyers so far"),
    "spend_gain": Measure("share", "Spend so far"),
    "policy": Measure("text", "Who is contacted"),
    "buyers": Measure("count", "Buyers among them"),
    "profit": Measure("money", "Profit"),
    "contact": Measure("text", "Contact priority"),
    "expected_profit": Measure("money", "Expected profit", "of one contact, if customers spend as at the test"),
    "probability_rank": Measure("count", "Place by probability"),
    "what_to_do": Measure("text", "What to do"),
    "trained": Measure("date", "Trained up to"),
    "tested": Measure("date", "Tested after"),
    "age_days": Measure("days", "Age in days"),
    "customer_kind": Measure("text", "Which customers"),
    "shuffled": Measure("share", "Found, copies on both sides"),
    "grouped": Measure("share", "Found, copies together"),
    "guessing": Measure("share", "Found by the most frequent class"),
    # 10 what_changed
    "change": Measure("number", "Change"),
    "state": Measure("text", "What they did"),
    "by_chance": Measure("count", "By chance", "customers that random draws show on average"),
    "inside": Measure("share", "Months within", "share of their months with a purchase that lie in the season"),
    "direction": Measure("text", "Direction"),
    "at_stake": Measure("money", "Spent in the year before", "by these customers, net of returns"),
    "worth": Measure("money", "Mean per customer", "net sales of a customer"),
    "worth_low": Measure("money", "from", "lower bound of the mean"),
    "worth_high": Measure("money", "to", "upper bound of the mean"),
    # 11 lifetime_value
    "ordered_again": Measure("share", "Ordered again"),
    "orders_each": Measure("number", "Orders per customer"),
    "weeks_known": Measure("number", "Weeks since the first order", "mean of the customers"),
    "likelihood": Measure("number", "Log-likelihood"),
    "log_loss": Measure("score", "Log loss", "of the probability of another order; lower is better"),
    "total_ratio": Measure("share", "Forecast over actual"),
    "gain_over": Measure("text", "Rank correlation above the model's", "with its interval (95 %)"),
    "alive": Measure("share", "P(alive)", "probability that a customer has not stopped"),
    "orders_year": Measure("number", "Orders in a year", "expected"),
    "worth_year": Measure("money", "Worth in a year", "expected net spend"),
    "lifetime": Measure("money", "Lifetime value", "expected net spend, discounted"),
    "lifetime_low": Measure("money", "from", "lower bound of the lifetime value"),
    "lifetime_high": Measure("money", "to", "upper bound of the lifetime value"),
    "value_at_risk": Measure(
        "money", "Value at risk", "worth in a year if active, times the probability of not being so"
    ),
    "half_after": Measure("days", "Half ordered again within (days)"),
    "after_30": Measure("share", "Not yet after 30 days"),
    "after_90": Measure("share", "Not yet after 90 days"),
    "after_180": Measure("share", "Not yet after 180 days"),
    "interval_90": Measure("text", "95 % interval at 90 days"),
    "days_off": Measure("number", "Days off", "median days between the expected date and the order"),
    "list": Measure("text", "List"),
    "base": Measure("share", "Order anyway", "forecast share that orders within the window"),
    "buyer_worth": Measure("money", "Worth of a buyer", "expected net spend within the window"),
    "break_even": Measure("share", "Must add (buyers)", "additional buyers from which a contact pays"),
    "detectable": Measure("share", "A test finds from", "additional buyers that it finds four times in five"),
    "needed": Measure("count", "Customers a test needs", "to find what must be added"),
    "held_back": Measure("count", "Held out"),
    "bought_before": Measure("share", "Bought before"),
    "spend": Measure("money", "Spend"),
    "spend_before": Measure("money", "Spend before"),
    "qini": Measure("score", "Qini coefficient", "additional buyers per customer above random targeting"),
    # published
    "importance": Measure("score", "Importance", "impurity taken away by the feature, as a share"),
    "mean_rmse": Measure("money", "RMSE of the mean", "error of always predicting the mean"),
    "shuffled_r2": Measure("score", "R² in shuffled folds"),
    "shuffled_rmse": Measure("money", "RMSE in shuffled folds"),
    "grouped_r2": Measure("score", "R² with copies together"),
    "grouped_rmse": Measure("money", "RMSE with copies together"),
    "mean_amount_flagged": Measure("money", "Flagged customers"),
    "mean_amount_normal": Measure("money", "Other customers"),
    "mean_amount_ratio": Measure("score", "Ratio"),
    "mean_amount_ratio_low": Measure("score", "Ratio, lower bound"),
    "mean_amount_ratio_high": Measure("score", "Ratio, upper bound"),
    "silhouette_features": Measure("score", "In the forest's features"),
    "silhouette_all_features": Measure("score", "In all fifty features"),
    "silhouette_log_rfm": Measure("score", "In log recency, frequency, monetary"),
    "r2_in_sample": Measure("score", "R² in sample"),
    "holdout_silhouette": Measure("score", "Silhouette"),
    "holdout_ari_seen": Measure("score", "Agreement on customers seen"),
    "holdout_ari": Measure("score", "Agreement on customers held out"),
}
"""Columns of the tables that chapters show, beside the columns of the data."""

COLUMNS = LEDGER | CUSTOMER
IDS = ("customer_id", "order_id", "product_id")


def label(name: str) -> str:
    """Return what a chart or table prints for a column or measure: its label, or its name in words."""
    known = COLUMNS | FEATURES | MEASURES
    return known[name].label if name in known else name.replace("_", " ").capitalize()


def kind(name: str) -> str:
    """Return of which KINDS a column or measure is; a number where nobody has said."""
    known = MEASURES | COLUMNS | FEATURES
    return known[name].kind if name in known else "number"
