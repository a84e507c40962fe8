"""Queries over tables in parts: what each part answers by itself, and where rows must meet first.

A query comes as DuckDB writes it, a list of named steps. A step that looks at one row at a time (a selection, a
filter, a join to a smaller table) is done on each part, wherever that is. Sums, counts and extremes are made of
each part, and then of what the parts gave. For any other summary, and for windows, rows with the same key are
brought together: each part deals its rows into buckets by a hash of the key, and the buckets are the new parts.
What none of this covers is done by DuckDB in this process, from what the steps before it left over.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import duckdb

from helpers.base.parquet import quoted_column
from helpers.base.spark import parts as sizes
from helpers.base.spark.executor import PART
from helpers.base.spark.parts import ONCE, Part, Parts, typed
from helpers.base.spark.syntax import (
    Node,
    Syntax,
    column,
    found,
    is_column,
    is_subquery,
    is_window,
    reading_others,
    replaced,
    tables,
)

AT_HAND = 2_000_000
"""Rows of a summary at most that this process works on itself; a larger one stays in parts."""
OF_PARTS = {
    "sum": "sum", "count": "sum", "count_star": "sum", "min": "min", "max": "max",
    "bool_or": "bool_or", "bool_and": "bool_and",
}  # fmt: skip
"""Summaries that can be made of those of parts, and how."""
ANSWER = "_answer"
"""The last step, which has no name of its own."""
ROW_BY_ROW = ("LEFT", "INNER", "SEMI", "ANTI")
"""Joins that say of each row on the left what becomes of it."""


class Step(NamedTuple):
    """A named step of a query."""

    sql: str
    over: str | None
    """The table in parts that it can be done over part by part; None where all it needs is at hand."""


class Job(NamedTuple):
    """A query to be done on each part of a table."""

    sql: str
    """Reads the part where it says `PART`."""
    over: Parts
    columns: dict[str, str]
    """What it gives, and the SQL type of each."""
    by: tuple[str, ...] = ()
    """Columns that say which rows of the answers must meet."""
    buckets: int = 1
    """In how many groups they may."""


class Tables:
    """Tables by name, as the engine keeps them."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        run: Callable[[Job], Parts],
        add: Callable[[Parts], str],
        sent: Callable[[str], Parts],
    ) -> None:
        """Keep tables.

        Args:
            connection: of this process, which knows every table by its name.
            run: does a job and returns the table of its answers.
            add: makes a table in parts known to the connection, and returns its name.
            sent: returns a table of this process as one that executors can read.
        """
        self.connection, self.run, self.sent, self._add = connection, run, sent, add
        self.syntax = Syntax(connection)
        self.in_parts: dict[str, Parts] = {}

    def add(self, parts: Parts) -> str:
        """Make a table in parts known, and return its name."""
        name = self._add(parts)
        self.in_parts[name] = parts
        return name


class Plan:
    """A query, planned as far as its last step: the executors have done what had to be done before."""

    def __init__(self, query: str, known: Tables) -> None:
        self._known, self._syntax = known, known.syntax
        self._steps: dict[str, Step] = {}
        for name, node in known.syntax.steps(query, ANSWER):
            self._take(name, node)

    @property
    def in_parts(self) -> bool:
        """Whether the last step is left to the executors, too."""
        return self._steps[ANSWER].over is not None

    def sql(self, name: str = ANSWER, *, away: bool = False) -> str:
        """Return the query of a step, for this process or (`away`) for an executor."""
        needed: dict[str, str] = {}
        self._need(name, needed, away, self._steps[name].over)
        last = needed.pop(name)
        first = ", ".join(f'"{one}" AS NOT MATERIALIZED ({sql})' for one, sql in needed.items())
        return f"WITH {first} {last}" if first else last

    def _need(self, name: str, needed: dict[str, str], away: bool, over: str | None) -> None:
        """Note the query of a step or table behind those of all that it needs."""
        if name in needed:
            return
        if name in self._steps:
            sql = self._steps[name].sql
            for other in tables(self._syntax.tree(sql)):
                self._need(other, needed, away, over)
            needed[name] = sql
        elif away and name == over:
            needed[name] = PART
        elif away:
            in_parts = self._known.in_parts.get(name)
            needed[name] = (in_parts or self._known.sent(name)).sql()

    def job(self, name: str = ANSWER, by: tuple[str, ...] = ()) -> Job:
        """Return a step as something to be done on each part."""
        given = self._known.connection.sql(self.sql(name))
        columns = dict(zip(given.columns, map(str, given.types), strict=True))
        over = self._known.in_parts[self._steps[name].over] if self._steps[name].over else ONCE
        return Job(self.sql(name, away=True), over, columns, by, max(1, -(-over.rows // sizes.A_PART)))

    def _done(self, name: str, by: tuple[str, ...] = ()) -> Parts:
        return self._known.run(self.job(name, by))

    def _over(self, name: str) -> str | None:
        """Return the table in parts that a step or table is to be read by."""
        if name in self._steps:
            return self._steps[name].over
        known = self._known.in_parts.get(name)
        return name if known and not known.at_hand else None

    def _whole(self, name: str) -> str:
        """Compute a step in parts; return the table with all of it."""
        parts = self._done(name) if name in self._steps else self._known.in_parts[name]
        return self._known.add(parts._replace(at_hand=True))

    def _take(self, name: str, node: Node) -> None:
        """Plan one more step."""
        in_parts = [table for table in tables(node) if self._over(table)]
        if in_parts and (self._united(name, node) or self._selected(name, node)):
            return
        # nothing else is left: this process does it
        at_hand = reading_others(node, {table: self._whole(table) for table in in_parts})
        self._steps[name] = Step(self._syntax.sql(at_hand), None)

    def _united(self, name: str, node: Node) -> bool:
        """Plan tables one below the other: their files become parts of one table."""
        if node["type"] != "SET_OPERATION_NODE" or node["modifiers"]:
            return False
        if node["setop_type"] != "UNION" or not node["setop_all"]:
            return False
        self._steps[name] = Step(self._syntax.sql(node), None)
        columns = self.job(name).columns
        names = ", ".join(map(quoted_column, columns))
        cast = ", ".join(typed(quoted_column(one), one, kind) for one, kind in columns.items())
        parts: list[Part] = []
        for number, child in enumerate(node["children"]):
            one, alike = f"{name}_{number}", f"{name}_{number}_alike"
            self._take(one, child)
            self._steps[alike] = Step(f'SELECT {cast} FROM "{one}" AS t({names})', self._steps[one].over)
            parts += self._done(alike).parts
        table = self._known.add(Parts(tuple(parts), columns))
        self._steps[name] = Step(f'SELECT * FROM "{table}"', table)
        return True

    def _selected(self, name: str, node: Node) -> bool:
        """Plan a selection: row by row, or a summary, or windows, or the first rows of some order."""
        if node["type"] != "SELECT_NODE" or node["qualify"] or node["having"] or node["sample"]:
            return False
        inside = [node["select_list"], node["where_clause"]]
        if any(found(inside, is_subquery)):
            return False
        source, summaries = node["from_table"], self._syntax.summaries(node["select_list"])
        windows = list(found(inside, is_window))
        asked = [bool(summaries or node["group_expressions"]), bool(windows), bool(node["modifiers"])]
        if source["type"] == "JOIN":
            return not any(asked) and self._joined(name, node)
        if source["type"] != "BASE_TABLE" or sum(asked) > 1:
            return False
        if asked[0]:
            return self._summed(name, node, summaries)
        if windows:
            return self._windowed(name, node, windows)
        if node["modifiers"]:
            return self._first_rows(name, node)
        self._steps[name] = Step(self._syntax.sql(node), self._over(source["table_name"]))
        return True

    def _joined(self, name: str, node: Node) -> bool:
        """Plan a join: one side comes part by part, all of the other is read with each of them."""
        join = node["from_table"]
        if join["ref_type"] != "REGULAR" or {join["left"]["type"], join["right"]["type"]} != {"BASE_TABLE"}:
            return False
        left, right = (self._over(join[side]["table_name"]) for side in ("left", "right"))
        if join["join_type"] not in ROW_BY_ROW or (not left and join["join_type"] != "INNER"):
            return False
        if left and right:
            other = join["right"]["table_name"]
            join = join | {"right": reading_others(join["right"], {other: self._whole(other)})}
        self._steps[name] = Step(self._syntax.sql(node | {"from_table": join}), left or right)
        return True

    def _summed(self, name: str, node: Node, summaries: list[Node]) -> bool:
        """Plan a summary: of each part and then of all, or with the rows of each group together."""
        keys = tuple(column(key) for key in node["group_expressions"])
        if len(node["group_sets"]) > 1 or None in keys:
            return False
        if node["aggregate_handling"] != "STANDARD_HANDLING":  # grouped by whatever is no summary
            if not all(self._syntax.summaries([one]) for one in node["select_list"]):
                return False
            node = node | {"aggregate_handling": "STANDARD_HANDLING"}
        counted = [one for one in summaries if one["distinct"] and one["function_name"] == "count"]
        if counted and not keys and not any(one["filter"] for one in summaries):
            return self._counted(name, node, counted)
        before = f"{name}_parts"
        rows = node | {"group_expressions": [], "group_sets": []}
        over = self._over(node["from_table"]["table_name"])
        if any(one["distinct"] or one["filter"] or one["function_name"] not in OF_PARTS for one in summaries):
            asked = {column(one) for one in found([node["select_list"], node["group_expressions"]], is_column)}
            if None in asked or not asked:
                return False
            listed = [self._syntax.value(quoted_column(one)) for one in sorted(asked)]
            self._steps[before] = Step(self._syntax.sql(rows | {"select_list": listed}), over)
            last = node
        else:
            called = [one | {"alias": f"_{number}"} for number, one in enumerate(summaries)]
            of_each = node | {"select_list": [*node["group_expressions"], *called]}
            self._steps[before] = Step(self._syntax.sql(of_each), over)
            again = self._again(summaries, self.job(before).columns)
            last = node | {"select_list": replaced(node["select_list"], again)}
        parts = self._done(before, keys)
        table = self._known.add(parts._replace(at_hand=not keys or parts.rows <= AT_HAND))
        last = reading_others(last | {"where_clause": None}, {node["from_table"]["table_name"]: table})
        self._steps[name] = Step(self._syntax.sql(last), self._over(table))
        return True

    def _again(self, summaries: list[Node], columns: Mapping[str, str]) -> dict[int, Node]:
        """Return for each summary (by `id`) what it is of those of parts, `_0` and so on, in the same type."""
        again = {}
        for number, one in enumerate(summaries):
            of_parts = f"{OF_PARTS[one['function_name']]}(_{number})"
            if one["function_name"].startswith("count"):  # of no part at all there are none
                of_parts = f"coalesce({of_parts}, 0)"
            again[id(one)] = self._syntax.value(f"CAST({of_parts} AS {columns[f'_{number}']})")
        return again

    def _counted(self, name: str, node: Node, counted: list[Node]) -> bool:
        """Plan counts of distinct values among all rows: each is a step of its own, and a number for the rest."""
        counts = {}
        for number, one in enumerate(counted):
            value = one["arguments"][0]["expression"] | {"alias": "_value"}
            rows, each, count = (f"{name}_{what}_{number}" for what in ("rows", "each", "count"))
            self._take(rows, node | {"select_list": [value]})
            self._take(each, self._syntax.tree(f'SELECT _value FROM "{rows}" GROUP BY _value'))
            self._take(count, self._syntax.tree(f'SELECT count(_value) AS _count FROM "{each}"'))
            counts[id(one)] = self._syntax.value(f'(SELECT _count FROM "{count}")')
        rest = node | {"select_list": replaced(node["select_list"], counts)}
        summaries = self._syntax.summaries(rest["select_list"])
        if summaries:
            return self._summed(name, rest, summaries)
        nothing = self._syntax.tree("SELECT 1")["from_table"]
        self._steps[name] = Step(self._syntax.sql(rest | {"from_table": nothing, "where_clause": None}), None)
        return True

    def _windowed(self, name: str, node: Node, windows: list[Node]) -> bool:
        """Plan windows: rows that look at each other are brought together."""
        keys = [{column(key) for key in window["partitions"]} - {None} for window in windows]
        common = tuple(sorted(set.intersection(*keys)))
        if not common:
            return False
        before, source = f"{name}_parts", node["from_table"]["table_name"]
        self._steps[before] = Step(f'SELECT * FROM "{source}"', self._over(source))
        table = self._known.add(self._done(before, common))
        self._steps[name] = Step(self._syntax.sql(reading_others(node, {source: table})), table)
        return True

    def _first_rows(self, name: str, node: Node) -> bool:
        """Plan the first rows of some order: of each part, then of what the parts gave."""
        *others, last = [one["type"] for one in node["modifiers"]]
        if last != "LIMIT_MODIFIER" or set(others) - {"ORDER_MODIFIER"} or node["modifiers"][-1]["offset"]:
            return False
        if [one["class"] for one in node["select_list"]] != ["STAR"]:
            return False
        before, source = f"{name}_parts", node["from_table"]["table_name"]
        self._steps[before] = Step(self._syntax.sql(node), self._over(source))
        again = reading_others(node | {"where_clause": None}, {source: self._whole(before)})
        self._steps[name] = Step(self._syntax.sql(again), None)
        return True
