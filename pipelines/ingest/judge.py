"""Chunks of records into rows of the lake and rows of the quarantine.

Belongs here: what a row of either is made of. Does not belong here: the rules (`validate.py`), writing (`parts.py`).
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from pipelines.contract import MAX_FUTURE_HOURS, Log
from pipelines.ingest.ledger import Entry
from pipelines.ingest.parts import QUARANTINE_SCHEMA, Pseudonyms
from pipelines.ingest.read import Chunk
from pipelines.ingest.validate import Validator


@dataclass(frozen=True)
class Judged:
    """Some records of a file: rows of the lake, of the quarantine (in order of lines), its unknown fields counted."""

    accepted: pl.DataFrame
    refused: pl.DataFrame
    unknown_fields: Counter[str]


class Judge:
    """One log's rules and pseudonyms. May be called on several threads at once."""

    def __init__(self, log: Log, site_ids: list[str], key: bytes) -> None:
        self._columns = list(log.lake_schema)
        self._validator = Validator(log, site_ids)
        self._pseudonyms = Pseudonyms(key)

    def __call__(self, read: list[tuple[Entry, Chunk]]) -> list[Judged]:
        """Judges chunks of different files together; what came of each."""
        written_alike: dict[tuple[pl.DataType, ...], list[pl.DataFrame]] = {}
        for index, (entry, chunk) in enumerate(read):
            before = entry.first_ingested_at + timedelta(hours=MAX_FUTURE_HOURS)
            records = chunk.records.with_columns(
                pl.lit(index, pl.Int32).alias("file"),
                pl.lit(before, pl.Datetime("us", "UTC")).alias("received_before"),
            )
            written_alike.setdefault(tuple(records.dtypes), []).append(records)
        checked = [self._validator.check(pl.concat(each)) for each in written_alike.values()]
        accepted = pl.concat([each.accepted for each in checked])
        if "driver_id" in accepted.columns:
            accepted = accepted.with_columns(driver_key=self._pseudonyms.of(accepted["driver_id"]))
        accepted_by_file = _by_file(accepted, len(read))
        refused_by_file = _by_file(pl.concat([each.refused for each in checked]), len(read))
        return [
            Judged(
                accepted_by_file[index].with_columns(file_sha256=pl.lit(entry.sha256)).select(self._columns),
                _quarantine_rows(entry, chunk, refused_by_file[index]),
                chunk.unknown_fields,
            )
            for index, (entry, chunk) in enumerate(read)
        ]


def _by_file(rows: pl.DataFrame, files: int) -> list[pl.DataFrame]:
    if files == 1:
        return [rows]
    parts = rows.partition_by("file", as_dict=True)
    return [parts.get((index,), rows.clear()) for index in range(files)]


def _quarantine_rows(entry: Entry, chunk: Chunk, refused: pl.DataFrame) -> pl.DataFrame:
    """The lines judged and refused, and those that could not be read."""
    if refused.is_empty() and not chunk.unreadable:
        return pl.DataFrame(schema=QUARANTINE_SCHEMA)
    texts = chunk.texts(refused["line_number"].to_list())
    judged = refused.select("line_number", "reason", "field", line=pl.Series(texts, dtype=pl.String))
    unread = pl.DataFrame(
        [(number, reason, None, text) for number, reason, text in chunk.unreadable], schema=judged.schema, orient="row"
    )
    rows = pl.concat([judged, unread]).sort("line_number", maintain_order=True)
    named = rows.with_columns(file=pl.lit(entry.path), file_sha256=pl.lit(entry.sha256))
    return named.select(QUARANTINE_SCHEMA.keys())
