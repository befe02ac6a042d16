"""Conflicting lines: the same event, received at the same moment, told differently.

Belongs here: the contract's rule which of two tellings stands, written a second time for the truth. Of a telling and
its invented twin the one that the world agrees with is the one that stands.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from pipelines.contract import ENVELOPE_NAMES, Kind, Log

TRIES = 60


def losing_twins(log: Log, lines: pl.DataFrame) -> pl.DataFrame:
    """For each line a twin with the same event_id and received_at and other content that loses against it.

    The lines must carry no driver_id: its pseudonym is part of what is hashed, and its key is unknown here. Where
    no twin loses in TRIES attempts (the line's hash is very high) there is none.
    """
    twins = (_losing_twin(log, line) for line in lines.iter_rows(named=True))
    return pl.DataFrame([twin for twin in twins if twin], schema=lines.schema)


def _losing_twin(log: Log, line: dict[str, Any]) -> dict[str, Any] | None:
    standing = fingerprint(log, line)
    twins = (_twin(line, attempt) for attempt in range(1, TRIES))
    return next((twin for twin in twins if fingerprint(log, twin) > standing), None)


def _twin(line: dict[str, Any], attempt: int) -> dict[str, Any]:
    twin = line | {"occurred_at": line["occurred_at"] - timedelta(seconds=7 * attempt)}
    if line.get("amount_usd") is not None:
        twin["amount_usd"] = line["amount_usd"] + attempt
    if line.get("trip_miles") is not None:
        twin["trip_miles"] = line["trip_miles"] + attempt
    return twin


def fingerprint(log: Log, line: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a line's typed contract fields; of conflicting lines the least stands."""
    return hashlib.sha256(canonical_json(log, line).encode()).hexdigest()


def canonical_json(log: Log, line: dict[str, Any]) -> str:
    """The fields that the line's event type has and that have a value, defaults filled, keys sorted, no spaces.

    Instants in UTC with six decimals, money with four.
    """
    own = {*ENVELOPE_NAMES, *log.common, *log.common_optional, *log.events[line["event_type"]].fields}
    values = {
        each.name: (each.kind, line[each.name] if line[each.name] is not None else each.default)
        for each in log.fields
        if each.name in own
    }
    pairs = (f'"{name}":{_json(kind, value)}' for name, (kind, value) in sorted(values.items()) if value is not None)
    return "{" + ",".join(pairs) + "}"


def _json(kind: Kind, value: Any) -> str:  # noqa: ANN401 - the value of any field
    if isinstance(value, datetime):
        return f'"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"'
    return f"{value:.4f}" if kind is Kind.MONEY else json.dumps(value, ensure_ascii=False)
