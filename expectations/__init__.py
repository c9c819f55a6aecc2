"""The gate: what must hold before a candidate may be published.

``gate`` runs it, ``suites`` say what it asks, ``dialect`` lets Great Expectations talk to
DuckDB. ``audit``, ``dialect`` and ``no_rows`` alone import Great Expectations or SQLAlchemy,
which is slow; nothing else here does.
"""
