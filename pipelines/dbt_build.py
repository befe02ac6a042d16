"""dbt in this process: the manifest that Dagster loads, and a build of the working database.

Belongs here: how dbt is started and what it says comes back as. Does not belong here: any SQL, any dagster.

In process because a child process would import dbt again at every run (`DECISIONS.md` has the figures). dbt keeps
the database open in its adapter, so every call ends by closing it.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from pipelines.checks import record_checks
from pipelines.workspace import DBT_PROJECT, DoorstepError, Workspace

MANIFEST = DBT_PROJECT / "target" / "manifest.json"
PARSED = "partial_parse.msgpack"
MOST_ROWS = 10
FIRST_ROWS = "first_failing_rows"  # what the UI and the command call them
_NOT_BUILT = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure")
_SOURCES = ("dbt_project.yml", "profiles.yml", "models/**/*", "macros/**/*", "tests/**/*")


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or test: `status` as dbt says it, `failures` how many rows a test found.

    failing_rows: the first of these rows, column -> value as text. sql: as it was run; None if it was not.
    """

    unique_id: str
    name: str
    status: Literal["success", "pass", "warn", "fail", "error", "skipped", "no-op", "partial success"]
    message: str | None
    failures: int | None
    seconds: float
    failing_rows: tuple[dict[str, str], ...] = ()
    sql: str | None = None

    @property
    def is_bad(self) -> bool:
        """Whether this stops the publication."""
        return self.status in ("fail", "error", "skipped")


def complaint(results: list[NodeResult]) -> str | None:
    """Why these results may not be published, each model or test at fault with its first rows; None if they may."""
    bad = [result for result in results if result.is_bad]
    lines = [_in_words(result) for result in bad if result.status != "skipped"]
    return ("\n".join(lines) or "dbt skipped models") if bad else None


def _in_words(result: NodeResult) -> str:
    rows = [row_in_words(row) for row in result.failing_rows[:3]]
    return "\n  ".join([f"{result.name}: {result.status}: {result.message}", *rows])


def row_in_words(row: Mapping[str, object]) -> str:
    """A failing row on one line; columns without a value are left out."""
    return ", ".join(f"{name} {value}" for name, value in row.items() if value != "")


def ensure_manifest() -> Path:
    """The path of a manifest that is not older than the dbt project; parses the project if need be."""
    sources = (path for pattern in _SOURCES for path in DBT_PROJECT.glob(pattern))
    newest = max(path.stat().st_mtime_ns for path in sources)
    if not MANIFEST.exists() or MANIFEST.stat().st_mtime_ns < newest:
        MANIFEST.parent.mkdir(exist_ok=True)
        # Beside, then moved in: another process may be reading. The manifest goes last, as it is the one looked at.
        with tempfile.TemporaryDirectory(dir=MANIFEST.parent) as parsed:
            _invoke(["parse", "--target-path", parsed], log_path=MANIFEST.parent / "logs")
            for name in (PARSED, MANIFEST.name):
                (Path(parsed) / name).replace(MANIFEST.parent / name)
    return MANIFEST


def build(
    workspace: Workspace, select: list[str] | None = None, on_node: Callable[[str], None] = lambda name: None
) -> list[NodeResult]:
    """Builds models and their tests in the working database; results in the order dbt finished them.

    select: names of models, none: all. on_node is told each node's name as it ends. Raises DoorstepError if dbt
    could not run at all; a model or test that failed is in the results. What tests found is kept in `audit.checks`.
    """
    target = workspace.build / "dbt"
    arguments = ["build", *_NOT_BUILT, "--target-path", str(target)]
    if select:
        arguments += ["--select", *select]
    with _environment({"DOORSTEP_WORKING_DATABASE": str(workspace.working_database)}):
        outcomes = _invoke(arguments, log_path=target / "logs", on_node=on_node, is_parsed=True)
    results = [
        NodeResult(
            unique_id=result.node.unique_id,
            name=result.node.name,
            status=result.status.value,
            message=result.message,
            failures=result.failures,
            seconds=result.execution_time,
            failing_rows=_failing_rows(workspace, result.node.compiled_code) if result.failures else (),
            sql=result.node.compiled_code,
        )
        for result in outcomes
    ]
    record_checks(workspace.working_database, json.loads(MANIFEST.read_bytes()), results)
    return results


def document(workspace: Workspace, target: Path) -> None:
    """Writes dbt's docs of the project and the built working database into `target`.

    That is index.html, which lacks its data, manifest.json and catalog.json. Raises DoorstepError if dbt could not run.
    """
    with _environment({"DOORSTEP_WORKING_DATABASE": str(workspace.working_database)}):
        _invoke(["docs", "generate", "--target-path", str(target)], log_path=target / "logs", is_parsed=True)


def _failing_rows(workspace: Workspace, sql: str) -> tuple[dict[str, str], ...]:
    """The first rows of a test's own query; numbers short, instants in UTC."""
    with duckdb.connect(str(workspace.working_database), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchmany(MOST_ROWS)
    return tuple({name: _as_text(value) for name, value in zip(names, row, strict=True)} for row in rows)


def _as_text(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _invoke(
    arguments: list[str],
    log_path: Path,
    on_node: Callable[[str], None] = lambda name: None,
    *,
    is_parsed: bool = False,
) -> Any:  # noqa: ANN401 - dbt's results have no public type
    # Imported here: dbt takes over a second to import, and most commands never need it.
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    def listen(event: Any) -> None:  # noqa: ANN401 - dbt's event class
        if event.info.name in ("LogModelResult", "LogTestResult"):
            on_node(event.data.node_info.node_name)

    log_path.mkdir(parents=True, exist_ok=True)
    common = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--log-path", str(log_path)]
    try:
        with _environment({"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}):
            manifest = _parsed_project() if is_parsed else None
            outcome = dbtRunner(manifest, callbacks=[listen]).invoke(
                [*arguments, *common, "--quiet", "--log-level", "none"]
            )
    finally:
        _close_connections()
        reset_adapters()
    if outcome.exception or outcome.result is None:
        raise DoorstepError(f"dbt could not run: {outcome.exception}. Its log: {log_path / 'dbt.log'}")
    return outcome.result


def _parsed_project():  # noqa: ANN202 - dbt's class
    # The parse that ensure_manifest left behind, as dbt's own object: parsing again takes longer than building.
    from dbt.contracts.graph.manifest import Manifest

    ensure_manifest()
    manifest = Manifest.from_msgpack((MANIFEST.parent / PARSED).read_bytes())
    manifest.build_flat_graph()
    return manifest


def _close_connections() -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
