"""What `dagster` loads: everything under `pipelines.defs`."""

from pipelines.defs import definitions

defs = definitions()
