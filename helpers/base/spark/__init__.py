"""Spark hands out the work, DuckDB does it on the executors: tables in parts, and queries over them."""
