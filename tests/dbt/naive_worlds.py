"""Worlds of random little days for the comparison of the warehouse with `tests.naive`.

Belongs here: lines and reference tables from a seed, built as of the end and as of a moment within.
Does not belong here: what is compared.
"""

import csv
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from pipelines.workspace import SHIPPED_DATA
from tests.naive.compare import differences, report
from tests.naive.events import Line
from tests.naive.reference import Reference
from tests.naive.warehouse import Tables, facts
from tests.random_days import random_days, stopped

# So much of a reference table is kept, to make gaps; of the other tables everything. On one of the random days two
# prices of gasoline are equally near.
EQUALLY_NEAR_ON, DAYS_AWAY = date(2022, 3, 14), 21
KEPT = {"fuel_prices": 0.3, "mileage_rates": 0.9, "minimum_wages": 0.9, "tax_mileage_rates": 0.9}


@dataclass(frozen=True)
class Compared:
    """The built tables as of a moment (None: the end), the lines they were built of, and the naive tables of these."""

    built: Tables
    naive: Tables
    lines: dict[str, list[Line]]
    reference: Reference
    as_of: datetime | None

    def told(self, table: str, keys: tuple[str, ...], without: Iterable[str] = ()) -> str:
        """What differs in a table, with the lines it comes from; empty if nothing does."""
        found = differences(table, keys, self.naive[table], self.built[table], without)
        return report(found, self.lines) and f"as of {self.as_of}: {report(found, self.lines)}"


def compared_worlds(
    build_world: Callable[..., Any], seed: int, tables: Iterable[str], cases: int, drivers: int, **settings: Any
) -> list[Compared]:
    """The tables of a seed's world as of its end, and of the same workspace as of a moment at which
    something falls due."""
    dice = random.Random(seed)
    lines = random_days(dice, cases, drivers)
    as_of = stopped(dice, lines)
    select = " ".join(tables)
    world = build_world(**lines, reference=with_gaps(dice), select=select, **settings)
    compared = _beside(world, tables, lines, None)
    earlier = replace(world, workspace=world.workspace.at(as_of)).built_again(select)
    bad = [f"{node.name}: {node.message}" for node in earlier.results.values() if node.is_bad]
    assert not bad, bad
    return [compared, _beside(earlier, tables, lines, as_of)]


def _beside(world: Any, tables: Iterable[str], lines: dict[str, list[Line]], as_of: datetime | None) -> Compared:
    reference = Reference(world.workspace.reference)
    naive = facts(lines, reference, world.workspace.driver_key(), as_of)
    listed = world.rows("select table_name, schema_name from duckdb_tables()")
    schemas = {row["table_name"]: row["schema_name"] for row in listed}
    built = {table: world.rows(f"from {schemas[table]}.{table}") for table in tables}
    return Compared(built, naive, lines, reference, as_of)


def with_gaps(dice: random.Random) -> dict[str, list[dict[str, str]]]:
    """The shipped prices and rates, some rows left out."""
    tables = {}
    for name, share in KEPT.items():
        with (SHIPPED_DATA / "reference" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            first, *others = csv.DictReader(file)
        tables[name] = [first, *(row for row in others if _is_kept(row, dice.random() < share))]
    return tables


def _is_kept(row: dict[str, str], is_drawn: bool) -> bool:
    if row.get("fuel_type") != "gasoline":
        return is_drawn
    days = abs((date.fromisoformat(row["week_starting_on"]) - EQUALLY_NEAR_ON).days)
    return is_drawn if days > DAYS_AWAY else days == DAYS_AWAY
