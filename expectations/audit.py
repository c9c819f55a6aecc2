"""Runs every suite over one candidate in one Great Expectations context.

Importing this costs about ten CPU seconds; ``expectations.gate`` runs it in a process of its
own.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import great_expectations as gx
import great_expectations.expectations as gxe

from cartera.errors import CarteraError
from expectations import dialect
from expectations.no_rows import ExpectNoRows
from expectations.result import RuleResult
from expectations.rules import KEYS, NO_ROWS, Catalog, Rule
from expectations.suites.contact_data import look

_SHOWN = 20
_EMAIL_OR_NUMBER = re.compile(r"[^\s'\"=,;]+@[^\s'\"=,;]+|\+[0-9][0-9 ().-]{7,}[0-9]")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def run_suites(
    session: dialect.Session, suites: Mapping[str, Sequence[Rule]], accept: Mapping[str, str]
) -> list[RuleResult]:
    """One result per rule, in the order of ``suites``; ``accept`` maps rule to its excuse."""
    found: dict[str, RuleResult] = {}
    with dialect.connect(session) as connection:
        catalog = looked_at(connection, read_catalog(connection, session))
        context: Any = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        source = context.data_sources.add_sql(
            "candidate",
            connection_string=dialect.URL,
            kwargs=dialect.engine_arguments(connection),
        )
        for suite, table, rules in _by_table(suites, any_table=min(catalog.tables)):
            due = [rule for rule in rules if not rule.needs_base or "base" in session.files]
            for rule in rules:
                if rule not in due:
                    found[rule.name] = _skipped(rule, suite)
            if due:
                found.update(_run_table(context, source, suite, table, due, catalog, accept))
    return [found[rule.name] for rules in suites.values() for rule in rules]


def read_catalog(connection: duckdb.DuckDBPyConnection, session: dialect.Session) -> Catalog:
    """The tables and columns of every attached file. Raises CarteraError on an odd name."""
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    rows = connection.execute(
        "select database_name, schema_name, table_name, column_name, data_type "
        "from duckdb_columns() where not internal order by all"
    ).fetchall()
    for database, schema, table, column, kind in rows:
        if database not in session.files or schema == "landing":
            continue
        if not all(_PLAIN_NAME.fullmatch(name) for name in (schema, table, column)):
            raise CarteraError(
                f"The name {database}.{schema}.{table}.{column} is not made of letters, digits "
                "and underscores, so no rule can ask about it.",
                fix="Rename it in its model.",
            )
        tables[f"{database}.{schema}.{table}"][column] = kind
    return Catalog(tables)


def looked_at(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> Catalog:
    """``catalog`` with the marks of its texts; as it is where they cannot be read: rules say so."""
    try:
        return replace(catalog, marks=look(connection, catalog))
    except duckdb.Error:
        return catalog


def make_expectation(rule: Rule, catalog: Catalog) -> Any:
    """The Great Expectations object for ``rule``, its name and severity on it."""
    common: dict[str, Any] = {"severity": rule.severity, "meta": {"rule": rule.name}}
    arguments = rule.arguments_for(catalog)
    if rule.expectation == NO_ROWS:
        return ExpectNoRows.of(**arguments, **common)
    return getattr(gxe, rule.expectation)(**arguments, **common)


def _by_table(
    suites: Mapping[str, Sequence[Rule]], *, any_table: str
) -> Iterator[tuple[str, str, list[Rule]]]:
    """The rules of a suite that Great Expectations validates together, and the table it is told.

    Each validation costs a tenth of a second, and a query of its own reads what it likes: those
    are asked together, of a table that is there whatever is missing.
    """
    for suite, rules in suites.items():
        tables: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            tables[any_table if rule.expectation == NO_ROWS else rule.table].append(rule)
        for table, of_table in tables.items():
            yield suite, table, of_table


def _run_table(
    context: Any,
    source: Any,
    suite: str,
    table: str,
    rules: list[Rule],
    catalog: Catalog,
    accept: Mapping[str, str],
) -> dict[str, RuleResult]:
    """Validate the rules of one suite that are about one table."""
    results: dict[str, RuleResult] = {}
    expectations = []
    for rule in rules:
        try:
            expectations.append(make_expectation(rule, catalog))
        except Exception as error:  # a rule that cannot even be made must block, not crash
            results[rule.name] = _error(rule, suite, error)
    name = f"{suite}: {table}"
    pending = [rule for rule in rules if rule.name not in results]
    try:
        batch = _batch(source, name, table)
        validation = context.validation_definitions.add(
            gx.ValidationDefinition(
                name=name,
                data=batch,
                suite=context.suites.add(gx.ExpectationSuite(name, expectations=expectations)),
            )
        )
        outcome = validation.run(
            result_format={
                "result_format": "SUMMARY",
                "partial_unexpected_count": _SHOWN,
                "unexpected_index_column_names": list(KEYS.get(table, ())),
                "exclude_unexpected_values": True,
            }
        )
    except Exception as error:  # a missing table, for one: its rules block
        return results | {rule.name: _error(rule, suite, error) for rule in pending}
    by_name = {result.expectation_config.meta["rule"]: result for result in outcome.results}
    for rule in pending:
        results[rule.name] = (
            _read(rule, suite, by_name[rule.name], accept.get(rule.name))
            if rule.name in by_name
            else _error(rule, suite, RuntimeError("Great Expectations returned no result"))
        )
    return results


def _batch(source: Any, name: str, table: str) -> Any:
    schema, _, bare = table.rpartition(".")
    with warnings.catch_warnings():
        # A schema per table is deprecated in favour of one per connection; ours has several.
        warnings.simplefilter("ignore", DeprecationWarning)
        asset = source.add_table_asset(name, table_name=bare, schema_name=schema)
        return asset.add_batch_definition_whole_table("whole table")


def _read(rule: Rule, suite: str, outcome: Any, excuse: str | None) -> RuleResult:
    raised = _exception_message(outcome.exception_info)
    detail = outcome.result or {}
    if raised or (not outcome.success and not detail):
        return _error(rule, suite, RuntimeError(raised or "no result"))
    keys = _keys(detail.get("partial_unexpected_index_list"))
    observed = detail.get("observed_value", detail.get("unexpected_count"))
    count = detail.get("unexpected_count")
    accepted = excuse is not None and not outcome.success
    return RuleResult(
        rule=rule.name,
        suite=suite,
        severity=rule.severity,
        status="ok" if outcome.success else "accepted" if accepted else "failed",
        reason=rule.reason,
        remedy=rule.remedy,
        observed=None if observed is None else _scrub(str(observed)),
        unexpected_count=None if count is None else int(count),
        keys=keys,
        accepted_because=excuse if accepted else None,
    )


def _exception_message(info: Any) -> str:
    """The first exception's message; its shape depends on where it was raised."""
    if not info:
        return ""
    for part in [info] if "raised_exception" in info else list(info.values()):
        if part.get("raised_exception"):
            return str(part.get("exception_message") or "an exception without a message")
    return ""


def _keys(found: Any) -> tuple[str, ...]:
    """Key columns and values as text, e.g. ``batch_id=b1, received=10``; at most 20.

    Great Expectations gives one dict per row, or one dict of lists over all rows.
    """
    rows: list[dict[str, Any]] = []
    for part in found or []:
        if part and all(isinstance(value, list) for value in part.values()):
            rows += [
                dict(zip(part, values, strict=True)) for values in zip(*part.values(), strict=True)
            ]
        else:
            rows.append(part)
    return tuple(
        _scrub(", ".join(f"{column}={value}" for column, value in row.items()))
        for row in rows[:_SHOWN]
    )


def _scrub(text: str) -> str:
    """``text`` without e-mail addresses and phones: results are open to everybody."""
    return _EMAIL_OR_NUMBER.sub("(withheld)", text)


def _error(rule: Rule, suite: str, error: Exception) -> RuleResult:
    # The first line says what; what follows can quote the SQL or the data.
    message = str(error).strip().splitlines() or [type(error).__name__]
    shown = re.sub(r"(['\"])(?:(?!\1).)*[@0-9](?:(?!\1).)*\1", "(value)", message[0])
    return RuleResult(
        rule=rule.name,
        suite=suite,
        severity=rule.severity,
        status="error",
        reason=rule.reason,
        remedy="The check itself could not run: see what it says, or report it.",
        observed=_scrub(f"did not run: {shown}")[:500],
    )


def _skipped(rule: Rule, suite: str) -> RuleResult:
    return RuleResult(
        rule=rule.name,
        suite=suite,
        severity="info",
        status="skipped",
        reason=rule.reason,
        remedy="Nothing to do: there is no earlier publication to compare with.",
        observed="no base",
    )
