"""Queries as trees: DuckDB reads SQL into one and writes one as SQL; here trees are searched and changed."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import duckdb

Node = dict[str, Any]
Wanted = Callable[[Node], bool]


def kind(name: str) -> Wanted:
    """Return what tells nodes of a kind, which trees call their class or their type."""
    return lambda node: name in (node.get("class"), node.get("type"))


is_column, is_subquery, is_table, is_window = map(kind, ("COLUMN_REF", "SUBQUERY", "BASE_TABLE", "WINDOW"))


class Syntax:
    """What DuckDB knows of its own language."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        names = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
        self._summaries = {name for (name,) in self._asked(names)}

    def _asked(self, query: str, *values: str) -> list[tuple]:
        # of a cursor, because the connection may have a result that nobody has fetched yet
        return self._connection.cursor().execute(query, values).fetchall()

    def tree(self, query: str) -> Node:
        """Return a query as a tree."""
        ((text,),) = self._asked("SELECT json_serialize_sql(?::VARCHAR)", query)
        return json.loads(text)["statements"][0]["node"]

    def sql(self, tree: Node) -> str:
        """Return a tree as a query."""
        whole = json.dumps({"error": False, "statements": [{"node": tree}]})
        return self._asked("SELECT json_deserialize_sql(?::JSON)", whole)[0][0]

    def value(self, sql: str) -> Node:
        """Return an expression as a tree."""
        return self.tree(f"SELECT {sql}")["select_list"][0]

    def steps(self, query: str, last: str) -> list[tuple[str, Node]]:
        """Return the named steps of a query in their order, and its end under a name of its own."""
        tree = self.tree(query)
        steps = [(step["key"], step["value"]["query_node"]) for step in tree["cte_map"]["map"]]
        return [*steps, (last, tree | {"cte_map": {"map": []}})]

    def summaries(self, tree: Any) -> list[Node]:
        """Return the summaries (sums, counts) in a tree, but not those of windows."""

        def is_summary(node: Node) -> bool:
            return node.get("class") == "FUNCTION" and node["function_name"] in self._summaries

        return list(found(tree, is_summary, is_window))


def found(tree: Any, wanted: Wanted, but_not_in: Wanted = lambda _: False) -> Iterator[Node]:
    """Yield the outermost nodes of a tree that are wanted."""
    if isinstance(tree, list):
        for one in tree:
            yield from found(one, wanted, but_not_in)
    elif isinstance(tree, dict):
        if wanted(tree):
            yield tree
        elif not but_not_in(tree):
            yield from found(list(tree.values()), wanted, but_not_in)


def replaced(tree: Any, nodes: dict[int, Node]) -> Any:
    """Return a tree with other nodes in place of some (by `id`), under the names that those had."""
    if isinstance(tree, list):
        return [replaced(one, nodes) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if id(tree) in nodes:
        return nodes[id(tree)] | {"alias": tree["alias"] or tree.get("table_name", "")}
    return {key: replaced(value, nodes) for key, value in tree.items()}


def tables(tree: Any) -> list[str]:
    """Return the names of tables and steps that a tree reads, each once."""
    return list(dict.fromkeys(one["table_name"] for one in found(tree, is_table)))


def reading_others(tree: Any, names: dict[str, str]) -> Any:
    """Return a tree that reads other tables instead of some, which its columns still know by the old name."""
    others = {}
    for one in found(tree, is_table):
        if name := names.get(one["table_name"]):
            others[id(one)] = one | {"table_name": name, "qualified_name": {"path": [name]}}
    return replaced(tree, others)


def column(node: Node) -> str | None:
    """Return the name of a column, where a node is no more than that."""
    return node["column_names"][-1] if is_column(node) else None
