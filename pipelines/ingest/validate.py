"""Text records into typed events, or the reason why not.

Belongs here: every rule of the contract that looks at one line. Does not belong here: what lines say together
(dbt's staging models) or how they were read (`read.py`).

A line with several faults carries the first, in the order of the reasons in the contract and, within a reason, of
the contract's fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from pipelines.contract import MAX_CLOCK_SKEW_MINUTES, MAX_FUTURE_HOURS, MONEY_SCALE, Field, Kind, Log
from pipelines.ingest.lines import NESTED

_ID = r"^[A-Za-z0-9._:-]{1,64}$"
_INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_NO_NUMBER = r"^[+-]?(?i:nan|inf|infinity)$"
_WHOLE = r"^[+-]?[0-9]+(\.0*)?$"
_TOO_PRECISE = r"\.[0-9]{" + str(MONEY_SCALE) + r"}[0-9]*[1-9]"
_MAX_MONEY = 10**8
_MAX_WHOLE = 2**53


@dataclass(frozen=True)
class Validated:
    """accepted: the typed contract fields (`driver_id` still raw) and `line_number`; refused: line number, reason and
    field of the others.
    """

    accepted: pl.DataFrame
    refused: list[tuple[int, str, str]]


@dataclass(frozen=True)
class _Fault:
    reason: str
    field: str
    is_hit: pl.Expr


class Validator:
    """The contract of one log, made ready once: `check` then runs it on any number of chunks."""

    def __init__(self, log: Log, site_ids: list[str]) -> None:
        self._log = log
        self._site_ids = site_ids
        self._plans: dict[frozenset[str], _Plan] = {}

    def check(self, records: pl.DataFrame, first_ingested_at: datetime) -> Validated:
        """Splits text records (see `read.Chunk.records`) into typed events and refusals.

        first_ingested_at: when the file was first seen, UTC; `received_at` may not lie 24 h beyond it.
        """
        horizon = pl.lit(first_ingested_at + timedelta(hours=MAX_FUTURE_HOURS), pl.Datetime("us", "UTC"))
        future = _Fault("received_in_future", "received_at", pl.col("received_at") > horizon)
        plan = self._plan(frozenset(column.name for column in records if column.null_count() < records.height))
        faults = [*plan.faults, future]
        frame = (
            records.lazy()
            .select(*plan.texts, "line_number")
            .with_columns(*plan.typed)
            .with_columns(is_refused=pl.any_horizontal(fault.is_hit.fill_null(value=False) for fault in faults))
            .collect()
        )
        is_clean = not frame["is_refused"].any()
        good = frame if is_clean else frame.filter(~pl.col("is_refused"))
        accepted = good.select(*(_with_default(field, self._log) for field in self._log.fields), "line_number")
        return Validated(accepted, [] if is_clean else _reasons(frame.filter("is_refused"), faults))

    def _plan(self, present: frozenset[str]) -> "_Plan":
        # Most chunks use few of the log's fields; what is null all over need not be looked at but for being missing.
        if present not in self._plans:
            fields = [field for field in self._log.fields if field.name in present]
            absent = [field for field in self._log.fields if field.name not in present]
            self._plans[present] = _Plan(
                texts=[_applicable(field, self._log) for field in self._log.fields],
                typed=[
                    *(_typed(field) for field in fields),
                    *(pl.lit(None, field.kind.dtype).alias(field.name) for field in absent),
                ],
                faults=list(_faults(self._log, fields, self._site_ids)),
            )
        return self._plans[present]


@dataclass(frozen=True)
class _Plan:
    """The expressions that judge chunks with values in the same fields."""

    texts: list[pl.Expr]
    typed: list[pl.Expr]
    faults: list[_Fault]


def _applicable(field: Field, log: Log) -> pl.Expr:
    """The field's text, null where it is empty or the event type has no such field. Kept as `text:<name>`."""
    column = pl.col(field.name)
    event_types = log.event_types_with(field.name)
    text = pl.when(column != "").then(column)
    if len(event_types) < len(log.events):
        text = pl.when((column != "") & pl.col("event_type").is_in(event_types)).then(column)
    return text.alias(f"text:{field.name}")


def _typed(field: Field) -> pl.Expr:
    text = pl.col(f"text:{field.name}")
    match field.kind:
        case Kind.TIMESTAMP:
            value = text.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
            value = pl.when(text.str.contains(_INSTANT) & ~text.str.starts_with("0000")).then(value)
        case Kind.BOOLEAN:
            lower = text.str.to_lowercase()
            value = pl.when(lower.is_in(["true", "1"])).then(True).when(lower.is_in(["false", "0"])).then(False)
        case Kind.INTEGER:
            number = text.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
            value = pl.when(text.str.contains(_WHOLE) & number.abs().le(_MAX_WHOLE)).then(number)
        case Kind.NUMBER:
            number = text.cast(pl.Float64, strict=False)
            is_read = text.str.contains(_NUMBER) & number.is_finite() & ~_underflows(text, number)
            value = pl.when(is_read).then(number + 0.0)  # -0 is 0
        case Kind.MONEY:
            value = _money(text)
        case _:
            value = text
    return value.alias(field.name)


def _money(text: pl.Expr) -> pl.Expr:
    number = text.cast(pl.Float64, strict=False)
    has_exponent = text.str.contains("[eE]")
    is_exact = (
        pl.when(has_exponent)
        .then(number.eq(number.round(MONEY_SCALE)) & ~_underflows(text, number))
        .otherwise(~text.str.contains(_TOO_PRECISE))
    )
    plain = pl.when(has_exponent).then(number.cast(Kind.MONEY.dtype, strict=False))
    value = plain.otherwise(text.cast(Kind.MONEY.dtype, strict=False))
    return pl.when(text.str.contains(_NUMBER) & number.abs().lt(_MAX_MONEY) & is_exact).then(value)


def _underflows(text: pl.Expr, number: pl.Expr) -> pl.Expr:
    """Not 0 as written, but 0 as a double: an exponent beyond range."""
    return number.eq(0) & text.str.contains(r"^[^eE]*[1-9]")


def _faults(log: Log, present: list[Field], site_ids: list[str]) -> Iterator[_Fault]:
    """All faults but `received_in_future` of lines with values in `present` fields, first come first named."""
    for field in log.fields:
        requiring = log.event_types_requiring(field.name)
        if requiring:
            missing = pl.col(f"text:{field.name}").is_null()
            if len(requiring) < len(log.events):
                missing &= pl.col("event_type").is_in(requiring)
            yield _Fault(f"missing_field:{field.name}", field.name, missing)
    for field in present:
        if field.name != "event_type":
            yield _Fault(f"bad_type:{field.name}", field.name, _is_bad_type(field))
    for field in present:
        for is_hit in _out_of_range(field, log):
            yield _Fault(f"out_of_range:{field.name}", field.name, is_hit)
    yield _Fault("unknown_event_type", "event_type", ~pl.col("event_type").is_in(list(log.events)))
    if any(field.name == "site_id" for field in present):
        yield _Fault("unknown_site", "site_id", ~pl.col("site_id").is_in(site_ids))
    skew = pl.col("occurred_at") - pl.col("received_at")
    yield _Fault("occurred_after_received", "occurred_at", skew > pl.duration(minutes=MAX_CLOCK_SKEW_MINUTES))


def _is_bad_type(field: Field) -> pl.Expr:
    """There is text, but no value, and the text is not even a number out of range."""
    text = pl.col(f"text:{field.name}")
    unread = text.is_not_null() & pl.col(field.name).is_null()
    match field.kind:
        case Kind.INTEGER:
            is_finite = text.cast(pl.Float64, strict=False).is_finite().fill_null(value=True)
            return unread & ~text.str.contains(_WHOLE) & is_finite
        case Kind.NUMBER | Kind.MONEY:
            return unread & ~text.str.contains(_NUMBER) & ~text.str.contains(_NO_NUMBER)
        case Kind.ID | Kind.TEXT | Kind.CHOICE:
            return text == NESTED
        case _:
            return unread


def _out_of_range(field: Field, log: Log) -> Iterator[pl.Expr]:
    text, value = pl.col(f"text:{field.name}"), pl.col(field.name)
    match field.kind:
        case Kind.ID:
            yield ~text.str.contains(_ID)
        case Kind.CHOICE:
            yield ~text.is_in(field.choices)
        case Kind.INTEGER | Kind.NUMBER | Kind.MONEY:
            yield text.is_not_null() & value.is_null()
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


def _reasons(refused: pl.DataFrame, faults: list[_Fault]) -> list[tuple[int, str, str]]:
    first = pl.coalesce(pl.when(fault.is_hit).then(pl.lit(index, pl.Int32)) for index, fault in enumerate(faults))
    found = refused.select("line_number", index=first).iter_rows()
    return [(line_number, faults[index].reason, faults[index].field) for line_number, index in found]
