"""Which columns the oracle compares: ``python -m tests.oracle.coverage`` writes it down.

The table stands in docs/oracle.md between two marks.
"""

from __future__ import annotations

from cartera.settings import CHECKOUT
from tests.oracle.compiled import Project, load_project
from tests.oracle.tables import TABLES

PAGE = CHECKOUT / "docs" / "oracle.md"
START, END = "<!-- coverage: python -m tests.oracle.coverage -->", "<!-- end of coverage -->"


def table(project: Project) -> str:
    """The table in Markdown, one row per table of core and marts."""
    compared = {known.name: {*known.wanted} for known in TABLES}
    lines = ["| table | compared | not compared |", "| --- | --- | --- |"]
    for model in sorted(project.models, key=lambda model: (model.schema, model.name)):
        if model.schema not in ("core", "marts"):
            continue
        columns = [name for name, _, _ in model.columns]
        wanted = compared.get(model.name, set())
        left = [f"`{name}`" for name in columns if name not in wanted]
        said = "all" if not wanted else ", ".join(left)
        share = f"{len(columns) - len(left)} of {len(columns)}"
        lines.append(f"| `{model.schema}.{model.name}` | {share} | {said} |")
    return "\n".join(lines)


def written() -> str:
    """The table as the page has it."""
    return PAGE.read_text(encoding="utf-8").split(START)[1].split(END)[0].strip()


def main() -> None:
    project = load_project()
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n\n{table(project)}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
