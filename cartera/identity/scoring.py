"""What each pair is worth: Splink compares, on DuckDB, with a frozen model."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import duckdb

from cartera.identity.comparisons import COLUMNS, COMPARISONS, PARTS
from cartera.identity.model import KEPT_BITS, Model


def splink_settings(model: Model) -> dict[str, Any]:
    """The model as Splink takes it. Its prior is even: what remains is the weight of evidence."""
    comparisons = []
    for comparison in COMPARISONS:
        levels: list[dict[str, Any]] = [
            {
                "sql_condition": comparison.missing,
                "label_for_charts": "not told",
                "is_null_level": True,
            }
        ]
        for level in comparison.levels:
            m, u = model.levels[comparison.name][level.key]
            levels.append(
                {
                    "sql_condition": level.condition or "ELSE",
                    "label_for_charts": level.words,
                    "m_probability": m,
                    "u_probability": u,
                }
            )
        comparisons.append({"output_column_name": comparison.name, "comparison_levels": levels})
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "probability_two_random_records_match": 0.5,
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": "l.email_key = r.email_key", "sql_dialect": "duckdb"}
        ],
        # The level numbers come with the columns that match; what they are worth is their sum.
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
    }


def score(connection: duckdb.DuckDBPyConnection, model: Model, candidates: str, target: str) -> int:
    """Temp table ``target``: record_a, record_b, bits and a level number per comparison.

    Scores the pairs of the table ``candidates``, of records in ``comparable``; pairs of fewer
    than ``KEPT_BITS`` are dropped. Returns how many were compared.
    """
    total: int = connection.execute(f"select count(*) from {candidates}").fetchall()[0][0]
    if not total:
        levels = "".join(f", gamma_{comparison.name} tinyint" for comparison in COMPARISONS)
        connection.execute(
            f"create or replace temp table {target} "
            f"(record_a bigint, record_b bigint, bits double{levels})"
        )
        return 0
    # A second of CPU; who only reads or explains does without.
    from splink import DuckDBAPI, Linker, SettingsCreator

    logging.getLogger("splink").setLevel(logging.WARNING)
    gammas = ", ".join(
        f"gamma_{comparison.name}::tinyint as gamma_{comparison.name}" for comparison in COMPARISONS
    )
    connection.execute(
        f"""
        create or replace temp table scored_records as
        select record, {", ".join([*COLUMNS, *PARTS])} from comparable
        where record in (select record_a from {candidates} union select record_b from {candidates});
        create or replace temp table blocked_pairs as
        select '0' as match_key, record_a as join_key_l, record_b as join_key_r from {candidates};
        """
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        api = DuckDBAPI(connection=connection)
        linker = Linker(
            api.register("scored_records"),
            SettingsCreator.from_path_or_dict(splink_settings(model)),
            log_level=None,
            validate_settings=False,
        )
        linker.table_management.register_blocked_pairs_for_predict(api.register("blocked_pairs"))
        predicted = linker.inference.predict(threshold_match_weight=KEPT_BITS, warning_mode="never")
        connection.execute(
            f"create or replace temp table {target} as select record_l as record_a, "
            f"record_r as record_b, match_weight::double as bits, {gammas} "
            f"from {predicted.physical_name}"
        )
        predicted.drop_table_from_database_and_remove_from_cache()
    connection.execute("drop table scored_records; drop table blocked_pairs")
    return total
