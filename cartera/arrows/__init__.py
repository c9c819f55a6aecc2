"""The arrows of the pipeline: each joins rooms, and is one command and one task of a DAG."""

from cartera.arrows.building import BuildReport, build
from cartera.arrows.ingesting import IngestReport, ingest, systems_with_inbox

__all__ = ["BuildReport", "IngestReport", "build", "ingest", "systems_with_inbox"]
