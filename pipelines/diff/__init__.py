"""What differs between two builds, and why.

Belongs here: comparing two published files. Does not belong here: which builds there are (`pipelines.builds`), drawing
the page (`dashboards.diff`).

- `inputs.py`: files, reference tables, code, settings and data cut.
- `tables.py`: rows added, gone, changed per table.
- `moved.py`: cells of the metric tables that moved.
- `reasons.py`: the rules by which a cell that moved is given its reasons.
- `printing.py`: all of it in a terminal.
"""

from pipelines.diff.compare import Diff, compare

__all__ = ["Diff", "compare"]
