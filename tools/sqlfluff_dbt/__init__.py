"""What dbt adds to Jinja, as far as the linter must know it: shapes, no meaning.

sqlfluff's own dbt templater compiles the whole project for every run. Layout and spelling can be
checked without that: here a macro of dbt renders as a call of its own name, a type as a type.
The project's own macros are read from dbt_project/macros as they are.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import yaml

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project" / "dbt_project.yml"


class Calls:
    """Renders ``x.name(a, b)`` as the SQL text ``name(a, b)``."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)

        def render(*arguments: object, **named: object) -> str:
            if name.startswith("type_"):
                return "varchar"
            flat: list[str] = []
            for argument in (*arguments, *named.values()):
                flat += map(str, argument) if isinstance(argument, list) else [str(argument)]
            return f"{name}({', '.join(flat)})"

        return render


class Adapter(Calls):
    """Renders ``adapter.dispatch('name')(a, b)`` like ``name(a, b)``."""

    def dispatch(self, name: str, package: str = "") -> object:
        return getattr(self, name)


dbt = dbt_utils = Calls()
adapter = Adapter()
api = SimpleNamespace(Relation=adapter)
target = SimpleNamespace(name="build", type="duckdb", schema="main", database="warehouse")
execute = False


def var(name: str, default: object = "") -> object:
    """The project's own value, so that macros may count with it."""
    variables = yaml.safe_load(PROJECT.read_text(encoding="utf-8")).get("vars", {})
    own = variables.get("cartera")
    found = {**variables, **(own if isinstance(own, dict) else {})}.get(name)
    return default if found is None else found


def env_var(name: str, default: str = "") -> str:
    return default or name.lower()


def log(*_: object, **__: object) -> str:
    return ""


def _return(value: object) -> object:
    return value


globals()["return"] = _return  # a name that Jinja may call and Python may not
