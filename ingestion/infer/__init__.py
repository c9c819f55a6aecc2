"""Drafting a contract from a sample of an export, with what the draft is unsure of."""

from ingestion.infer.draft import Draft, draft_contract

__all__ = ["Draft", "draft_contract"]
