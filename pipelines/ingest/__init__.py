"""Landed log files into typed events: read, validate, quarantine, ledger. Polars; no dagster."""

from pipelines.ingest.ledger import Entry, read_ledger
from pipelines.ingest.load import IngestSummary, driver_key_of, ingest

__all__ = ["Entry", "IngestSummary", "driver_key_of", "ingest", "read_ledger"]
