"""Worlds of random little days for the comparison of the warehouse with `tests.naive`.

Belongs here: lines and reference tables from a seed, built as of the end and as of a moment within.
Does not belong here: what is compared.
"""

import csv
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipelines.workspace import SHIPPED_DATA
from tests.naive.events import Line
from tests.naive.reference import Reference
from tests.naive.warehouse import Tables, facts
from tests.random_days import random_days, random_moment

# So much of a reference table is kept, to make gaps; of the other tables everything.
KEPT = {"fuel_prices": 0.4, "mileage_rates": 0.9, "minimum_wages": 0.9, "tax_mileage_rates": 0.9}


@dataclass(frozen=True)
class Compared:
    """A built world, the lines in it, and the naive tables of the same lines."""

    world: Any
    lines: dict[str, list[Line]]
    as_of: datetime | None
    naive: Tables

    @property
    def reference(self) -> Reference:
        """The world's reference tables, read naively."""
        return Reference(self.world.workspace.reference)


def compared_worlds(
    build_world: Callable[..., Any], seed: int, select: str, cases: int, **settings: Any
) -> Iterator[Compared]:
    """The world of a seed as of its end, then the same workspace as of the receipt of one of its lines."""
    dice = random.Random(seed)
    lines = random_days(dice, cases)
    world = build_world(**lines, reference=with_gaps(dice), select=select, **settings)
    yield _beside(world, lines, None)
    as_of = random_moment(dice, lines)
    world = replace(world, workspace=world.workspace.at(as_of)).built_again(select)
    bad = [f"{node.name}: {node.message}" for node in world.results.values() if node.is_bad]
    assert not bad, bad
    yield _beside(world, lines, as_of)


def _beside(world: Any, lines: dict[str, list[Line]], as_of: datetime | None) -> Compared:
    naive = facts(lines, Reference(world.workspace.reference), world.workspace.driver_key(), as_of)
    return Compared(world, lines, as_of, naive)


def with_gaps(dice: random.Random) -> dict[str, list[dict[str, str]]]:
    """The shipped prices and rates, some rows left out."""
    tables = {}
    for name, share in KEPT.items():
        with (SHIPPED_DATA / "reference" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            first, *others = csv.DictReader(file)
        tables[name] = [first, *(row for row in others if dice.random() < share)]
    return tables
