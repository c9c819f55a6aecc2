"""Records that did not become rows of a source: kept as they came, with their line and rule."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from cartera.batches import GROUPS
from cartera.duck import first_value, identifier, literal, one_file
from ingestion.contract import Forms
from ingestion.exact_json import exact, is_nested
from ingestion.json_lines import JSON_LINE
from ingestion.raw import Raw
from ingestion.rows import SKIPPED

# The rest of a file, from a quote on that nothing closes.
OPEN_QUOTE = "ragged:open_quote"
PARQUET = "(format parquet, compression zstd)"


@dataclass(frozen=True)
class Ragged:
    """Records that DuckDB could not split into fields, and what a footer takes of the file.

    ``refused`` and ``footers`` are ragged records; ``last_rows`` are rows at the end of the
    file that are its footer.
    """

    refused: int = 0
    footers: int = 0
    last_rows: int = 0

    @property
    def records(self) -> int:
        """All records that did not become rows."""
        return self.refused + self.footers


def collect_ragged(
    connection: duckdb.DuckDBPyConnection, forms: Forms, raw: Raw, seen: int
) -> Ragged:
    """Put the ragged records into the table ``ragged`` (line, rule, record, is_footer).

    Of ``seen`` rows and these, a footer takes the last ones or those with its words. A record
    may have several errors.
    """
    if not raw.is_text:
        return Ragged()
    count = int(str(first_value(connection, "select count(distinct line) from reject_errors")))
    if not count and not (forms.footer and forms.footer.rows):
        return Ragged()
    connection.execute(
        "create or replace temp table ragged as select line, 'ragged:' || "
        "lower(replace(min(error_type::VARCHAR), ' ', '_')) as rule, min(csv_line) as record, "
        f"{_is_footer(forms, raw, seen + count)} as is_footer "
        "from reject_errors group by line"
    )
    footers = int(str(first_value(connection, "select count(*) from ragged where is_footer")))
    last_rows = 0
    if forms.footer and forms.footer.rows:
        last_rows = min(forms.footer.rows, seen + count) - footers
    return Ragged(count - footers, footers, last_rows)


def _is_footer(forms: Forms, raw: Raw, records: int) -> str:
    footer = forms.footer
    if not footer:
        return "false"
    if footer.rows:
        return f"line > {raw.first_line + records - footer.rows}"
    if footer.column not in (None, next(iter(raw.columns))):
        # Which text of a record without its fields is that column's, nobody can say.
        return "false"
    # In a file whose lines end in CR LF, the text of a ragged one begins with LF.
    before = literal(" \r\n" + forms.quote)
    start = f"lower(ltrim(min(csv_line), {before}))"
    words = [f"starts_with({start}, lower({literal(word.strip())}))" for word in footer.starts_with]
    return f"({' or '.join(words)})"


def with_last_rows_skipped(parsed: Path, kept: int | None = None) -> str:
    """The parsed rows as a relation, those from number ``kept`` on, if any, as a footer."""
    # A folder called batch=… is no column of what is in it.
    rows = f"read_parquet({one_file(parsed)}, file_row_number = true, hive_partitioning = false)"
    if kept is None:
        return rows
    mark = f"case when file_row_number >= {kept} then '{SKIPPED}footer' else _reject end"
    return f"(select * replace ({mark} as _reject) from {rows})"


def keep_refused(
    connection: duckdb.DuckDBPyConnection,
    raw: Raw,
    relation: str,
    rejected: Path,
    group_by: tuple[str, ...] = (),
) -> None:
    """Write the refused rows of ``relation``, and the ragged ones, with the record as it came.

    ``line`` counts the file's lines, a quoted line break as part of its record. ``place`` is the
    number of landed rows before it: where a row of the record would stand among them. Of a
    contract that groups, the groups that land are written beside it.
    """
    ragged = (
        "select null::BIGINT as line, null::VARCHAR as rule, null::VARCHAR as record, "
        "false as is_footer where false"
    )
    if raw.is_text and first_value(
        connection, "select count(*) from duckdb_tables() where table_name = 'ragged'"
    ):
        ragged = "select * from ragged"
    above = raw.first_line
    record = record_text(raw)
    rejected.parent.mkdir(parents=True, exist_ok=True)
    if group_by:
        keys = [f"_group{i}" for i in range(len(group_by))]
        texts = ", ".join(
            f"cast({key} as VARCHAR) as {identifier(name)}"
            for key, name in zip(keys, group_by, strict=True)
        )
        connection.execute(
            f"copy (select distinct {texts} from {relation} where _reject is null) "
            f"to {literal(rejected.with_name(GROUPS))} {PARQUET}"
        )
        # A group stands where its first row stood.
        landed = (
            "select row_number() over (order by n) as landed, n from (select min(_row) + 1 as n "
            f"from {relation} where _reject is null group by {', '.join(keys)})"
        )
    else:
        # Rows that landed, counted where one that did not follows: few, beside all of them.
        landed = (
            "select n - row_number() over (order by n) as landed, n from "
            f"(select file_row_number + 1 as n from {relation} where _reject is not null)"
        )
    # The n-th record that was read stands n - 1 lines below the header, plus the ragged
    # ones before it.
    connection.execute(
        f"copy (with ragged_lines as ({ragged}), landed_before as ({landed}), "
        f"bad as (select file_row_number + 1 as n, _reject as rule "
        f"from {relation} where not starts_with(_reject, '{SKIPPED}')), "
        f"numbered as (select row_number() over () as n, {record} as record from {raw.relation}), "
        f"shifts as (select line, line - {above} - row_number() over (order by line) as before "
        f"from ragged_lines), "
        f"kept as (select n + {above} + (select count(*) from shifts where before < n) as line, "
        f"rule, cast(record as VARCHAR) as record, n - 1 as before "
        f"from bad join numbered using (n) "
        f"union all by name select line, rule, record, before from ragged_lines "
        f"join shifts using (line) where not is_footer) "
        f"select cast(line as BIGINT) as line, rule, record, "
        f"cast({_place(bool(group_by))} as BIGINT) as place "
        f"from kept asof left join landed_before on kept.before >= landed_before.n order by line) "
        f"to {literal(rejected)} {PARQUET}"
    )


def _place(is_grouped: bool) -> str:
    """How many rows land of the first ``before`` that were read.

    ``landed_before`` has the last of them that begins a group, or the last that did not land.
    """
    if is_grouped:
        return "coalesce(landed_before.landed, 0)"
    return "coalesce(landed_before.landed + before - landed_before.n, before)"


def record_text(raw: Raw) -> str:
    """A whole record as text: a JSON line as it came, else its columns as a JSON object."""
    if raw.is_json:
        return JSON_LINE
    fields = ", ".join(
        f"{literal(name)}: {_as_json(name, kind)}" for name, kind in raw.columns.items()
    )
    return f"cast(to_json({{{fields}}}) as VARCHAR)"


def _as_json(name: str, kind: str) -> str:
    column = identifier(name)
    # As texts, so that they are what they were when they are read again.
    wanted = exact(kind) if is_nested(kind) else "VARCHAR"
    return column if kind == wanted else f"cast({column} as {wanted})"
