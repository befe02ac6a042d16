"""What offers and acceptance say beyond the worked examples: the funnel, acceptance by pay, the pay needed."""

from tests.dbt.metric_tables import metric_models, offer, trip


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
