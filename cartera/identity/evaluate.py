"""How good identity is on records whose truth is known: the measures, and a run on a stranger's.

Pairwise: of the pairs of records that were put together, how many belong together (precision),
and of those that belong together, how many were put together (recall). B-cubed: the same for
each record's own cluster, then averaged, so that large clusters do not count squared.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from cartera.duck import connect, identifier, literal
from cartera.errors import UsageError
from cartera.identity.link import Linked, link
from cartera.identity.model import Model
from cartera.identity.standardise import standardise
from cartera.identity.training import train
from cartera.settings import Settings

TEXTS = [
    "source_system",
    "source_record_id",
    "source",
    "given_name",
    "surname",
    "second_surname",
    "full_name",
    "email",
    "phone",
    "tax_id",
    "loyalty_number",
    "address",
    "postal_code",
    "city",
    "region",
    "country",
    "language",
    "home_store_id",
    "account_owner",
]
COLUMNS = {
    **dict.fromkeys(TEXTS, "varchar"),
    "birth_date": "date",
    "created_at": "timestamp",
    "updated_at": "timestamp",
}
_OF_LABELS = {"person": ("person_id", "person"), "household": ("household_id", "household")}


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
        load_people(connection, records, columns or {})
        _load_labels(connection, labels)
        standardise(connection, settings.default_country)
        linked = link(connection, model)
        if with_training:
            model = train(connection, model)
            linked = link(connection, model)
        return measure(connection, linked), model


def trained_on(
    settings: Settings, model: Model, records: Path, columns: dict[str, str] | None = None
) -> Model:
    """``model``, trained on the records of a file."""
    with connect(settings) as connection:
        connection.execute("attach ':memory:' as work; create schema work.staging")
        load_people(connection, records, columns or {})
        standardise(connection, settings.default_country)
        link(connection, model)
        return train(connection, model)


def load_people(connection: duckdb.DuckDBPyConnection, path: Path, columns: dict[str, str]) -> None:
    """Fill ``work.staging.stg_people`` from a file, columns by name or as ``columns`` says."""
    file = _file(path)
    there = {row[0] for row in connection.execute(f"describe from {file}").fetchall()}
    unknown = sorted(set(columns) - set(COLUMNS)) + sorted(set(columns.values()) - there)
    if unknown:
        raise UsageError(
            f"{path}: no column {unknown[0]!r}.", fix=f"There are: {', '.join(sorted(there))}."
        )
    parts = []
    for name, kind in COLUMNS.items():
        source = columns.get(name, name if name in there else None)
        value = f"try_cast({identifier(source)} as {kind})" if source else f"null::{kind}"
        if name == "source_system":
            value = f"coalesce({value}, 'records')"
        elif name == "source":
            value = f"coalesce({value}, 'crm_contacts')"
        parts.append(f"{value} as {identifier(name)}")
    if "source_record_id" not in columns and "source_record_id" not in there:
        raise UsageError(
            f"{path} has no column source_record_id.",
            fix="Name the column that is each record's key, in the contract or in the file.",
        )
    connection.execute(
        f"create table work.staging.stg_people as select {', '.join(parts)} from {file}"
    )


def _load_labels(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Temp table ``labels``: source_system, source_record_id, person, household."""
    file = _file(path)
    there = {row[0] for row in connection.execute(f"describe from {file}").fetchall()}
    found = {
        kind: next((name for name in names if name in there), None)
        for kind, names in _OF_LABELS.items()
    }
    if "source_record_id" not in there or not found["person"]:
        raise UsageError(
            f"{path} has no columns source_record_id and person_id.",
            fix="Labels are a file with source_system, source_record_id, person_id and, where "
            "known, household_id.",
        )
    system = "source_system::varchar" if "source_system" in there else "'records'"
    household = f"{identifier(found['household'])}::varchar" if found["household"] else "null"
    connection.execute(
        f"create temp table labels as select {system} as source_system, "
        f"source_record_id::varchar as source_record_id, "
        f"{identifier(found['person'])}::varchar as person, {household} as household from {file}"
    )
    unlabelled = connection.execute(
        "select count(*) from work.staging.stg_people "
        "anti join labels using (source_system, source_record_id)"
    ).fetchall()[0][0]
    if unlabelled:
        raise UsageError(
            f"{path}: {unlabelled:,} records have no label.",
            fix="Label every record, or leave the others out of the records.",
        )


def _file(path: Path) -> str:
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", fix="Give the path of a CSV or Parquet file.")
    if path.suffix == ".parquet":
        return f"read_parquet({literal(path)})"
    return f"read_csv({literal(path)}, all_varchar = true, header = true)"


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
