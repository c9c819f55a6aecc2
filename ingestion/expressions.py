"""SQL expressions that turn an export's raw values into a source's typed ones.

Raw values are text (CSV, JSON lines) or have Parquet's own types. An expression yields NULL
for what it cannot read; ``parse`` compares that with the raw value to find bad rows.
"""

from __future__ import annotations

from cartera.duck import literal
from ingestion.contract import Forms, Mapping, SourceColumn
from ingestion.moments import moment
from ingestion.numbers import plain_number

# 's-Hertogenbosch is a name, '08001 is a number that a spreadsheet is to take for text.
TEXT_MARK = "^'([0-9+=@-])"
NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


def clean(raw: str, raw_type: str, forms: Forms) -> str:
    """A raw column without surrounding blanks, and NULL where the export means nothing."""
    if raw_type != "VARCHAR":
        return raw
    if forms.text_mark:
        raw = f"regexp_replace({raw}, {literal(TEXT_MARK)}, '\\1')"
    # To trim costs more than to read: only what begins (up to "!", the character after the blank)
    # or ends with a blank is worth it.
    trimmed = (
        f"case when ends_with({raw}, ' ') or {raw} <= '!' then nullif(trim({raw}), '') "
        f"else {raw} end"
    )
    words = [literal(text) for text in forms.null if text]
    if "" not in forms.null:
        trimmed = f"trim({raw})"
    return (
        f"case when {trimmed} not in ({', '.join(words)}) then {trimmed} end" if words else trimmed
    )


def typed(raw: str, raw_type: str, column: SourceColumn, mapping: Mapping, forms: Forms) -> str:
    """``raw`` as ``column``'s type, NULL where it cannot be read."""
    if mapping.values:
        return _translated(raw, mapping.values)
    if column.type in ("date", "timestamp"):
        # DuckDB also knows infinity and years that other readers do not, and takes a year of
        # two digits for one of the first century.
        read = moment(raw, raw_type, column.type, forms, _accepted(column, mapping, forms))
        return f"case when year({read}) between 1000 and 9999 then {read} end"
    if raw_type == "VARCHAR":
        return _from_text(raw, column, forms)
    if column.type == "text":
        return f"cast({raw} as VARCHAR)"
    if column.type == "integer" and raw_type.startswith(("FLOAT", "DOUBLE", "DECIMAL")):
        return f"case when {raw} = trunc({raw}) then try_cast({raw} as BIGINT) end"
    return f"try_cast({raw} as {column.sql_type})"


def _accepted(column: SourceColumn, mapping: Mapping, forms: Forms) -> tuple[str, ...]:
    if column.type == "date":
        return mapping.date or forms.date
    return mapping.timestamp or mapping.date or forms.timestamp


def _translated(raw: str, codes: dict[str, str]) -> str:
    whens = " ".join(f"when {literal(k)} then {literal(v)}" for k, v in codes.items())
    return f"case cast({raw} as VARCHAR) {whens} end"


def _from_text(raw: str, column: SourceColumn, forms: Forms) -> str:
    if column.type == "text":
        return raw
    if column.type == "boolean":
        yes = ", ".join(literal(word) for word in forms.true)
        no = ", ".join(literal(word) for word in forms.false)
        word = f"lower({raw})"
        return f"case when {word} in ({yes}) then true when {word} in ({no}) then false end"
    number = plain_number(raw, forms)
    if column.type == "integer":
        # A cast would round 12.5 to 13 without a word.
        return (
            f"case when regexp_full_match({number}, '[+-]?[0-9]+([.]0*)?') "
            f"then try_cast(split_part({number}, '.', 1) as BIGINT) end"
        )
    if column.type == "number":
        value = f"try_cast({number} as DOUBLE)"
        return f"case when isfinite({value}) then {value} end"
    return f"try_cast({number} as {column.sql_type})"
