"""Connectors: what fetches from elsewhere into the inbox, and does nothing else.

A connection (``CARTERA_HOME/connections/<system>.yml``) says where a system keeps its data and
into which inbox folder it goes. Files come byte for byte, tables as typed Parquet, bodies of an
API as they came. Landing parses them all.
"""
