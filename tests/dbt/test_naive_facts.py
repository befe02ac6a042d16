"""The facts agree, cell by cell, with a second computation of them in plain Python (`tests/naive`)."""

from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.naive_worlds import compared_worlds
from tests.naive.compare import differences, report
from tests.naive.offers import HELPERS
from tests.random_logs import WORLDS

CASES = 400
KEYS = {
    "fct_deliveries": ("order_id",),
    "fct_offers": ("offer_id",),
    "fct_blocks": ("block_id",),
    "fct_trips": ("trip_id",),
    "dim_driver": ("driver_key",),
    "logs": ("log",),
    "orphans": ("log", "problem", "missing_id"),
    "conflicts": ("log", "event_id", "received_at", "content_sha256"),
}
AUDIT = ("logs", "orphans", "conflicts")
SELECT = " ".join(KEYS)


def rows_of(world, table):
    return world.rows(f"from {'audit' if table in AUDIT else 'main'}.{table}")


@WORLDS
@given(seed=st.integers(0, 10**9))
def test_every_cell_of_the_facts_is_what_plain_python_makes_of_the_lines(build_world, seed):
    for each in compared_worlds(build_world, seed, SELECT, CASES):
        for table, keys in KEYS.items():
            found = differences(table, keys, each.naive[table], rows_of(each.world, table), HELPERS)
            assert not found, f"as of {each.as_of}: {report(found, each.lines)}"
