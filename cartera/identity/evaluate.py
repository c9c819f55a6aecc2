"""How good identity is on records whose truth is known: the measures, and a run on a stranger's.

Pairwise: of the pairs of records that were put together, how many belong together (precision),
and of those that belong together, how many were put together (recall). B-cubed: the same for
each record's own cluster, then averaged, so that large clusters do not count squared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from cartera.duck import connect
from cartera.identity.link import Linked, link
from cartera.identity.loading import load_labels, load_people
from cartera.identity.model import Model
from cartera.identity.standardise import standardise
from cartera.identity.training import train
from cartera.settings import Settings


@dataclass(frozen=True)
class Evaluation:
    """The measures; ``None`` where there is nothing to divide by, or no household is told."""

    records: int
    people: int
    customers: int
    pairwise: dict[str, float | None]
    b_cubed: dict[str, float | None]
    joinable: dict[str, float | None]
    wrong_pairs_in_households: int | None
    wrong_pairs_among_strangers: int | None
    largest_cluster: int
    alarms: list[str]


def evaluate(
    settings: Settings,
    model: Model,
    records: Path,
    labels: Path,
    columns: dict[str, str] | None = None,
    *,
    with_training: bool = False,
) -> tuple[Evaluation, Model]:
    """Resolve ``records`` and compare with ``labels``; both are CSV or Parquet.

    ``columns`` maps columns of ``stg_people`` to those of the file. Labels have
    source_system, source_record_id, person_id and perhaps household_id. With training, a first
    linking trains a model on the records alone, and the second is judged; that model is returned.
    Raises UsageError for a file that does not fit.
    """
    with connect(settings) as connection:
        connection.execute("attach ':memory:' as work; create schema work.staging")
        unused = load_people(connection, records, columns or {})
        load_labels(connection, labels)
        standardise(connection, settings.default_country)
        linked = link(connection, model)
        if with_training:
            model = train(connection, model)
            linked = link(connection, model)
        result = measure(connection, linked)
        return replace(result, alarms=[*unused, *result.alarms]), model


def trained_on(
    settings: Settings,
    model: Model,
    records: Path,
    columns: dict[str, str] | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Model:
    """``model``, trained on the records of a file; ``tell`` hears what of it was not used."""
    with connect(settings) as connection:
        connection.execute("attach ':memory:' as work; create schema work.staging")
        for line in load_people(connection, records, columns or {}):
            tell(line)
        standardise(connection, settings.default_country)
        link(connection, model)
        return train(connection, model)


def measure(connection: duckdb.DuckDBPyConnection, linked: Linked) -> Evaluation:
    """Compare ``work.identity.clusters`` with the temp table ``labels``."""
    connection.execute(
        """
        create or replace temp table judged_records as
        select record, cluster, person, household
        from work.identity.clusters join work.identity.records using (record)
        join labels using (source_system, source_record_id)
        """
    )
    both = _pairs(connection, "cluster, person")
    together = _pairs(connection, "cluster")
    true = _pairs(connection, "person")
    at_home = _pairs(connection, "cluster, household", "household is not null")
    has_households = connection.execute("select count(household) from labels").fetchall()[0][0] > 0
    _join_by_evidence(connection)
    joinable = _pairs(connection, "person, joined")
    joined = _pairs(connection, "person, joined, cluster")
    precision = _share(both, together)
    b_precision, b_recall = connection.execute(
        """
        select avg(in_both / in_cluster), avg(in_both / in_person) from (
            select count(*) over (partition by cluster, person) as in_both,
                count(*) over (partition by cluster) as in_cluster,
                count(*) over (partition by person) as in_person
            from judged_records)
        """
    ).fetchall()[0]
    counts = connection.execute(
        "select count(*), count(distinct person), count(distinct cluster) from judged_records"
    ).fetchall()[0]
    return Evaluation(
        records=counts[0],
        people=counts[1],
        customers=counts[2],
        pairwise=_scores(precision, _share(both, true)),
        b_cubed=_scores(b_precision, b_recall),
        joinable=_scores(precision, _share(joined, joinable)) | {"share": _share(joinable, true)},
        wrong_pairs_in_households=at_home - both if has_households else None,
        wrong_pairs_among_strangers=together - at_home if has_households else None,
        largest_cluster=linked.largest_cluster,
        alarms=linked.alarms,
    )


def _pairs(connection: duckdb.DuckDBPyConnection, group: str, where: str = "true") -> int:
    count: int = connection.execute(
        f"select coalesce(sum(n * (n - 1) // 2), 0)::bigint from "
        f"(select count(*) as n from judged_records where {where} group by {group})"
    ).fetchall()[0][0]
    return count


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _scores(precision: float | None, recall: float | None) -> dict[str, float | None]:
    f1 = None
    if precision is not None and recall is not None:
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


# What can show that two records are one person; a name alone cannot.
_EVIDENCE = {
    "email": "email_key",
    "phone": "phone_key",
    "tax": "tax_key",
    "loyalty": "loyalty_key",
    "born": "given_key || ' ' || surname_key || ' ' || birth_key::varchar",
    "house": "given_key || ' ' || surname_key || ' ' || address_key",
}


def _join_by_evidence(connection: duckdb.DuckDBPyConnection) -> None:
    """Adds ``joined`` to the judged records: a person's records that shared evidence connects.

    Shared is e-mail, phone, tax id or card, or a name with birth date or address.
    """
    import numpy as np
    import pyarrow as pa

    from cartera.identity.clustering import components

    parts = " union all ".join(
        f"select record, person, '{kind}' || {value} as evidence "
        f"from judged_records join comparable using (record) where {value} is not null"
        for kind, value in _EVIDENCE.items()
    )
    edges = connection.execute(
        f"select record, min(record) over (partition by person, evidence) as lowest from ({parts})"
    ).fetchnumpy()
    total = connection.execute("select count(*) from work.identity.records").fetchall()[0][0]
    labels = components(total, edges["record"].astype(np.int64), edges["lowest"].astype(np.int64))
    connection.register("joined_arrow", pa.table({"record": np.arange(total), "joined": labels}))
    connection.execute(
        "create or replace temp table judged_records as "
        "select * from judged_records join joined_arrow using (record)"
    )
    connection.unregister("joined_arrow")


def as_dict(evaluation: Evaluation) -> dict[str, Any]:
    """For ``--json``, numbers to four decimals."""
    told: dict[str, Any] = {}
    for name, value in evaluation.__dict__.items():
        if isinstance(value, dict):
            value = {k: v if v is None else round(v, 4) for k, v in value.items()}
        told[name] = value
    return told
