"""The statement that turns a file's raw columns into a source's, with the rule each row broke.

A row that is no record of the contract (a total line, an event of another kind) has a rule
that begins with SKIPPED: it is counted apart, and is neither accepted nor refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cartera.duck import identifier, literal
from ingestion.contract import Contract, Forms, Mapping, SourceColumn
from ingestion.exact_json import exact
from ingestion.expressions import clean, typed
from ingestion.json_lines import IS_JSON, JSON_LINE
from ingestion.mapping import FILE
from ingestion.raw import Raw

SKIPPED = "skipped:"
EXTRA = "extra"
DIGEST_DIGITS = 32


@dataclass(frozen=True)
class LookupTable:
    """The key and value columns of a looked-up source, as a relation, and its batches."""

    relation: str
    batches: list[str]


def typed_rows(
    contract: Contract, raw: Raw, lookups: dict[str, LookupTable], unknown: Sequence[str] = ()
) -> str:
    """The statement that yields the source's columns, group keys and ``_reject``.

    ``unknown`` are columns of the file that the contract does not name: they land as one
    JSON text.
    """
    extra = _extra(contract, raw, unknown) if unknown else ""
    place = {name: f"c{i}" for i, name in enumerate(contract.raw_columns)}
    cleaned = ", ".join(
        f"{clean(identifier(name), raw.columns[name], contract.forms)} as {place[name]}"
        if name in raw.columns
        else f"cast(null as VARCHAR) as {place[name]}"
        for name in place
    )
    # A column that nobody reads is not checked either. Bytes in it that are no text would refuse
    # their record only when it is read again, whole, and shift the numbers of the others.
    unread = [n for n in raw.columns if n not in place] if raw.is_text and not raw.is_json else []
    cleaned += "".join(f", strlen({identifier(n)}) as u{i}" for i, n in enumerate(unread))
    # No column of the file, but it may stand wherever one may.
    place[FILE] = literal(raw.file)
    joins = ""
    filled = []
    numbered = []
    values = []
    broken = [f"when u{i} < 0 then 'unread'" for i in range(len(unread))]
    if raw.is_json:
        cleaned += f", {IS_JSON}"
        broken.append(f"when not {IS_JSON} then 'invalid_json'")
    if extra:
        cleaned += f", {extra} as _extra"
    footer = footer_test(contract.forms, raw)
    if footer:
        cleaned += f", {footer} as _is_footer"
        broken.append(f"when _is_footer then '{SKIPPED}footer'")
    for name, wanted in contract.only.items():
        broken.append(f"when not {_is_wanted(place[name], wanted)} then '{SKIPPED}only'")
    keys = ", ".join(place[key] for key in contract.group_by)
    for name in contract.once:
        if name in place:
            cell = place[name]
            filled.append(f"coalesce({cell}, max({cell}) over (partition by {keys})) as {cell}")
    outputs = []
    for number, (name, column) in enumerate(contract.model.columns.items()):
        mapping = contract.columns.get(name)
        if mapping is None:
            outputs.append(f"cast(null as {column.sql_type}) as {identifier(name)}")
            continue
        if mapping.lookup:
            table = lookups[name]
            joins += (
                f" left join {table.relation} l{number} "
                f"on cast({place[str(mapping.origin)]} as VARCHAR) = l{number}.k"
            )
        if mapping.number_in:
            same = ", ".join(place[part] for part in mapping.number_in)
            numbered.append(f"row_number() over (partition by {same} order by _place) as n{number}")
        value = _value(mapping, column, contract, place, raw, f"l{number}.v", f"n{number}")
        values.append(f"{value} as v{number}")
        outputs.append(f"v{number} as {identifier(name)}")
        broken += _rules(name, column, mapping, place, raw, contract, f"v{number}")
    order = ""
    if joins or filled or numbered:
        # A join or a window keeps no order, and the order of rows tells versions and line numbers.
        cleaned += ", row_number() over () as _place"
        order = " order by _place"
    if extra:
        outputs.append(f"_extra as {identifier(EXTRA)}")
    groups = [f", {place[key]} as _group{i}" for i, key in enumerate(contract.group_by)]
    reject = f"case {' '.join(broken)} end" if broken else "cast(null as VARCHAR)"
    replaced = f" replace ({', '.join(filled)})" if filled else ""
    return (
        f"with cleaned as (select {cleaned} from {raw.relation}), "
        f"whole as (select {', '.join([f'*{replaced}', *numbered])} from cleaned), "
        f"valued as (select whole.*, {', '.join(values)} from whole{joins}) "
        f"select {', '.join(outputs)}, {literal(contract.system)} as source_system, "
        f"{reject} as _reject{''.join(groups)} from valued{order}"
    )


def _is_wanted(cell: str, words: Sequence[str]) -> str:
    """Whether a cell has one of ``words``: ``*`` is any value, an empty word is none."""
    if "*" in words:
        return "true" if "" in words else f"({cell} is not null)"
    listed = ", ".join(literal(word) for word in words)
    return f"(coalesce(cast({cell} as VARCHAR), '') in ({listed}))"


def _value(
    mapping: Mapping,
    column: SourceColumn,
    contract: Contract,
    place: dict[str, str],
    raw: Raw,
    looked_up: str,
    numbered: str,
) -> str:
    if mapping.constant is not None:
        return f"cast({literal(mapping.constant)} as {column.sql_type})"
    if mapping.number_in:
        return f"cast({numbered} as {column.sql_type})"
    if mapping.lookup:
        return f"cast({looked_up} as {column.sql_type})"
    if mapping.join:
        parts = " || '|' || ".join(f"cast({place[name]} as VARCHAR)" for name in mapping.join)
        if mapping.digest:
            parts = f"left(sha256({literal(contract.system + '|')} || {parts}), {DIGEST_DIGITS})"
        return f"cast({parts} as {column.sql_type})"
    parts_typed = {
        name: _typed_part(name, column, mapping, contract, place, raw)
        for name in mapping.raw_columns
    }
    if mapping.add:
        total = " + ".join(f"coalesce({parts_typed[name]}, 0)" for name in mapping.add)
        total += "".join(f" - coalesce({parts_typed[name]}, 0)" for name in mapping.subtract)
        return f"cast({total} as {column.sql_type})"
    if mapping.multiply:
        # Wide enough for the product of two: DECIMAL(38,16).
        factors = " * ".join(f"cast({part} as DECIMAL(19,8))" for part in parts_typed.values())
        return f"cast({factors} as {column.sql_type})"
    if mapping.first_of:
        # The first that is given, not the first that can be read: a bad value is not passed over.
        cases = [f"when {place[n]} is not null then {part}" for n, part in parts_typed.items()]
        return f"case {' '.join(cases)} end"
    return next(iter(parts_typed.values()))


def _typed_part(
    name: str,
    column: SourceColumn,
    mapping: Mapping,
    contract: Contract,
    place: dict[str, str],
    raw: Raw,
) -> str:
    kind = raw.columns.get(name, "VARCHAR")
    if mapping.multiply:
        # A factor has more digits than the product.
        column = column.model_copy(update={"type": "rate"})
    return typed(place[name], kind, column, mapping, contract.forms)


def _rules(
    name: str,
    column: SourceColumn,
    mapping: Mapping,
    place: dict[str, str],
    raw: Raw,
    contract: Contract,
    value: str,
) -> list[str]:
    """The rules of one column, as branches of a ``case`` that names the first one broken."""
    rules = []
    if mapping.add or mapping.multiply:
        unread = " or ".join(
            f"({place[part]} is not null and "
            f"({_typed_part(part, column, mapping, contract, place, raw)}) is null)"
            for part in mapping.raw_columns
        )
        rules.append(f"when {unread} then {literal(f'unreadable:{name}')}")
    elif (mapping.from_ or mapping.first_of) and (
        column.type != "text" or mapping.values or mapping.lookup
    ):
        # A text is never unreadable, and a rule that none breaks would cost all the same.
        rule = "lookup" if mapping.lookup else "unknown" if mapping.values else "unreadable"
        given = f"({' or '.join(f'{place[part]} is not null' for part in mapping.raw_columns)})"
        rules.append(f"when {value} is null and {given} then {literal(f'{rule}:{name}')}")
    if column.required and mapping.constant is None:
        rules.append(f"when {value} is null then {literal(f'missing:{name}')}")
    if column.values and not mapping.values and mapping.constant is None:
        allowed = ", ".join(literal(code) for code in column.values)
        rules.append(f"when {value} not in ({allowed}) then {literal(f'unknown:{name}')}")
    return rules


def footer_test(forms: Forms, raw: Raw) -> str:
    """Whether a row is a total line by its words; empty if no words tell."""
    if not forms.footer or not forms.footer.starts_with:
        return ""
    column = identifier(forms.footer.column or next(iter(raw.columns)))
    tests = [
        f"starts_with(lower(ltrim({column})), lower({literal(word.strip())}))"
        for word in forms.footer.starts_with
    ]
    return f"coalesce({' or '.join(tests)}, false)"


def _extra(contract: Contract, raw: Raw, unknown: Sequence[str]) -> str:
    """The unknown columns as one JSON object, without those that are empty."""
    if raw.is_json:
        known = ", ".join(f"{literal(key)}: null" for key in contract.json_keys)
        line = f"case when {IS_JSON} then {JSON_LINE} end"
        rest = f"json_merge_patch({line}, to_json({{{known}}}))" if known else line
        is_object = f"json_type({line}) = 'OBJECT'"
        return f"case when {is_object} then nullif(cast({rest} as VARCHAR), '{{}}') end"
    fields = ", ".join(
        f"{literal(name)}: cast({identifier(name)} as {exact(raw.columns[name])})"
        for name in unknown
    )
    # A patch drops what is null.
    return f"cast(json_merge_patch('{{}}', to_json({{{fields}}})) as VARCHAR)"
