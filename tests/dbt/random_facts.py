"""Random trips for the laws of the metric tables, and which of their cells add up to which.

Belongs here: what several files of laws share. Does not belong here: any law.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.dbt.metric_tables import Row, trip

Cell = tuple[str, date, str, str]

START = datetime(2022, 3, 2, 12, tzinfo=UTC)
MARKETS = ("las_vegas", "chandler", "tysons")
TYPES = ("retail", "station", "grocery")
GRAIN_ORDER = ("day", "week", "all")
FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))

seeds = st.integers(min_value=0, max_value=10**6)


def random_trips(seed: int, trips: int = 80, days: int = 20, drivers: int = 8) -> list[Row]:
    """Trips of three markets and types, some more common than others, each market with its own drivers."""
    dice = random.Random(seed)
    skew = dice.choice((1, 2, 3))
    rows = []
    for number in range(trips):
        market = MARKETS[int(len(MARKETS) * dice.random() ** skew)]
        hours = round(dice.uniform(0.5, 4), 3)
        rows.append(
            trip(
                number,
                market_id=market,
                offer_type=TYPES[int(len(TYPES) * dice.random() ** skew)],
                driver_key=f"{market}-{dice.randrange(drivers)}",
                started_at=START + timedelta(days=dice.randrange(days), hours=dice.uniform(0, 6)),
                on_job_hours=hours,
                base_usd=round(dice.uniform(0, 80), 4),
                is_cost_known=dice.random() < 0.9,
                is_pay_pending=dice.random() < 0.05,
            )
        )
    return rows


def by_cell(rows: list[Row]) -> dict[Cell, Row]:
    """The rows of a metric table by their keys."""
    return {(row["grain"], row["period_start"], row["market_id"], row["offer_type"]): row for row in rows}


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def sums_between(cells: Iterable[Cell]) -> list[list[Cell]]:
    """The cells that add up: each list is one total and its parts."""
    sums = defaultdict(list)
    for cell in cells:
        grain, day, market, kind = cell
        sums["markets", grain, day, kind].append(cell)
        sums["types", grain, day, market].append(cell)
        if grain != "all":
            sums["days of a week", week_of(day), market, kind].append(cell)
        if grain != "day":
            sums["weeks", market, kind].append(cell)
    return [members for members in sums.values() if len(members) > 1]


def is_total(cell: Cell, members: list[Cell]) -> bool:
    """Whether the cell is the total of the sum: nothing else in it is coarser in any key."""
    size = [(GRAIN_ORDER.index(each[0]), each[2] == "all", each[3] == "all") for each in members]
    return size[members.index(cell)] == tuple(max(column) for column in zip(*size, strict=True))
