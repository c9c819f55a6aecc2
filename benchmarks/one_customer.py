"""What the models cost when one customer alone ordered as often as a whole company.

    python -m benchmarks.one_customer 10000000

The demo company of 2,000 people, and the same where the till sold once more to one member of its
card, and once more, up to so many orders of one line each, every fortieth of them returned. What
compares the rows of a customer with each other, each with each, never ends here. Prints what
benchmarks/warehouse.py prints, of the company without and with this customer.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from benchmarks import warehouse
from benchmarks.ingest import SETTLED
from cartera import batches
from cartera.arrows import ingest
from cartera.duck import connect, literal
from cartera.errors import RefusedByData
from cartera.settings import Settings

PEOPLE = 2_000
# Dates are spread over the 700 days before; a return comes a day after its order.
ORDERS = """
    with sold as (
        select
            range as number,
            timestamp '2024-11-10 10:00:00' + to_seconds(range * 700 * 86400 // {orders})
                as sold_at,
            range % 40 = 0 as is_back,
            printf('%d,%02d', 5 + range % 90, range % 100) as amount
        from range({orders})
    ),
    told as (
        select 'X' || number as ticket, sold_at, 'V' as tipo, null as origin, amount from sold
        union all
        select 'X' || number || 'D', sold_at + interval 1 day, 'D', 'X' || number, '-' || amount
        from sold where is_back
    )
    select
        ticket, strftime(sold_at, '%d/%m/%Y %H:%M:%S') as fecha,
        'S01' as tienda, 'x.uno' as vendedor,
        {member} as socio, tipo, origin as ticket_origen, 'EUR' as moneda,
        amount as importe_bruto, '0,00' as descuento, '0,00' as iva, null as vale, null as campana
    from told"""
LINES = """
    select
        'X' || range as ticket, '1' as linea, printf('P%04d', 1 + range % 300) as articulo,
        '1,000' as unidades, printf('%d,%02d', 5 + range % 90, range % 100) as precio,
        precio as importe, '0,00' as descuento
    from range({orders})"""


def sell(settings: Settings, orders: int) -> None:
    """The till's files of one member's orders, beside those of the demo."""
    till = settings.inbox / "till"
    first = min((till / "orders").glob("*.csv"))
    with first.open(encoding="latin-1", newline="") as lines:
        tickets = csv.DictReader(lines, delimiter=";")
        member = literal(next(ticket["socio"] for ticket in tickets if ticket["socio"]))
    with connect(settings) as connection:
        for select, name in ((ORDERS, "orders/ventas"), (LINES, "order_lines/ventas_lineas")):
            path = till / f"{name}_2026-10-30.csv"
            connection.execute(
                f"copy ({select.format(orders=orders, member=member)}) to {literal(path)} "
                "(format csv, header, delimiter ';')"
            )
            os.utime(path, (SETTLED, SETTLED))


def land_till(settings: Settings) -> None:
    """Land the till's files; ingest holds so unusual a volume back, until somebody releases it."""
    with suppress(RefusedByData):
        ingest(settings, "till")
    for batch in batches.scan(settings):
        if batch.state == "held":
            batches.set_state(settings, batch.batch_id, "landed", "a benchmark's customer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("orders", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--memory-limit", default="8GB", help="what DuckDB may use")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        plain, busy = Path(folder) / "plain", Path(folder) / "busy"
        costs = [warehouse.measure(PEOPLE, plain, given.memory_limit)]
        settings = Settings(home=busy, memory_limit=given.memory_limit)
        warehouse.make(PEOPLE, settings)
        sell(settings, given.orders)
        land_till(settings)
        warehouse.land_inbox(PEOPLE, settings)
        costs.append(warehouse.measure(PEOPLE, busy, given.memory_limit))
    print(warehouse.totals(costs), warehouse.slowest(costs, 10), sep="\n\n")


if __name__ == "__main__":
    main()
