"""What two builds were made from: files, code, settings and data cut.

Belongs here: what of them differs. Does not belong here: reference tables, which are tables like any other
(`tables.py`); what comes of it (`reasons.py`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipelines.diff.catalog import Pair

_SETTINGS = {
    "title": "title",
    "origin": "origin",
    "code version": "code_version",
    "data cut": "as_of",
    "as of": "as_of_limit",
}


@dataclass(frozen=True)
class FileDiff:
    """A landed file that the ledger of one build has otherwise than the other's; rows are accepted lines."""

    log: str
    path: str
    what: Literal["new", "changed", "gone"]
    old_lines: int | None
    new_lines: int | None


@dataclass(frozen=True)
class Inputs:
    """What differs in what the builds were made from. settings: name, old and new value as text."""

    settings: list[tuple[str, str, str]]
    files: list[FileDiff]

    @property
    def same_logs(self) -> bool:
        """Whether both builds saw the same lines: no file differs, nor the moment up to which lines count."""
        return not self.files and not self.differs("as of")

    def differs(self, setting: str) -> bool:
        """Whether a setting, named as in `settings`, does."""
        return any(name == setting for name, _, _ in self.settings)


def compare_inputs(pair: Pair) -> Inputs:
    """Settings in a fixed order; files by log and path."""
    values = {
        side: pair.rows(f"select {', '.join(_SETTINGS.values())} from {side}.audit.builds limit 1")[0]
        for side in ("old", "new")
    }
    settings = [
        (name, _text(old), _text(new))
        for name, old, new in zip(_SETTINGS, values["old"], values["new"], strict=True)
        if old != new
    ]
    files = pair.rows(
        """
        select log, path,
            case when old_file.sha256 is null then 'new' when new_file.sha256 is null then 'gone' else 'changed' end,
            old_file.accepted, new_file.accepted
        from old.audit.files as old_file full join new.audit.files as new_file using (log, path)
        where (old_file.sha256, old_file.status, old_file.accepted)
            is distinct from (new_file.sha256, new_file.status, new_file.accepted)
        order by log, path
        """
    )
    return Inputs(settings, [FileDiff(*row) for row in files])


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return "none" if value is None else str(value)
