"""Words, colours and figures of the pages, piece by piece."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dashboards
from dashboards import text, theme
from dashboards.figures import finish, value_range
from dashboards.page import script_json

MODELS = Path(dashboards.__file__).parents[1] / "dbt_project" / "models" / "metrics"
UNITS = {
    "usd/hour": "USD/h",
    "usd": "USD",
    "share": "%",
    "minutes": "min",
    "seconds": "s",
    "hours": "h",
    "miles": "mi",
}


@pytest.mark.parametrize(
    ("value", "column", "said"),
    [
        (0.88125, "on_time_share", "88.1%"),
        (Decimal("12.98"), "net_per_hour_usd", "$12.98/h"),
        (Decimal("-3.5"), "driver_net_per_hour_usd_p10", "−$3.50/h"),
        (Decimal("49771.61"), "costed_gross_usd", "$49,771.61"),
        (42.02, "click_to_door_minutes_p50", "42.0\u00a0min"),
        (57.4, "seconds_to_answer_p50", "57\u00a0s"),
        (19835.2, "total_miles", "19,835.2\u00a0mi"),
        (5214, "delivered", "5,214"),
        (None, "delivered", "–"),
    ],
)
def test_a_figure_is_written_in_its_unit(value, column, said):
    assert text.quantity(value, column) == said


def test_the_units_by_name_are_those_of_the_metric_models():
    found = 0
    for path in MODELS.glob("*.yml"):
        for name, unit in re.findall(r"- name: (\w+)\n(?:(?!\s+- name:).*\n)*?.*?unit: ([^,}]+)", path.read_text()):
            assert text.unit(name) == UNITS.get(unit.lower(), ""), f"{path.name}: {name} in {unit}"
            found += 1
    assert found > 60


def test_a_claim_carries_interval_and_n():
    measure = text.Measure("fill_share", "Filled", (("blocks_due", "blocks due"),))
    row = {"fill_share": 0.9, "fill_share_low": 0.85, "fill_share_high": 0.94, "blocks_due": 1200}
    assert text.claim(row, measure).replace("\u00a0", " ") == "90.0% (95% interval 85.0–94.0%; n = 1,200 blocks due)"
    del row["fill_share_low"]
    assert text.claim(row, measure).replace("\u00a0", " ") == "90.0% (n = 1,200 blocks due)"


def test_one_is_singular():
    measure = text.Measure("net_per_hour_usd", "Net", (("trips", "trips"), ("drivers", "drivers")))
    assert text.sample({"trips": 2, "drivers": 1}, measure).replace("\u00a0", " ") == "n = 2 trips, 1 driver"


def test_long_times_are_said_in_hours_too():
    assert text.long_minutes(377.3, "click_to_door_minutes_p50").replace("\u00a0", " ") == "6 h 17 min"
    assert text.long_minutes(90.0, "click_to_door_minutes_p50") == ""
    assert text.long_minutes(5000.0, "delivered") == ""


def test_dates_and_moments_leave_no_doubt_about_day_and_zone():
    assert text.day(date(2022, 4, 11)).replace("\u00a0", " ") == "11 Apr 2022"
    assert text.moment(datetime(2022, 4, 18, 5, tzinfo=UTC)).replace("\u00a0", " ") == "18 Apr 2022, 05:00 UTC"


@given(st.text())
def test_no_text_can_open_a_tag_in_a_plotly_label(words):
    safe = text.plotly_safe(words)
    assert "<" not in safe and ">" not in safe
    assert len(text.plotly_safe(words, 5)) <= 5 * len("&amp;")


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda each: st.lists(each) | st.dictionaries(st.text(), each))
)
def test_data_in_a_script_element_reads_back_the_same_and_cannot_close_it(value):
    written = str(script_json(value))
    assert json.loads(written) == value
    assert not set("<>&") & set(written)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("mode", "ground"), [*product((0, 1), ("page", "card"))])
def test_text_has_a_contrast_of_4_5_and_series_of_3(mode, ground):
    behind = theme.COLOURS[ground][mode]
    for name, least in {"ink": 4.5, "muted": 4.5, "blue": 4.5, "orange": 3, "green": 3, "purple": 3, "grey": 3}.items():
        assert contrast(theme.COLOURS[name][mode], behind) >= least, name


def test_the_banner_can_be_read():
    assert all(
        contrast(ink, ground) >= 4.5
        for ink, ground in zip(theme.COLOURS["banner-ink"], theme.COLOURS["banner"], strict=True)
    )


def test_no_two_offer_types_share_a_symbol_or_a_colour_so_that_colour_is_never_alone():
    parts = [style for offer_type, style in theme.OFFER_STYLES.items() if offer_type != "all"]
    assert len({style.symbol for style in parts}) == len({style.colour for style in parts}) == len(parts)


def test_every_light_colour_has_one_dark_twin():
    swaps = theme.chart_settings()["dark"]
    assert len({light for light, _ in theme.COLOURS.values()}) == len(theme.COLOURS)
    assert all(swaps[light] == dark for light, dark in theme.COLOURS.values())
    assert all(theme.see_through(light) in swaps for light, _ in theme.COLOURS.values())


def test_plotlys_schema_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="no_such_thing"):
        finish([], {"no_such_thing": 1})


def test_axes_of_shares_stay_near_0_to_1_and_others_start_at_0():
    assert value_range([{"a_share": 0.99}, {"a_share": 0.5}], ["a_share"]) == (0.45, 1.02)
    assert value_range([{"x_minutes": 50.0}], ["x_minutes"], [100.0]) == (0.0, 108.0)
    assert value_range([{"net_usd": Decimal(-10)}, {"net_usd": Decimal(10)}], ["net_usd"])[0] < -10
