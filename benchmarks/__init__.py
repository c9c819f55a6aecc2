"""Measurements of what the documentation says: ratios within one run, never tests."""
