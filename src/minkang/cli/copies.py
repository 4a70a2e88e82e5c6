"""`minkang backup` and `minkang restore`: a verified copy of everything the database holds, and back."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from minkang.cli.output import output
from minkang.db import Database, migrate, server_for
from minkang.db.backup import backup as write_copy
from minkang.db.backup import restore as read_copy
from minkang.db.manifest import Manifest
from minkang.settings import read_settings
from minkang.wiring import MIGRATED_PACKAGES, after_restore

BLOBS = "blobs"
Folder = Annotated[Path, typer.Argument(help="备份所在的文件夹。 The backup's folder.")]
Json = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    """Give the application these commands."""
    app.command()(backup)
    app.command()(restore)


def backup(folder: Folder, as_json: Json = False) -> None:
    """Write a verified backup into a new folder. 备份到新文件夹。"""
    out = output(as_json=as_json)
    settings = read_settings()
    with server_for(settings, notice=out.notice) as server, closing(Database(server.url)) as database:
        manifest = write_copy(database, folder, beside=partial(_keep_blobs, settings.home), notice=out.notice)
    out.result(_numbers(manifest, folder))
    out.say("backup.done", folder=folder, rows=f"{sum(manifest.tables.values()):,}", files=len(manifest.files))


def restore(
    folder: Folder,
    replace: Annotated[bool, typer.Option(help="覆盖现有数据。 Replace what is there.")] = False,
    as_json: Json = False,
) -> None:
    """Restore a backup into an empty database. 从备份恢复。"""
    out = output(as_json=as_json)
    settings = read_settings()
    with server_for(settings, notice=out.notice) as server, closing(Database(server.url)) as database:
        manifest = read_copy(
            database, folder, packages=MIGRATED_PACKAGES, after=[after_restore], force=replace, notice=out.notice
        )
        migrate(database, MIGRATED_PACKAGES, notice=out.notice)
        _copy_blobs(folder / BLOBS, settings.home / BLOBS)
    out.result(_numbers(manifest, folder))
    out.say("restore.done", folder=folder, rows=f"{sum(manifest.tables.values()):,}", at=manifest.at)


def _keep_blobs(home: Path, fresh: Path) -> None:
    """Put the originals into a backup."""
    _copy_blobs(home / BLOBS, fresh / BLOBS)


def _copy_blobs(source: Path, target: Path) -> None:
    """Copy what is not there yet. A blob is named by its content, so one of the same name is the same."""
    for path in source.rglob("*") if source.is_dir() else ():
        place = target / path.relative_to(source)
        if path.is_file() and not path.name.startswith(".") and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = place.with_name(f".{place.name}.part")
            shutil.copyfile(path, part)
            os.replace(part, place)


def _numbers(manifest: Manifest, folder: Path) -> dict[str, object]:
    return {
        "folder": str(folder.resolve()),
        "at": manifest.at,
        "program": manifest.program,
        "tables": len(manifest.tables),
        "rows": sum(manifest.tables.values()),
        "bytes": sum(entry.size for entry in manifest.files.values()),
    }
