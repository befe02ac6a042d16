"""Random log lines with all that a log may do to an event, and the same lines laid out as files in many ways.

Belongs here: lines by the contract, corrections, files. Does not belong here: any law about them.

`dice` is a `random.Random`, or what hypothesis' `randoms()` hands out, so that a failing example shrinks.
"""

import gzip
import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

import polars as pl
import zstandard
from hypothesis import HealthCheck, Phase, settings

from pipelines.contract import LOGS, Field, Kind, Log

# `make test-laws` tries so many times more examples.
LAW_FACTOR = int(os.environ.get("DOORSTEP_LAW_FACTOR", "1"))
# For laws whose one example is a world of many cases. The first is always the same, `make test-laws` tries others.
# None is shrunk: the ids name the case.
WORLDS = settings(
    max_examples=LAW_FACTOR,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)

Line = dict[str, Any]
File = tuple[str, bytes]

FORMATS = ("jsonl", "jsonl.gz", "jsonl.zst", "csv", "csv.gz", "parquet")
FOLDERS = ("2022-05-21/", "2022-05-22/deeper/", "")
SITES = ("las_vegas_mall", "tysons_mall")
TEXTS = ("customer", "store", "cancelled", "taken", 'quo"te', "a, b", "two\nlines", "back\\slash", "Zoë", "007", " x ")
OPENERS = {"orders": "placed", "offers": "sent", "trips": "started"}
START = datetime.fromisoformat("2022-05-21T12:00:00-07:00")


def random_logs(dice: Random, prefix: str, most: int = 12) -> dict[str, list[Line]]:
    """Good lines of all logs about a few things whose ids start with `prefix`: events of all kinds, ties, orphans,
    duplicates, conflicts, corrections and retractions. `most`: events per log.
    """
    return {log.name: list(_lines(dice, log, prefix, most)) for log in LOGS.values()}


def _lines(dice: Random, log: Log, prefix: str, most: int) -> Iterator[Line]:
    for number in range(dice.randint(1, most)):
        is_opener = dice.random() < 0.4
        event_type = OPENERS[log.name] if is_opener else dice.choice(list(log.events))
        line = _line(dice, log, prefix, event_type) | {"event_id": f"{prefix}-{number}"}
        yield line
        while dice.random() < 0.4:
            line = again(dice, log, prefix, line)
            yield line


def _line(dice: Random, log: Log, prefix: str, event_type: str) -> Line:
    occurred_at = _moment(dice)
    event = log.events[event_type]
    optional = (*event.optional, *log.common_optional)
    names = {*log.common, *event.required, *(name for name in optional if dice.random() < 0.4)}
    line = {field.name: _value(dice, field, prefix) for field in log.fields if field.name in names}
    if "block_ends_at" in line:
        line["block_ends_at"] = line["block_starts_at"] + timedelta(hours=dice.randint(1, 4))
    if line.get("pay_kind") == "adjustment" and dice.random() < 0.5:
        line["amount_usd"] *= -1
    return line | {
        "event_type": event_type,
        "occurred_at": occurred_at,
        "received_at": occurred_at + timedelta(minutes=dice.choice((-5, 0, 0, 0, 90))),
    }


def again(dice: Random, log: Log, prefix: str, line: Line) -> Line:
    """The event once more: a duplicate, a conflict, a correction (of anything in it), a retraction."""
    later = {"received_at": line["received_at"] + timedelta(minutes=dice.choice((0, 10, 10, 60)))}
    match dice.randrange(4):
        case 0:
            return line
        case 1:
            return line | later | {"retracted": not line.get("retracted", False)}
        case 2:
            other = _line(dice, log, prefix, dice.choice(list(log.events)))
            occurred = {"occurred_at": min(other["occurred_at"], later["received_at"])}
            return other | occurred | later | {"event_id": line["event_id"]}
        case _:
            fields = [field for field in log.fields if field.name in line and field.kind is Kind.TEXT]
            changed = {field.name: _value(dice, field, prefix) for field in fields if field.name != "event_type"}
            return line | later | changed


def _moment(dice: Random) -> datetime:
    return START + timedelta(minutes=dice.choice((0, 0, 0, 5, 10, 90)))  # ties are what laws of order are about


def _value(dice: Random, field: Field, prefix: str) -> Any:
    named = f"{prefix}-{field.name.removesuffix('_id')}-{dice.randrange(2)}"
    degrees = dice.randrange(1000) / 9973
    by_name = {
        "site_id": dice.choice(SITES),
        "vehicle_class": dice.choice(("compact_car", "unknown", "tractor")),
        "driver_id": named,
        "trip_miles": dice.randrange(1, 5000) / 100,
    }
    by_kind = {
        Kind.ID: named,
        Kind.TEXT: dice.choice(TEXTS),
        Kind.CHOICE: dice.choice(field.choices or ("",)),
        Kind.TIMESTAMP: _moment(dice),
        Kind.INTEGER: dice.randint(1, 3),
        Kind.MONEY: dice.randrange(600_000) / 10_000,
        Kind.NUMBER: 36 + degrees if field.name.endswith("latitude") else -115 - degrees,
    }
    return by_name.get(field.name) or by_kind[field.kind]


def split(dice: Random, items: list[Any]) -> list[list[Any]]:
    """The items shuffled, in up to four parts; some may be empty."""
    parts: list[list[Any]] = [[] for _ in range(dice.randint(1, 4))]
    for item in dice.sample(items, len(items)):
        dice.choice(parts).append(item)
    return parts


def laid_out(dice: Random, lines: list[Line]) -> list[File]:
    """The lines as files (name and bytes): shuffled, split, in any spelling and format; perhaps one of the files again
    under another name.
    """
    files = []
    for number, part in enumerate(split(dice, lines)):
        suffix = dice.choice(FORMATS)
        files.append((f"{dice.choice(FOLDERS)}{number}.{suffix}", written(dice, part, suffix)))
    name, content = dice.choice(files)
    return [*files, (f"copy/{name}", content)] if dice.random() < 0.5 else files


def written(dice: Random, lines: list[Line], suffix: str) -> bytes:
    """The lines in the format, each value in one of the spellings the format has for it."""
    names = list(dict.fromkeys(name for line in lines for name in line))
    dice.shuffle(names)
    if suffix == "parquet":
        return _parquet(dice, lines, names)
    records = [{name: spelled(dice, value) for name, value in line.items()} for line in lines]
    end = dice.choice(("\n", "\r\n"))
    if suffix.startswith("csv"):
        rows = [names, *([_text(line.get(name)) or "" for name in names] for line in records)]
        return compressed("".join(csv_record(row) + end for row in rows).encode(), suffix)
    is_ascii = dice.random() < 0.5
    return compressed("".join(json.dumps(line, ensure_ascii=is_ascii) + end for line in records).encode(), suffix)


def csv_record(cells: list[str]) -> str:
    """One record without its line end, quoted where RFC 4180 wants quotes (`csv` leaves a lone CR bare)."""
    quoted = ('"' + cell.replace('"', '""') + '"' if set(cell) & set('",\r\n') else cell for cell in cells)
    return ",".join(quoted)


def compressed(content: bytes, suffix: str) -> bytes:
    """The bytes as the suffix says: gzip, zstd or as they are."""
    if suffix.endswith(".gz"):
        return gzip.compress(content)
    return zstandard.compress(content) if suffix.endswith(".zst") else content


def spelled(dice: Random, value: Any) -> Any:
    """An instant in some offset, a number as a number or as text."""
    if isinstance(value, datetime):
        zone = timezone(timedelta(minutes=dice.choice((0, -420, 330))))
        return value.astimezone(zone).isoformat(timespec=dice.choice(("auto", "microseconds")))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number and dice.random() < 0.5 else value


def _text(value: Any) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)


def _parquet(dice: Random, lines: list[Line], names: list[str]) -> bytes:
    """Each column typed where its values are of one type, or text."""
    columns = {"event_id": pl.Series([], dtype=pl.String)}
    for name in names:
        values = [line.get(name) for line in lines]
        is_typed = len({type(value) for value in values} - {type(None)}) == 1 and dice.random() < 0.5
        columns[name] = pl.Series([_in_utc(value) if is_typed else _text(spelled(dice, value)) for value in values])
    out = io.BytesIO()
    pl.DataFrame(columns).write_parquet(out)
    return out.getvalue()


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
