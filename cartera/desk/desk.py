"""What every page gets: numbers to read, words and formats of its reader, things to show.

A ``Desk`` lives for one run of one page by one person, and holds one snapshot: all that a page
shows is of one publication, though another be published meanwhile.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow as pa
import streamlit as st

from cartera import metrics
from cartera.desk import charts, tables, words
from cartera.desk.reading import Parameters, Snapshot
from cartera.desk.roles import Person, Role
from cartera.errors import CarteraError
from cartera.formats import Formats, Number
from cartera.metrics import Metric
from cartera.settings import Settings

log = logging.getLogger("cartera.desk")


@dataclass(frozen=True)
class Desk:
    """``settings`` for what is done beside reading, such as pulls; ``links`` to pages by name."""

    settings: Settings
    snapshot: Snapshot
    person: Person
    language: str
    links: Mapping[str, Any] = field(default_factory=dict)

    @property
    def role(self) -> Role:
        return self.person.role

    # -- reading ---------------------------------------------------------------------------------

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """The answer of the warehouse. Tables are named ``warehouse.marts.customer_360``.

        Values are bound: ``$name`` in ``sql``, ``{"name": value}`` in ``parameters``. Kept for as
        long as the publication is current. Raises UsageError above 20,000 rows.
        """
        return self.snapshot.query(sql, parameters)

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """The same as a list, for the few rows that a page goes through itself."""
        return list(self.query(sql, parameters).to_pylist())

    def people(
        self, event: str, sql: str, parameters: Parameters | None = None, /, **about: Any
    ) -> pa.Table:
        """The answer of ``contacts.contacts`` and the warehouse, 200 rows at most.

        ``event``, with ``about`` (ids and numbers), goes into the access log first.
        Raises CarteraError for a role that may not.
        """
        if not self.role.sees_contact_data:
            raise CarteraError(self.words("desk.no_contact_data"))
        return self.snapshot.people(event, sql, parameters, **about)

    @cached_property
    def publication(self) -> dict[str, Any]:
        """The row of ``meta.publication``: publication_id, as_of, built_at, gate_status."""
        return self.rows("from warehouse.meta.publication")[0]

    @property
    def as_of(self) -> date:
        """Exclusive end of the data."""
        day: date = self.publication["as_of"]
        return day

    # -- words and figures -----------------------------------------------------------------------

    def words(self, key: str, **values: object) -> str:
        """The phrase ``page.name`` in the reader's language, from words/<language>/<page>.yml."""
        return words.say(self.language, key, **values)

    def label(self, value: object) -> str:
        """A value of the data (a segment, a stage, a reason) in words; itself if none are known."""
        if value is None:
            return self.words("desk.none")
        return words.phrases(self.language).get(f"values.{value}", str(value))

    @cached_property
    def formats(self) -> Formats:
        told = self.publication
        return Formats(self.language, told["reporting_currency"], told["business_timezone"])

    def metric(self, name: str) -> Metric:
        """A metric, or a column of a mart, in the reader's language. Raises KeyError."""
        return metrics.metric(name, self.language)

    def name(self, metric: str) -> str:
        """What a metric is called."""
        return self.metric(metric).name

    def define(self, metric: str) -> str:
        """What a metric is, for a hint: its definition, and the fraction or column behind it."""
        told = self.metric(metric)
        if told.denominator:
            return f"{told.definition}.\n\n`{told.numerator}` ÷ `{told.denominator}`"
        if not told.numerator:
            return f"{told.definition}.\n\n`marts.{metric}`"
        return f"{told.definition}."

    def value(self, metric: str, value: Number | None) -> str:
        """A metric's value, by its unit."""
        return self.formats.by_unit(value, self.metric(metric).unit)

    # -- things to show --------------------------------------------------------------------------

    def title(self, key: str, lead: str | None = None) -> None:
        """The page's heading, and a sentence that says what it is for."""
        st.title(self.words(key), anchor=False)
        if lead:
            st.caption(self.words(lead))

    def heading(self, key: str, hint: str | None = None, *, of: Sequence[str] = ()) -> None:
        """A part of a page; on hover what it is, and what the metrics ``of`` its charts are."""
        said = [self.words(hint)] if hint else []
        said += [f"**{self.name(metric)}**: {self.define(metric)}" for metric in of]
        st.subheader(self.words(key), anchor=False, help="\n\n".join(said) or None, divider="gray")

    def tile(
        self,
        metric: str,
        value: Number | None,
        before: Number | None = None,
        *,
        label: str | None = None,
        note: str | None = None,
        line: Sequence[float | None] = (),
    ) -> None:
        """A metric with its change since ``before``: relative, of rates in points.

        Green is better by the metric's own direction. ``line`` is a small chart of its past, of
        the periods whose value is known.
        """
        told = self.metric(metric)
        delta = self._change(told, value, before)
        st.metric(
            label or self.name(metric),
            self.value(metric, value),
            delta,
            delta_color="inverse" if told.direction == "down" else "normal",
            delta_description=note if delta else None,
            help=self.define(metric),
            border=True,
            height="stretch",
            chart_data=[point for point in line if point is not None] or None,
        )

    def _change(self, told: Metric, value: Number | None, before: Number | None) -> str | None:
        if value is None or before is None:
            return None
        was, formats = float(before), self.formats
        change = float(value) - was
        if told.unit == "rate":
            size = f"{formats.number(abs(change) * 100, 1)} {self.words('desk.points')}"
        elif was:
            size = formats.percent(abs(change / was))
        else:
            return None
        # Streamlit takes a plain hyphen for a fall, and a minus sign for nothing.
        return f"{'-' if change < 0 else '+'}{size}"

    def chart(self, chart: Any, name: str, data: pa.Table, *, alt: str) -> None:
        """An Altair chart as wide as its place, and a button that downloads its numbers as CSV.

        ``name`` is the file's, unique on the page; ``alt`` says in a sentence what it shows, for
        those who do not see it.
        """
        if not data.num_rows:
            self.empty()
            return
        st.altair_chart(
            chart.configure(**charts.theme(self.language)), width="stretch", theme=None, alt=alt
        )
        self.download(data, name)

    def download(self, data: pa.Table, name: str) -> None:
        """A button that downloads ``data``, which holds no contact data, as CSV."""
        st.download_button(
            self.words("desk.download"),
            lambda: tables.as_csv(data),
            file_name=f"{name}-{self.as_of:%Y-%m-%d}.csv",
            mime="text/csv",
            icon=":material/download:",
            type="tertiary",
            key=f"download-{name}",
            on_click="ignore",
        )

    def table(self, data: pa.Table, columns: dict[str, Any] | None = None, **more: Any) -> None:
        """A table; ``columns`` maps names to st.column_config or to the heading alone."""
        if not data.num_rows:
            self.empty()
            return
        order = list(columns) if columns else None
        st.dataframe(data, hide_index=True, column_config=columns, column_order=order, **more)

    def link(self, page: str, label: str, **parameters: str) -> None:
        """The way to another page, opened as ``parameters`` say; nothing for who may not see it."""
        if page in self.links:
            st.page_link(
                self.links[page],
                label=label,
                icon=":material/arrow_forward:",
                query_params=parameters,
            )

    def empty(self, key: str = "desk.empty") -> None:
        """Says that there is nothing, and why."""
        st.info(self.words(key), icon=":material/inbox:")

    def error(self, error: CarteraError) -> None:
        """One paragraph: what, where, what to do."""
        st.error(f"{error.message} {error.fix}".strip(), icon=":material/error:")

    @contextmanager
    def part(self, key: str | None = None, *, of: Sequence[str] = ()) -> Iterator[None]:
        """A part of a page whose failure leaves the other parts as they are."""
        if key:
            self.heading(key, of=of)
        with self.guarded(key or "a part"):
            yield

    @contextmanager
    def guarded(self, place: str) -> Iterator[None]:
        """What goes wrong at ``place`` is told instead of what would stand there.

        A fault is told by a number: its own words may hold what is not for everybody. The log
        has them.
        """
        try:
            yield
        except CarteraError as error:
            self.error(error)
        except Exception:
            number = secrets.token_hex(4)
            log.exception("%s: %s", number, place)
            st.error(self.words("desk.fault", number=number), icon=":material/error:")


Show = Callable[[Desk], None]
