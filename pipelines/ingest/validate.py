"""Text records into typed events, or the reason why not.

Belongs here: every rule of the contract that looks at one line. Does not belong here: what lines say together
(dbt's staging models) or how they were read (`read.py`).

A line with several faults carries the first, in the order of the reasons in the contract and, within a reason, of
the contract's fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipelines.contract import MAX_CLOCK_SKEW_MINUTES, Field, Kind, Log
from pipelines.ingest.lines import NESTED
from pipelines.ingest.values import NO_NUMBER, NUMBER, WHOLE, values_of

_ID = r"^[A-Za-z0-9._:-]{1,64}$"
_RANGED = (Kind.ID, Kind.CHOICE, Kind.INTEGER, Kind.NUMBER, Kind.MONEY)  # of a bad type means out of range, too


@dataclass(frozen=True)
class Validated:
    """What became of records.

    accepted: the typed contract fields (`driver_id` still raw), `file` and `line_number`.
    refused: `file`, `line_number`, `reason` and `field` of the others, one row each.
    """

    accepted: pl.DataFrame
    refused: pl.DataFrame


REFUSED_SCHEMA = {"file": pl.Int32(), "line_number": pl.Int64(), "reason": pl.String(), "field": pl.String()}
_KEYS = ("file", "line_number")


@dataclass(frozen=True)
class _Fault:
    """is_detail: another fault of the field, named later, hits wherever this one does."""

    reason: str
    field: str
    is_hit: pl.Expr
    is_detail: bool = False


class Validator:
    """The contract of one log, made ready once: `check` then runs it on any number of chunks."""

    def __init__(self, log: Log, site_ids: list[str]) -> None:
        self._log = log
        self._site_ids = site_ids
        self._plans: dict[tuple[bool | None, ...], _Plan] = {}

    def check(self, records: pl.DataFrame) -> Validated:
        """Splits records into typed events and refusals.

        records: the log's fields as text or as the type of their kind (see `read.Chunk.records`), `file` Int32 and
        `line_number` Int64, which tell them apart, and `received_before`, UTC: what was received later lies in the
        future.
        """
        plan = self._plan(records)
        frame = (
            records.lazy()
            .select(*plan.raw, *_KEYS, "received_before")
            .with_columns(*plan.typed)
            .with_columns(is_refused=pl.any_horizontal(each.is_hit for each in plan.faults if not each.is_detail))
            .collect()
        )
        is_refused = frame["is_refused"].fill_null(value=False)
        is_clean = not is_refused.any()
        good = frame if is_clean else frame.filter(~is_refused)
        accepted = good.select(*(_with_default(field, self._log) for field in self._log.fields), *_KEYS)
        if is_clean:
            return Validated(accepted, pl.DataFrame(schema=REFUSED_SCHEMA))
        return Validated(accepted, _reasons(frame.filter(is_refused), plan.faults))

    def _plan(self, records: pl.DataFrame) -> "_Plan":
        # Most chunks use few of the log's fields; what is null all over need not be looked at but for being missing.
        # So `is_text` is None where no record has the field, else whether it is text or has its kind's type already.
        columns = [records[field.name] for field in self._log.fields]
        looks = tuple(
            None if column.null_count() == records.height else column.dtype == pl.String for column in columns
        )
        if looks not in self._plans:
            fields = list(zip(self._log.fields, looks, strict=True))
            self._plans[looks] = _Plan(
                raw=[_applicable(field, self._log, is_text) for field, is_text in fields],
                typed=[_typed(field, is_text) for field, is_text in fields],
                faults=list(_faults(self._log, [f for f, is_text in fields if is_text is not None], self._site_ids)),
            )
        return self._plans[looks]


@dataclass(frozen=True)
class _Plan:
    """The expressions that judge chunks with values in the same fields, written in the same way."""

    raw: list[pl.Expr]
    typed: list[pl.Expr]
    faults: list[_Fault]


def _applicable(field: Field, log: Log, is_text: bool | None) -> pl.Expr:
    """The field as it was read, null where it is empty or the event type has no such field, as `raw:<name>`."""
    if is_text is None:
        return pl.lit(None, pl.String).alias(f"raw:{field.name}")
    column = pl.col(field.name)
    event_types = log.event_types_with(field.name)
    conditions = [column != ""] if is_text else []
    if len(event_types) < len(log.events):
        conditions.append(pl.col("event_type").is_in(event_types))
    value = pl.when(*conditions).then(column) if conditions else column
    return value.alias(f"raw:{field.name}")


def _typed(field: Field, is_text: bool | None) -> pl.Expr:
    """The field's value, null where there is none to be had."""
    raw = pl.col(f"raw:{field.name}")
    if is_text is None:
        value = pl.lit(None, field.kind.dtype)
    elif is_text:
        value = raw.map_batches(lambda texts: values_of(texts, field.kind), field.kind.dtype)
    elif field.kind is Kind.NUMBER:
        value = pl.when(raw == 0).then(0.0).when(raw.is_finite()).then(raw)  # -0 is 0
    else:
        value = raw
    return value.alias(field.name)


def _faults(log: Log, present: list[Field], site_ids: list[str]) -> Iterator[_Fault]:
    """All faults of lines with values in `present` fields, first come first named."""
    for field in log.fields:
        requiring = log.event_types_requiring(field.name)
        if requiring:
            missing = pl.col(f"raw:{field.name}").is_null()
            if len(requiring) < len(log.events):
                missing &= pl.col("event_type").is_in(requiring)
            yield _Fault(f"missing_field:{field.name}", field.name, missing)
    for field in present:
        if field.name != "event_type":
            is_detail = field.kind in _RANGED
            yield _Fault(f"bad_type:{field.name}", field.name, _is_bad_type(field), is_detail)
    for field in present:
        for is_hit in _out_of_range(field, log):
            yield _Fault(f"out_of_range:{field.name}", field.name, is_hit)
    yield _Fault("unknown_event_type", "event_type", ~pl.col("event_type").is_in(list(log.events)))
    if any(field.name == "site_id" for field in present):
        yield _Fault("unknown_site", "site_id", ~pl.col("site_id").is_in(site_ids))
    skew = pl.col("occurred_at") - pl.col("received_at")
    yield _Fault("occurred_after_received", "occurred_at", skew > pl.duration(minutes=MAX_CLOCK_SKEW_MINUTES))
    yield _Fault("received_in_future", "received_at", pl.col("received_at") > pl.col("received_before"))


def _is_bad_type(field: Field) -> pl.Expr:
    """There is something, but no value, and it is not even a number out of range."""
    text = pl.col(f"raw:{field.name}").cast(pl.String)
    unread = text.is_not_null() & pl.col(field.name).is_null()
    match field.kind:
        case Kind.INTEGER:
            number = text.cast(pl.Float64, strict=False)
            is_part = (number.is_finite() & (number != number.floor())).fill_null(value=True)
            return unread & ~text.str.contains(WHOLE) & is_part
        case Kind.NUMBER | Kind.MONEY:
            return unread & ~text.str.contains(NUMBER) & ~text.str.contains(NO_NUMBER)
        case Kind.ID | Kind.TEXT | Kind.CHOICE:
            return text == NESTED
        case _:
            return unread


def _out_of_range(field: Field, log: Log) -> Iterator[pl.Expr]:
    raw, value = pl.col(f"raw:{field.name}"), pl.col(field.name)
    match field.kind:
        case Kind.ID:
            yield ~raw.str.contains(_ID)
        case Kind.CHOICE:
            yield ~raw.is_in(field.choices)
        case Kind.INTEGER | Kind.NUMBER | Kind.MONEY:
            yield raw.is_not_null() & value.is_null()
        case _:
            pass
    if field.minimum is not None:
        yield value < field.minimum
    if field.maximum is not None:
        yield value > field.maximum
    for rule in log.rules:
        if rule.field == field.name:
            yield pl.col("event_type").is_in(rule.event_types) & rule.violated


def _with_default(field: Field, log: Log) -> pl.Expr:
    value = pl.col(field.name)
    if field.default is None:
        return value
    is_due = pl.col("event_type").is_in(log.event_types_with(field.name))
    return pl.when(is_due).then(value.fill_null(pl.lit(field.default))).otherwise(value).alias(field.name)


def _reasons(refused: pl.DataFrame, faults: list[_Fault]) -> pl.DataFrame:
    first = pl.coalesce(pl.when(fault.is_hit).then(pl.lit(index, pl.Int32)) for index, fault in enumerate(faults))
    named = pl.DataFrame(
        [(index, fault.reason, fault.field) for index, fault in enumerate(faults)],
        schema={"index": pl.Int32, "reason": pl.String, "field": pl.String},
        orient="row",
    )
    found = refused.select(*_KEYS, index=first).join(named, on="index", how="left", maintain_order="left")
    return found.select(REFUSED_SCHEMA.keys())
