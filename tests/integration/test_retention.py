"""Old runs go, but none by which something was last materialized."""

import time
from pathlib import Path

import dagster as dg
import time_machine

from pipelines.defs.retention import forget_old_runs

DAYS = dg.DailyPartitionsDefinition("2022-01-01", end_date="2022-01-04")


@dg.asset(partitions_def=DAYS)
def by_day() -> None:
    """An asset with a partition for each of three days."""


@dg.asset
def whole() -> None:
    """An asset without partitions."""


def test_runs_go_that_are_old_and_last_materialized_nothing(tmp_path: Path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        runs = [dg.materialize([by_day], instance=instance, partition_key=f"2022-01-0{day}") for day in (1, 1, 2)]
        runs += [dg.materialize([whole], instance=instance) for _ in range(2)]
        assert forget_old_runs(instance, keep_days=90) == 0
        with time_machine.travel(time.time() + 91 * 86_400):
            assert forget_old_runs(instance, keep_days=90) == 2
            assert forget_old_runs(instance, keep_days=90) == 0
        left = set(instance.get_run_ids())
        assert left == {runs[each].run_id for each in (1, 2, 4)}
        assert instance.get_materialized_partitions(dg.AssetKey("by_day")) == {"2022-01-01", "2022-01-02"}
        assert instance.get_latest_materialization_event(dg.AssetKey("whole"))
