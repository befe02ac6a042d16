"""The rules between the rooms, checked rather than remembered."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORCHESTRATION = ("dagster", "dagster_dbt", "dbt")


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("room", ["ingest", "simulate", "statistics"])
def test_a_room_of_work_imports_no_orchestration_and_of_ours_only_contract_reference_and_workspace(room):
    ours = (f"pipelines.{room}", "pipelines.contract", "pipelines.reference", "pipelines.workspace")
    for path in (ROOT / "pipelines" / room).rglob("*.py"):
        for name in imports(path):
            assert not within(name, *ORCHESTRATION), path
            assert not within(name, "pipelines", "dashboards") or within(name, *ours), (path, name)


def test_dashboards_import_nothing_of_pipelines_and_no_orchestration():
    for path in (ROOT / "dashboards").rglob("*.py"):
        assert not [name for name in imports(path) if within(name, "pipelines", *ORCHESTRATION)], path


def test_only_the_definitions_and_the_command_import_dagster():
    allowed = {"definitions.py", "run.py", "ui.py"}
    for path in (ROOT / "pipelines").rglob("*.py"):
        if path.parent.name != "defs" and path.name not in allowed:
            assert not [name for name in imports(path) if within(name, "dagster", "dagster_dbt")], path


def test_every_package_says_what_it_is_for():
    for package in ("pipelines", "dashboards"):
        for path in (ROOT / package).rglob("*.py"):
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
