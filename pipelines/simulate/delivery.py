"""Which trip carries which order, and how each delivery goes: at once, on a second attempt, or never.

Belongs here: loading, attempts, returns, losses. Does not belong here: the road and the pay (`trips`, `pay`).
"""

from collections import deque

import numpy as np
import polars as pl

from pipelines.simulate.span import HOUR_S, MINUTE_S

PATIENCE_S = 30 * HOUR_S
BACKLOG = 7  # parcels waiting, beyond which drivers take more than they like
FATES = {
    "delivered": 0.945,
    "delivered_after_all": 0.003,  # the platform had cancelled it already
    "retried": 0.014,  # nobody at home, a second attempt at the end of the same trip
    "carried_again": 0.014,  # nobody at home, another trip takes it later
    "returned": 0.012,
    "recalled": 0.004,  # the customer cancels while it is under way
    "left": 0.003,  # a failed attempt, and nothing is heard of it again
    "lost": 0.005,
}
GOES_BACK = ("carried_again", "returned", "recalled")


def load(orders: pl.DataFrame, trips: pl.DataFrame) -> np.ndarray:
    """The trip (row of `trips`) that takes each order, -1 for none: first packed first served, as room allows."""
    taken = np.full(orders.height, -1)
    ready = orders["ready"].to_numpy()
    called_off = np.nan_to_num(orders["cancelled"].to_numpy(), nan=np.inf)
    queue_of = orders.with_row_index("order").filter(pl.col("ready").is_not_nan()).sort("ready", "order")
    packed = queue_of.group_by("site", maintain_order=True).agg("order")
    queues = {site: deque(rows) for site, rows in packed.iter_rows()}
    takes = trips.with_row_index("trip").filter(pl.col("room") > 0).sort("arrived", "trip")
    for trip, site, arrived, departed, room in takes.select("trip", "site", "arrived", "departed", "room").iter_rows():
        queue = queues.get(site, deque())
        until = arrived + 0.6 * (departed - arrived)
        is_crowded = len(queue) > BACKLOG and ready[queue[BACKLOG]] <= until
        seats = room + 3 if is_crowded else room
        while queue and seats and ready[queue[0]] <= until:
            order = queue.popleft()
            if called_off[order] > departed and ready[order] > arrived - PATIENCE_S:
                taken[order] = trip
                seats -= 1
    return taken


def deliver(rng: np.random.Generator, orders: pl.DataFrame, trips: pl.DataFrame, end_s: float) -> pl.DataFrame:
    """Adds to the orders, in seconds or rows of `trips`: trip, fate, picked_up, stop, failed, second_trip,
    second_picked_up, second_stop, delivered, returned, lost; cancelled and cancel_reason where they come later.
    """
    trip = load(orders, trips)
    carried = np.flatnonzero(trip >= 0)
    on = trip[carried]
    arrived, departed, back, delay = (trips[name].to_numpy()[on] for name in ("arrived", "departed", "back", "delay_s"))
    way = back - delay - departed
    fate = rng.choice(list(FATES), carried.size, p=list(FATES.values()))
    in_hand = np.maximum(orders["ready"].to_numpy()[carried], arrived)
    stop = departed + way * (0.08 + 0.84 * _place_in_trip(rng, on)) + delay
    attempted = stop + rng.uniform(0.5, 3, carried.size) * MINUTE_S
    is_failed = np.isin(fate, ["retried", "carried_again", "returned", "left"])
    later = departed + way * rng.uniform(0.94, 0.97, carried.size) + delay
    is_done = np.char.startswith(fate, "delivered")
    columns = {
        "picked_up": in_hand + rng.uniform(0.3, 0.95, carried.size) * (departed - in_hand),
        "stop": np.where(np.isin(fate, ["lost", "recalled"]), np.nan, stop),
        "failed": np.where(is_failed, attempted, np.nan),
        "second_stop": np.where(fate == "retried", later, np.nan),
        "delivered": np.select([is_done, fate == "retried"], [attempted, later + MINUTE_S], np.nan),
        "returned": np.where(np.isin(fate, ["returned", "recalled"]), back - MINUTE_S, np.nan),
        "lost": np.where(fate == "lost", stop + rng.uniform(2, 30, carried.size) * HOUR_S, np.nan),
        "called_off": np.where(
            np.isin(fate, ["recalled", "delivered_after_all"]), departed + 0.5 * (stop - departed), np.nan
        ),
    }
    spread = {name: _spread(values, carried, orders.height) for name, values in columns.items()}
    everywhere = np.full(orders.height, "", dtype="U24")
    everywhere[carried] = fate
    delivered = orders.with_columns(trip=pl.Series(trip), fate=pl.Series(everywhere), **spread)
    return _carried_again(_called_off(delivered, end_s), trips)


def _place_in_trip(rng: np.random.Generator, trip: np.ndarray) -> np.ndarray:
    """Where in its trip each order's stop lies, 0 to 1: evenly spread, a little at random, no two alike."""
    order = np.lexsort((rng.random(trip.size), trip))
    count = np.bincount(trip)[trip] if trip.size else trip
    firsts = np.searchsorted(trip[order], trip[order])
    rank = np.empty(trip.size)
    rank[order] = np.arange(trip.size) - firsts
    return (rank + rng.uniform(0.5, 1, trip.size)) / count


def _spread(values: np.ndarray, rows: np.ndarray, height: int) -> pl.Series:
    column = np.full(height, np.nan)
    column[rows] = values
    return pl.Series(column)


def _called_off(orders: pl.DataFrame, end_s: float) -> pl.DataFrame:
    """Cancellations under way, and those of orders that no driver took in time."""
    gives_up = pl.col("ready") + PATIENCE_S
    is_stranded = (pl.col("trip") < 0) & pl.col("cancelled").is_nan() & (gives_up < end_s)
    at = pl.when(is_stranded).then(gives_up).when(pl.col("called_off").is_not_nan()).then("called_off")
    why = (
        pl.when(is_stranded)
        .then(pl.lit("no_driver"))
        .when(pl.col("fate") == "recalled")
        .then(pl.lit("customer"))
        .when(pl.col("fate") == "delivered_after_all")
        .then(pl.lit("platform"))
    )
    return orders.with_columns(
        cancelled=pl.coalesce(at, "cancelled"), cancel_reason=pl.coalesce(why, "cancel_reason")
    ).drop("called_off")


def _carried_again(orders: pl.DataFrame, trips: pl.DataFrame) -> pl.DataFrame:
    """Where an order is carried again, the first trip from the site at least 8 hours later takes and delivers it."""
    again = orders.with_row_index("order").filter(pl.col("fate") == "carried_again").sort("failed", "order")
    takes = trips.with_row_index("second_trip").filter(pl.col("room") > 0).sort("arrived", "second_trip")
    # By the way as it would be without delay, so that a delay changes no order's trip.
    failed = pl.col("failed") - trips["delay_s"][again["trip"]]
    found = again.select("order", "site", from_s=failed + 8 * HOUR_S).join_asof(
        takes.select("second_trip", "site", "arrived", "departed", "back", "delay_s"),
        left_on="from_s",
        right_on="arrived",
        by="site",
        strategy="forward",
        check_sortedness=False,
    )
    second = found.select(
        "order",
        pl.col("second_trip").cast(pl.Int64),
        second_picked_up=pl.col("departed") - MINUTE_S,
        second_at=pl.col("departed")
        + 0.55 * (pl.col("back") - pl.col("delay_s") - pl.col("departed"))
        + pl.col("delay_s"),
    )
    joined = orders.with_row_index("order").join(second, on="order", how="left", maintain_order="left")
    return joined.with_columns(
        second_stop=pl.coalesce("second_at", "second_stop"),
        second_picked_up=pl.col("second_picked_up").fill_null(np.nan),
        delivered=pl.coalesce(pl.col("second_at") + 2 * MINUTE_S, "delivered"),
    ).drop("order", "second_at")
