"""Landed log files into typed events: read, validate, quarantine, ledger. Polars; no dagster."""

from pipelines.ingest.ledger import Entry, waiting_files
from pipelines.ingest.load import IngestSummary, ingest
from pipelines.ingest.parts import driver_key_of

__all__ = ["Entry", "IngestSummary", "driver_key_of", "ingest", "waiting_files"]
