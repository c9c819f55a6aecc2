"""How many customers somebody should act on, and what they brought; not who they are."""

from __future__ import annotations

from cartera.briefing.charts import BAD, share
from cartera.briefing.elements import Markup, paragraph, section, table
from cartera.briefing.telling import Telling
from cartera.formats import NOTHING


def alerts(telling: Telling) -> Markup:
    """Customers by kind of alert, and how many are new on it since the publication before."""
    say, formats = telling.say, telling.formats
    found = [row for row in telling.facts.alerts if row["customers"] or row["gone"]]
    if not found:
        return section(say("alerts"), paragraph(say("alerts_none")))
    most = max(row["customers"] for row in found)
    rows = []
    for row in found:
        kind = say.of("kinds", row["kind"])
        told = formats.number(row["customers"])
        moved = [formats.number(row["added"]), formats.number(row["gone"])]
        rows.append(
            [
                kind,
                Markup(share(row["customers"], most, f"{kind}: {told}", BAD)),
                told,
                *(moved if telling.has_base else []),
                formats.number(row["critical"]) if row["critical"] else NOTHING,
                formats.money(row["net_revenue"]),
            ]
        )
    moved = [say("added"), say("gone")] if telling.has_base else []
    heads = [say("kind"), "", say("customers"), *moved, say("critical"), say("brought")]
    names = ", ".join(f"`{say.of('audiences', row['kind'])}`" for row in found)
    return section(
        say("alerts"),
        table(heads, rows, numbers=range(2, len(heads))),
        note=say("alerts_note", audiences=names),
    )
