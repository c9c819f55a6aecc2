"""The language of an audience's rule: a SQL predicate over named columns of customers.

A rule is parsed, each name is bound to a column and each part is given a kind (a number, a date, a
text, yes or no). What compares a date with a number is refused before the database sees it. What
reaches the database is written anew from what is allowed, with each value as a parameter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn

import sqlglot
from sqlglot import exp

from cartera.activation.kinds import WITH_ARTICLE, Kind, how_to_compare, nearest
from cartera.duck import identifier
from cartera.errors import UsageError

EXAMPLE = "Write a condition such as: orders >= 3 and rfm_segment = 'Champions'."
MAX_LENGTH = 20_000
# What a function takes and gives.
FUNCTIONS: dict[type[exp.Expr], tuple[str, tuple[Kind, ...], Kind]] = {
    exp.Abs: ("abs", ("number",), "number"),
    exp.Day: ("day", ("date", "moment"), "number"),
    exp.Lower: ("lower", ("text",), "text"),
    exp.Month: ("month", ("date", "moment"), "number"),
    exp.Year: ("year", ("date", "moment"), "number"),
}
FUNCTION_NAMES = sorted(["coalesce", *(name for name, _, _ in FUNCTIONS.values())])
OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
}
Typed = tuple[str, Kind]


@dataclass(frozen=True)
class Predicate:
    """A rule that is safe to run: ``sql`` over ``columns``, with its ``values`` as parameters."""

    sql: str
    values: dict[str, Any] = field(default_factory=dict)
    columns: frozenset[str] = frozenset()


def compile_rule(text: str, columns: Mapping[str, Kind]) -> Predicate:
    """``text`` as a safe predicate over ``columns``.

    Raises UsageError that names what is wrong, its line and column, and the nearest valid name.
    """
    if len(text) > MAX_LENGTH:
        raise UsageError(
            f"The rule has {len(text)} characters: {text[:60]!r} …",
            fix=f"At most {MAX_LENGTH} are taken; a longer one belongs into a model.",
        )
    writer = _Writer(text, columns)
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb", into=exp.Condition)
        sql = writer.want(tree, "yes or no")
    except sqlglot.errors.SqlglotError as error:
        told = (getattr(error, "errors", None) or [{}])[0]
        line, column = told.get("line") or 1, told.get("col") or 1
        raise UsageError(
            f"The rule {text!r} cannot be read at line {line}, column {column}.", fix=EXAMPLE
        ) from error
    except RecursionError as error:
        raise UsageError(
            f"The rule {text[:60]!r}… is nested too deeply.", fix="Write values as: in (1, 2, 3)."
        ) from error
    return Predicate(sql, writer.values, frozenset(writer.used))


def compile_order(text: str, columns: Collection[str]) -> tuple[str, str]:
    """The column and the direction of ``column`` or ``column desc``. Raises UsageError."""
    name, _, direction = " ".join(text.split()).partition(" ")
    if name not in columns or direction.lower() not in ("", "asc", "desc"):
        raise UsageError(
            f"The order {text!r} is not a column with asc or desc.",
            fix=nearest(name, columns) or "Write a column, such as: net_revenue desc.",
        )
    return name, direction.lower() or "asc"


class _Writer:
    """Binds and types one rule from its leaves up, and writes it anew on the way."""

    def __init__(self, text: str, columns: Mapping[str, Kind]) -> None:
        self.text = text
        self.columns = columns
        self.values: dict[str, Any] = {}
        self.used: set[str] = set()

    def refuse(self, node: exp.Expr, what: str, fix: str = "") -> NoReturn:
        """Raise UsageError with the place, from 1, where the first word of ``node`` stands."""
        starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        before = self.text[: min(starts, default=0)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise UsageError(f"The rule {self.text!r}, line {line}, column {column}: {what}.", fix=fix)

    def want(self, node: exp.Expr, *kinds: Kind) -> str:
        """``node`` as SQL, which has to be of one of these kinds."""
        sql, kind = self.write(node)
        if kind not in kinds:
            wanted = " or ".join(WITH_ARTICLE[kind] for kind in kinds)
            fix = EXAMPLE if kinds == ("yes or no",) else ""
            self.refuse(node, f"{_sql(node)} is {WITH_ARTICLE[kind]} and not {wanted}", fix)
        return sql

    def write(self, node: exp.Expr) -> Typed:
        """``node`` as SQL, with its kind. Raises UsageError for whatever is not allowed."""
        if isinstance(node, exp.And | exp.Or):
            word = " and " if isinstance(node, exp.And) else " or "
            parts = [self.want(part, "yes or no") for part in node.flatten(unnest=False)]
            return f"({word.join(parts)})", "yes or no"
        if isinstance(node, exp.Not):
            return f"(not {self.want(node.this, 'yes or no')})", "yes or no"
        if isinstance(node, exp.Paren):
            return self.write(node.this)
        if isinstance(node, exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE):
            sides = self.alike([node.this, node.expression])[0]
            return f"({sides[0]} {OPERATORS[type(node)]} {sides[1]})", "yes or no"
        if isinstance(node, exp.In) and node.expressions and not node.args.get("query"):
            first, *others = self.alike([node.this, *node.expressions])[0]
            return f"({first} in ({', '.join(others)}))", "yes or no"
        if isinstance(node, exp.Between) and not node.args.get("symmetric"):
            of, low, high = self.alike([node.this, node.args["low"], node.args["high"]])[0]
            return f"({of} between {low} and {high})", "yes or no"
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return f"({self.write(node.this)[0]} is null)", "yes or no"
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Boolean):
            truth = self.write(node.expression)[0]
            return f"({self.want(node.this, 'yes or no')} is {truth})", "yes or no"
        if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div):
            return self.arithmetic(node)
        if isinstance(node, exp.Neg):
            return f"(-{self.want(node.this, 'number')})", "number"
        if isinstance(node, exp.Coalesce):
            parts, kind = self.alike([node.this, *node.expressions])
            return f"coalesce({', '.join(parts)})", kind
        if type(node) in FUNCTIONS and list(filter(None, node.args.values())) == [node.this]:
            name, takes, gives = FUNCTIONS[type(node)]
            return f"{name}({self.want(node.this, *takes)})", gives
        if isinstance(node, exp.Cast):
            return self.moment(node)
        if isinstance(node, exp.Column):
            return self.column(node)
        if isinstance(node, exp.Literal):
            return self.literal(node)
        if isinstance(node, exp.Boolean):
            return ("true" if node.this else "false"), "yes or no"
        if isinstance(node, exp.Null):
            return "null", "nothing"
        if isinstance(node, exp.Query | exp.Exists | exp.In):
            self.refuse(
                node,
                "a subquery, or in without values, is not allowed",
                "Write values: in (1, 2). What neighbours tell are columns of their own.",
            )
        if isinstance(node, exp.Func):
            called = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
            near = nearest(called, FUNCTION_NAMES)
            self.refuse(
                node,
                f"the function {called.lower()} is not allowed",
                near or f"Allowed are: {', '.join(FUNCTION_NAMES)}.",
            )
        self.refuse(
            node,
            f"{_sql(node)} is not allowed",
            "A rule compares columns with values, joined by and, or, not.",
        )

    def alike(self, nodes: list[exp.Expr]) -> tuple[list[str], Kind]:
        """``nodes`` as SQL and their kind, which is one; a date may stand beside a moment."""
        written = [self.write(node) for node in nodes]
        kind = written[0][1]
        for node, (_, other) in zip(nodes, written, strict=True):
            if other == "nothing" or (kind != other and {kind, other} != {"date", "moment"}):
                self.refuse(
                    node,
                    f"{_sql(nodes[0])} is {WITH_ARTICLE[kind]}, and {_sql(node)} is "
                    f"{WITH_ARTICLE[other]}: they cannot be compared",
                    how_to_compare(kind, other),
                )
        return [sql for sql, _ in written], kind

    def arithmetic(self, node: exp.Expr) -> Typed:
        sign = OPERATORS[type(node)]
        (left, kind), (right, other) = self.write(node.this), self.write(node.expression)
        if (kind, other) == ("number", "number") or (kind, other, sign) == ("date", "date", "-"):
            return f"({left} {sign} {right})", "number"
        if (kind, other) == ("date", "number") and sign in "+-":
            return f"({left} {sign} cast({right} as integer))", "date"
        self.refuse(
            node,
            f"{_sql(node)} takes {WITH_ARTICLE[kind]} and {WITH_ARTICLE[other]}",
            "Numbers are added and taken away, and days from a date: as_of - 30.",
        )

    def column(self, node: exp.Column) -> Typed:
        name = node.name.lower()
        if node.table:
            self.refuse(
                node,
                f"{_sql(node)} names a table, which is not allowed",
                nearest(name, self.columns) or "Write the column alone.",
            )
        if name not in self.columns:
            self.refuse(
                node,
                f"{_sql(node)}, which is no column of customer_360 or its neighbours",
                nearest(name, self.columns) or "`cartera audience columns` shows them all.",
            )
        self.used.add(name)
        return identifier(name), self.columns[name]

    def literal(self, node: exp.Literal) -> Typed:
        if node.is_string:
            return self.bound(node.name), "text"
        try:
            number = Decimal(node.name)
            fits = abs(number) < 2**63 and len(number.as_tuple().digits) <= 18
        except ArithmeticError:
            fits = False
        if not fits:
            self.refuse(node, f"{_sql(node)} is too large, or has too many digits")
        return self.bound(int(number) if node.is_int else float(number)), "number"

    def moment(self, node: exp.Cast) -> Typed:
        """``date '…'`` or ``timestamp '…'``. The name of any other type could carry SQL."""
        told, wanted = node.this, node.to
        kinds: dict[Any, tuple[Kind, Any]] = {
            exp.DataType.Type.DATE: ("date", date),
            exp.DataType.Type.TIMESTAMP: ("moment", datetime),
            exp.DataType.Type.TIMESTAMPNTZ: ("moment", datetime),
        }
        fix = "Write date '2026-01-31'."
        if not (isinstance(told, exp.Literal) and told.is_string and wanted.this in kinds):
            self.refuse(node, f"{_sql(node)} is not allowed", fix)
        kind, reader = kinds[wanted.this]
        try:
            return self.bound(reader.fromisoformat(told.name)), kind
        except ValueError:
            self.refuse(told, f"{_sql(told)} is no {kind}", fix)

    def bound(self, value: Any) -> str:
        name = f"value_{len(self.values)}"
        self.values[name] = value
        return f"${name}"


def _sql(node: exp.Expr) -> str:
    text = node.sql(dialect="duckdb", comments=False)
    return repr(text if len(text) <= 80 else f"{text[:79]}…")
