"""Which columns a query's columns are made of: values that flow, not conditions that were asked.

A column flows through whatever computes with it: a cast, a function, a hash, ``coalesce``,
``max``. It does not where only a question about it is answered: a comparison, ``is null``, ``in``,
``exists``, ``count``, the condition of a ``case``, what is sorted or grouped by. What cannot be
followed is an error, never nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

# A column of a relation, as (relation, column).
Origin = tuple[str, str]
# The columns of a relation in their order, each with what it is made of.
Columns = dict[str, frozenset[Origin]]

_NOTHING: frozenset[Origin] = frozenset()
# Functions in ``from`` that make rows of what they are given, and read nothing else.
_MAKE_ROWS = ("unnest", "generate_series", "range", "explode", "generateseries")
# They stand for columns without naming them.
_OPAQUE = (exp.Star, exp.Columns, exp.Parameter, exp.Placeholder, exp.PositionalColumn)


class NotFollowed(ValueError):
    """A query that this module cannot take apart; the message says where."""


@dataclass(frozen=True)
class _Scope:
    """What a name may mean at one place of a query."""

    tables: dict[str, Columns]
    ctes: dict[str, Columns]
    outer: _Scope | None = None
    # What the same select has named already.
    aliases: dict[str, frozenset[Origin]] = field(default_factory=dict)

    def column(self, table: str, name: str) -> frozenset[Origin]:
        """What the column is made of; of one that several tables have (``using``), all of it."""
        tables = [self.tables[table]] if table in self.tables else []
        if not table:
            tables = list(self.tables.values())
        found = [columns[name] for columns in tables if name in columns]
        if found:
            return frozenset().union(*found)
        if not table and name in self.aliases:
            return self.aliases[name]
        # A whole row of a table, as in struct_pack or to_json.
        if not table and name in self.tables:
            return frozenset().union(*self.tables[name].values())
        if self.outer is not None:
            return self.outer.column(table, name)
        raise NotFollowed(f"the column {'.'.join(filter(None, [table, name]))}")


def columns_of(sql: str, relations: dict[str, Columns]) -> Columns:
    """Each column of a query with the columns of ``relations`` (by full name) that flow into it.

    Raises NotFollowed for a query that cannot be read, or names what ``relations`` lacks.
    """
    try:
        tree = parse_one(sql, dialect="duckdb")
    except SqlglotError as error:
        raise NotFollowed(f"it cannot be parsed: {error}") from error
    return _query(tree, _Scope({}, {}), relations)


def _query(tree: exp.Expr, scope: _Scope, relations: dict[str, Columns]) -> Columns:
    """The columns of a select, a union of them, or one in parentheses."""
    tree = tree.unnest() if isinstance(tree, exp.Paren) else tree
    ctes = dict(scope.ctes)
    with_ = tree.args.get("with_") or tree.args.get("with")
    for cte in with_.expressions if with_ else []:
        inner = _Scope({}, ctes, scope.outer)
        columns = _query(cte.this, inner, relations)
        ctes[cte.alias.lower()] = _renamed(columns, cte.args["alias"])
    scope = _Scope(scope.tables, ctes, scope.outer)
    if isinstance(tree, exp.Subquery):
        return _query(tree.this, scope, relations)
    if isinstance(tree, exp.SetOperation):
        left, right = (_query(side, scope, relations) for side in (tree.left, tree.right))
        if tree.args.get("by_name"):
            return {n: left.get(n, _NOTHING) | right.get(n, _NOTHING) for n in {**left, **right}}
        if len(left) != len(right):
            raise NotFollowed("a union of queries with another number of columns")
        pairs = zip(left.items(), right.values(), strict=True)
        return {name: one | other for (name, one), other in pairs}
    if isinstance(tree, exp.Select):
        return _select(tree, scope, relations)
    raise NotFollowed(f"a {tree.key}: {tree.sql('duckdb')[:60]}")


def _select(tree: exp.Select, scope: _Scope, relations: dict[str, Columns]) -> Columns:
    here = _Scope({}, scope.ctes, scope.outer)
    source = tree.args.get("from_") or tree.args.get("from")
    read = [source.this] if source else []
    read += [join.this for join in tree.args.get("joins") or []]
    read += tree.args.get("laterals") or []
    for table in read:
        for name, columns in _tables(table, here, relations):
            here.tables[name] = columns
    result: Columns = {}
    for number, item in enumerate(tree.expressions):
        if item.is_star:
            result |= _star(item, here, relations)
            continue
        name = item.output_name.lower() or f"#{number}"
        result[name] = _value(item.unalias(), here, relations)
        here.aliases.setdefault(name, result[name])
    return result


def _tables(
    table: exp.Expr, scope: _Scope, relations: dict[str, Columns]
) -> Iterator[tuple[str, Columns]]:
    """A table, a subquery or a function in ``from``, by the name that it has there."""
    for join in table.args.get("joins") or []:
        yield from _tables(join.this, scope, relations)
    if table.args.get("pivots"):
        raise NotFollowed("a pivot")
    alias = table.args.get("alias")
    name = table.alias_or_name.lower()
    columns: Columns
    if isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier):
        full = ".".join(part.name.lower() for part in table.parts)
        found = scope.ctes.get(full) if len(table.parts) == 1 else None
        if found is None:
            if full not in relations:
                raise NotFollowed(f"the relation {full}")
            found = {column: frozenset([(full, column)]) for column in relations[full]}
        columns = found
    elif isinstance(table, exp.Subquery):
        # A subquery sees its neighbours (lateral), and what is around.
        columns = _query(table.this, _Scope({}, scope.ctes, scope), relations)
    elif isinstance(table, exp.Values):
        rows = [_value(row, scope, relations) for row in table.expressions]
        names = [column.name.lower() for column in (alias.columns if alias else [])]
        columns = dict.fromkeys(names, frozenset().union(*rows))
    else:
        # A function: unnest, generate_series. Whatever goes in may come out of each column.
        inside = table.this if isinstance(table, (exp.Table, exp.Lateral)) else table
        called = (inside.name or inside.key) if isinstance(inside, exp.Anonymous) else inside.key
        if called.lower() not in _MAKE_ROWS:
            raise NotFollowed(f"the function {called} in from")
        names = [column.name.lower() for column in (alias.columns if alias else [])]
        columns = dict.fromkeys(names or [name or inside.key], _value(inside, scope, relations))
        yield name or inside.key, columns
        return
    yield name, _renamed(columns, alias)


def _renamed(columns: Columns, alias: exp.Expr | None) -> Columns:
    names = [column.name.lower() for column in (alias.args.get("columns") or [])] if alias else []
    both = zip(names, list(columns.values())[: len(names)], strict=True)
    return dict(both) | dict(list(columns.items())[len(names) :])


def _star(item: exp.Expr, scope: _Scope, relations: dict[str, Columns]) -> Columns:
    """The columns of ``*`` or ``table.*``, without what is excluded, with what is replaced."""
    star = item.this if isinstance(item, exp.Column) else item
    wanted = item.table.lower() if isinstance(item, exp.Column) else ""
    if wanted and wanted not in scope.tables:
        raise NotFollowed(f"{wanted}.*")
    result: Columns = {}
    for name, columns in scope.tables.items():
        if wanted in ("", name):
            for column, origins in columns.items():
                result[column] = result.get(column, _NOTHING) | origins
    for excluded in star.args.get("except_") or star.args.get("except") or []:
        result.pop(excluded.name.lower(), None)
    for replaced in star.args.get("replace") or []:
        result[replaced.alias.lower()] = _value(replaced.unalias(), scope, relations)
    for renamed in star.args.get("rename") or []:
        result[renamed.alias.lower()] = result.pop(renamed.this.name.lower())
    return result


def _value(tree: exp.Expr, scope: _Scope, relations: dict[str, Columns]) -> frozenset[Origin]:
    """The columns whose values flow into the value of an expression."""
    if isinstance(tree, exp.Column):
        return scope.column(tree.table.lower(), tree.name.lower())
    if isinstance(tree, (exp.Predicate, exp.Connector, exp.Not, exp.Count, exp.CountIf)):
        return _NOTHING
    if isinstance(tree, _OPAQUE):
        raise NotFollowed(tree.sql("duckdb"))
    if isinstance(tree, (exp.Select, exp.SetOperation, exp.Subquery)):
        inner = _query(tree, _Scope({}, scope.ctes, scope), relations)
        return frozenset().union(*inner.values())
    parts: Iterable[exp.Expr | None]
    if isinstance(tree, exp.Case):
        parts = [*(branch.args["true"] for branch in tree.args["ifs"]), tree.args.get("default")]
    elif isinstance(tree, exp.If):
        parts = [tree.args["true"], tree.args.get("false")]
    elif isinstance(tree, (exp.Window, exp.Filter)):
        parts = [tree.this]
    elif isinstance(tree, exp.WithinGroup):
        # percentile_cont(0.5) within group (order by x) is a value of x.
        ordered = [key.this for key in tree.expression.find_all(exp.Ordered)]
        parts = [tree.this, *ordered]
    elif isinstance(tree, exp.Lambda):
        names = {parameter.name.lower(): _NOTHING for parameter in tree.expressions}
        return _value(tree.this, _Scope({"": names}, scope.ctes, scope), relations)
    elif isinstance(tree, exp.Order):
        # string_agg(x order by y): the sort is no value, what is sorted is.
        parts = [tree.this] if tree.this else []
    else:
        parts = tree.iter_expressions()
    return frozenset().union(*(_value(part, scope, relations) for part in parts if part))
