"""From judged pairs to clusters: strongest first, nobody across a contradiction."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cartera.duck import first_value
from cartera.identity import edges, guards
from cartera.identity.clustering import Bools, Ints, cluster, components
from cartera.identity.model import Model

# Why a pair that may link does not, though nothing contradicts between the two themselves.
STEWARD = "steward"
CHAIN = "a long chain of records"
BETWEEN = "near to two people"
NAMELESS = "a name is not whole"
OTHERS = "a record between them"
SIZE = "too many records"


@dataclass(frozen=True)
class Joined:
    """The records of the largest cluster, and how many links were refused or cut for size."""

    largest: int
    refused_for_size: int
    cut_for_size: int


def join_judged(connection: duckdb.DuckDBPyConnection, model: Model, records: int) -> Joined:
    """Write ``work.identity.clusters`` (record, cluster, cluster_size) from ``judged``.

    Temp table ``refused`` (record_a, record_b, reason): pairs that may link and are apart.
    """
    linking = connection.execute(
        "select record_a, record_b, weight, is_partial from judged where may_link "
        "order by record_a, record_b"
    ).fetchnumpy()
    must = connection.execute(
        "select record_a, record_b, reason <> 'renumbered' as is_stated "
        "from work.identity.must_links"
    ).fetchnumpy()
    a = np.concatenate([linking["record_a"], must["record_a"]]).astype(np.int64)
    b = np.concatenate([linking["record_b"], must["record_b"]]).astype(np.int64)
    weight = np.concatenate([linking["weight"], np.full(len(must["record_a"]), np.inf)])
    partial = np.concatenate([linking["is_partial"], np.zeros(len(must["record_a"]), bool)])
    partial = partial.astype(bool)
    stated = np.concatenate([np.zeros(len(linking["weight"])), must["is_stated"]]).astype(bool)

    why = np.full(len(a), None, object)
    sound = edges.bounded(records, a, b, weight)
    why[~sound] = CHAIN
    veto_a, veto_b, numbers = _vetoes(connection, model, components(records, a[sound], b[sound]))
    cannot = connection.execute(
        "select least(record_a, record_b) as a, greatest(record_a, record_b) as b "
        "from work.identity.cannot_links order by all"
    ).fetchnumpy()
    married = edges.overruled(records, a, b, stated, veto_a, veto_b) & ~numbers
    veto_a = np.concatenate([veto_a[~married], cannot["a"].astype(np.int64)])
    veto_b = np.concatenate([veto_b[~married], cannot["b"].astype(np.int64)])
    # A pair that contradicts itself may not link: what is left are the stewards'.
    said = edges.among(a, b, veto_a, veto_b) & (weight < np.inf)
    why[said] = STEWARD
    sound &= ~said
    open_edges = np.flatnonzero(sound)
    between = edges.between_two(a[sound], b[sound], weight[sound], veto_a, veto_b)
    why[open_edges[between]] = BETWEEN
    sound[open_edges[between]] = False
    named = sound & ~partial
    first = cluster(records, a[named], b[named], weight[named], veto_a, veto_b)
    nameless = connection.execute(
        "select record from comparable where given_key is null or surname_key is null"
    ).fetchnumpy()["record"]
    is_nameless = np.zeros(records, bool)
    is_nameless[nameless.astype(np.int64)] = True
    following = edges.followers(a, b, weight, sound & partial, first.labels, is_nameless)
    why[sound & partial] = NAMELESS
    chosen = np.concatenate([np.flatnonzero(named), following])
    final = cluster(records, a[chosen], b[chosen], weight[chosen], veto_a, veto_b)
    why[chosen] = np.where(final.too_large, SIZE, OTHERS)
    apart = final.labels[a] != final.labels[b]
    _write_refused(connection, a[apart], b[apart], why[apart])
    sizes = np.bincount(final.labels, minlength=records)
    table = {
        "record": pa.array(np.arange(records)),
        "cluster": pa.array(final.labels),
        "cluster_size": pa.array(sizes[final.labels]),
    }
    connection.register("clusters_arrow", pa.table(table))
    connection.execute("create or replace table work.identity.clusters as from clusters_arrow")
    connection.unregister("clusters_arrow")
    cut = int((apart & (why == CHAIN)).sum())
    return Joined(int(sizes.max(initial=0)), int(final.too_large.sum()), cut)


def _write_refused(
    connection: duckdb.DuckDBPyConnection, a: Ints, b: Ints, why: npt.NDArray[np.object_]
) -> None:
    reasons = pa.array(why, pa.string())
    connection.register(
        "refused_arrow", pa.table({"record_a": a, "record_b": b, "reason": reasons})
    )
    connection.execute("create or replace temp table refused as from refused_arrow")
    connection.unregister("refused_arrow")


def _vetoes(
    connection: duckdb.DuckDBPyConnection, model: Model, labels: Ints
) -> tuple[Ints, Ints, Bools]:
    """Who contradicts whom within what hangs together, and whether by a tax id."""
    several = np.flatnonzero(np.bincount(labels, minlength=len(labels))[labels] > 2)
    connection.register("labels_arrow", pa.table({"record": several, "label": labels[several]}))
    connection.execute(
        """
        create or replace temp table together as from labels_arrow;
        create or replace temp table inside as
        select a.record as record_a, b.record as record_b
        from together a join together b on a.label = b.label and a.record < b.record;
        create or replace temp table unseen as
        from inside anti join judged using (record_a, record_b);
        """
    )
    connection.unregister("labels_arrow")
    contradictions = """
        select record_a, record_b, tax_conflict from judged
        semi join inside using (record_a, record_b) where veto is not null
    """
    if first_value(connection, "select count(*) from unseen"):
        # As in scoring: compared first, and looked at after.
        connection.execute(f"create or replace temp table compared as {guards.compare('unseen')}")
        contradictions += f"""
            union all
            select record_a, record_b, tax_conflict from compared
            where {guards.veto(has_families=model.has_families)} is not null
        """
    found = connection.execute(contradictions).fetchnumpy()
    for table in ("together", "inside", "unseen", "compared"):
        connection.execute(f"drop table if exists {table}")
    ends = found["record_a"].astype(np.int64), found["record_b"].astype(np.int64)
    return *ends, found["tax_conflict"].astype(bool)
