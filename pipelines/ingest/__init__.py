"""Landed log files into typed events: read, validate, quarantine, ledger. Polars; no dagster."""

from pipelines.ingest.ledger import Entry, refused_files, waiting_files
from pipelines.ingest.load import IngestSummary, ingest
from pipelines.ingest.named import landed_paths, named_files
from pipelines.ingest.parts import driver_key_of

__all__ = [
    "Entry",
    "IngestSummary",
    "driver_key_of",
    "ingest",
    "landed_paths",
    "named_files",
    "refused_files",
    "waiting_files",
]
