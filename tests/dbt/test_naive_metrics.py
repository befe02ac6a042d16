"""The metric tables agree, cell by cell, with what plain Python makes of the naive facts (`tests/naive`)."""

from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.naive_worlds import compared_worlds
from tests.naive.cells import KEYS
from tests.naive.compare import differences, report
from tests.naive.earnings import WITHHELD
from tests.naive.warehouse import metrics
from tests.random_logs import WORLDS

CASES = 400
TABLES = {
    "delivery_speed": KEYS,
    "offer_acceptance": KEYS,
    "driver_earnings": KEYS,
    "store_performance": ("grain", "period_start", "site_id", "store_id"),
}
SELECT = " ".join(TABLES)
