"""Why a cell of a metric moved: the rules.

Belongs here: from changed fact rows to reasons of cells. Does not belong here: which cells moved (`moved.py`).

A cell is given the reasons of the fact rows that lie in it (period, market, offer type, and store where the table has
stores; a row whose day or market changed lies in two) and that its metric rests on: those in whose columns, by the
dictionary, the metric has its source, and in the columns that decide which cells a row counts in. The earlier build is
the one with the lower data cut of the fact's log, or the one named first.

- **late data**: the row is new in the later build; a value that was unknown is known; the row waited in the earlier
  build (order open or its promise not due, offer pending, block not begun, trip open or its pay pending) and changed,
  or, other than a trip, still waits at another data cut.
- **correction**: the row is gone; a known value became another or unknown. What adds to a value, such as pay adjusted
  later, counts here.
- **reference**: reference tables differ (rivals aside), and a column changed that comes of them (`REFERENCE_COLUMNS`).
  If no other column of the row changed, it is neither late data nor a correction.
- **suppression**: the cell is suppressed in one build and not in the other, and the value is there in one only.
- **code**: the versions of the code differ, and either none of the above holds, or a known value became another
  (correction, reference), which code can do as well.
- **unexplained**: none of these.

Where both builds saw the same lines there is neither late data nor a correction. Several reasons are all named: which
of them moved the cell how far is not known.
"""

from dataclasses import dataclass

from pipelines.diff.catalog import Pair, quoted
from pipelines.diff.inputs import Inputs
from pipelines.diff.tables import same_key

UNEXPLAINED = "unexplained"
# May be code's doing as well: a known value became another.
_LIKE_CODE = {"correction", "reference"}


@dataclass(frozen=True)
class _Fact:
    """Of a fact table: the local day it is counted on, and when a row waits, as SQL over it, `market` and `cut`.

    cut_counts: a row that goes on waiting may change figures when the cut moves, as time at risk does.
    """

    log: str
    day: str
    waits: str
    cut_counts: bool = True


FACTS = {
    "fct_deliveries": _Fact("orders", "placed_date", "status = 'open' or not is_promise_due"),
    "fct_offers": _Fact("offers", "sent_date", "outcome = 'pending'"),
    "fct_blocks": _Fact("offers", "cast(timezone(time_zone, first_sent_at) as date)", "block_starts_at > cut"),
    "fct_trips": _Fact("trips", "trip_date", "status = 'open' or is_pay_pending", cut_counts=False),
}
REFERENCE_COLUMNS = frozenset((
    # sites, markets
    *("market_id", "offer_type", "placed_date", "delivered_date", "sent_date", "trip_date", "is_same_day"),
    "is_next_day",
    # vehicle_classes, fuel_prices, mileage_rates, tax_mileage_rates, minimum_wages
    *("gas_usd", "maintenance_usd", "cost_usd", "is_cost_known", "net_usd", "net_per_hour_usd", "depreciation_usd"),
    *("tax_rate_cost_usd", "gas_price_usd", "is_fuel_price_imputed", "minimum_wage_usd", "constant_price_gas_usd"),
))  # fmt: skip
# Decide which cells a row counts in, and whether it counts at all.
_PLACING = ("market_id", "offer_type", "site_id", "store_id", "driver_key", "status", "outcome", "is_pay_pending",
            "placed_date", "sent_date", "trip_date", "first_sent_at")  # fmt: skip
ANY_COLUMN = "*"
_PLACE = ("market_id", "offer_type", "site_id", "store_id")


def create_reasons(pair: Pair, inputs: Inputs, *, reference_differs: bool) -> None:
    """Makes `reasons`: of each cell the fact columns that changed in its rows and why.

    Columns: fact, fact_column (ANY_COLUMN for a whole row), reason, grain, period_start (null for `all`), market_id,
    offer_type, site_id, store_id (both null for the cells that are not of stores).
    """
    columns = ", ".join(f"{name} varchar" for name in ("fact", "fact_column", "reason", *_PLACE))
    pair.connection.execute(f"create temp table changes ({columns}, day date)")
    for fact in FACTS:
        if pair.key(f"main.{fact}"):
            pair.connection.execute(f"insert into changes {_changes(pair, fact, inputs, reference_differs)}")
    pair.connection.execute(
        """
        create temp table reasons as
        select distinct
            fact, fact_column, reason, period.grain, period.period_start, market.market_id, offer.offer_type,
            place.site_id, place.store_id
        from
            changes,
            lateral (select unnest([
                {'grain': 'day', 'period_start': day},
                {'grain': 'week', 'period_start': cast(date_trunc('week', day) as date)},
                {'grain': 'all', 'period_start': null::date}
            ]) as period),
            lateral (select unnest([changes.market_id, 'all']) as market_id) as market,
            lateral (select unnest([changes.offer_type, 'all']) as offer_type) as offer,
            lateral (select unnest([
                {'site_id': changes.site_id, 'store_id': changes.store_id},
                {'site_id': null::varchar, 'store_id': null::varchar}
            ]) as place)
        """
    )


def _changes(pair: Pair, fact: str, inputs: Inputs, reference_differs: bool) -> str:
    """A query: of each row of a fact that differs, what differs, why, and the places it was and is counted in."""
    name = f"main.{fact}"
    columns = [column for column in pair.common(name) if column not in pair.key(name)]
    cuts = f"(select cut from {{}}.audit.logs where log = '{FACTS[fact].log}')"
    old_is_late = pair.rows(f"select {cuts.format('old')} > {cuts.format('new')}")[0][0]
    early, late = ("new", "old") if old_is_late else ("old", "new")
    changed = ", ".join(
        f"case when {pair.compared('old_row', name, each)} is distinct from {pair.compared('new_row', name, each)} "
        f"then {{'name': '{each}', 'was_unknown': {early}_row.{quoted(each)} is null}} end"
        for each in columns
    )
    of_reference = ", ".join(f"'{each}'" for each in sorted(REFERENCE_COLUMNS))
    key = quoted(pair.key(name)[0])
    return f"""
        with old_row as ({_placed(pair, "old", fact)}), new_row as ({_placed(pair, "new", fact)}),
        pairs as (
            select
                {early}_row.{key} is null as is_new, {late}_row.{key} is null as is_gone, {early}_row.waits as waited,
                {FACTS[fact].cut_counts} and old_row.cut is distinct from new_row.cut as is_other_cut,
                [old_row.place, new_row.place] as places,
                list_filter([{changed}], lambda each: each is not null) as changed
            from old_row full join new_row on {same_key(pair, name)}
        ),
        rows_changed as (
            select
                *, not is_new and not is_gone and {reference_differs}
                    and len(list_filter(changed, lambda each: each.name not in ({of_reference}))) = 0 as is_of_reference
            from pairs where is_new or is_gone or len(changed) > 0 or (waited and is_other_cut)
        ),
        found as (
            select places, '{ANY_COLUMN}' as fact_column,
                case when is_gone then 'correction' else 'late data' end as reason
            from rows_changed where is_new or is_gone or (waited and is_other_cut)
            union all
            select places, each.name, unnest(
                case when {reference_differs} and each.name in ({of_reference}) then ['reference'] else [] end
                || case when is_of_reference then [] when waited or each.was_unknown then ['late data']
                    else ['correction'] end)
            from (select *, unnest(changed) as each from rows_changed where not is_new and not is_gone)
        )
        select distinct '{fact}', fact_column, reason, place.market_id, place.offer_type, place.site_id, place.store_id,
            place.day
        from (select fact_column, reason, unnest(places) as place from found)
        where place.market_id is not null and (reason = 'reference' or not {inputs.same_logs})
    """


def _placed(pair: Pair, side: str, fact: str) -> str:
    """A fact of one build with its place in the cells, whether its row waits, and the data cut of its log."""
    rules = FACTS[fact]
    columns = (pair.old if side == "old" else pair.new)[f"main.{fact}"].columns
    place = ", ".join(f"'{each}': " + (f"fact.{each}" if each in columns else "null::varchar") for each in _PLACE)
    return f"""
        select *, {{{place}, 'day': {rules.day}}} as place, coalesce({rules.waits}, false) as waits
        from {side}.main.{fact} as fact
        left join (select market_id as market, time_zone from {side}.main.dim_market) on market = fact.market_id
        left join (select cut from {side}.audit.logs where log = '{rules.log}') on true
    """


def sources(tables: str, columns: str | None) -> set[tuple[str, str]]:
    """The fact columns that a metric rests on, from `source_tables` and `source_columns` of the dictionary."""
    facts = [table for table in tables.split(", ") if table in FACTS]
    named = [tuple(each.split(".")) for each in (columns or "").split(", ") if each]
    return {(fact, column) for fact, column in named if fact in FACTS} | {
        (fact, column) for fact in facts for column in (ANY_COLUMN, *_PLACING)
    }
