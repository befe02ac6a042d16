"""One reader in a process of its own: polls a published file until told to stop, then prints what it met as JSON.

    python -m tests.slow.reader FILE fresh|held STOP

`fresh` opens the file for each poll, `held` keeps a connection for POLLS_HELD of them. Each poll measures every table
through the connection and compares it with the `audit.builds` it sees.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

from pipelines.publish import measure

POLLS_HELD, PAUSE_SECONDS = 5, 2
TOLD = "select build_id, table_name, row_count, row_fingerprint from audit.builds"


def poll(connection):
    """The ids of the builds seen through a connection, and the tables that are not as their build has them."""
    told = connection.execute(TOLD).fetchall()
    wrong = [table for _, table, *written in told if measure(connection, table) != tuple(written)]
    return {build_id for build_id, *_ in told}, wrong


def read(path, polls, met):
    """Opens the file, polls it so many times, closes it."""
    started = time.perf_counter()
    with duckdb.connect(path, read_only=True) as connection:
        met["slowest_open_ms"] = max(met["slowest_open_ms"], (time.perf_counter() - started) * 1000)
        met["opens"] += 1
        connection.execute("set timezone = 'UTC'")
        connection.execute("set threads = 1")  # twenty of these share the machine with the writer
        seen = set()
        for _ in range(polls):
            ids, wrong = poll(connection)
            seen |= ids
            met["wrong"] += wrong
            met["polls"] += 1
            time.sleep(PAUSE_SECONDS)
    met["mixed"] += len(seen) != 1
    met["builds"] |= seen


def main(path, style, stop):
    """Reads until the file `stop` is there."""
    met = {"polls": 0, "opens": 0, "slowest_open_ms": 0.0, "mixed": 0, "wrong": [], "errors": [], "builds": set()}
    while not Path(stop).exists():
        try:
            read(path, POLLS_HELD if style == "held" else 1, met)
        except duckdb.Error as error:
            met["errors"].append(str(error))
    sys.stdout.write(json.dumps(met | {"builds": sorted(met["builds"])}))


if __name__ == "__main__":
    main(*sys.argv[1:])
