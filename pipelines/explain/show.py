"""An explanation in words and tables, or as JSON.

Belongs here: wording and layout. Does not belong here: anything that is counted or computed.
"""

import json
from dataclasses import asdict
from decimal import Decimal
from textwrap import indent

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.explain import Explanation
from pipelines.explain.cells import Row
from pipelines.explain.facts import TABLES

_FILES_SHOWN = 10


def print_explanation(told: Explanation, out: Console) -> None:
    """Prints all of it, readable at 100 columns."""
    _print_figure(told, out)
    if told.evidence is None:
        _say(
            out,
            "Withheld: too few drivers, or it would follow by subtraction; what is behind it is not shown, nor written "
            "to a file.",
        )
    else:
        _print_query(told, out)
        _print_rows(told, out)
        _print_left_out(told, out)
        _print_files(told, out)
    _print_checks(told, out)


def as_json(told: Explanation) -> str:
    """The same for scripts: decimals, dates and instants as text."""
    evidence = told.evidence
    content = {
        "metric": f"{told.cell.table}.{told.cell.name}",
        "value": told.cell.value,
        "interval": told.interval,
        "cell": told.cell.row,
        "definition": told.cell.entry,
        "build": {key: told.build[key] for key in ("build_id", "as_of", "as_of_limit", "origin", "title")},
        "is_withheld": told.cell.is_withheld,
        "agrees": told.agrees if evidence and evidence.sql else None,
        "evidence": asdict(evidence) if evidence else None,
        "files": None if told.files is None else [asdict(each) for each in told.files],
        "quarantined": told.refused,
        "checks": told.checks,
    }
    return json.dumps(content, indent=2, default=str)


def _print_figure(told: Explanation, out: Console) -> None:
    entry, row, build = told.cell.entry, told.cell.row, told.build
    figure = f"{told.cell.table}.{told.cell.name} = {_text(told.cell.value)} {entry['unit']}"
    out.print(Text(figure, style="bold"))
    parts = []
    if told.interval:
        parts.append(f"95 % interval {' to '.join(_text(end) for end in told.interval)}")
    if told.evidence:
        parts.append(f"n = {told.evidence.used:,} rows of {told.evidence.fact}")
    if parts:
        _say(out, "; ".join(parts))
    keys = {key: value for key, value in row.items() if key in _keys(told)}
    period = {"day": "day {}", "week": "week from {}", "all": "all days, from {}"}[row["grain"]]
    _say(out, ", ".join([period.format(row["period_start"]), *(f"{key} {value}" for key, value in keys.items())]))
    limit = f", as of {build['as_of_limit']:%Y-%m-%d %H:%M} UTC" if build["as_of_limit"] else ""
    _say(
        out,
        f"{build['origin']} data, known up to {build['as_of']:%Y-%m-%d %H:%M} UTC{limit}; build {build['build_id']}",
    )
    if told.cell.value is None and told.evidence:
        _say(
            out,
            "Null: no row of the cell enters it." if not told.evidence.used else "Null: its rule gives nothing here.",
        )
    _head(out, "Definition")
    _say(out, entry["meaning"])
    better = {"up": " More is better.", "down": " Less is better."}.get(entry["better"], "")
    _say(out, f"Formula: {entry['formula']}.{better}")


def _keys(told: Explanation) -> list[str]:
    return ["market_id", "offer_type", *TABLES[told.cell.table].keys]


def _print_query(told: Explanation, out: Console) -> None:
    _head(out, "SQL on the published file")
    evidence = told.evidence
    assert evidence
    if evidence.sql is None:
        _say(
            out,
            "Not computed again: the formula is a rule, worked out while building. What it is worked out from follows.",
        )
        return
    out.print(Text(indent(evidence.sql, "  ")), soft_wrap=True)  # whole lines, to be copied
    verdict = "the same as" if told.agrees else "NOT the same as"
    style = "green" if told.agrees else "red"
    out.print(
        Text(f"  gives {_text(evidence.recomputed)}, {verdict} the published {_text(told.cell.value)}", style=style)
    )


def _print_rows(told: Explanation, out: Console) -> None:
    evidence = told.evidence
    assert evidence
    _head(out, f"Rows behind it: {evidence.used:,} of {evidence.fact}")
    for call, value in evidence.sums.items():
        _say(out, f"{call} = {_text(value)}")
    if evidence.first_rows:
        out.print(_table(evidence.first_rows))
    if told.cell.row.get("is_suppressed"):
        _say(out, "Too few drivers in the cell: its single rows are not shown, nor written to a file.")
    elif evidence.used > len(evidence.first_rows):
        _say(out, f"The first {len(evidence.first_rows)}; all of them: --csv FILE")


def _print_left_out(told: Explanation, out: Console) -> None:
    evidence = told.evidence
    assert evidence
    left_out = sum(evidence.left_out.values())
    _head(out, f"Left out of the same cell: {left_out:,}")
    for reason, count in evidence.left_out.items():
        _say(out, f"{count:>8,}  {reason}")
    _say(out, f"{evidence.used:,} used + {left_out:,} left out = {evidence.used + left_out:,} rows of the cell")


def _print_files(told: Explanation, out: Console) -> None:
    files = told.files
    if files is None:
        _head(out, "Landed files")
        _say(out, "Unknown: the lake of this workspace is gone. doorstep run makes it anew from landing/.")
        return
    _head(out, f"Landed files: {sum(each.lines for each in files):,} lines of {len(files):,} files speak of these rows")
    most = sorted(files, key=lambda each: (-each.lines, each.path))[:_FILES_SHOWN]
    for each in most:
        lines = "line" if each.lines == 1 else "lines"
        where = f"{each.first_line}" if each.lines == 1 else f"between {each.first_line} and {each.last_line}"
        _say(out, f"landing/{each.log}/{each.path}: {each.lines:,} {lines}, {where}")
    if len(files) > len(most):
        _say(out, f".. and {len(files) - len(most):,} more files (all: --json)")
    if told.refused:
        _say(out, "Lines in quarantine, and so in no figure, that name one of these rows:")
    for reason, count in told.refused.items():
        _say(out, f"{count:>8,}  {reason}")


def _print_checks(told: Explanation, out: Console) -> None:
    _head(out, f"Checks that guard it: {len(told.checks)}")
    for each in told.checks:
        found = "" if each["status"] == "pass" else f" ({each['failing_rows']} rows, {each['severity']})"
        _say(out, f"{each['status']}{found}  {each['check_name']}: {each['description']}")


def _table(found: list[Row]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, value in found[0].items():
        table.add_column(name, justify="right" if isinstance(value, int | float | Decimal) else "left", overflow="fold")
    for row in found:
        table.add_row(*(Text(_text(value)) for value in row.values()))
    return table


def _head(out: Console, title: str) -> None:
    out.print()
    out.print(Text(title, style="bold cyan"))


def _say(out: Console, text: str) -> None:
    out.print(Padding(Text(text), (0, 0, 0, 2), expand=False))


def _text(value: object) -> str:
    if value is None:
        return "null"
    return f"{value:.6g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)
