"""How sure the acceptance of each cell is; the work is done in `pipelines.statistics`."""

from pipelines.statistics import cell_intervals


def model(dbt, session):
    """One row per grain, period, market and offer type; see `cell_intervals`."""
    drivers = dbt.ref("int_offer_driver_cells").order("grain, period_start, market_id, offer_type, driver_key")
    return cell_intervals(drivers.fetchnumpy(), acceptance_share_by_driver=("accepted", "at_risk"))
