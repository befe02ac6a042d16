"""What Dagster shows of the dbt project before anything has run, all of it read from dbt's manifest.

Belongs here: names, groups, tags, descriptions and columns of models and of the checks on them. Does not belong here:
any text on a table; that stands in the models' `.yml`.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject

from pipelines import checks, dbt_build

Node = Mapping[str, Any]  # a model, source or test of the manifest

OWNERS = ["team:data"]
MANIFEST = json.loads(dbt_build.ensure_manifest().read_text(encoding="utf-8"))
_PUBLISHED = ("main", "audit")


class Translator(DagsterDbtTranslator):
    """One name everywhere: asset key = dbt model = table = file stem."""

    def get_asset_key(self, dbt_resource_props: Node) -> dg.AssetKey:
        """`stg_orders`, `fct_trips`; sources and audit tables with their schema: `lake/orders`, `audit/logs`."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return table_key(dbt_resource_props["schema"], dbt_resource_props["name"])

    def get_group_name(self, dbt_resource_props: Node) -> str | None:
        """The folder below `models/`, but for steps between layers, which stand where they are needed."""
        return _group(dbt_resource_props)

    def get_owners(self, dbt_resource_props: Node) -> list[str]:
        """The team that answers for it."""
        return OWNERS

    def get_tags(self, dbt_resource_props: Node) -> dict[str, str]:
        """`layer`, the folder; `published`, whether the file holds it; `log/<name>` for each log it rests on."""
        if dbt_resource_props["resource_type"] == "source":
            return {}
        logs = [key.split(".")[-1] for key in reached(dbt_resource_props, "parent_map") if ".lake." in key]
        published = "yes" if dbt_resource_props["schema"] in _PUBLISHED else "no"
        tags = {"layer": dbt_resource_props["fqn"][1], "published": published}
        return tags | {f"log/{log}": "" for log in sorted(logs)}

    def get_description(self, dbt_resource_props: Node) -> str:
        """The `.yml`'s text, what the model reads, and its code."""
        if dbt_resource_props["resource_type"] == "source":
            return dbt_resource_props["description"]
        file = f"dbt_project/{dbt_resource_props['original_file_path']}"
        text = described(dbt_resource_props["description"], dbt_resource_props, file)
        return f"{text}\n\n```{dbt_resource_props['language']}\n{dbt_resource_props['raw_code']}\n```"

    def get_metadata(self, dbt_resource_props: Node) -> dict[str, Any]:
        """The table in the file or, if it is not published, the working database; its columns with their rules."""
        table = f"{dbt_resource_props['schema']}.{dbt_resource_props['name']}"
        is_typed = is_enforced(dbt_resource_props)
        schema = {"dagster/column_schema": _column_schema(dbt_resource_props)} if is_typed else {}
        return {"dagster/table_name": table, **schema}

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """dagster-dbt's, with the mistake it catches and what to do about it."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None:
            return None
        node = manifest["nodes"][unique_id]
        text = f"{checks.mistake(node, manifest)}\n\n**What to do** {checks.remedy(node)}"
        return spec._replace(description=text)


def table_key(schema: str, table: str) -> dg.AssetKey:
    """The asset of a table of the working database or the published file: models by name, others with their schema."""
    return dg.AssetKey([schema, table] if schema in ("reference", "audit", "run") else [table])


def described(text: str, node: Node, file: str) -> str:
    """A node's text, the tables it reads and the file of this repository that makes it, in Markdown."""
    read = ", ".join(f"`{key.split('.', 2)[2]}`" for key in sorted(node["depends_on"]["nodes"]))
    return f"{text.strip()}\n\n**Reads** {read}\n\n**Code** `{file}`"


def is_enforced(node: Node) -> bool:
    """Whether the `.yml` types a model's columns, and dbt holds it to that."""
    return node["resource_type"] == "model" and node["config"]["contract"]["enforced"]


def _group(node: Node) -> str | None:
    """The graph reads from left to right only if no group both feeds another and is fed by it.

    So an intermediate model between facts counts to the marts, one after them to the metrics; and an audit table that
    facts are made with (`audit.logs`, which has the cut) to the staging.
    """
    if node["resource_type"] == "source":
        return None
    folder = node["fqn"][1]
    if folder not in ("intermediate", "audit"):
        return folder
    follows, feeds = _holds_a_mart(reached(node, "parent_map")), _holds_a_mart(reached(node, "child_map"))
    if feeds:
        return "marts" if follows else "staging"
    return "audit" if folder == "audit" else "metrics" if follows else "staging"


def _holds_a_mart(keys: list[str]) -> bool:
    return any(MANIFEST["nodes"][key]["fqn"][1] == "marts" for key in keys if key.startswith("model."))


def reached(node: Node, side: Literal["parent_map", "child_map"]) -> list[str]:
    """Keys of all that the node is made of (`parent_map`), or that is made of it (`child_map`), the nearest first."""
    found: dict[str, None] = {}
    level = [node["unique_id"]]
    while level := sorted({key for each in level for key in MANIFEST[side].get(each, ())} - set(found)):
        found |= dict.fromkeys(level)
    return list(found)


def _column_schema(node: Node) -> dg.TableSchema:
    keys = [each["columns"] for each in node["constraints"] if each["type"] == "primary_key"]
    in_key = {column for columns in keys for column in columns}
    rules = [f"primary key ({', '.join(columns)})" for columns in keys]
    return dg.TableSchema(
        [_column(column, is_in_key=name in in_key) for name, column in node["columns"].items()],
        constraints=dg.TableConstraints(other=rules),
    )


def _column(column: Node, *, is_in_key: bool) -> dg.TableColumn:
    kinds = {rule["type"] for rule in column["constraints"]}
    meta = column["config"]["meta"]
    formula = f"\n\nFormula: `{meta['formula']}`" if "formula" in meta else ""
    return dg.TableColumn(
        column["name"],
        type=column["data_type"],
        description=column["description"].strip() + formula,
        constraints=dg.TableColumnConstraints(
            nullable=not (is_in_key or kinds & {"not_null", "primary_key"}),
            unique="primary_key" in kinds,
            other=[rule["expression"] for rule in column["constraints"] if rule["type"] == "check"],
        ),
        tags={name: str(meta[name]) for name in ("unit", "better") if name in meta},
    )
