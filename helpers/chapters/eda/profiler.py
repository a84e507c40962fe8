"""The data profiler's own report on a table, as one page that asks nobody for anything.

The profiler (ydata-profiling, today published as fg-data-profiling) takes five to six seconds to import,
and would report each run to its makers without a time limit; both are dealt with here.
"""

import html
import os
import warnings
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

import pandas as pd

WIDE = 12
"""Columns above which correlations and diagrams of missing values are left out: they grow with the square."""
MANY = 10_000
"""Rows above which they are left out, too."""

TITLE = "Every column, profiled"


def _as_text(value: Any) -> Any:
    return html.escape(value) if isinstance(value, str) else value


def profile_page(frame: pd.DataFrame) -> str:
    """Return the profiler's report as HTML; values and headers are shown as text, never as markup."""
    # read when the package is imported, so it must be set before
    os.environ["YDATA_PROFILING_NO_ANALYTICS"] = "True"
    # third-party deprecations, and a progress bar that cannot be switched off, are no news to a reader
    with warnings.catch_warnings(), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        from data_profiling import ProfileReport

        # the profiler takes every date for nanoseconds: microseconds became days of 1970
        dates = dict.fromkeys(frame.select_dtypes("datetime"), "datetime64[ns]")
        report = ProfileReport(
            frame.astype(dates).rename(columns=html.escape),  # the profiler escapes values, but not headers
            title=TITLE,
            minimal=len(frame) > MANY or len(frame.columns) > WIDE,
            progress_bar=False,
            # the minifier turns &lt; inside an attribute back into a bare <
            html={"minify_html": False},
            # a scatter plot of each pair of columns costs more than all the rest
            interactions={"continuous": False, "targets": []},
            # clouds of words of ids and product names tell nothing, and are three quarters of the page
            vars={"text": {"words": False}},
        )
        for alert in report.description_set.alerts:  # the one place where it shows a value as markup
            if isinstance(first := (alert.values or {}).get("value_counts_without_nan"), pd.Series):
                alert.values = alert.values | {"value_counts_without_nan": first.rename(index=_as_text)}
        return report.to_html()
