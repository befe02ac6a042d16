"""The facts and metrics once more, in plain Python: sort, loop, add. No engine, no SQL, no code of the product.

Written from the log contract and the description of the warehouse alone, so that a mistake of the models is not
repeated here. Slow and plain on purpose: money is Decimal, ratios are Fraction until they are rounded, instants are
datetimes in UTC. Where the contract leaves a reading open, DECISIONS.md or the published comment of the column
decides, and the code says so.

Belongs here: what the warehouse should hold, given log lines and reference tables. Does not belong here: making
lines (`tests.random_days`, `tests.random_logs`), building the warehouse (`tests/dbt`).
"""
