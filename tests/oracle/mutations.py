"""One-operator changes of the models' SQL: < and <=, + and -, min and max, constants, and, or."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp, parse_one

from tests.oracle.compiled import Model, Project

SWAPS: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.Add: exp.Sub,
    exp.Sub: exp.Add,
    exp.Mul: exp.Div,
    exp.Min: exp.Max,
    exp.Max: exp.Min,
    exp.And: exp.Or,
    exp.Or: exp.And,
}


@dataclass(frozen=True)
class Mutation:
    """A change in the ``place``-th node of a model, in the order in which sqlglot walks it."""

    model: str
    place: int
    what: str

    @property
    def name(self) -> str:
        return f"{self.model}: {self.what}"

    @property
    def rank(self) -> str:
        """Where it stands in an order of its own: another model moves no other mutation."""
        return hashlib.sha256(self.name.encode()).hexdigest()


def mutations(project: Project) -> list[Mutation]:
    """Every mutation there is, in an order that owes nothing to where it stands."""
    found = [mutation for model in project.models for mutation in _of(model)]
    return sorted(found, key=lambda mutation: mutation.rank)


def mutate(model: Model, mutation: Mutation, moments: tuple[str, str]) -> str:
    """The model's SQL with the change, for the day that a company's data ends with."""
    tree = _parse(model.sql_as_of(*moments))
    node = list(tree.walk())[mutation.place]
    changed = _change(node)
    assert changed is not None
    node.replace(changed)
    return tree.sql(dialect="duckdb")


def unchanged(model: Model, moments: tuple[str, str]) -> str:
    """The model's SQL as it comes back from sqlglot."""
    return _parse(model.sql_as_of(*moments)).sql(dialect="duckdb")


def _of(model: Model) -> Iterator[Mutation]:
    seen: dict[str, int] = {}
    for place, node in enumerate(_parse(model.sql).walk()):
        changed = _change(node)
        if changed is None:
            continue
        what = f"{_text(node)} → {_text(changed)}"
        seen[what] = seen.get(what, 0) + 1
        number = "" if seen[what] == 1 else f" ({seen[what]})"
        yield Mutation(model.name, place, what + number)


def _parse(sql: str) -> exp.Expression:
    return parse_one(sql, dialect="duckdb")


def _text(node: exp.Expression) -> str:
    return " ".join(node.sql(dialect="duckdb", comments=False).split())


def _change(node: exp.Expression) -> exp.Expression | None:
    """The node with another operator, if it has one that can be swapped."""
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
        # A number that only says what type or precision is no constant of a rule.
        if isinstance(node.parent, exp.DataTypeParam | exp.DataType):
            return None
        # What is counted may be any number, as long as it is one.
        if isinstance(node.parent, exp.If) and isinstance(node.parent.parent.parent, exp.Count):
            return None
        return exp.Literal.number(int(node.this) + 1)
    if isinstance(node, exp.Ordered) and not node.args.get("desc") and _is_windowed(node):
        turned = node.copy()
        turned.set("desc", True)
        return turned
    swap = SWAPS.get(type(node))
    if swap is None or (isinstance(node, exp.EQ) and _is_join_key(node)):
        return None
    return swap(**{key: _copied(value) for key, value in node.args.items()})


def _copied(value: object) -> object:
    return value.copy() if isinstance(value, exp.Expression) else value


def _is_windowed(node: exp.Expression) -> bool:
    """Whether it orders a window: a query's own order changes no row."""
    return node.find_ancestor(exp.Window) is not None


def _is_join_key(node: exp.Expression) -> bool:
    """A join on two columns: without it everything meets everything, which any test notices."""
    return node.find_ancestor(exp.Join) is not None
