"""The lake's folder: the current manifest, readers that hold a generation, and the removal of what nobody holds.

    lake/manifest.json            the current generation
    lake/generations/N.json       each generation that may still be read
    lake/generations/N.lock       held, shared, by its readers
    lake/tables/NAME/bucket=NN/   files of Parquet
    lake/staging/NAME/            a build on its way
    lake/refresh.lock             held by the one refresh that runs

A reader takes the lock of the generation it found, and looks again whether it is still the current one; only the
refresh removes files, and never those of the current generation, so a reader that saw it twice holds all its files.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from minkang.db.leases import FileLock
from minkang.errors import Fault
from minkang.lake.manifest import Manifest, read_manifest, replace_file


class Folder:
    """The folder of a lake.

    Args:
        place: `$MINKANG_HOME/lake`; made when the first refresh runs.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.tables = place / "tables"
        self._generations = place / "generations"
        self._current = place / "manifest.json"

    def staging(self, table: str) -> Path:
        """Where a build of a table gathers its rows."""
        return self.place / "staging" / table

    def current(self) -> Manifest | None:
        """The current manifest; None before the first refresh."""
        return read_manifest(self._current)

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        """Be the only refresh while the block runs.

        Raises:
            Fault: `LAKE-004` where another one runs.
        """
        self.tables.mkdir(parents=True, exist_ok=True)
        self._generations.mkdir(exist_ok=True)
        lock = FileLock(self.place / "refresh.lock")
        if not lock.take(shared=False):
            raise Fault("LAKE-004", where=str(self.place))
        try:
            yield
        finally:
            lock.release()

    def commit(self, manifest: Manifest) -> None:
        """Make a manifest the current one. Its own copy comes first, so that a held generation always has one."""
        body = msgspec.json.encode(manifest)
        replace_file(self._generations / f"{manifest.generation}.json", body)
        replace_file(self._current, body)

    def hold(self) -> tuple[Manifest, FileLock]:
        """The current manifest, its files safe until the lock is released.

        Raises:
            Fault: `LAKE-005` where there is no lake yet.
        """
        while True:
            manifest = self.current()
            if manifest is None:
                raise Fault("LAKE-005", where=str(self.place))
            lock = FileLock(self._generations / f"{manifest.generation}.lock")
            # A refresh that is looking for unused generations may have it for a moment; then look again.
            if lock.take(shared=True):
                seen = self.current()
                if seen is not None and seen.generation == manifest.generation:
                    return manifest, lock
                lock.release()

    def sweep(self) -> int:
        """Remove the files of generations that nobody reads any more; to be called while `refreshing`.

        Returns:
            how many old generations readers still hold.
        """
        current = self.current()
        if current is None:
            return 0
        held = 0
        kept = _files_of(current)
        for place in self._generations.glob("*.json"):
            if place.stem == str(current.generation):
                continue
            lock = FileLock(place.with_suffix(".lock"))
            if place.stem.isdigit() and not lock.take(shared=False):
                held += 1
                kept |= _files_of(read_manifest(place) or Manifest())
                continue
            place.unlink(missing_ok=True)
            place.with_suffix(".lock").unlink(missing_ok=True)
            lock.release()
        self._remove_others(kept)
        return held

    def _remove_others(self, kept: set[Path]) -> None:
        for file in self.tables.glob("*/**/*.parquet"):
            if file.relative_to(self.tables) not in kept:
                file.unlink(missing_ok=True)
        for part in [*self.place.glob(".*.part"), *self._generations.glob(".*.part")]:
            part.unlink(missing_ok=True)

    def drop_staging(self, table: str) -> None:
        """Remove what a build gathered."""
        shutil.rmtree(self.staging(table), ignore_errors=True)


def _files_of(manifest: Manifest) -> set[Path]:
    return {Path(name) / file for name, table in manifest.tables.items() for file in table.files}
