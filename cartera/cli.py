"""The command line: parses, calls an arrow or a room, prints, and ends with a code.

Exit codes: 0 done; 1 refused by data; 2 usage; 3 fault; 4 lock busy or the base moved.
"""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from cartera import __version__, arrows, publications
from cartera.commands import (
    audience,
    batch,
    contract,
    desk,
    export,
    identity,
    identity_evaluate,
    publication,
    quarantine,
    tombstone,
)
from cartera.commands.demo import AS_OF, DAYS, PEOPLE, SEED
from cartera.console import (
    HomeOption,
    JsonOption,
    say,
    settings_for,
    show_error,
    show_json,
    show_line,
    show_note,
    show_table,
    wants_json,
)
from cartera.duck import storage_errors
from cartera.errors import CarteraError, RefusedByData, UsageError

app = typer.Typer(
    help="One clean, deduplicated customer base with segments and KPIs, from the pieces you have.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(batch.app, name="batch")
app.add_typer(publication.app, name="publications")
app.add_typer(contract.app, name="contract")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(audience.app, name="audience")
app.add_typer(export.app, name="export")
app.add_typer(desk.app, name="desk")
app.add_typer(tombstone.app, name="tombstones")
identity.app.add_typer(identity_evaluate.app)
app.add_typer(identity.app, name="identity")

DAY = "%Y-%m-%d"
DEMO_AS_OF = datetime.fromisoformat(AS_OF.isoformat())
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", formats=[DAY], metavar="DATE", help="Exclusive end of the data, e.g. 2026-11-01."
    ),
]
Emails = Annotated[
    list[str] | None, typer.Option("--email", metavar="EMAIL", help="Theirs; repeatable.")
]
Phones = Annotated[
    list[str] | None, typer.Option("--phone", metavar="PHONE", help="Theirs; repeatable.")
]
Customers = Annotated[
    list[str] | None, typer.Option("--customer", metavar="ID", help="Their id; repeatable.")
]


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@app.command()
def run(as_of: AsOf = None, home: HomeOption = None, json: JsonOption = False) -> None:
    """Run every arrow once: the demo's inbox if there is none, then the DAGs in order.

    Example: cartera run
    """
    from cartera.commands.running import run_everything

    run_everything(settings_for(home), _day(as_of), json=json)


@app.command()
def demo(
    people: Annotated[
        int, typer.Option(min=10, help="How many people the company knows.")
    ] = PEOPLE,
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.")] = SEED,
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", formats=[DAY], metavar="DATE", help="Exclusive end of its data."),
    ] = DEMO_AS_OF,
    days: Annotated[int, typer.Option(min=60, help="How many days of data.")] = DAYS,
    truth: Annotated[
        Path | None, typer.Option(help="Folder for who is who, planted lift and bad rows.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="complete-journey: real data instead.")
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Write a demo company's exports into the inbox, as its systems would.

    Example: cartera demo --people 2000 --seed 7 --as-of 2026-11-01 --days 730
    """
    from cartera.commands.demo import complete_journey, demo_company

    settings = settings_for(home)
    tell = None if json else say
    if from_ is None:
        facts = demo_company(settings, people, seed, as_of.date(), days, truth, tell)
    elif from_ == "complete-journey":
        facts = complete_journey(settings, tell)
    else:
        raise UsageError(f"No data set {from_!r}.", fix="There is: complete-journey.")
    if json:
        show_json(facts)
    else:
        show_line(f"The inbox is filled: {settings.inbox}")


@app.command()
def fetch(
    system: Annotated[str | None, typer.Argument(help="One system; by default all.")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Bring what is new of the systems with a connection into the inbox.

    Example: cartera fetch till
    """
    from cartera.commands.fetch import fetch_systems

    fetch_systems(settings_for(home), system, json=json)


@app.command()
def ingest(
    system: Annotated[str | None, typer.Argument(help="One system; by default all.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=[DAY], metavar="DATE", help="First partition."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=[DAY], metavar="DATE", help="Last partition.")
    ] = None,
    fetch: Annotated[
        bool, typer.Option(help="Fetch first, where the system has a connection.")
    ] = True,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Read every file, though size and times are those landed."),
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Land what is new in the inbox.

    Example: cartera ingest till --from 2026-10-01 --to 2026-10-31
    """
    from cartera.commands.fetch import fetch_one, together

    settings = settings_for(home)
    connected = arrows.connected_systems(settings) if fetch else []
    failed: list[CarteraError] = []
    reports = []
    for name in [system] if system else arrows.systems_with_inbox(settings):
        if name in connected:
            fetch_one(settings, name, failed, json=json)
        # What could not be fetched keeps nothing back that is here already.
        try:
            report = arrows.ingest(
                settings,
                name,
                since=_day(since),
                until=_day(until),
                verify=verify,
                progress=None if json else say,
            )
            reports += report.rows
        except RefusedByData as error:
            failed.append(error)
            reports += error.report
    if not json:
        show_ingests(reports)
    elif not failed:
        show_json(reports)
    if failed:
        raise together(failed, reports)


@app.command()
def build(
    as_of: AsOf = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help="Override this gate rule, once; repeatable."),
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the rules are overridden.")] = "",
    in_full: Annotated[
        bool,
        typer.Option("--in-full", help="Look at all people again, and say what differs."),
    ] = False,
    wait: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="Seconds to wait for another build."),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Build, audit and publish a warehouse from what has landed.

    Example: cartera build --as-of 2026-11-01
    """
    if accept and not reason.strip():
        raise UsageError("--accept needs a --reason.", fix='Add --reason "why".')
    report = arrows.build(
        settings_for(home),
        as_of=_day(as_of),
        accept=dict.fromkeys(accept or [], reason),
        in_full=in_full,
        wait=wait,
        progress=None if json else say,
    )
    if json:
        show_json(asdict(report))
        return
    rows = [(name.replace("_", " "), value) for name, value in report.counts.items()]
    show_table(f"published {report.publication_id}", ["what", "value"], rows)
    for warning in report.warnings:
        show_note("warning", warning)


@app.command()
def erase(
    email: Emails = None,
    phone: Phones = None,
    customer: Customers = None,
    file: Annotated[
        Path | None, typer.Option(help="Names: an e-mail, phone or customer's id a line.")
    ] = None,
    all_holders: Annotated[
        bool, typer.Option("--all-holders", help="Everybody who holds the e-mail or phone.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the erasure that is under way.")
    ] = False,
    request: Annotated[
        bool, typer.Option("--request", help="Only write it down, for --resume or the DAG.")
    ] = False,
    build: Annotated[
        bool, typer.Option("--build/--no-build", help="Rebuild, and finish; else stop before.")
    ] = True,
    as_of: AsOf = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Erase people from every store, rebuild, look everywhere and certify it.

    Example: cartera erase --email ana@example.com
    """
    from cartera.commands.privacy import run_erase, wanted_of

    named = [*(email or []), *(phone or []), *(customer or [])]
    if resume and (named or file):
        raise UsageError("--resume goes on with who was named before.", fix="Leave the names out.")
    run_erase(
        settings_for(home),
        None if resume else wanted_of(email or [], phone or [], customer or [], file),
        all_holders=all_holders,
        request=request,
        build=build,
        as_of=_day(as_of),
        json=json,
    )


@app.command("subject-report")
def subject_report(
    email: Emails = None,
    phone: Phones = None,
    customer: Customers = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page that needs nothing else.")
    ] = None,
    all_holders: Annotated[
        bool, typer.Option("--all-holders", help="Everybody who holds the e-mail or phone.")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Print all that is held on one person, as JSON whether it is asked for or not.

    Example: cartera subject-report --email ana@example.com --html ana.html
    """
    from cartera.commands.privacy import show_subject_report, wanted_of

    show_subject_report(
        settings_for(home),
        wanted_of(email or [], phone or [], customer or [], None),
        all_holders=all_holders,
        html=html,
    )


@app.command("export-inputs")
def export_inputs(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one that is not there.")],
    as_of: AsOf = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Write what core and marts are made of as Parquet, to make them on Spark.

    Example: cartera export-inputs /shared/inputs --as-of 2026-11-01
    """
    report = arrows.export_inputs(
        settings_for(home), folder, as_of=_day(as_of), progress=None if json else say
    )
    if json:
        show_json(asdict(report))
    else:
        show_table(f"written to {report.folder}", ["table", "rows"], list(report.rows.items()))


@app.command()
def quality(
    last: Annotated[int, typer.Option(min=1, max=500, help="How many builds.")] = 20,
    rule: Annotated[str | None, typer.Option(metavar="RULE", help="One rule only.")] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page that works offline, too.")
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show how the rules of the gate fared from build to build, refused ones among them.

    Example: cartera quality --last 30 --html quality.html
    """
    from cartera.commands.quality import show_quality

    show_quality(settings_for(home), last, rule, html, json=json)


@app.command()
def briefing(
    publication: Annotated[
        str, typer.Option(metavar="ID", help="Which publication.")
    ] = publications.CURRENT,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to; by default exports/briefings/.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="en or es; by default CARTERA_BRIEFING_LANGUAGE.")
    ] = None,
    mail: Annotated[
        bool, typer.Option("--mail", help="Send it to those of CARTERA_BRIEFING_TO who lack it.")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Write what is new in a publication, and what needs somebody, as one page.

    Example: cartera briefing --output briefing.html --language es
    """
    from cartera.commands.briefing import run_briefing

    run_briefing(settings_for(home), publication, output, language, by_mail=mail, json=json)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A new file, or a folder to make one in.")],
    older: Annotated[
        int, typer.Option(min=0, help="How many publications besides the current one.")
    ] = 0,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Write all that the home needs to come back to one file; others may go on working.

    Example: cartera backup /backups/cartera-2026-11-01.tar
    """
    from cartera.commands.backup import run_backup

    run_backup(settings_for(home), target, older, json=json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `cartera backup` wrote.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only compare every checksum; restore nothing.")
    ] = False,
    tombstones: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Those of today: who was erased since is taken out."),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Make an empty home what it was at the backup: all of it, or nothing.

    Example: cartera restore /backups/cartera-2026-11-01.tar --home /srv/cartera
    """
    from cartera.commands.backup import run_restore

    run_restore(settings_for(home), file, tombstones, check=check, json=json)


@app.command()
def maintain(
    as_of: AsOf = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what retention would take out.")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Take out what contracts keep no longer, prune publications, make a backup.

    Example: cartera maintain --as-of 2026-11-01 --dry-run
    """
    from cartera.commands.maintain import run_maintenance

    run_maintenance(settings_for(home), _day(as_of), dry_run=dry_run, json=json)


@app.command()
def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """Say what is current, stale, held or blocked, and why.

    Example: cartera status
    """
    from cartera.commands.status import show_status

    show_status(settings_for(home), json=json)


@app.command()
def doctor(home: HomeOption = None, json: JsonOption = False) -> None:
    """Check the installation: versions, folders, modes, space.

    Example: cartera doctor
    """
    from cartera.commands.doctor import show_checks

    show_checks(settings_for(home), json=json)


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8080,
    home: HomeOption = None,
) -> None:
    """Start Airflow with the DAGs, on this machine alone, until Ctrl-C.

    Example: cartera ui --port 8080
    """
    from cartera.scheduler import standalone

    standalone.run(settings_for(home), port=port, progress=say)


@app.command()
def version() -> None:
    """Print the version.

    Example: cartera version
    """
    print(__version__)


def show_ingests(reports: list[dict[str, object]]) -> None:
    """What was received, accepted and quarantined, by system and source."""
    columns = ["system", "source", "batches", "repeats", "received", "accepted", "quarantined"]
    if any(row["part"] for row in reports):
        columns.insert(2, "part")
    show_table("ingested", columns, [[row[name] for name in columns] for row in reports])
    for row in reports:
        for line in row["passed_over"] if isinstance(row["passed_over"], list) else []:
            show_note("passed over", line)


def main() -> None:
    """Entry point. Every end is an exit code that scripts can use."""
    # What Cartera writes holds personal data: nothing of it is for everybody.
    os.umask(0o027)
    try:
        # Wrong usage ends here already, with its message and code 2.
        with storage_errors("the command"):
            app()
    except CarteraError as error:
        show_error(error, as_json=wants_json())
        sys.exit(error.exit_code)
    except Exception as error:
        traceback.print_exc()
        fault = CarteraError(
            f"{type(error).__name__}: {error}.", fix="This is a fault of Cartera: report it."
        )
        show_error(fault, as_json=wants_json())
        sys.exit(fault.exit_code)


if __name__ == "__main__":
    main()
