"""No fact depends on the order, the split, the repetition, the compression or the format of the files.

One build costs seconds, so many small cases with ids of their own share a world; the worlds are built of two layouts
and compared row by row.
"""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipelines.contract import LOGS
from tests.random_logs import WORLDS, laid_out, random_logs, written

CASES = 600
FACTS = {"fct_deliveries": "order_id", "fct_offers": "offer_id", "fct_blocks": "block_id", "fct_trips": "trip_id"}
SELECT = " ".join([*FACTS, "logs", "conflicts", "orphans"])


def many_cases(seed):
    """The lines of each log; the ids of a case start with its name."""
    dice = random.Random(seed)
    cases = [random_logs(dice, f"case{number}") for number in range(CASES)]
    return {log: [line for case in cases for line in case[log]] for log in LOGS}


def plainly(lines):
    """One delivery of one file per log, every line once."""
    dice = random.Random(0)
    return [{log: [("lines.jsonl", written(dice, lines[log], "jsonl"))] for log in LOGS}]


def anyhow(seed, lines):
    """Each log's lines, some of them twice, as files that up to three ingests take in."""
    dice = random.Random(seed)
    deliveries = [{log: [] for log in LOGS} for _ in range(dice.randint(1, 3))]
    for log in LOGS:
        repeated = [line for line in lines[log] if dice.random() < 0.2]
        for file in laid_out(dice, lines[log] + repeated):
            dice.choice(deliveries)[log].append(file)
    return deliveries


def differing(one, other, table, key):
    """The rows that only one of two worlds has, by their key."""
    here, there = (Counter(map(repr, world.rows(f"from {table}"))) for world in (one, other))
    return sorted(((here - there) + (there - here)).elements(), key=lambda row: row[row.index(f"'{key}'") :])


@WORLDS
@given(seed=st.integers(0, 10**9))
def test_the_same_events_in_any_files_give_the_same_facts(build_landed, seed):
    lines = many_cases(seed)
    one, other = build_landed(plainly(lines), SELECT), build_landed(anyhow(seed, lines), SELECT)
    for table, key in FACTS.items():
        assert one.value(f"select count(*) from {table}") > CASES / 2, "the cases make facts"
        assert differing(one, other, table, key) == []
    stands = (
        "select log, current, superseded, conflicts, retracted, after_cut, cut, accepted - duplicates from audit.logs"
    )
    assert one.rows(f"{stands} order by log") == other.rows(f"{stands} order by log")
    assert one.value("select min(least(superseded, conflicts, retracted, duplicates)) from audit.logs") > 0
