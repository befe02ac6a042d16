"""What offers and acceptance say beyond the worked examples: the funnel, acceptance by pay, the pay needed."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from scipy.special import logit

from tests.dbt.metric_tables import metric_models, offer, trip
from tests.dbt.random_facts import FEW, seeds


def test_an_offer_is_driven_if_its_driver_has_a_trip_of_it_whatever_became_of_the_trip():
    offers = [
        *(offer(n, "accepted") for n in range(4)),
        offer(4, "declined"),
        offer(5, "withdrawn"),
        offer(6, "accepted", sent_date="2022-05-20"),
    ]
    trips = [trip(1, offer_id="offer-0"), trip(2, offer_id="offer-0"), trip(3, offer_id="offer-1", status="open")]
    trips += [trip(4, offer_id=None), trip(5, offer_id="offer-6", is_pay_pending=True)]
    tables = metric_models().over(fct_offers=offers, fct_trips=trips)
    row = tables.cell("offer_acceptance")
    assert [row[step] for step in ("offers", "at_risk", "accepted", "driven")] == [7, 6, 5, 3], "4 counts trips"
    day = tables.cell("offer_acceptance", grain="day", period_start="2022-05-20")
    assert (day["accepted"], day["driven"]) == (1, 1), "the trip was on the 21st, the offer was sent on the 20th"


def answers(*pays, drivers=6, **fields):
    """Offers of each (pay, asked, accepted) to each driver."""
    return [
        offer(
            f"{fields}-{driver}-{pay}-{n}",
            "accepted" if n < accepted else "declined",
            driver_key=f"driver-{driver}",
            pay_per_hour_usd=pay,
            **fields,
        )
        for driver in range(drivers)
        for pay, asked, accepted in pays
        for n in range(asked)
    ]


def uneven(*pays):
    """The same, with one driver beside them who accepts whatever it pays, so that drivers differ."""
    keen = answers(*((pay, asked, asked) for pay, asked, _ in pays), drivers=1)
    return answers(*pays) + [row | {"driver_key": "keen", "offer_id": f"keen-{row['offer_id']}"} for row in keen]


def test_a_bin_of_pay_is_one_dollar_from_its_lower_edge():
    offers = answers((19.9999, 2, 1), (20, 1, 0), (20.9999, 1, 1), (21, 1, 1), drivers=1)
    offers += [offer("w", "withdrawn", pay_per_hour_usd=20), offer("u", "accepted", pay_per_hour_usd=None)]
    tables = metric_models().over(fct_offers=offers)
    rows = tables.rows("acceptance_by_pay", "grain = 'all' and market_id = 'all' and offer_type = 'all'")
    found = [(row["pay_per_hour_from_usd"], row["at_risk"], row["accepted"], row["acceptance_share"]) for row in rows]
    assert found == [(19, 2, 1, 0.5), (20, 2, 1, 0.5), (21, 1, 1, 1)]
    assert {row["fitted_share"] for row in rows} == {None}, "of one driver"
    needed = tables.cell("acceptance_pay_needed")
    assert (needed["at_risk"], needed["drivers"]) == (5, 1), "an unknown pay per hour tells nothing of pay"
    assert (needed["pay_per_hour_least_usd"], needed["pay_per_hour_greatest_usd"]) == (Decimal("19.9999"), 21)


def test_offers_count_in_their_week_and_in_the_whole_and_in_no_day():
    offers = answers((20, 2, 1), drivers=1) + answers((20, 1, 1), drivers=1, sent_date="2022-05-23", market_id="tysons")
    tables = metric_models().over(fct_offers=offers)
    for table in ("acceptance_by_pay", "acceptance_pay_needed"):
        cells = [
            (row["grain"], str(row["period_start"]), row["market_id"], row["at_risk"])
            for row in tables.rows(table, "offer_type = 'all'")
        ]
        assert cells == [
            *(("all", "2022-05-21", name, n) for name, n in (("all", 3), ("las_vegas", 2), ("tysons", 1))),
            *(("week", "2022-05-16", name, 2) for name in ("all", "las_vegas")),
            *(("week", "2022-05-23", name, 1) for name in ("all", "tysons")),
        ]


NOTES = {
    "Fewer than 5 drivers: no fit.": answers((18, 4, 1), (24, 4, 3), drivers=4),
    "None accepted: no fit.": answers((18, 2, 0), (24, 2, 0)),
    "All accepted: no fit.": answers((18, 2, 2), (24, 2, 2)),
    "All offers paid the same: no fit.": answers((20, 2, 1)),
    "A pay parts those who accepted from those who did not, or nearly: no curve fits.": answers((18, 2, 0), (24, 2, 2)),
    "Acceptance does not clearly rise with pay: no pay can be said to be enough.": uneven((18, 4, 2), (24, 4, 2)),
    "An extrapolation: no offer paid that much.": uneven((18, 10, 1), (20, 10, 3), (22, 10, 5)),
    "An extrapolation: no offer paid that little.": uneven((20, 20, 17), (22, 20, 18), (24, 20, 19)),
    None: uneven((18, 10, 1), (20, 10, 3), (22, 10, 7), (24, 10, 9)),
}


@pytest.mark.parametrize("note", NOTES)
def test_a_cell_says_why_it_names_no_pay_or_that_it_names_one_beyond_what_was_offered(note):
    row = metric_models().over(fct_offers=NOTES[note]).cell("acceptance_pay_needed")
    pay, least, greatest = (row[f"pay_per_hour_{name}_usd"] for name in ("for_80_percent", "least", "greatest"))
    assert row["note"] == note
    is_fitted, is_named = "no fit" not in str(note) and "no curve" not in str(note), note is None or "extra" in note
    assert [row[f"log_odds_per_usd{end}"] is not None for end in ("", "_low", "_high")] == [is_fitted] * 3
    assert [row[f"pay_per_hour_for_80_percent_usd{end}"] is not None for end in ("", "_low", "_high")] == [is_named] * 3
    assert row["is_beyond_offered"] == (None if pay is None else not least <= pay <= greatest)


def test_the_curve_is_of_the_exact_pay_and_its_band_is_even_in_log_odds():
    offers = uneven((18.9, 10, 1), (20.9, 10, 3), (22.9, 10, 7), (24.9, 10, 9))
    rows = (
        metric_models()
        .over(fct_offers=offers)
        .rows("acceptance_by_pay", "grain = 'all' and market_id = 'all' and offer_type = 'all'")
    )
    shares = [row["fitted_share"] for row in rows]
    assert shares == sorted(shares)
    assert shares[0] < rows[0]["acceptance_share"], "the middle of the bin pays less than its offers"
    log_odds = [[logit(row[f"fitted_share{end}"]) for end in ("_low", "", "_high")] for row in rows]
    for low, middle, high in log_odds:
        assert middle - low == pytest.approx(high - middle, abs=1e-6)


@FEW
@given(seed=seeds)
def test_neither_the_order_of_offers_nor_the_drivers_keys_change_a_figure(seed):
    dice = random.Random(seed)
    offers = [
        offer(n, dice.choice(("accepted", "declined")), driver_key=f"{dice.randrange(9)}", pay_per_hour_usd=pay / 4)
        for n, pay in enumerate(dice.choices(range(64, 100), k=200))
    ]
    keys = dice.sample("abcdefghi", 9)
    others = [row | {"driver_key": keys[int(row["driver_key"])]} for row in dice.sample(offers, len(offers))]
    one, other = (metric_models().over(fct_offers=each) for each in (offers, others))
    for table in ("acceptance_by_pay", "acceptance_pay_needed"):
        assert one.rows(table) == other.rows(table)
