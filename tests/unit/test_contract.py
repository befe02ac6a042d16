import pytest

from pipelines.contract import LOGS, Log


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
