"""A backfill of thirty days and all that rests on them, asked for in the UI."""

import time
from datetime import date, timedelta

import pytest

from pipelines.definitions import defs
from pipelines.simulate import simulate
from tests.integration.analyst import serving
from tests.integration.conftest import doorstep

LAUNCH = """mutation($wanted: LaunchBackfillParams!) {
    launchPartitionBackfill(backfillParams: $wanted) { ... on LaunchBackfillSuccess { backfillId } }
}"""
STATE = """{ partitionBackfillsOrError { ... on PartitionBackfills { results { id status } } }
    runsOrError { ... on Runs { results { runId status assetSelection { path } tags { key value } } } } }"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A workspace that was run on forty days of logs."""
    root = tmp_path_factory.mktemp("backfill")
    simulate(root, days=40, drivers=30, seed=3)
    assert doorstep("run", "--workspace", root).returncode == 0
    return root


def test_a_backfill_of_thirty_days_is_one_run_and_the_warehouse_is_rebuilt_once_after_it(root):
    assets = sorted(defs.resolve_asset_graph().materializable_asset_keys)
    days = [(date(2022, 1, 15) + timedelta(days=each)).isoformat() for each in range(30)]
    with serving(root) as served:
        wanted = {"assetSelection": [{"path": key.path} for key in assets], "partitionNames": days}
        backfill = served.ask(LAUNCH, wanted=wanted)["launchPartitionBackfill"]["backfillId"]
        end, state = time.monotonic() + 400, "REQUESTED"
        while state == "REQUESTED":
            assert time.monotonic() < end
            time.sleep(2)
            told = served.ask(STATE)
            [state] = [
                each["status"] for each in told["partitionBackfillsOrError"]["results"] if each["id"] == backfill
            ]
    runs = [
        run for run in told["runsOrError"]["results"] if backfill in {tag["value"] for tag in run["tags"]}
    ]  # the newest first
    assert state == "COMPLETED_SUCCESS" and {run["status"] for run in runs} == {"SUCCESS"}
    selected = [{"/".join(each["path"]) for each in run["assetSelection"]} for run in runs]
    assert len(runs) == 2 and selected[1] == {"lake/orders", "lake/offers", "lake/trips"}
    assert selected[0] == {key.to_user_string() for key in assets} - selected[1]
    tags = {tag["key"]: tag["value"] for tag in runs[1]["tags"]}
    assert tags["dagster/asset_partition_range_start"] == days[0]
    assert tags["dagster/asset_partition_range_end"] == days[-1]
