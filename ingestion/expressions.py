"""SQL expressions that turn an export's raw values into a source's typed ones.

Raw values are text (CSV, JSON lines) or have Parquet's own types. An expression yields NULL
for what it cannot read; ``parse`` compares that with the raw value to find bad rows.
"""

from __future__ import annotations

from cartera.duck import literal
from ingestion.contract import Forms, Mapping, SourceColumn

NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


def clean(raw: str, raw_type: str, forms: Forms) -> str:
    """A raw column without surrounding blanks, and NULL where the export means nothing."""
    if raw_type != "VARCHAR":
        return raw
    nothing = ", ".join(literal(text) for text in forms.null)
    return f"case when trim({raw}) not in ({nothing}) then trim({raw}) end"


def typed(raw: str, raw_type: str, column: SourceColumn, mapping: Mapping, forms: Forms) -> str:
    """``raw`` as ``column``'s type, NULL where it cannot be read."""
    if mapping.values:
        return _translated(raw, mapping.values)
    if column.type in ("date", "timestamp"):
        # DuckDB also knows infinity and years that other readers do not, and takes a year of
        # two digits for one of the first century.
        moment = _moment(raw, raw_type, column.type, mapping, forms)
        return f"case when year({moment}) between 1000 and 9999 then {moment} end"
    if raw_type == "VARCHAR":
        return _from_text(raw, column, forms)
    if column.type == "text":
        return f"cast({raw} as VARCHAR)"
    if column.type == "integer" and raw_type.startswith(("FLOAT", "DOUBLE", "DECIMAL")):
        return f"case when {raw} = trunc({raw}) then try_cast({raw} as BIGINT) end"
    return f"try_cast({raw} as {column.sql_type})"


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
    number = _plain_number(raw, forms)
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


def _plain_number(raw: str, forms: Forms) -> str:
    """A number with a decimal point and no separator of thousands.

    A separator of thousands that is not followed by three digits is a decimal comma
    in the wrong place: dropping it would multiply the amount by a hundred.
    """
    if not forms.thousands and forms.decimal == ".":
        return raw
    plain = raw
    if forms.thousands:
        mark = forms.thousands
        grouped = f"[+-]?[0-9]{{1,3}}([{mark}][0-9]{{3}})*([{forms.decimal}][0-9]*)?"
        plain = (
            f"case when not contains({raw}, {literal(mark)}) then {raw} "
            f"when regexp_full_match({raw}, {literal(grouped)}) "
            f"then replace({raw}, {literal(mark)}, '') end"
        )
    if forms.decimal == ",":
        # A point where the export writes commas is no number of this export.
        return f"case when not contains({plain}, '.') then replace({plain}, ',', '.') end"
    return plain


def _moment(raw: str, raw_type: str, kind: str, mapping: Mapping, forms: Forms) -> str:
    """A date, or a moment in UTC."""
    if raw_type == "DATE":
        local = raw if kind == "date" else f"cast({raw} as TIMESTAMP)"
        return local if kind == "date" else _to_utc(local, forms)
    if raw_type.startswith("TIMESTAMP WITH"):
        return f"timezone('UTC', {raw})" if kind == "timestamp" else f"cast({raw} as DATE)"
    if raw_type.startswith("TIMESTAMP"):
        return f"cast({raw} as DATE)" if kind == "date" else _to_utc(raw, forms)
    text = raw if raw_type == "VARCHAR" else f"cast({raw} as VARCHAR)"
    # The casts would also take the word "epoch".
    iso = f"case when regexp_matches({text}, '^[0-9]') then {text} end"
    if kind == "date":
        form = mapping.date or forms.date
        # A cast to DATE would not mind what follows the day.
        moment = f"try_cast({iso} as TIMESTAMP)" if form == "iso" else _strptime(text, form)
        return f"cast({moment} as DATE)"
    form = mapping.timestamp or mapping.date or forms.timestamp
    if form != "iso":
        moment = _strptime(text, form)
        return f"timezone('UTC', {moment})" if "%z" in form.lower() else _to_utc(moment, forms)
    # A cast to TIMESTAMP would drop the offset where the text has one.
    with_offset = f"timezone('UTC', try_cast({iso} as TIMESTAMPTZ))"
    if forms.time_zone == "UTC":
        return with_offset
    has_offset = (
        f"regexp_matches({text}, '(Z|[+-][0-9]{{2}}:?([0-9]{{2}})?)$') and length({text}) > 10"
    )
    without = _to_utc(f"try_cast({iso} as TIMESTAMP)", forms)
    return f"case when {has_offset} then {with_offset} else {without} end"


def _strptime(text: str, form: str) -> str:
    return f"try_strptime({text}, {literal(form)})"


def _to_utc(local: str, forms: Forms) -> str:
    if forms.time_zone == "UTC":
        return local
    return f"timezone('UTC', timezone({literal(forms.time_zone)}, {local}))"
