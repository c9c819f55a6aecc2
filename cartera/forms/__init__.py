"""Other forms of a publication, for those who read no DuckDB file: Parquet, PostgreSQL."""
