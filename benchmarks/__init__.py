"""Measurements: each module prints the tables that docs/benchmarks.md shows."""
