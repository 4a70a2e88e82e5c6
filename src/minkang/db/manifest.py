"""The manifest of a backup: what is in it, so that a damaged or incomplete copy is known before it is needed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from minkang.db.notices import Notice, silent
from minkang.errors import Fault

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class FileEntry:
    """One file of the backup: its size in bytes and its SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes:
        format: the layout of the backup folder.
        at: when its snapshot was taken.
        program: the version of minkang that made it.
        server: the version of PostgreSQL it was taken from.
        steps: the migrations that had run, as `package NNNN_stage`.
        tables: rows of each table, as `schema.table`.
        files: every other file of the folder by relative path.
    """

    format: int
    at: datetime
    program: str
    server: str
    steps: tuple[str, ...]
    tables: dict[str, int]
    files: dict[str, FileEntry]

    def write(self, folder: Path) -> None:
        """Write it into the backup's folder."""
        values = asdict(self) | {"at": self.at.isoformat()}
        (folder / NAME).write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", "utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read it from the backup's folder.

        Raises:
            Fault: `DB-062` when there is none or it cannot be read.
        """
        try:
            return cls._from(json.loads((folder / NAME).read_text("utf-8")))
        except FileNotFoundError:
            raise Fault("DB-062", folder=folder, reason=f"no {NAME}") from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Fault("DB-062", folder=folder, reason=f"{NAME}: {error}") from error

    @classmethod
    def _from(cls, values: dict[str, Any]) -> Manifest:
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']}")
        return cls(
            format=FORMAT,
            at=datetime.fromisoformat(values["at"]),
            program=str(values["program"]),
            server=str(values["server"]),
            steps=tuple(str(step) for step in values["steps"]),
            tables={str(name): int(rows) for name, rows in values["tables"].items()},
            files={str(name): FileEntry(int(e["size"]), str(e["sha256"])) for name, e in values["files"].items()},
        )


def entries_of(folder: Path) -> dict[str, FileEntry]:
    """Every file of a backup's folder but the manifest, by relative path."""
    return {name: _entry(path) for name, path in _files(folder).items()}


def check_files(folder: Path, manifest: Manifest, notice: Notice = silent) -> None:
    """Hold every file against the manifest.

    Raises:
        Fault: `DB-062` for a file that is missing or that the manifest does not name; `DB-063` for one that differs.
    """
    found = _files(folder)
    for name in sorted(found.keys() ^ manifest.files.keys()):
        what = "missing" if name in manifest.files else "not in the manifest"
        raise Fault("DB-062", folder=folder, reason=f"{name}: {what}")
    for done, (name, entry) in enumerate(manifest.files.items(), 1):
        if found[name].stat().st_size != entry.size or _entry(found[name]) != entry:
            raise Fault("DB-063", file=name)
        notice("db.verifying", done=done, total=len(found))


def _files(folder: Path) -> dict[str, Path]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / NAME)
    return {path.relative_to(folder).as_posix(): path for path in paths}


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileEntry(path.stat().st_size, digest)
