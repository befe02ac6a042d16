"""How sure the pay per hour of each cell is; the work is done in `pipelines.statistics`."""

from pipelines.statistics import cell_intervals


def model(dbt, session):
    """One row per grain, period, market and offer type; see `cell_intervals`."""
    drivers = dbt.ref("int_driver_cells").order("grain, period_start, market_id, offer_type, driver_key")
    return cell_intervals(
        drivers.fetchnumpy(),
        gross_per_hour_usd=("gross_usd", "gross_hours"),
        net_per_hour_usd=("net_usd", "net_hours"),
    )
