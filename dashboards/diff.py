"""What differs between two builds, as one page that needs no script and nothing beside it.

Belongs here: filling the template from plain data. Does not belong here: any comparison (`pipelines.diff`).
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dashboards.content import readable
from dashboards.page import asset, content_hash, environment
from dashboards.theme import css_variables


def render_diff(diff: Mapping[str, Any], out: Path) -> Path:
    """Writes the page of a comparison as the file `out`, whole or not at all; the path written.

    diff: `old`, `new`: build_id, finished_at, title, origin, rows. `inputs`: settings (name, old, new), files
    (log, path, what, old_lines, new_lines). `tables`: name, state, added, gone, changed, columns (name, rows),
    columns_new, columns_gone. `metrics`: table, name, unit, moved, why (reason: cells), cells (where, old, new,
    difference, why), a table's behind one another. Raises OSError.
    """
    colours = css_variables()
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{colours['dark']}}}}}"
    style = Markup(f":root{{{colours['light']}}}{dark}") + asset("site.css") + asset("diff.css")
    page = environment()
    page.filters |= {"moment": _moment, "figure": _figure, "readable": readable}
    by_table = groupby(diff["metrics"], key=lambda each: each["table"])
    text = page.get_template("diff.html.j2").render(
        diff,
        style=style,
        style_source=Markup(content_hash(style)),
        metric_tables=[(table, list(group)) for table, group in by_table],
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f".{out.name}.tmp")
    fresh.write_text(text, encoding="utf-8")
    return fresh.replace(out)


def _moment(moment: datetime | None) -> str:
    return f"{moment:%-d %b %Y, %H:%M} UTC" if moment else "unknown"


def _figure(value: float | None, sign: str = "") -> str:
    return "none" if value is None else format(value, f"{sign},.6g")
