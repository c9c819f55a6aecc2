"""The language of an audience's rule: a SQL predicate over the columns of ``customer_360``.

A rule is parsed and rebuilt from what is allowed; its text never reaches the database.
"""

from __future__ import annotations

import difflib

import sqlglot
from sqlglot import exp

from cartera.errors import UsageError

ALLOWED = (
    exp.And,
    exp.Or,
    exp.Not,
    exp.Paren,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.In,
    exp.Between,
    exp.Is,
    exp.Null,
    exp.Boolean,
    exp.Literal,
    exp.Neg,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Column,
    exp.Identifier,
)

MAX_LENGTH = 20_000
MOMENTS = (exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP)


def compile_rule(text: str, columns: list[str]) -> str:
    """``text`` as a safe predicate over ``columns``.

    Raises UsageError that names what is not allowed, and the nearest column for a wrong name.
    """
    if len(text) > MAX_LENGTH:
        raise UsageError(
            f"The rule has {len(text)} characters: {text[:60]!r} …",
            fix=f"At most {MAX_LENGTH} are taken; a longer one belongs into a model.",
        )
    try:
        return _compiled(text, columns)
    except RecursionError as error:
        raise UsageError(
            f"The rule is nested too deeply: {text[:60]!r} …", fix="Write it with fewer brackets."
        ) from error


def _compiled(text: str, columns: list[str]) -> str:
    tree = _parse(text)
    for node in tree.walk():
        if not _is_allowed(node):
            raise UsageError(
                f"The rule {text!r} uses {node.sql(dialect='duckdb')!r}, which is not allowed.",
                fix="A rule compares columns with values, joined by and, or, not.",
            )
        if isinstance(node, exp.Column):
            _check_column(node, columns, text)
    for column in tree.find_all(exp.Column):
        column.this.set("quoted", True)
        column.this.set("this", column.name.lower())
    return tree.sql(dialect="duckdb", comments=False)


def _is_allowed(node: exp.Expr) -> bool:
    if isinstance(node, exp.In):
        return not node.args.get("query")
    if isinstance(node, exp.Cast):
        # date '2026-01-01' is one. Any other type's name could carry SQL of its own.
        return isinstance(node.this, exp.Literal) and node.to.this in MOMENTS
    if isinstance(node, exp.DataType):
        return node.this in MOMENTS and not node.expressions
    return isinstance(node, ALLOWED)


def compile_order(text: str, columns: list[str]) -> str:
    """``column`` or ``column desc`` as a safe ``order by`` term. Raises UsageError."""
    name, _, direction = " ".join(text.split()).partition(" ")
    if name not in columns or direction.lower() not in ("", "asc", "desc"):
        raise UsageError(
            f"The order {text!r} is not a column with asc or desc.{_nearest(name, columns)}"
        )
    return f'"{name}" {direction.lower() or "asc"} nulls last'


def _parse(text: str) -> exp.Condition:
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb", into=exp.Condition)
    except sqlglot.errors.SqlglotError as error:
        detail = getattr(error, "errors", None) or [{}]
        line, column = detail[0].get("line", 1), detail[0].get("col", 1)
        raise UsageError(
            f"The rule {text!r} cannot be read at line {line}, column {column}.",
            fix="Write a condition such as: orders >= 3 and rfm_segment = 'Champions'.",
        ) from error
    return tree


def _check_column(node: exp.Column, columns: list[str], text: str) -> None:
    if node.table or node.name.lower() not in columns:
        raise UsageError(
            f"The rule {text!r} names {node.sql(dialect='duckdb')!r}, which is no column of "
            f"customer_360.{_nearest(node.name, columns)}"
        )


def _nearest(name: str, columns: list[str]) -> str:
    near = difflib.get_close_matches(name.lower(), columns, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
