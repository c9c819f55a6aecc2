"""A contract's mistakes are found when it loads, by file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartera.errors import ContractError, UsageError
from ingestion import contract
from ingestion.contract import Contract, load_contract, load_contracts, load_source, source_names

GOOD = """\
system: acme
source: products
about: Products.
format: {type: csv}
delivery: snapshot
columns:
  product_id: id
  name: {from: name}
"""


def write(home: Path, text: str, place: str = "acme/products.yml") -> Path:
    path = home / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_contract_reads_as_it_is_written(tmp_path: Path) -> None:
    read = load_contract(write(tmp_path, GOOD))
    assert (read.name, read.folder, read.raw_columns) == (
        "acme/products",
        "products",
        ("id", "name"),
    )
    assert (read.delivery, read.reject_limit, read.new_columns) == ("snapshot", 0.02, "fail")


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("about: Products.", "abuot: Products."), 1, "about: missing"),
        (("delivery: snapshot", "delivery: sometimes"), 5, "delivery: "),
        (("type: csv", "type: excel"), 4, "format.type: "),
        (("type: csv", "type: csv, decimal: ',', thousands: ','"), 4, "decimal and thousands"),
        (("type: csv", "type: csv, time_zone: Europe/Madird"), 4, "Madird' is not"),
        (("type: csv", "type: csv, delimiter: ';;'"), 4, "format.delimiter: "),
        (("  name: {from: name}", "  nmae: {from: name}"), 8, "columns.nmae: products has"),
        (("  product_id: id\n", ""), 6, "columns.product_id is required by products"),
        (("{from: name}", "{from: name, constant: x}"), 8, "columns.name: give exactly one of"),
        (("{from: name}", "{}"), 8, "columns.name: give exactly one of"),
        (("{from: name}", "{constant: x, lookup: {source: a, key: b, value: c}}"), 8, "goes with"),
        (("{from: name}", "{from: name, take: first}"), 8, "columns.name.take goes with group_by"),
        (("{from: name}", "{from: name, frm: x}"), 8, "columns.name.frm: no such field"),
        (("about: Products.", "about: Products.\ninbox: ../other"), 4, "'../other' leads"),
        (("about: Products.", "about: Products.\ninbox: a/../../b"), 4, "leads outside the inbox"),
        (("about: Products.", "about: Products.\ninbox: /etc"), 4, "'/etc' leads outside"),
        (("about: Products.", "about: Products.\nfiles: ../*"), 4, "files: '../*' leads"),
        (("system: acme", "system: ../acme"), 1, "system: '../acme' must be lower case"),
        (("source: products", "source: product"), 1, "'product' is no source; the"),
        (("about: Products.", "about: Products.\nreject_limit: 1.5"), 4, "reject_limit: "),
        (("about: Products.", "about: Products.\nexpected_every: often"), 4, "expected_every: "),
        (("about: Products.", "about: Products.\nlate: wait"), 4, "late goes with expected_every"),
        (("about: Products.", "about: Products.\nretention: 0d"), 4, "retention: "),
        (("about: Products.", "about: Products.\nexpected_volume: {low: 2}"), 4, "expected_volume"),
        (("type: csv", "type: csv, date: d/m/y"), 4, "format.date: 'd/m/y' is neither"),
        (("type: csv", "type: jsonl, footer: {rows: 1}"), 4, "footer and skip_rows go with csv"),
        (("{from: name}", "{from: name, param: x}"), 8, "columns.name.param goes with jsonl"),
        (("{from: name}", "{from: c, lookup: {source: a, key: b, value: c}}"), 8, "'a' is no"),
        (
            ("{from: name}", "{from: c, lookup: {source: orders, key: order, value: kind}}"),
            8,
            "columns.name.lookup.key: orders has no column 'order'",
        ),
        (("about: Products.", "about: Products.\nabout: Twice."), 4, "'about' is given twice"),
        (("about: Products.", "about: Products.\n[about, name]: Two."), 4, "a key is one word"),
        (("about: Products.", "about: &a Products.\ninbox: *a"), 4, "aliases (*name) are not"),
        (("about: Products.", "about: [Products."), 4, ""),
    ],
)  # fmt: skip
def test_a_mistake_names_file_line_and_field(
    tmp_path: Path, change: tuple[str, str], line: int, said: str
) -> None:
    assert change[0] in GOOD
    path = write(tmp_path, GOOD.replace(*change))
    with pytest.raises(ContractError) as error:
        load_contract(path)
    assert error.value.message.startswith(f"{path}:")
    assert int(error.value.message.removeprefix(f"{path}:").split(":")[0]) == line
    assert said in error.value.message
    assert error.value.fix
    assert error.value.exit_code == 2


def test_values_and_constants_are_those_of_the_source(tmp_path: Path) -> None:
    orders = GOOD.replace("source: products", "source: orders").replace(
        "  product_id: id\n  name: {from: name}\n",
        "  order_id: id\n  kind: {from: k, values: {V: sale}}\n  ordered_at: at\n"
        "  channel: {constant: store}\n  currency: {constant: EUR}\n  gross_amount: paid\n",
    )
    with pytest.raises(ContractError, match=r"columns\.kind\.values: 'sale' is not one of"):
        load_contract(write(tmp_path, orders, "acme/orders.yml"))
    shop = orders.replace("V: sale", "V: order").replace("constant: store", "constant: shop")
    with pytest.raises(ContractError, match=r"columns\.channel\.constant is not one of"):
        load_contract(write(tmp_path, shop, "acme/orders.yml"))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "not a mapping"), (b"- a", "not a mapping"), (b"a: \xff", "not UTF-8"), (b"\t", ":1: ")],
)
def test_a_file_that_is_no_contract_says_so(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "acme" / "products.yml"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ContractError, match=said):
        load_contract(path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="larger than 1000000 bytes"):
        load_contract(write(tmp_path, GOOD + "#" * 1_000_001))


def test_a_contract_stands_where_its_name_says(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, "other/products.yml")
    with pytest.raises(ContractError, match="its place says otherwise") as error:
        load_contract(path)
    assert error.value.fix == "Move it to acme/products.yml."


def test_own_contracts_win_over_those_that_ship(tmp_path: Path) -> None:
    shipped = load_contracts()
    own = GOOD.replace("acme", "till").replace("Products.", "Ours.")
    write(tmp_path, own, "till/products.yml")
    write(tmp_path, GOOD)
    both = {c.name: c for c in load_contracts(tmp_path)}
    assert set(both) == {c.name for c in shipped} | {"acme/products"}
    assert both["till/products"].about == "Ours."
    assert [c.name for c in load_contracts(tmp_path, "acme")] == ["acme/products"]


def test_an_unknown_system_is_a_mistake_of_use() -> None:
    with pytest.raises(UsageError, match="No contract for a system 'tlil'") as error:
        load_contracts(None, "tlil")
    assert "till" in error.value.fix


def test_what_is_looked_up_lands_first(tmp_path: Path) -> None:
    lookup = "{from: c, lookup: {source: campaigns, key: campaign_id, value: starts_at}}"
    write(tmp_path, GOOD.replace("{from: name}", "{from: name}\n  launched_on: " + lookup))
    write(
        tmp_path,
        GOOD.replace("source: products", "source: campaigns").replace(
            "product_id: id", "campaign_id: id\n  starts_at: at"
        ),
        "acme/campaigns.yml",
    )
    order = [c.name for c in load_contracts(tmp_path, "acme")]
    assert order == ["acme/campaigns", "acme/products"]


def test_contracts_that_look_into_each_other_are_refused(tmp_path: Path) -> None:
    for source, key, other in [
        ("products", "product_id: id", "campaigns"),
        ("campaigns", "campaign_id: id\n  starts_at: at", "products"),
    ]:
        lookup = f"{{from: c, lookup: {{source: {other}, key: name, value: name}}}}"
        text = GOOD.replace("source: products", f"source: {source}").replace("product_id: id", key)
        write(tmp_path, text.replace("{from: name}", lookup), f"acme/{source}.yml")
    with pytest.raises(ContractError, match="look into each other: acme/campaigns, acme/products"):
        load_contracts(tmp_path, "acme")


def test_every_source_ships_with_a_contract() -> None:
    shipped = load_contracts()
    assert {c.source for c in shipped} == set(source_names())
    assert len(source_names()) >= 24


@pytest.mark.parametrize("read", load_contracts(), ids=lambda c: c.name)
def test_a_shipped_contract_is_sound(read: Contract) -> None:
    assert read.about
    assert read.system in {c.system for c in load_contracts()}
    for name, mapping in read.columns.items():
        if mapping.lookup:
            target = load_source(mapping.lookup.source)
            assert {mapping.lookup.key, mapping.lookup.value} <= set(target.columns), name
    assert not set(read.ignore) & set(read.raw_columns)


@pytest.mark.parametrize("name", source_names())
def test_a_source_says_what_its_columns_mean_and_whom_they_concern(name: str) -> None:
    source = load_source(name)
    assert source.source == name
    assert all(column.about and column.pii for column in source.columns.values())
    assert set(source.key) <= set(source.columns)
    assert contract.NAME.fullmatch(name)
