"""The JSON Schema of contracts, for editors: made of the classes that read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingestion.contract import Contract, source_names

SCHEMA = Path(__file__).parent / "contract.schema.json"


def contract_schema() -> dict[str, Any]:
    """The schema, as plain values. What only a look at the sources tells is not in it."""
    schema = Contract.model_json_schema(by_alias=True)
    properties = schema["properties"]
    properties["source"]["enum"] = source_names()
    properties["columns"]["additionalProperties"] = {
        "anyOf": [
            {"type": "string", "description": "The export's column."},
            properties["columns"]["additionalProperties"],
        ]
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """The schema as it stands in ``ingestion/contract.schema.json``."""
    return json.dumps(contract_schema(), indent=1, ensure_ascii=False) + "\n"
