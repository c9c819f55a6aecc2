"""The arrows of the pipeline: each joins rooms, and is one command and one task of a DAG."""

from cartera.arrows.briefing import BriefingReport, write_briefing
from cartera.arrows.building import BuildReport, build
from cartera.arrows.copying import export_parquet, export_postgres
from cartera.arrows.erasing import ErasureReport, erase, erase_customer, resume_erasure
from cartera.arrows.exporting import ExportReport, export_inputs
from cartera.arrows.fetching import FetchReport, connected_systems, fetch
from cartera.arrows.ingesting import IngestReport, ingest, systems_with_inbox
from cartera.arrows.maintaining import PruneReport, RetentionReport, back_up, prune, retain
from cartera.arrows.pulling import pull_audiences, send_audience
from cartera.arrows.replaying import replay_batches
from cartera.arrows.restoring import restore
from cartera.arrows.training import TrainReport, train_model

__all__ = [
    "BriefingReport",
    "BuildReport",
    "ErasureReport",
    "ExportReport",
    "FetchReport",
    "IngestReport",
    "PruneReport",
    "RetentionReport",
    "TrainReport",
    "back_up",
    "build",
    "connected_systems",
    "erase",
    "erase_customer",
    "export_inputs",
    "export_parquet",
    "export_postgres",
    "fetch",
    "ingest",
    "prune",
    "pull_audiences",
    "replay_batches",
    "restore",
    "resume_erasure",
    "retain",
    "send_audience",
    "systems_with_inbox",
    "train_model",
    "write_briefing",
]
