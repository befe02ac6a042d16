"""Metric dictionary: what every figure means, its unit and formula, which way is better, where it is shown.

Belongs here: the table of definitions. Does not belong here: the definitions (the models' .yml).
"""

from dashboards.content import Measure, Query, Section

TITLE = "Metric dictionary"
MENU_ORDER = 70
PICKERS = ()
QUERY = {
    "dictionary": Query(
        "metric_dictionary",
        """
        select table_name, name, meaning, unit, formula, better, source_columns, shown_on
        from main.metric_dictionary order by table_name, name
        """,
    )
}


LABELS = {
    "name": "Name",
    "table_name": "Table",
    "meaning": "Meaning",
    "unit": "Unit",
    "formula": "Formula",
    "better": "Better",
    "source_columns": "Comes from",
    "shown_on": "Shown on",
}
SECTIONS = [
    Section(
        "table",
        "What every figure means",
        "dictionary",
        [Measure(name, label) for name, label in LABELS.items()],
        "a published warehouse",
        "The same words stand as comments in the published file, and open with a click on any dotted label.",
        {"isSearchable": True},
    )
]
