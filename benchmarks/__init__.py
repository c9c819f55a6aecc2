"""Measurements; one of our dependencies ships a package of this name, and this one comes first."""
