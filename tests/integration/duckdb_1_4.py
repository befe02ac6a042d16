"""The oldest DuckDB that opens the published file, beside our own.

Belongs here: getting it, and running a script with it. Does not belong here: what it must find.

It is installed by uv (whose settings name the index) once per checkout and is never committed.
`python -m tests.integration.duckdb_1_4` fetches it ahead.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

from pipelines.workspace import PROJECT_ROOT

CACHED = PROJECT_ROOT / ".cache" / "duckdb-1.4.0"
PINNED = Path(__file__).with_suffix(".txt")


def fetch() -> Path:
    """The folder that has it as a Python package. Raises OSError if it cannot be had."""
    if not CACHED.exists():
        CACHED.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHED.parent) as folder:
            command = [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--python", sys.executable]
            options = ["--only-binary", ":all:", "--require-hashes", "-r", PINNED, "--target", f"{folder}/whole"]
            done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=300)
            if done.returncode:
                raise OSError(done.stderr.strip())
            shutil.move(f"{folder}/whole", CACHED)
    return CACHED


@cache
def _folder() -> Path:
    try:
        return fetch()
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"DuckDB 1.4 cannot be had: {error}")


def start(script: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """A process of DuckDB 1.4 that runs `script`; its stdin and stdout are ours."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(_folder())},
    )


if __name__ == "__main__":
    fetch()
