"""``cartera publications``: what was published, which is current, what differs, going back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from cartera import publications
from cartera.comparing import Comparison, compare
from cartera.console import (
    HomeOption,
    JsonOption,
    settings_for,
    show_json,
    show_line,
    show_table,
)
from cartera.lock import hold
from cartera.quantities import age, size

app = typer.Typer(help="Publications: list, compare, roll back, prune.", no_args_is_help=True)


@app.command("list")
def list_publications(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the publications, newest first.

    Example: cartera publications list --json
    """
    rows = [
        {
            "publication_id": p.publication_id,
            "is_current": p.is_current,
            "megabytes": round(p.size / 1e6, 1),
            **{k: v for k, v in publications.facts(p).items() if k in ("as_of", "gate_status")},
        }
        for p in publications.listed(settings_for(home))
    ]
    if json:
        show_json(rows)
        return
    show_table(
        f"{len(rows)} publications",
        ["publication", "current", "as of", "gate", "MB"],
        [
            (r["publication_id"], r["is_current"], r["as_of"], r["gate_status"], r["megabytes"])
            for r in rows
        ],
    )


@app.command()
def rollback(
    reason: Annotated[str, typer.Option(help="Why; goes on the record.")],
    publication: Annotated[
        str | None, typer.Argument(help="Where to; by default the one before.")
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Make an earlier publication current again.

    Example: cartera publications rollback --reason "prices were wrong"
    """
    settings = settings_for(home)
    with hold(settings, "build"):
        back = publications.rollback(settings, publication, reason)
    if json:
        show_json({"publication_id": back.publication_id})
    else:
        show_line(f"{back.publication_id} is current again.")


@app.command()
def prune(
    keep: Annotated[int | None, typer.Option(min=1, help="How many to keep.")] = None,
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="Delete what is older: 36h, 30d or 4w.")
    ] = None,
    disk_budget: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="How much all of them may take, such as 20GB."),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Delete old publications, never the current one; without an option, by the settings.

    Example: cartera publications prune --older-than 30d --disk-budget 20GB
    """
    settings = settings_for(home)
    by_age = age(older_than) if older_than else None
    by_size = size(disk_budget) if disk_budget else None
    with hold(settings, "build"):
        if keep is None and by_age is None and by_size is None:
            removed = publications.prune_by_settings(settings)
        else:
            removed = publications.prune(
                settings, keep=keep, older_than=by_age, disk_budget=by_size
            )
        publications.remove_leftovers(settings)
        left = sum(publication.size for publication in publications.listed(settings))
    if json:
        show_json({"removed": removed, "megabytes_left": round(left / 1e6, 1)})
    else:
        show_line(f"{len(removed)} publications removed; {left / 1e6:,.1f} MB are left.")


@app.command()
def diff(
    was: Annotated[
        str | None, typer.Argument(help="The one to compare with; by default the one before.")
    ] = None,
    now: Annotated[str, typer.Argument(help="The one that is compared.")] = publications.CURRENT,
    months: Annotated[
        int, typer.Option(min=1, max=120, help="How many complete months of figures.")
    ] = 3,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Say what changed between two publications: tables, figures, segments, customers.

    Example: cartera publications diff
    """
    settings = settings_for(home)
    if was is None:
        before, after = publications.last_two(settings)
    else:
        before, after = publications.find(settings, was), publications.find(settings, now)
    found = compare(before, after, months=months)
    if json:
        show_json(asdict(found))
    else:
        show_comparison(found)


def show_comparison(found: Comparison) -> None:
    """What differs, as tables; what is as it was is left out."""
    show_table(
        "publications",
        ["", "publication", "as of", "built at", "gate"],
        [
            (side, row["publication_id"], row["as_of"], row.get("built_at"), row.get("gate_status"))
            for side, row in (("was", found.was), ("now", found.now))
        ],
    )
    _show_rows(
        "tables and columns",
        "are the same",
        ["table", "column", "change", "was", "now"],
        [[r.get(c) for c in ("table", "column", "change", "was", "now")] for r in found.schemas],
    )
    _show_rows(
        "rows",
        "are as many in every table",
        ["table", "was", "now", "change"],
        [list(row.values()) for row in found.rows],
    )
    _show_rows(
        "figures of the last complete months",
        "are the same",
        ["metric", "month", "was", "now", "change", "change %"],
        [
            [
                r["metric"],
                r["month"][:7],
                *(_figure(r[side]) for side in ("was", "now", "change")),
                _percent(r["change_rate"]),
            ]
            for r in found.kpis
            if r["is_changed"]
        ],
    )
    show_line()
    show_table("customers", list(found.customers), [list(found.customers.values())])
    _show_rows(
        "moves between segments",
        "there are none",
        ["scheme", "from", "to", "customers"],
        [[r["scheme"], r["from"], r["to"], r["customers"]] for r in found.segments if r["is_move"]],
    )


def _show_rows(title: str, nothing: str, columns: list[str], rows: list[list[Any]]) -> None:
    show_line()
    if rows:
        show_table(title, columns, rows)
    else:
        show_line((title, "bold"), f": {nothing}")


def _figure(value: float | None) -> str | None:
    """Rates and revenues stand in one column: what is small keeps its digits."""
    if value is None:
        return None
    return f"{value:,.4f}" if abs(value) < 10 else f"{value:,.2f}"


def _percent(rate: float | None) -> str | None:
    return None if rate is None else f"{rate:+.1%}"
