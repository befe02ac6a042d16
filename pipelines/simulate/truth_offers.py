"""fct_offers and fct_blocks as they must come out. See `truth` for what belongs here."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from pipelines.simulate.recorder import USD
from pipelines.simulate.recording import Record
from pipelines.simulate.truth_time import hours, local_date, minutes

LATE_FORFEIT_MINUTES = 45
PLACES = Decimal("0.0001")


def true_offers(record: Record, sites: pl.DataFrame, cut: datetime) -> pl.DataFrame:
    """fct_offers: one row per offer whose sending is known."""
    is_accepted = pl.col("outcome") == "accepted"
    accepted_only = {name: pl.when(is_accepted).then(f"{name}_at") for name in ("forfeited", "no_show")}
    offers = (
        record.offers.filter(pl.col("sent_at").is_not_null())
        .join(sites.select("site_id", "offer_type", "time_zone"), on="site_id", maintain_order="left")
        .with_columns(sent_date=local_date("sent_at", sites), **_first_answer())
        .with_columns(outcome=_outcome(cut), block_hours=hours("block_starts_at", "block_ends_at"))
        .with_columns(forfeited_at=accepted_only["forfeited"], no_show_at=accepted_only["no_show"])
    )
    is_answer = pl.col("outcome").is_in(["accepted", "declined"])
    notice = (pl.col("block_starts_at") - pl.col("forfeited_at")).dt.total_microseconds() / 60e6
    return offers.select(
        *("offer_id", "block_id", "driver_id", "market_id", "site_id", "offer_type"),
        pl.col("wave").fill_null(1),
        *("sent_at", "expires_at", "block_starts_at", "block_ends_at", "block_hours", "pay_usd"),
        _pay_per_hour(offers),
        *("sent_date", "answered_at"),
        pl.when(is_answer).then(minutes("sent_at", "answered_at") * 60).alias("seconds_to_answer"),
        "outcome",
        pl.when(pl.col("outcome") == "withdrawn").then("reason").alias("withdrawn_reason"),
        pl.col("outcome").is_in(["accepted", "declined", "expired"]).alias("is_at_risk"),
        is_accepted.alias("is_accepted"),
        "forfeited_at",
        notice.alias("forfeit_notice_minutes"),
        pl.when(is_accepted).then((notice < LATE_FORFEIT_MINUTES).fill_null(value=False)).alias("is_late_forfeit"),
        pl.when(is_accepted).then(pl.col("no_show_at").is_not_null()).alias("is_no_show"),
    ).sort("offer_id")


def _first_answer() -> dict[str, pl.Expr]:
    """Of two answers the earlier one counts; where the first got lost, the second is all there is."""
    is_first = pl.col("answered_at").is_not_null()
    again_reason = pl.when(pl.col("again") == "withdrawn").then(pl.lit("cancelled"))
    return {
        "answer": pl.when(is_first).then("answer").when(pl.col("again_at").is_not_null()).then("again"),
        "reason": pl.when(is_first).then("reason").otherwise(again_reason),
        "answered_at": pl.coalesce("answered_at", "again_at"),
    }


def _is_called_off() -> pl.Expr:
    """Withdrawn because the block was cancelled, be it after another answer."""
    at_first = (
        (pl.col("answer") == "withdrawn") & (pl.col("reason") == "cancelled") & pl.col("answered_at").is_not_null()
    )
    afterwards = (pl.col("again") == "withdrawn") & pl.col("again_at").is_not_null()
    return at_first.fill_null(value=False) | afterwards.fill_null(value=False)


def _outcome(cut: datetime) -> pl.Expr:
    lapses = pl.coalesce("expires_at", "block_starts_at")
    return pl.coalesce("answer", pl.when(lapses <= cut).then(pl.lit("expired")).otherwise(pl.lit("pending")))


def _pay_per_hour(offers: pl.DataFrame) -> pl.Series:
    length = (offers["block_ends_at"] - offers["block_starts_at"]).dt.total_microseconds().to_list()
    rates = [
        (pay * 3_600_000_000 / micros).quantize(PLACES, ROUND_HALF_UP)
        for pay, micros in zip(offers["pay_usd"].to_list(), length, strict=True)
    ]
    return pl.Series("pay_per_hour_usd", rates, dtype=USD)


def true_blocks(record: Record, offers: pl.DataFrame) -> pl.DataFrame:
    """fct_blocks, from the true fct_offers: one row per block that was offered."""
    called_off = record.offers.select("offer_id", is_called_off=_is_called_off())
    sent = offers.join(called_off, on="offer_id").sort("sent_at", "offer_id")
    first = sent.group_by("block_id", maintain_order=True).agg(
        *(pl.col(name).first() for name in ("market_id", "site_id", "offer_type")),
        *(pl.col(name).first() for name in ("block_starts_at", "block_ends_at", "block_hours")),
        pl.col("sent_at").first().alias("first_sent_at"),
        pl.len().cast(pl.Int64).alias("offers_sent"),
        pl.col("driver_id").n_unique().cast(pl.Int64).alias("drivers_offered"),
        pl.col("pay_usd").first().alias("first_pay_usd"),
        pl.col("is_called_off").any(),
    )
    is_standing = pl.col("is_accepted") & pl.col("forfeited_at").is_null() & ~pl.col("is_no_show")
    filled = (
        offers.filter(is_standing)
        .sort("answered_at", "offer_id")
        .group_by("block_id", maintain_order=True)
        .agg(
            pl.col("answered_at").first().alias("filled_at"),
            pl.col("pay_usd").first().alias("filled_pay_usd"),
            (pl.col("wave").first() == 1).alias("is_first_wave_fill"),
        )
    )
    is_filled = pl.col("filled_at").is_not_null()
    return (
        first.join(filled, on="block_id", how="left", maintain_order="left")
        .with_columns(
            is_filled=is_filled,
            is_first_wave_fill=pl.col("is_first_wave_fill").fill_null(value=False),
            is_cancelled=~is_filled & pl.col("is_called_off"),
            minutes_to_fill=minutes("first_sent_at", "filled_at"),
            price_to_fill_usd=(pl.col("filled_pay_usd") - pl.col("first_pay_usd")).cast(USD),
        )
        .drop("is_called_off")
        .sort("block_id")
    )
