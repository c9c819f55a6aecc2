"""What the gate asks, and what proves it: ``python -m tests.expectations.quality_page``.

It writes the two tables of docs/quality.md, each between its marks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cartera.settings import CHECKOUT
from expectations.suites import SUITES
from tests.expectations.mutations import MUTATIONS

PAGE = CHECKOUT / "docs" / "quality.md"


def rules() -> str:
    """One row per rule, suite by suite."""
    lines = ["| suite | rule | severity | a failure means | what to do |", "|" + " --- |" * 5]
    lines += [
        f"| {suite} | `{rule.name}`{' ²' if rule.needs_base else ''} | {rule.severity} "
        f"| {rule.reason} | {rule.remedy} |"
        for suite, asked in SUITES.items()
        for rule in asked
    ]
    return "\n".join(lines)


def mutations() -> str:
    """One row per mutation, in the order of the rules that catch them."""
    severities = {rule.name: rule.severity for asked in SUITES.values() for rule in asked}
    place = {name: number for number, name in enumerate(severities)}
    lines = ["| what is spoiled | caught by | severity | noticed too by |", "|" + " --- |" * 4]
    lines += [
        f"| {mutation.what} | `{mutation.rule}` | {severities[mutation.rule]} "
        f"| {', '.join(f'`{name}`' for name in mutation.also)} |"
        for mutation in sorted(MUTATIONS, key=lambda mutation: place[mutation.rule])
    ]
    return "\n".join(lines)


TABLES: Mapping[str, Callable[[], str]] = {"rules": rules, "mutations": mutations}


def written(name: str) -> str:
    """A table as the page has it."""
    return _parts(PAGE.read_text(encoding="utf-8"), name)[1].strip()


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        before, _, after = _parts(page, name)
        page = f"{before}\n\n{table()}\n\n{after}"
    PAGE.write_text(page, encoding="utf-8")


def _parts(page: str, name: str) -> tuple[str, str, str]:
    """The page up to and with the table's first mark, the table, and the rest."""
    start = f"<!-- {name}: python -m tests.expectations.quality_page -->"
    end = f"<!-- end of {name} -->"
    before, rest = page.split(start)
    table, after = rest.split(end)
    return before + start, table, end + after


if __name__ == "__main__":
    main()
