"""What sqlfluff sees of dbt's `graph`: a project without models.

Belongs here: the stand-ins that let sqlfluff read the models without dbt.
Does not belong here: anything dbt runs.
"""

nodes: dict[str, object] = {}
