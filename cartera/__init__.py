"""Cartera: one clean, deduplicated customer base from the pieces a company already has."""

__version__ = "0.1.0"
