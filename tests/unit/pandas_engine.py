"""A second engine for the tests: pandas in memory, with the little that rules ask of an engine."""

import narwhals as nw
import pandas as pd
import pyarrow as pa


class PandasEngine:
    """What `helpers.base.engine.DuckDBEngine` offers to rules, on pandas frames with Arrow types."""

    def keep(self, frame: nw.LazyFrame) -> nw.LazyFrame:
        """Compute a frame now and return it."""
        return frame.collect().lazy()

    def table(self, table: pa.Table) -> nw.LazyFrame:
        """Return an Arrow table as a frame of this engine."""
        return nw.from_native(table.to_pandas(types_mapper=pd.ArrowDtype)).lazy()

    def with_hash(self, frame: nw.LazyFrame, names: list[str], called: str) -> nw.LazyFrame:
        """Add a number for the values of some columns."""
        rows = nw.to_native(frame.collect())
        return nw.from_native(rows.assign(**{called: pd.util.hash_pandas_object(rows[names], index=False)})).lazy()
