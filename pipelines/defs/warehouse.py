"""The dbt project as assets, its tests as asset checks, and the sources it reads."""

from collections.abc import Iterator

import dagster as dg
from dagster_dbt import dbt_assets

from pipelines import dbt_build
from pipelines.contract import LOGS
from pipelines.defs.checks import check_result
from pipelines.defs.failures import in_plain_words
from pipelines.defs.metadata import model_metadata, source_metadata
from pipelines.defs.translator import MANIFEST, OWNERS, Translator
from pipelines.progress import report
from pipelines.reference import read_reference
from pipelines.reference_tables import REFERENCE
from pipelines.reference_warnings import days_driven, reference_warnings
from pipelines.table_facts import metric_sources, table_facts
from pipelines.working import prepare_working_database
from pipelines.workspace import Workspace, hold, open_workspace

POOL = "working_database"
NODES = sum(node["resource_type"] in ("model", "test") for node in MANIFEST["nodes"].values())
_TRANSLATOR = Translator()


def _source_specs() -> Iterator[dg.AssetSpec]:
    """Every source of the dbt project but the lake's logs, which ingest makes, and the checks, which dbt fills."""
    for source in MANIFEST["sources"].values():
        schema, table = source["source_name"], source["name"]
        if schema == "lake" or (schema, table) == ("audit", "checks"):
            continue
        is_of_lines = schema == "audit" or table == "field_counts"
        yield dg.AssetSpec(
            _TRANSLATOR.get_asset_key(source),
            deps=[dg.AssetKey(["lake", log]) for log in LOGS] if is_of_lines else [],
            description=REFERENCE[table].description if schema == "reference" else source["description"],
            group_name="sources",
            kinds={"duckdb"},
            owners=OWNERS,
            tags={"layer": "sources", "published": "no" if schema == "run" else "yes"},
            metadata={"dagster/table_name": f"{schema}.{table}", **_reference_columns(schema, table)},
        )


def _reference_columns(schema: str, table: str) -> dict[str, dg.TableSchema]:
    if schema != "reference":
        return {}
    columns = [
        dg.TableColumn(
            column.name,
            type=str(column.dtype),
            description=column.description,
            constraints=dg.TableColumnConstraints(nullable=not column.required),
        )
        for column in REFERENCE[table].columns
    ]
    key = dg.TableConstraints(other=[f"primary key ({', '.join(REFERENCE[table].key)})"])
    return {"dagster/column_schema": dg.TableSchema(columns, constraints=key)}


@dg.multi_asset(name="sources", specs=list(_source_specs()), pool=POOL)
def sources(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """A fresh working database with everything the dbt project reads."""
    with in_plain_words():
        workspace = open_workspace()
        hold(workspace, is_patient=True)
        reference = read_reference(workspace.reference)
        for warning in reference_warnings(reference, days_driven(workspace, reference)):
            context.log.warning(warning)
        prepare_working_database(workspace, reference)
    facts = table_facts(workspace.working_database)
    for key in context.selected_asset_keys:
        yield dg.MaterializeResult(asset_key=key, metadata=source_metadata(facts[".".join(key.path)]))


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
    selected = context.selected_asset_keys
    # A check may read other tables than the one it is shown at, or be asked for alone: it is named too.
    tests = [MANIFEST["nodes"][each]["name"] for each in _selected_checks(context)]
    select = None if selected == set(names) else sorted([*(names[key] for key in selected), *tests])
    done = iter(range(1, NODES + 1))
    results = dbt_build.build(workspace, select, on_node=lambda _: report("dbt", next(done, NODES), NODES))
    yield from _events(context, workspace, results)
    if why := dbt_build.complaint(results):
        raise dg.Failure(why, allow_retries=False)


def _events(
    context: dg.AssetExecutionContext, workspace: Workspace, results: list[dbt_build.NodeResult]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """What became of each model and check; a check that was not run, because a model failed, says nothing."""
    checks = _selected_checks(context)
    facts = table_facts(workspace.working_database)
    lineage = metric_sources(workspace.working_database) if "main.metric_dictionary" in facts else {}
    for result in results:
        node = MANIFEST["nodes"][result.unique_id]
        if result.status == "success":
            table = facts[f"{node['schema']}.{node['name']}"]
            metadata = model_metadata(workspace, node, table, result.seconds, lineage.get(node["name"], {}))
            yield dg.MaterializeResult(asset_key=_TRANSLATOR.get_asset_key(node), metadata=metadata)
        elif result.status != "skipped" and (spec := checks.get(result.unique_id)):
            yield check_result(spec, result, workspace)


def _selected_checks(context: dg.AssetExecutionContext) -> dict[str, dg.AssetCheckSpec]:
    """The checks a run asks for, by the unique id of their dbt test."""
    selected = set(context.selected_asset_check_keys)
    return {spec.metadata["dagster_dbt/unique_id"]: spec for spec in models.check_specs if spec.key in selected}
