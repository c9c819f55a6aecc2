"""Credentials that Airflow keeps."""

from __future__ import annotations


def connection_uri(name: str) -> str | None:
    """The URI of Airflow's connection ``name``; None if it has no such connection."""
    from airflow.sdk.bases.hook import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return str(BaseHook.get_connection(name).get_uri())
    except AirflowNotFoundException:
        return None
