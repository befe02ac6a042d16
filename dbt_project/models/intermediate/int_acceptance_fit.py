"""How acceptance rises with pay in each cell; the work is done in `pipelines.statistics`."""

from pipelines.statistics import acceptance_curves

COLUMNS = "cell_number, driver_number, pay_per_hour_usd, at_risk, accepted"


def model(dbt, session):
    """One row per cell of int_offer_pay_answers; see `acceptance_curves`."""
    answers = dbt.ref("int_offer_pay_answers").select(COLUMNS).order(COLUMNS)
    return acceptance_curves(answers.fetchnumpy())
