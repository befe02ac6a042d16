"""Lines and cents are conserved from landing to the facts, and a check fails wherever they are not."""

import gzip
import json
from decimal import Decimal

import duckdb
import polars as pl
import pytest

NOON = "2022-05-21T12:00:00-07:00"
LATER = "2022-05-21T13:00:00-07:00"
CHECKS = "assert_files_are_conserved assert_lines_are_conserved"


def order(event_id, **fields):
    line = {"event_id": event_id, "event_type": "ready", "occurred_at": NOON, "received_at": NOON, "order_id": "o"}
    return json.dumps(line | fields) + "\n"


GOOD = "".join(order(f"e-{number}") for number in range(5))
BAD = order("b-1", occurred_at="soon") + order("b-2", event_type="teleported") + "no json\n"
FILES = {
    "orders/2022-05-21/a.jsonl": GOOD + BAD,
    "orders/2022-05-22/b.jsonl": order("e-9") + '{"cut',
    "orders/2022-05-22/the same again.jsonl": GOOD + BAD,
    "orders/2022-05-22/damaged.jsonl.gz": gzip.compress(b"{}\n" * 1000)[:-5],
    "orders/2022-05-22/only bad lines.jsonl": BAD + BAD,
}


@pytest.fixture
def world(build_world):
    return build_world(files=FILES, select=f"logs {CHECKS}")


def the_only(paths):
    [path] = paths
    return path


def part_of(world, folder, day):
    return the_only(
        path
        for path in (world.workspace.root / folder / "orders" / f"landed_on={day}").glob("*.parquet")
        if folder == "quarantine" or pl.read_parquet(path).height
    )


def without_last_row(path):
    pl.read_parquet(path).head(-1).write_parquet(path)


def in_ledger(world, **changes):
    path = world.workspace.build / "ledger" / "orders.parquet"
    is_first = pl.col("path") == "2022-05-21/a.jsonl"
    ledger = pl.read_parquet(path)
    ledger.with_columns(
        pl.when(is_first).then(pl.col(name) + change).otherwise(pl.col(name)).alias(name)
        for name, change in changes.items()
    ).write_parquet(path)


TAMPERINGS = {
    "a lake part loses a row": lambda world: without_last_row(part_of(world, "lake", "2022-05-21")),
    "a lake part is gone": lambda world: part_of(world, "lake", "2022-05-21").unlink(),
    "a lake part lies there twice": lambda world: (
        part_of(world, "lake", "2022-05-21")
        .with_name("copy.parquet")
        .write_bytes(part_of(world, "lake", "2022-05-21").read_bytes())
    ),
    "a quarantine part loses a row": lambda world: without_last_row(part_of(world, "quarantine", "2022-05-21")),
    "a quarantine part is gone": lambda world: part_of(world, "quarantine", "2022-05-21").unlink(),
    "the ledger says more lines": lambda world: in_ledger(world, lines=1),
    "the ledger says more were accepted": lambda world: in_ledger(world, lines=1, accepted=1),
    "the ledger says more were quarantined": lambda world: in_ledger(world, lines=1, quarantined=1),
}


def test_lines_refused_lines_repeated_and_damaged_files_add_up(world):
    counts = world.row("select sum(lines) as lines, sum(accepted) as accepted from audit.files where log = 'orders'")
    assert counts == {"lines": 16, "accepted": 6}
    assert {world.results[check].status for check in CHECKS.split()} == {"pass"}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_file_that_does_not_add_up_fails_the_build_and_is_named(world, tampering):
    TAMPERINGS[tampering](world)
    check = world.built_again(CHECKS).results["assert_files_are_conserved"]
    assert check.status == "fail" and check.is_bad
    [row] = check.failing_rows
    assert row["path"] == "2022-05-21/a.jsonl"


def test_lines_in_the_lake_that_no_file_of_the_ledger_accounts_for_fail_the_build(world):
    path = world.workspace.build / "ledger" / "orders.parquet"
    pl.read_parquet(path).filter(pl.col("path") != "2022-05-21/a.jsonl").write_parquet(path)
    results = world.built_again(CHECKS).results
    assert [results[check].status for check in CHECKS.split()] == ["fail", "fail"]
    assert results["assert_lines_are_conserved"].failing_rows[0]["accepted_in_files"] == "1"


def paid(event_id, trip, amount, kind="base", **fields):
    line = {"event_id": event_id, "event_type": "pay_posted", "occurred_at": NOON, "trip_id": trip, "pay_kind": kind}
    return line | {"amount_usd": amount} | fields


def toll(event_id, amount, **fields):
    return {"event_id": event_id, "event_type": "toll_charged", "occurred_at": NOON, "trip_id": "t"} | (
        {"amount_usd": amount} | fields
    )


START = {
    "event_type": "started",
    "occurred_at": NOON,
    "trip_id": "t",
    "driver_id": "d",
    "site_id": "las_vegas_mall",
}
EVENING = "2022-05-21T20:00:00-07:00"
TRIPS = [
    START,
    paid("stands", "t", "60.1234"),
    paid("adjusted", "t", "-3.5", kind="adjustment"),
    paid("corrected", "t", "9"),
    paid("corrected", "t", "8", received_at=LATER),
    paid("twice", "t", "1.01"),
    paid("twice", "t", "1.01"),
    paid("told-two-ways", "t", "2"),
    paid("told-two-ways", "t", "2", kind="tip"),
    paid("taken-back", "t", "4", retracted=True, received_at=LATER),
    paid("headless", "no-such-trip", "16.0001"),
    toll("toll", "3.25"),
    toll("late", "7", received_at=EVENING),
]


@pytest.fixture(scope="module")
def paid_world(build_world):
    return build_world(trips=TRIPS, as_of="2022-05-21T19:00:00-07:00")


def test_every_cent_of_every_accepted_line_has_its_place(paid_world):
    rows = {row.pop("amount_kind"): row for row in paid_world.rows("select * from audit.money")}
    assert rows["pay"] == {
        "accepted_usd": Decimal("99.6435"),  # 60.1234 - 3.5 + 9 + 8 + 1.01 + 1.01 + 2 + 2 + 4 + 16.0001
        "in_facts_usd": Decimal("67.6334"),
        "superseded_usd": Decimal("9.0000"),
        "duplicates_usd": Decimal("1.0100"),
        "conflicts_usd": Decimal("2.0000"),
        "retracted_usd": Decimal("4.0000"),
        "after_cut_usd": Decimal("0.0000"),
        "orphans_usd": Decimal("16.0001"),
    }
    assert {name: value for name, value in rows["toll"].items() if value} == {
        "accepted_usd": Decimal("10.2500"),
        "in_facts_usd": Decimal("3.2500"),
        "after_cut_usd": Decimal("7.0000"),
    }


MONEY_MISTAKES = {
    "a join doubles a trip": "insert into fct_trips select * replace ('u' as trip_id) from fct_trips",
    "a toll is lost": "update fct_trips set toll_usd = 0",
    "a tenth of a cent is lost": "update fct_trips set gross_usd = gross_usd - 0.001",
    "orphans are forgotten": "delete from audit.orphans",
    "a class of lines is forgotten": "delete from staging.stg_trips_set_aside where line_class = 'conflict'",
}


@pytest.mark.parametrize("mistake", MONEY_MISTAKES)
def test_a_cent_lost_or_doubled_on_the_way_is_found(paid_world, mistake):
    compiled = paid_world.workspace.build / "dbt" / "compiled" / "doorstep"
    money = (compiled / "models" / "audit" / "money.sql").read_text()
    check = (compiled / "tests" / "assert_money_is_conserved.sql").read_text()
    with duckdb.connect(str(paid_world.path)) as connection:
        assert connection.execute(check).fetchall() == []
        connection.execute("begin")
        connection.execute(MONEY_MISTAKES[mistake])
        connection.execute(f"create or replace table audit.money as {money}")
        assert connection.execute(check).fetchall() != []
        connection.execute("rollback")


def test_sums_over_a_log_beyond_the_money_of_a_row_do_not_overflow(build_world):
    starts = [START | {"trip_id": f"t-{trip}", "event_id": f"s-{trip}"} for trip in range(3)]
    lines = [paid(f"p-{trip}-{part}", f"t-{trip}", "999999.9999") for trip in range(3) for part in range(90)]
    world = build_world(trips=[*starts, *lines], select="money assert_money_is_conserved")
    total = world.value("select accepted_usd from audit.money where amount_kind = 'pay'")
    assert total == 270 * Decimal("999999.9999") > Decimal(10**8)
    assert world.results["assert_money_is_conserved"].status == "pass"
