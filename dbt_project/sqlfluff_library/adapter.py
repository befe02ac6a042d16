"""What sqlfluff sees of dbt's `adapter`: a dispatched macro looks like a call of a function of its name.

Belongs here: the stand-ins that let sqlfluff read the models without dbt.
Does not belong here: anything dbt runs.
"""

from collections.abc import Callable


def dispatch(name: str) -> Callable[..., str]:
    """A macro that renders as `portable_<name>(arguments)`."""
    return lambda *arguments: f"portable_{name}({', '.join(map(str, arguments))})"
