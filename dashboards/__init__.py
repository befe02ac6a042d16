"""The pages: published warehouse file in, HTML out. Nothing of dagster or of `pipelines` is imported here."""
