"""Dagster's home in the workspace: its settings, its records of runs and assets.

Belongs here: where it is and what it says. Does not belong here: starting anything, importing Dagster.
"""

import os
from pathlib import Path

from pipelines.workspace import DoorstepError, Workspace

_DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
retention:
  schedule:
    purge_after_days: 30
  sensor:
    purge_after_days:
      skipped: 2
      started: 30
      success: 30
      failure: 30
"""


def dagster_home(workspace: Workspace) -> Path:
    """Dagster's home inside the workspace, made and set for this process and its children."""
    if set("?*[") & set(str(workspace.root)):  # it would not find its settings, by which nothing leaves the machine
        raise DoorstepError(f"{workspace.root}: Dagster cannot work in a path with one of ?, * and [. Rename it.")
    home = workspace.build / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(_DAGSTER_YAML, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    return home
