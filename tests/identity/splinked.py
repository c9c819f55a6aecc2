"""The oracle of scoring: the same comparisons and the same model, worked out by Splink."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator

from cartera.identity.comparisons import COLUMNS, COMPARISONS, PARTS
from cartera.identity.model import Model


def settings(model: Model) -> dict[str, Any]:
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
        # The level numbers come with the columns that match.
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
    }


def score(
    connection: duckdb.DuckDBPyConnection, model: Model, candidates: str, least: float
) -> str:
    """A table of the pairs of at least so many bits: record_l, record_r, match_weight, gammas."""
    logging.getLogger("splink").setLevel(logging.WARNING)
    connection.execute(
        f"""
        create or replace temp table scored_records as
        select record, {", ".join([*COLUMNS, *PARTS])} from comparable;
        create or replace temp table blocked_pairs as
        select '0' as match_key, record_a as join_key_l, record_b as join_key_r from {candidates};
        """
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        api = DuckDBAPI(connection=connection)
        linker = Linker(
            api.register("scored_records"),
            SettingsCreator.from_path_or_dict(settings(model)),
            log_level=None,
            validate_settings=False,
        )
        linker.table_management.register_blocked_pairs_for_predict(api.register("blocked_pairs"))
        predicted = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
    return str(predicted.physical_name)
