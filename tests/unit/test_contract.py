import pytest

from pipelines.contract import LOGS, Kind, Log
from pipelines.workspace import DBT_PROJECT


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS)
def test_every_field_an_event_type_names_is_a_field_of_its_log(log: Log):
    names = {field.name for field in log.fields}
    named = {*log.common, *log.common_optional, *(name for event in log.events.values() for name in event.fields)}
    assert named <= names


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS)
def test_every_field_of_a_log_is_carried_by_some_event_type(log: Log):
    assert all(log.event_types_with(field.name) for field in log.fields)


def test_no_lake_column_holds_a_raw_driver_id():
    assert [name for log in LOGS.values() for name in log.lake_schema if name == "driver_id"] == []
    assert "driver_key" in LOGS["offers"].lake_schema and "driver_key" in LOGS["trips"].lake_schema


def test_a_field_may_be_left_out_by_the_event_types_that_carry_it_and_do_not_require_it():
    assert LOGS["trips"].event_types_allowing("order_id") == ("arrived_at_dropoff",)
    assert "position" not in LOGS["trips"].event_types_allowing("latitude")
    assert LOGS["orders"].event_types_allowing("order_id") == ()


# The tables of the log contract: event type -> what it requires, what it may have beyond the envelope.
WRITTEN = {
    "orders": {
        "placed": ("site_id", "store_id promised_at package_count dropoff_latitude dropoff_longitude"),
        "ready": ("", ""),
        "picked_up": ("", "trip_id"),
        "delivered": ("", "trip_id"),
        "delivery_failed": ("", "trip_id reason"),
        "returned": ("", "trip_id"),
        "cancelled": ("", "reason"),
        "lost": ("", "reason"),
    },
    "offers": {
        "sent": ("block_id driver_id site_id block_starts_at block_ends_at pay_usd", "expires_at wave"),
        "accepted": ("", "reason"),
        "declined": ("", "reason"),
        "expired": ("", ""),
        "withdrawn": ("", "reason"),
        "forfeited": ("", ""),
        "no_show": ("", ""),
    },
    "trips": {
        "started": ("driver_id site_id", "block_id vehicle_class"),
        "arrived_at_pickup": ("", ""),
        "departed_pickup": ("", ""),
        "arrived_at_dropoff": ("", "order_id"),
        "toll_charged": ("amount_usd", "facility"),
        "pay_posted": ("pay_kind amount_usd", ""),
        "ended": ("", ""),
        "position": ("latitude longitude", ""),
    },
}
COMMON = {"orders": ("order_id", ""), "offers": ("offer_id", ""), "trips": ("trip_id", "trip_miles latitude longitude")}


@pytest.mark.parametrize("log", LOGS)
def test_every_event_type_has_the_fields_of_the_written_contract_and_no_others(log):
    found = {name: (set(event.required), set(event.optional)) for name, event in LOGS[log].events.items()}
    written = {name: (set(needs.split()), set(may.split())) for name, (needs, may) in WRITTEN[log].items()}
    assert found == written
    needs, may = COMMON[log]
    assert (set(LOGS[log].common), set(LOGS[log].common_optional)) == (set(needs.split()), set(may.split()))
    assert [field.name for field in LOGS[log].fields[:5]] == [
        "event_id",
        "event_type",
        "occurred_at",
        "received_at",
        "retracted",
    ]


def test_every_amount_of_a_trip_is_one_whose_cents_are_conserved():
    money = (DBT_PROJECT / "models/audit/money.sql").read_text(encoding="utf-8")
    amounts = [field.name for field in LOGS["trips"].fields if field.kind is Kind.MONEY]
    assert amounts and [name for name in amounts if name not in money] == []
