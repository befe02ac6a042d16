"""Landed log files into typed events: read, validate, quarantine, ledger. Polars; no dagster."""

from pipelines.ingest.days import days_not_arrived, files_of_days, is_quiet, landed_days
from pipelines.ingest.ledger import Entry, refused_files, stored_entries, waiting_files
from pipelines.ingest.load import IngestSummary, ingest
from pipelines.ingest.named import landed_paths, named_files
from pipelines.ingest.parts import driver_key_of

__all__ = [
    "Entry",
    "IngestSummary",
    "days_not_arrived",
    "driver_key_of",
    "files_of_days",
    "ingest",
    "is_quiet",
    "landed_days",
    "landed_paths",
    "named_files",
    "refused_files",
    "stored_entries",
    "waiting_files",
]
