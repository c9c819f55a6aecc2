"""JSON lines as SQL: keys, paths into nested objects, and values of key-value lists.

A plain name is a key of the line's object, whatever characters it has. A name that begins
with ``$.`` or ``$[`` is a path. ``{from: event_params, param: page_location}`` finds the item
with that key in a list of ``{"key": …, "value": …}``.
"""

from __future__ import annotations

import duckdb

from cartera.duck import identifier, literal
from ingestion.contract import Contract
from ingestion.mapping import is_path

# Not like any key that an export would have.
JSON_LINE = "_cartera_line"
IS_JSON = "_cartera_is_json"
# Where the value of an item stands, by its type, in GA4's export.
TYPED_VALUES = ("string_value", "int_value", "double_value", "float_value")
SAMPLE_LINES = 20_000


def json_path(name: str) -> str:
    """DuckDB's path to a key, or the path itself."""
    return name if is_path(name) else "$." + identifier(name)


def json_rows(lines: str, contract: Contract) -> str:
    """The relation of the contract's columns over ``lines``, a relation of JSON_LINE.

    Empty lines are no records. One list of paths parses a line once, however many are read.
    """
    params = contract.params
    names = [name for name in contract.raw_columns if name not in params]
    lists = list(dict.fromkeys(place for place, _ in params.values()))
    paths = ", ".join(literal(json_path(name)) for name in names)
    inner = [JSON_LINE, IS_JSON]
    if names:
        inner.append(
            f"case when {IS_JSON} then json_extract_string({JSON_LINE}, [{paths}]) end as _values"
        )
    values = [f"_values[{i}] as {identifier(name)}" for i, name in enumerate(names, start=1)]
    middle = "*"
    for number, place in enumerate(lists):
        path = literal(json_path(place) + "[*]")
        inner.append(
            f"case when {IS_JSON} then json_extract({JSON_LINE}, {path}) end as _items{number}"
        )
        middle += f", list_transform(_items{number}, lambda i: i->>'$.key') as _keys{number}"
    for name, (place, key) in params.items():
        number = lists.index(place)
        item = f"_items{number}[list_position(_keys{number}, {literal(key)})]"
        values.append(f"{_value_of(item)} as {identifier(name)}")
    return (
        f"(select {', '.join([JSON_LINE, IS_JSON, *values])} from (select {middle} from "
        f"(select {', '.join(inner)} from "
        f"(select {JSON_LINE}, json_valid({JSON_LINE}) as {IS_JSON} from {lines} "
        f"where {JSON_LINE} > '!' or trim({JSON_LINE}) <> ''))))"
    )


def records_of(lines: str, records: str) -> str:
    """Lines that each hold a list, as an API hands out pages, as the records of those lists.

    A line without the list stays as it is: it is one record that does not fit.
    """
    keys = [] if records == "." else records.split(".")
    path = "$" + "".join("." + identifier(key) for key in keys)
    return (
        f"(select unnest(case when json_valid({JSON_LINE}) "
        f"and json_type({JSON_LINE}, {literal(path)}) = 'ARRAY' "
        f"then json_extract({JSON_LINE}, {literal(path + '[*]')})::varchar[] "
        f"else [{JSON_LINE}] end) as {JSON_LINE} from {lines})"
    )


def _value_of(item: str) -> str:
    """The value of an item: of one of GA4's types, or as it stands."""
    value = f"json_extract({item}, '$.value')"
    typed = ", ".join(f"{value}->>'$.{name}'" for name in TYPED_VALUES)
    plain = f"case when json_type({value}) <> 'OBJECT' then {value}->>'$' end"
    return f"coalesce({typed}, {plain})"


def keys_of_sample(connection: duckdb.DuckDBPyConnection, lines: str) -> list[str]:
    """The keys of the first lines, in the order in which they come up.

    A sample, because a look at the keys of every line costs half as much again as landing it:
    a rare new key is found when it comes early in a file.
    """
    found = connection.execute(
        f"select distinct json_keys({JSON_LINE}) from "
        f"(select {JSON_LINE} from {lines} limit {SAMPLE_LINES}) "
        f"where json_valid({JSON_LINE}) and json_type({JSON_LINE}) = 'OBJECT'"
    ).fetchall()
    return sorted({key for (keys,) in found for key in keys})
