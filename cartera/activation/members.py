"""Who matches an audience, and in which of the buckets each of them is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import duckdb

from cartera import records
from cartera.activation import exclusions, lists
from cartera.activation.audience import CONTACT_FIELDS, Audience, place_in_file
from cartera.activation.kinds import Kind, nearest
from cartera.activation.neighbours import known_columns, needs_contact_data, people
from cartera.duck import attach, identifier, literal
from cartera.errors import RefusedByData, UsageError
from cartera.publications import Publication
from cartera.settings import Settings

# What lists are made from, beside customer_360.
TABLES = frozenset({"contact_reasons", "list_results"})
# The lot that somebody draws: whose is the lowest is held out.
_DRAWN = "md5($salt || '|' || customer_id)"


@dataclass(frozen=True)
class Checked:
    """An audience whose rule, order and fields are those of a publication."""

    sql: str
    values: dict[str, object]
    columns: frozenset[str]
    order: str
    direction: str

    @property
    def sorting(self) -> str:
        """The list's order; equal customers go by their id."""
        return f"{identifier(self.order)} {self.direction} nulls last, customer_id"


def check(settings: Settings, audience: Audience, columns: dict[str, Kind]) -> Checked:
    """The audience's rule and order, bound to ``columns``.

    Raises UsageError that names the line of the audience's file, or the audience if it has none.
    """
    # The parser is a quarter of what a command would take to start, and few commands have a rule.
    from cartera.activation.rule import compile_order, compile_rule

    for number, name in enumerate(audience.fields):
        with _placed(settings, audience, "fields", number):
            _want(name, [*columns, *CONTACT_FIELDS])
    if audience.limit_per:
        with _placed(settings, audience, "limit_per"):
            _want(audience.limit_per, columns)
    with _placed(settings, audience, "rule"):
        rule = compile_rule(audience.rule, columns)
    with _placed(settings, audience, "order"):
        order, direction = compile_order(audience.order, columns)
    return Checked(rule.sql, rule.values, rule.columns, order, direction)


def _want(name: str, columns: Collection[str]) -> None:
    if name not in columns:
        raise UsageError(
            f"The field {name!r} does not exist.",
            fix=nearest(name, columns) or "`cartera audience columns` shows them all.",
        )


@contextmanager
def _placed(settings: Settings, audience: Audience, *field: int | str) -> Iterator[None]:
    """Let what is refused here say where it stands."""
    try:
        yield
    except UsageError as error:
        place = place_in_file(settings, audience, *field) or audience.name
        raise UsageError(f"{place}: {error.message}", fix=error.fix) from error


def open_for(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    audience: Audience,
    publication: Publication,
    *,
    event: str | None,
) -> Checked:
    """Attach what a publication has for ``audience``, and check it.

    The file of contact data is opened for a rule, order or limit that needs it, once that is on the
    record as ``event``; and always for a pull (None), which goes on the record with what it wrote.
    Raises what ``check`` and ``attach_warehouse`` raise.
    """
    if "warehouse" not in _attached(connection):
        attach_warehouse(connection, publication)
    checked = check(settings, audience, known_columns(connection))
    named = [*checked.columns, checked.order, *filter(None, [audience.limit_per])]
    is_needed = event is None or needs_contact_data(named)
    if is_needed and event is not None:
        about = {"audience": audience.name, "publication_id": publication.publication_id}
        records.access(settings, event, **about)
    if is_needed and "contacts" not in _attached(connection):
        attach(connection, publication.contacts, "contacts", write=False)
    return checked


def attach_warehouse(connection: duckdb.DuckDBPyConnection, publication: Publication) -> None:
    """Attach the file that is open to all as ``warehouse``.

    Raises RefusedByData for one that does not say who may be contacted, or what lists brought.
    """
    attach(connection, publication.warehouse, "warehouse", write=False)
    rows = connection.execute(
        """
        select table_name from duckdb_tables()
        where database_name = 'warehouse' and schema_name = 'marts'
        """
    ).fetchall()
    lacking = TABLES - {name for (name,) in rows}
    if lacking:
        raise RefusedByData(
            f"The publication {publication.publication_id} has no marts.{min(lacking)}: an earlier "
            "Cartera built it, and no list is made from it.",
            fix="Run `cartera build`.",
        )


def _attached(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {
        name
        for (name,) in connection.execute("select database_name from duckdb_databases()").fetchall()
    }


def place(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    audience: Audience,
    checked: Checked,
    pull_id: str,
    beside: Sequence[str] = (),
) -> None:
    """Temp table ``members``: everyone who matches, each in one bucket, with the reason.

    The list takes the first of those who may be contacted and are not held out. The share held
    out is drawn by a hash of the campaign and the customer, the same at every pull. ``beside`` are
    columns of customer_360 that the table is to have as well.

    Raises UsageError for a rule that cannot be worked out.
    """
    if audience.cap:
        lists.recall(settings, connection, max(audience.cap.days, lists.RECENT_DAYS))
        lists.cap(connection, audience.cap.lists, audience.cap.days, but=pull_id)
    part = audience.limit_per
    named = [*checked.columns, checked.order, *beside, *filter(None, [part])]
    # No more than is looked at again: what is sorted is carried along.
    carried = dict.fromkeys([checked.order, *beside, *filter(None, [part])])
    columns = ", ".join(f"people.{identifier(name)}" for name in {"customer_id": None, **carried})
    matched = f"""
        select {columns}, {exclusions.as_case(audience)} as reason
        from ({people(connection, named)}) people
        left join barred using (customer_id)
        where {checked.sql}
    """
    # Only lots that count are drawn; AND would draw them all.
    drawn = f"""
        select *, case
            when reason is null then {_DRAWN} < {_below(audience.holdout_percent)} else false
        end as is_held_out
        from ({matched})
    """
    over = "false"
    if audience.limit:
        over = f"""
            reason is null and not is_held_out and row_number() over (
                partition by {identifier(part) if part else "null"},
                    reason is null and not is_held_out
                order by {checked.sorting}
            ) > {audience.limit:d}
        """
    try:
        exclusions.settle(connection, audience)
        connection.execute(
            f"""
            create or replace temp table members as
            select
                customer_id,
                case
                    when reason is not null or is_over then 'excluded'
                    when is_held_out then 'holdout'
                    else 'list'
                end as bucket,
                {"".join(f"{identifier(name)}, " for name in beside)}
                case when is_over then '{exclusions.OVER_LIMIT}' else reason end as reason
            from (select *, {over} as is_over from ({drawn}))
            """,
            {"salt": audience.salt, **checked.values},
        )
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        raise UsageError(
            f"{audience.name}: the rule {audience.rule!r} cannot be worked out "
            f"({str(error).splitlines()[0]}).",
            fix="Keep its numbers to a size that the columns have.",
        ) from error


def _below(percent: float) -> str:
    """The text below which a hash of hexadecimal digits is as a fraction below ``percent``.

    That is its first 32 bits below ``percent`` of 2 ** 32; no hash is as great as ``g``.
    """
    bound = ceil(percent / 100 * 2**32)
    return literal("g" if bound >= 2**32 else f"{bound:08x}")


def from_record(connection: duckdb.DuckDBPyConnection, record: Path) -> None:
    """Temp table ``members`` as a pull that was made before has put it on the record."""
    connection.execute(
        f"""
        create or replace temp table members as
        select party_id as customer_id, bucket, reason
        from {lists.read_records([record])}
        """
    )
