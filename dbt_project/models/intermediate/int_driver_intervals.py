"""How sure the pay per hour of each cell is; the work is done in `pipelines.statistics`."""

from pipelines.statistics import earnings_intervals


def model(dbt, session):
    """One row per grain, period, market and offer type; see `earnings_intervals`."""
    cells = dbt.ref("int_driver_cells").order("grain, period_start, market_id, offer_type, driver_key")
    return earnings_intervals(cells.fetchnumpy())
