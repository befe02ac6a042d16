"""Data quality: how fresh the logs are, what was refused and why, what refers to nothing, what is not as usual.

Belongs here: which audit tables are shown. Does not belong here: counting and judging (`dbt_project/models/audit`).
"""

from dashboards.content import Measure, Query, Section

TITLE = "Data quality"
MENU_ORDER = 60
PICKERS = ()
LANDED_DAYS = 56  # the latest ones
QUERY = {
    "logs": Query(
        "logs",
        """
        select log, cut, accepted, current, superseded, duplicates, conflicts, retracted, after_cut
        from audit.logs order by log
        """,
    ),
    "freshness": Query(
        "freshness",
        """
        select market_id, log, events, last_occurred_at, hours_behind_cut
        from audit.freshness order by hours_behind_cut desc nulls first, market_id, log
        """,
    ),
    "reasons": Query(
        "quarantine_totals",
        """
        select log, reason, field, files, lines, first_landed_on, last_landed_on
        from audit.quarantine_totals order by lines desc, log, reason, field
        """,
    ),
    "orphans": Query(
        "orphan_totals",
        """
        select log, problem, things, events, pay_usd, toll_usd, first_event_at, last_event_at
        from audit.orphan_totals order by events desc, log, problem
        """,
    ),
    "drift": Query(
        "drift",
        """
        select log, landed_on, measure, event_type, name, found_share, usual_share, usual_share_low, usual_share_high,
            beyond_since
        from audit.drift where is_latest and is_beyond order by log, measure, event_type, name
        """,
    ),
    "money": Query(
        "money",
        """
        select amount_kind, accepted_usd, in_facts_usd, superseded_usd, duplicates_usd, conflicts_usd, retracted_usd,
            after_cut_usd, orphans_usd
        from audit.money order by amount_kind
        """,
    ),
    "checks": Query(
        "checks",
        """
        select status, severity, check_name, table_name, failing_rows, description, first_failing_rows
        from audit.checks order by case status when 'pass' then 1 else 0 end, failing_rows desc, check_name
        """,
    ),
    "landed": Query(
        "landed_days",
        f"""
        select log, landed_on, files, refused_files, lines, accepted, quarantined, quarantined_share
        from audit.landed_days
        qualify dense_rank() over (order by landed_on desc) <= {LANDED_DAYS}
        order by landed_on desc, log
        """,
    ),
}


def _table(frame: str, title: str, note: str, nothing: str, **labels: str | tuple[str, str]) -> Section:
    """A table of a query, whole whatever is chosen; a label by column, with the unit where it has one."""
    measures = [
        Measure(name, label) if isinstance(label, str) else Measure(name, label[0], unit=label[1])
        for name, label in labels.items()
    ]
    return Section("table", title, frame, measures, "logs", note, {"nothing": nothing, "allMarkets": True})


SECTIONS = [
    Section(
        "landed",
        "How much of what landed was refused?",
        "landed",
        [Measure("quarantined_share", "Refused", (("lines", "lines"),), unit="share")],
        "files that have landed",
        f"Share of lines in quarantine by day and log, the latest {LANDED_DAYS} days.",
        {"wide": True, "totals": [Measure("accepted", "Accepted"), Measure("quarantined", "Refused lines")]},
    ),
    _table(
        "logs",
        "How far do the logs reach, and where did the lines go?",
        "Every accepted line is current, or one of the others: nothing is lost. The cut is the latest receipt.",
        "No log has been taken in.",
        log="Log",
        cut="Data cut",
        accepted="Accepted lines",
        current="Current",
        superseded="Superseded by a correction",
        duplicates="Duplicates",
        conflicts="Conflicts",
        retracted="Retracted",
        after_cut="After the cut",
    ),
    _table(
        "freshness",
        "Which market has gone silent?",
        "The last event of each market and log, and how long before the log's cut it lies; never heard of first.",
        "No events.",
        market_id="Market",
        log="Log",
        events="Events",
        last_occurred_at="Last event",
        hours_behind_cut=("Behind the cut", "hours"),
    ),
    _table(
        "checks",
        "Which checks passed?",
        "The checks of the build that made this file. One of severity error that fails stops the publication; a "
        "warning does not.",
        "This build recorded no checks.",
        status="Status",
        severity="Severity",
        check_name="Check",
        table_name="Table",
        failing_rows="Rows found",
        description="What it catches",
        first_failing_rows="First rows",
    ),
    _table(
        "reasons",
        "What was refused, and why?",
        "Refused lines lie in quarantine, whole; `doorstep quarantine` shows them.",
        "No line was refused.",
        log="Log",
        reason="Reason",
        field="Field",
        lines="Lines",
        files="Files",
        first_landed_on="First landed",
        last_landed_on="Last landed",
    ),
    _table(
        "orphans",
        "What refers to nothing?",
        "Events of an order, offer or trip that has no beginning in the logs; they are in no fact.",
        "Every event belongs to a fact.",
        log="Log",
        problem="Problem",
        things="Things",
        events="Events",
        pay_usd=("Pay", "USD"),
        toll_usd=("Tolls", "USD"),
        first_event_at="First event",
        last_event_at="Last event",
    ),
    _table(
        "drift",
        "What is not as usual?",
        "Shares of fields and refusals on the latest day that lie beyond their usual range.",
        "Everything that lands is as usual.",
        log="Log",
        landed_on="Landed on",
        measure="Measure",
        event_type="Event",
        name="Name",
        found_share=("Found", "share"),
        usual_share=("Usual", "share"),
        usual_share_low=("Usual, low", "share"),
        usual_share_high=("Usual, high", "share"),
        beyond_since="Since",
    ),
    _table(
        "money",
        "Is every cent accounted for?",
        "Accepted amounts are in facts, or one of the others: the sums close to the cent.",
        "No amounts.",
        amount_kind="Amount",
        accepted_usd=("Accepted", "USD"),
        in_facts_usd=("In facts", "USD"),
        superseded_usd=("Superseded", "USD"),
        duplicates_usd=("Duplicates", "USD"),
        conflicts_usd=("Conflicts", "USD"),
        retracted_usd=("Retracted", "USD"),
        after_cut_usd=("After the cut", "USD"),
        orphans_usd=("Orphans", "USD"),
    ),
    _table(
        "landed",
        f"What landed, day by day? (the latest {LANDED_DAYS} days)",
        "",
        "No file has landed.",
        landed_on="Landed on",
        log="Log",
        files="Files",
        refused_files="Refused files",
        lines="Lines",
        accepted="Accepted",
        quarantined="Refused lines",
        quarantined_share=("Refused share", "share"),
    ),
]
