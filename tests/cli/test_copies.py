"""`minkang backup` and `restore` with originals: both come back."""

from __future__ import annotations

from pathlib import Path

from minkang.blobs import FolderBlobs
from minkang.cli.copies import BLOBS, _copy_blobs, _keep_blobs


def test_originals_are_copied_once_and_half_written_ones_not_at_all(tmp_path: Path) -> None:
    """What is there stays; a blob that is being written (a dot file) is not taken; no folder is no fault."""
    home, copy, new = tmp_path / "home", tmp_path / "copy", tmp_path / "new"
    blobs = FolderBlobs(home / BLOBS)
    names = [blobs.put(text * 100) for text in (b"one", b"two")]
    (home / BLOBS / names[0][:2] / ".half.part").write_bytes(b"x")
    _keep_blobs(home, copy)
    assert sorted(path.name for path in copy.rglob("*") if path.is_file()) == sorted(f"{name}.zst" for name in names)
    kept = next((copy / BLOBS).rglob("*.zst"))
    before = kept.stat().st_mtime_ns
    _keep_blobs(home, copy)
    assert kept.stat().st_mtime_ns == before
    _copy_blobs(copy / BLOBS, new / BLOBS)
    assert FolderBlobs(new / BLOBS).get(names[0]) == b"one" * 100
    _copy_blobs(tmp_path / "none", new / BLOBS)
