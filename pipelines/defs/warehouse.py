"""The dbt project as assets, its tests as asset checks, and the sources it reads."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from pipelines import dbt_build
from pipelines.contract import LOGS
from pipelines.progress import report
from pipelines.reference import read_reference
from pipelines.reference_tables import REFERENCE
from pipelines.reference_warnings import days_driven, reference_warnings
from pipelines.working import prepare_working_database
from pipelines.workspace import hold, open_workspace

POOL = "working_database"
MANIFEST = json.loads(dbt_build.ensure_manifest().read_text(encoding="utf-8"))
NODES = sum(node["resource_type"] in ("model", "test") for node in MANIFEST["nodes"].values())
_GROUPS = {"staging": "staging", "intermediate": "staging", "marts": "marts", "metrics": "metrics", "audit": "audit"}


class Translator(DagsterDbtTranslator):
    """One name everywhere: asset key = dbt model = table = file stem."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`stg_orders`, `fct_trips`; sources and audit tables with their schema: `lake/orders`, `audit/logs`."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        if dbt_resource_props["schema"] == "audit":
            return dg.AssetKey(["audit", dbt_resource_props.get("alias") or dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The folder below `models/`."""
        return _GROUPS.get(dbt_resource_props["fqn"][1])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The team that answers for it."""
        return ["team:data"]


_TRANSLATOR = Translator()


def _spec(schema: str, table: str, description: str) -> dg.AssetSpec:
    is_of_lines = schema == "audit" or table == "field_counts"
    deps = [dg.AssetKey(["lake", log]) for log in LOGS] if is_of_lines else []
    return dg.AssetSpec(
        dg.AssetKey([schema, table]),
        deps=deps,
        description=description,
        group_name="sources",
        kinds={"duckdb"},
        owners=["team:data"],
    )


@dg.multi_asset(
    name="sources",
    specs=[
        *(_spec("reference", table.name, table.description) for table in REFERENCE.values()),
        _spec("audit", "files", "The ledger: one row per landed file."),
        _spec("audit", "quarantine_reasons", "Refused lines per log, file, reason and field."),
        _spec("run", "settings", "Settings of this build, one row."),
        _spec("run", "field_counts", "Lines of the lake that carry a field, per landed day, event type and field."),
    ],
    pool=POOL,
)
def sources(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """A fresh working database with everything the dbt project reads."""
    workspace = open_workspace()
    hold(workspace, is_patient=True)
    reference = read_reference(workspace.reference)
    for warning in reference_warnings(reference, days_driven(workspace, reference)):
        context.log.warning(warning)
    prepare_working_database(workspace, reference)
    for key in context.selected_asset_keys:
        yield dg.MaterializeResult(asset_key=key)


@dbt_assets(manifest=MANIFEST, dagster_dbt_translator=_TRANSLATOR, name="models", pool=POOL)
def models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """dbt build: models and their tests, in dependency order; what a failed test guards is not built."""
    workspace = open_workspace()
    hold(workspace, is_patient=True)
    names = {
        _TRANSLATOR.get_asset_key(node): node["name"]
        for node in MANIFEST["nodes"].values()
        if node["resource_type"] == "model"
    }
    keys = {node["unique_id"]: _TRANSLATOR.get_asset_key(node) for node in MANIFEST["nodes"].values()}
    selected = context.selected_asset_keys
    select = None if selected == set(names) else sorted(names[key] for key in selected)
    done = iter(range(1, NODES + 1))
    results = dbt_build.build(workspace, select, on_node=lambda _: report("dbt", next(done, NODES), NODES))
    checks = {
        spec.metadata["dagster_dbt/unique_id"]: spec for spec in models.check_specs if spec.key in _selected(context)
    }
    for result in results:
        if result.status == "success":
            yield dg.MaterializeResult(asset_key=keys[result.unique_id], metadata={"seconds": result.seconds})
        elif spec := checks.get(result.unique_id):
            yield _check_result(spec, result)
    if why := dbt_build.complaint(results):
        raise dg.Failure(why, allow_retries=False)


def _selected(context: dg.AssetExecutionContext) -> set[dg.AssetCheckKey]:
    return set(context.selected_asset_check_keys)


def _check_result(spec: dg.AssetCheckSpec, result: dbt_build.NodeResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=result.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
        metadata={"failing_rows": result.failures or 0, "message": result.message or "ok", **_first_rows(result)},
    )


def _first_rows(result: dbt_build.NodeResult) -> dict[str, dg.TableMetadataValue]:
    records = [dg.TableRecord(row) for row in result.failing_rows]
    return {dbt_build.FIRST_ROWS: dg.MetadataValue.table(records)} if records else {}
