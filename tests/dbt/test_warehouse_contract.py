"""The published file has the tables of the written warehouse contract: each column by name, type and grain.

Belongs here: the contract's lists, written down a second time. Does not belong here: what a column means.
"""

import re

import duckdb
import pytest

from pipelines.publish import publish

CELL = "grain period_start market_id offer_type"
ON_TIME = "due on_time on_time_share on_time_share_low on_time_share_high"

# Table -> its grain, and the columns that the contract names; others may be added.
WRITTEN = {
    "fct_deliveries": (
        "order_id",
        "market_id site_id offer_type store_id trip_id package_count placed_at ready_at picked_up_at "
        "first_attempted_at delivered_at returned_at cancelled_at lost_at promised_at placed_date delivered_date "
        "status cancel_reason failed_attempts click_to_door_minutes preparation_minutes pickup_wait_minutes "
        "transit_minutes is_promise_due is_on_time is_same_day is_next_day has_clock_disorder",
    ),
    "fct_offers": (
        "offer_id",
        "block_id driver_key market_id site_id offer_type wave sent_at expires_at block_starts_at block_ends_at "
        "block_hours pay_usd pay_per_hour_usd sent_date answered_at seconds_to_answer outcome withdrawn_reason "
        "is_at_risk is_accepted forfeited_at forfeit_notice_minutes is_late_forfeit is_no_show",
    ),
    "fct_blocks": (
        "block_id",
        "market_id site_id offer_type block_starts_at block_ends_at block_hours first_sent_at offers_sent "
        "drivers_offered first_pay_usd filled_at filled_pay_usd is_filled is_first_wave_fill is_cancelled "
        "minutes_to_fill price_to_fill_usd",
    ),
    "fct_trips": (
        "trip_id",
        "block_id offer_id driver_key market_id site_id offer_type vehicle_class started_at arrived_at_pickup_at "
        "departed_pickup_at last_dropoff_at ended_at trip_date orders_picked_up orders_delivered status "
        "door_to_door_hours on_job_hours engaged_hours scheduled_hours unpaid_overrun_hours early_finish_hours "
        "total_miles miles_source deadhead_miles job_miles base_usd tip_usd incentive_usd adjustment_usd gross_usd "
        "gross_before_tips_usd gas_usd toll_usd maintenance_usd cost_usd is_cost_known net_usd net_per_hour_usd "
        "depreciation_usd tax_rate_cost_usd gas_price_usd is_fuel_price_imputed minimum_wage_usd "
        "constant_price_gas_usd is_pay_pending has_clock_disorder",
    ),
    "dim_market": ("market_id", "market_name state time_zone fuel_area"),
    "dim_site": ("site_id", "site_name market_id site_kind offer_type latitude longitude pilot_started_on"),
    "dim_store": ("site_id store_id", "market_id"),
    "dim_vehicle_class": ("vehicle_class", "fuel_type miles_per_gallon kwh_per_100_miles source"),
    "dim_date": ("market_id calendar_date", ""),
    "dim_driver": ("driver_key", "first_seen_at last_seen_at home_market_id usual_vehicle_class trips"),
    "delivery_speed": (
        CELL,
        f"orders delivered cancelled open_orders {ON_TIME} same_day_share next_day_share attempted "
        "first_attempt_share click_to_door_minutes_mean click_to_door_minutes_p50 click_to_door_minutes_p80 "
        "click_to_door_minutes_p90 click_to_door_minutes_p95 preparation_minutes_p50 preparation_minutes_p90 "
        "pickup_wait_minutes_p50 pickup_wait_minutes_p90 transit_minutes_p50 transit_minutes_p90 "
        "staged_orders staged_preparation_minutes_mean staged_pickup_wait_minutes_mean staged_transit_minutes_mean "
        "staged_click_to_door_minutes_mean click_to_door_minutes_p50_censored click_to_door_minutes_p50_censored_low "
        "click_to_door_minutes_p50_censored_high within_180_minutes_share_censored promised_orders "
        "promise_minutes_p50 clock_disorders",
    ),
    "delivery_curve": (
        f"{CELL} within_minutes",
        "orders delivered delivered_per_hour at_risk delivered_share_censored delivered_share_censored_low "
        "delivered_share_censored_high promised_orders promised_share",
    ),
    "delivery_hours": (f"{CELL} weekday hour", f"orders delivered {ON_TIME} click_to_door_minutes_p50"),
    "offer_acceptance": (
        CELL,
        "offers at_risk accepted declined expired withdrawn pending acceptance_share acceptance_share_low "
        "acceptance_share_high seconds_to_answer_p50 pay_per_hour_sent_usd pay_per_hour_accepted_usd blocks_due "
        "blocks_filled fill_share fill_share_low fill_share_high first_wave_fill_share minutes_to_fill_p50 "
        "price_to_fill_usd_mean late_forfeits no_shows",
    ),
    "driver_earnings": (
        CELL,
        "trips drivers pay_pending_trips on_job_hours door_to_door_hours engaged_hours scheduled_hours "
        "overlapping_hours unpaid_overrun_hours early_finish_hours total_miles base_usd tip_usd incentive_usd "
        "adjustment_usd gross_usd costed_trips costed_on_job_hours costed_gross_usd costed_tip_usd costed_gas_usd "
        "costed_toll_usd costed_maintenance_usd costed_net_usd miles_coverage_share gross_per_hour_usd "
        "gross_per_scheduled_hour_usd net_per_hour_usd net_per_hour_usd_low net_per_hour_usd_high "
        "net_per_scheduled_hour_usd net_per_engaged_hour_usd net_per_door_to_door_hour_usd "
        "net_before_tips_per_hour_usd net_at_constant_price_per_hour_usd after_tax_rate_per_hour_usd "
        "after_depreciation_per_hour_usd advertised_range_share rated_drivers driver_net_per_hour_usd_p10 "
        "driver_net_per_hour_usd_p25 driver_net_per_hour_usd_p50 driver_net_per_hour_usd_p75 "
        "driver_net_per_hour_usd_p90 below_minimum_wage_hours_share is_suppressed",
    ),
    "net_pay_parts": (
        CELL,
        "trips drivers on_job_hours base_usd tip_usd incentive_usd adjustment_usd gross_usd gas_usd toll_usd "
        "maintenance_usd net_usd total_miles base_per_hour_usd tip_per_hour_usd incentive_per_hour_usd "
        "adjustment_per_hour_usd gross_per_hour_usd gas_per_hour_usd toll_per_hour_usd maintenance_per_hour_usd "
        "net_per_hour_usd fuel_miles fuel_gallons fuel_usd gas_price_usd_per_gallon fuel_miles_per_gallon "
        "maintenance_usd_per_mile minimum_wage_usd_least minimum_wage_usd_greatest",
    ),
    "driver_pay_distribution": (f"{CELL} percentile", "rated_drivers net_per_hour_usd"),
    "store_performance": (
        "grain period_start site_id store_id",
        "orders preparation_minutes_p50 preparation_minutes_p90 pickup_wait_minutes_p50 pickup_wait_minutes_p90 "
        f"dwell_minutes_p50 dwell_minutes_p90 cancelled_by_store_share {ON_TIME}",
    ),
    "pilot_readout": (
        "metric market_id",
        "retail_value baseline_value retail_numerator baseline_numerator retail_denominator baseline_denominator "
        "retail_drivers baseline_drivers retail_site_weeks baseline_site_weeks difference difference_low "
        "difference_high method verdict note",
    ),
    "metric_dictionary": ("table_name name", "meaning unit formula better source_tables source_columns shown_on"),
    "audit.builds": ("build_id table_name", "as_of started_at finished_at code_version row_count row_fingerprint"),
    "audit.files": ("", "path sha256 bytes lines accepted quarantined landed_on drifted_fields"),
    "audit.logs": ("log", "accepted current superseded duplicates conflicts retracted after_cut cut"),
    "audit.conflicts": ("", "log event_id"),
    "audit.quarantine_reasons": ("", "log file reason field lines"),
    "audit.checks": ("check_name", "table_name severity status failing_rows first_failing_rows description"),
    "audit.orphans": ("log problem missing_id", ""),
    "audit.landed_days": (
        "log landed_on",
        "files refused_files duplicate_files bytes lines accepted quarantined quarantined_share first_ingested_at",
    ),
    "audit.quarantine_totals": ("", "log reason field files lines first_landed_on last_landed_on"),
    "audit.orphan_totals": ("log problem", "things events first_event_at last_event_at"),
    "audit.freshness": ("market_id log", "events last_occurred_at cut hours_behind_cut"),
}

TEXTS = """
    grain offer_type vehicle_class fuel_type site_kind site_name market_name state time_zone fuel_area source status
    outcome cancel_reason withdrawn_reason miles_source driver_key usual_vehicle_class metric method verdict note
    name table_name meaning unit formula better source_tables source_columns shown_on code_version row_fingerprint
    path sha256 drifted_fields log file reason field problem
    check_name severity first_failing_rows description
"""
# The contract's conventions for what is no text, the first that fits; what is left counts things.
TYPES = {
    r".*_id": "VARCHAR",
    r"(is|has)_.*": "BOOLEAN",
    r"within_minutes|weekday|hour": "INTEGER",
    r".*_at|as_of|cut": "TIMESTAMP WITH TIME ZONE",
    r".*_(date|on)|period_start": "DATE",
    r".*_usd(_low|_high|_least|_greatest|_mean|_p\d\d)?": "DECIMAL(12,4)",
    r".*_share(_censored)?(_low|_high)?": "DOUBLE",
    r".*_(minutes|hours|miles)(_mean|_p\d\d(_censored(_low|_high)?)?)?": "DOUBLE",
    r"(minutes|seconds)_to_.*|hours_behind_.*": "DOUBLE",
    r"delivered_per_hour|latitude|longitude|.*_per_(gallon|mile)|.*gallons|kwh_per_100_miles": "DOUBLE",
    r"(retail|baseline)_(value|numerator|denominator)|difference.*": "DOUBLE",
    "percentile": "INTEGER",
    r".*": "BIGINT",
}


def type_of(column):
    if column in TEXTS.split():
        return "VARCHAR"
    return next(dtype for pattern, dtype in TYPES.items() if re.fullmatch(pattern, column))


@pytest.fixture(scope="module")
def published(build_world):
    """The published file of empty logs."""
    with duckdb.connect(str(publish(build_world().workspace).path), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("table", WRITTEN)
def test_a_published_table_has_the_columns_of_the_written_contract_in_their_types(published, table):
    grain, columns = WRITTEN[table]
    found = {row[0]: row[1] for row in published.execute(f"describe {table}").fetchall()}
    expected = {column: type_of(column) for column in [*grain.split(), *columns.split()]}
    assert {column: found.get(column, "missing") for column in expected} == expected


@pytest.mark.parametrize("table", [table for table, (grain, _) in WRITTEN.items() if grain])
def test_a_published_table_can_hold_one_row_per_key_of_its_grain(published, table):
    keys = published.execute(
        "select constraint_column_names from duckdb_constraints() "
        "where constraint_type = 'PRIMARY KEY' and table_name = ? and schema_name = ?",
        [table.split(".")[-1], "audit" if "." in table else "main"],
    ).fetchall()
    assert [set(columns) for (columns,) in keys] == [set(WRITTEN[table][0].split())]


def test_nothing_else_is_published_than_facts_dimensions_metrics_reference_and_audit(published):
    tables = published.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    assert {schema for schema, _ in tables} == {"main", "reference", "audit"}, "staging and intermediate stay behind"
    assert "warehouse" not in {table for _, table in tables}
    names = {column for (column,) in published.execute("select column_name from duckdb_columns()").fetchall()}
    assert "driver_key" in names and "driver_id" not in names


def test_every_published_table_and_column_carries_its_comment_in_the_file(published):
    bare = published.execute("""
        select table_name, null from duckdb_tables() where coalesce(comment, '') = ''
        union all
        select table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''
    """).fetchall()
    assert bare == []
