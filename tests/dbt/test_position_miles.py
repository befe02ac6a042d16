"""Miles made of positions: many short steps, whose sum must not depend on how the lines came."""

from tempfile import TemporaryDirectory

import duckdb
import pytest

from tests.dbt.metric_tables import invoke_dbt

TRIPS, PINGS = 300, 1_000
LINES = f"""
    select
        'trip-' || (n % {TRIPS}) as trip_id, 'position' as event_type, 'e-' || n as event_id,
        timestamptz '2022-05-21 19:00:00Z' + interval 20 second * (n // {TRIPS}) as occurred_at,
        occurred_at as received_at, 36 + sin(n * 0.37) / 100 as latitude, -115 + cos(n * 0.73) / 100 as longitude
    from range({TRIPS * PINGS}) as numbers (n)
    order by hash(n + $shuffle)
"""


@pytest.fixture(scope="module")
def model():
    """The compiled SQL of int_position_miles."""
    with TemporaryDirectory() as folder:
        invoke_dbt(["parse"], folder)
        (result,) = invoke_dbt(["compile", "--select", "int_position_miles"], folder)
    return result.node.compiled_code


def miles(model, shuffle):
    """trip_id -> miles, from the lines in one of their orders, worked on by four threads."""
    with duckdb.connect(config={"threads": 4}) as connection:
        connection.execute("attach ':memory:' as working; use working; set timezone = 'UTC'")
        connection.execute("create schema staging; create schema intermediate")
        connection.execute(f"create table staging.stg_trips as {LINES}", {"shuffle": shuffle})
        connection.execute("""
            create table intermediate.int_trips as
            select trip_id, min(occurred_at) as started_at, false as has_meter from staging.stg_trips group by trip_id
        """)
        return dict(connection.execute(model).fetchall())


def test_the_order_of_the_lines_changes_not_the_last_digit_of_the_miles(model):
    first, *others = (miles(model, shuffle) for shuffle in range(4))
    assert len(first) == TRIPS
    differing = [trip for other in others for trip in first if other[trip] != first[trip]]
    assert differing == [], "binary fractions added in another order give other last digits, and other fingerprints"
