"""Rows added, gone and changed, table by table.

Belongs here: comparing rows. Does not belong here: what a row means (`reasons.py`).

Where a table has the same primary key in both builds, a row of one is found in the other by it, and changed if a column
that both have differs. Else rows are compared whole, as often as they are there: one that changed is one gone and one
added.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipelines.diff.catalog import Pair, quoted


@dataclass(frozen=True)
class TableDiff:
    """What differs in one table.

    state: whether one build lacks the table. changed: None without a primary key. columns: those that differ in changed
    rows, with how many rows, most first; columns_new, columns_gone: those only one build has.
    """

    name: str
    state: Literal["both", "new", "gone"]
    added: int
    gone: int
    changed: int | None
    columns: list[tuple[str, int]]
    columns_new: list[str]
    columns_gone: list[str]

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        parts = (self.state != "both", self.added, self.gone, self.changed, self.columns_new, self.columns_gone)
        return any(parts)


def compare_tables(pair: Pair) -> Iterator[TableDiff]:
    """Every table of either build but `audit.builds`, which differs between any two, by name."""
    for name in sorted((pair.old.keys() | pair.new.keys()) - {"audit.builds"}):
        if name in pair.old and name in pair.new:
            yield _compare(pair, name)
        else:
            side = "new" if name in pair.new else "old"
            count = pair.rows(f"select count(*) from {side}.{name}")[0][0]
            state, added, gone = ("new", count, 0) if side == "new" else ("gone", 0, count)
            yield TableDiff(name, state, added, gone, None, [], [], [])


def _compare(pair: Pair, name: str) -> TableDiff:
    only_new = [column for column in pair.new[name].columns if column not in pair.old[name].columns]
    only_old = [column for column in pair.old[name].columns if column not in pair.new[name].columns]
    counts = _by_key(pair, name) if pair.key(name) else _whole_rows(pair, name)
    return TableDiff(name, "both", *counts, only_new, only_old)


def _by_key(pair: Pair, name: str) -> tuple[int, int, int, list[tuple[str, int]]]:
    key = pair.key(name)
    columns = [column for column in pair.common(name) if column not in key]
    differs = [
        f"{pair.compared('old_row', name, each)} is distinct from {pair.compared('new_row', name, each)} as c{number}"
        for number, each in enumerate(columns)
    ]
    is_changed = " or ".join(f"c{number}" for number in range(len(columns))) or "false"
    counts = [f"count(*) filter (in_both and c{number})" for number in range(len(columns))]
    first = quoted(key[0])
    added, gone, changed, *each = pair.rows(
        f"""
        with pairs as (
            select {", ".join(["old_row." + first + " is null as is_added", "new_row." + first + " is null as is_gone",
                               "not is_added and not is_gone as in_both", *differs])}
            from old.{name} as old_row full join new.{name} as new_row on {same_key(pair, name)}
        )
        select {", ".join(["count(*) filter (is_added)", "count(*) filter (is_gone)",
                           f"count(*) filter (in_both and ({is_changed}))", *counts])}
        from pairs
        """
    )[0]  # fmt: skip
    found = [(column, count) for column, count in zip(columns, each, strict=True) if count]
    return added, gone, changed, sorted(found, key=lambda each: -each[1])


def same_key(pair: Pair, name: str) -> str:
    """The condition that a row of `old_row` and one of `new_row` have the same primary key."""
    return " and ".join(
        f"{pair.compared('old_row', name, each)} = {pair.compared('new_row', name, each)}" for each in pair.key(name)
    )


def _whole_rows(pair: Pair, name: str) -> tuple[int, int, None, list[tuple[str, int]]]:
    columns = pair.common(name)
    rows = {
        side: f"select {', '.join(pair.compared(side, name, each) for each in columns)} from {side}.{name} as {side}"
        for side in ("old", "new")
    }
    added, gone = (
        pair.rows(f"select count(*) from ({rows[a]} except all {rows[b]})")[0][0] if columns else 0
        for a, b in (("new", "old"), ("old", "new"))
    )
    return added, gone, None, []
